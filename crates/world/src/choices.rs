//! Choices: the one door through which all luck comes.
//!
//! Every draw has an address: what it concerns, and which of its draws it is. The 4th message on
//! the link n3>n5 gets the same 32 bits in every run of a seed, whatever else happens; so deleting
//! a line of a script leaves the luck of all else as it was. The bits are a ChaCha8 keystream: the
//! seed is the key, the address is stream and position.
//!
//! One ChaCha call yields 64 words, and most subjects draw only a few in a short run. So eight
//! neighbouring subjects (a [`Row`]) share a call for their first eight draws, another for the next
//! eight, and so on; a subject that goes on beyond 32 draws has a stream of its own. Which words a
//! draw gets depends on its address alone.
//!
//! A script line can fix a draw ([`Luck`]); the door then gives the fixed value, and the draws of
//! all else stay put.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use squall_process::{ProcessId, RecordNumber, Span};
use squall_trace::Link;

use crate::luck::{Luck, MessageLuck, SyncLuck};

/// The generator of all luck of `seed`.
pub(crate) fn generator(seed: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(b"squall 1");
    ChaCha8Rng::from_seed(key)
}

/// What sort of thing a draw decides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Family {
    /// The fate of a message.
    Message = 1,
    /// What a process asks for.
    Random = 2,
    /// How a sync ends.
    Sync = 3,
    /// Whether a write is refused.
    Write = 4,
    /// Whether a timer is late.
    Late = 5,
    /// What a crash leaves.
    Crash = 6,
    /// Which record rots.
    Rot = 7,
}

/// The families whose draws belong to one process.
const LOCAL_FAMILIES: usize = 8;

/// Subjects that share a row, draws of each in one block of words, and blocks that are shared.
pub(crate) const ROW_WIDTH: usize = 8;
const ROUND_DRAWS: u32 = 8;
const ROUNDS: u32 = 4;
const ROW_DRAWS: u32 = ROUND_DRAWS * ROUNDS;
/// Words of one ChaCha call.
const WORDS: usize = 64;

/// The absence of a row or stream.
pub(crate) const NONE: u32 = u32::MAX;

/// Eight neighbouring subjects, and where their words are: block by block for what they share, and
/// stream by stream for those that draw more.
#[derive(Clone, Copy, Debug)]
struct Row {
    family: Family,
    from: u64,
    group: u64,
    rounds: [u32; ROUNDS as usize],
    streams: [u32; ROW_WIDTH],
}

/// The words of one ChaCha call, and which one of its stream.
#[derive(Clone, Debug)]
struct Block {
    number: u32,
    words: [u32; WORDS],
}

/// The door.
#[derive(Clone, Debug)]
pub(crate) struct Choices {
    generator: ChaCha8Rng,
    rows: Vec<Row>,
    blocks: Vec<Block>,
    blocks_used: usize,
    local_rows: Vec<u32>,
    server_groups: usize,
    fixed: Fixed,
}

/// A process as 29 bits of an address.
fn subject(id: ProcessId) -> u64 {
    u64::from(id.is_client()) << 28 | u64::from(id.number() & ((1 << 28) - 1))
}

/// The row in which a process stands, and its place there.
#[inline]
pub(crate) fn seat(id: ProcessId) -> (u64, usize) {
    let number = u64::from(id.number() - 1);
    let group = (u64::from(id.is_client()) << 28) | (number / ROW_WIDTH as u64);
    (group, number as usize % ROW_WIDTH)
}

/// An address as a stream number: the family, a mark that tells the forms apart, and two subjects.
fn address(family: Family, form: u64, first: u64, second: u64) -> u64 {
    (family as u64) << 60 | form << 58 | first << 29 | second
}

const FORM_ROW: u64 = 0;
const FORM_STREAM: u64 = 1;
const FORM_RARE: u64 = 2;

impl Choices {
    pub(crate) fn new() -> Self {
        Self {
            generator: generator(0),
            rows: Vec::new(),
            blocks: Vec::new(),
            blocks_used: 0,
            local_rows: Vec::new(),
            server_groups: 0,
            fixed: Fixed::default(),
        }
    }

    /// Starts the luck of `seed` for so many servers and clients; no draw is fixed yet.
    pub(crate) fn reset(&mut self, seed: u64, servers: u32, clients: u32) {
        self.generator = generator(seed);
        self.rows.clear();
        self.blocks_used = 0;
        self.server_groups = (servers as usize).div_ceil(ROW_WIDTH);
        let groups = self.server_groups + (clients as usize).div_ceil(ROW_WIDTH);
        self.local_rows.clear();
        self.local_rows.resize(groups * LOCAL_FAMILIES, NONE);
        self.fixed.clear();
    }

    pub(crate) fn fix(&mut self, luck: Luck) {
        self.fixed.add(luck);
    }

    pub(crate) fn fixed(&mut self) -> &mut Fixed {
        &mut self.fixed
    }

    /// A new row for the messages that `from` sends to the eight processes of `group`.
    pub(crate) fn message_row(&mut self, from: ProcessId, group: u64) -> u32 {
        self.new_row(Family::Message, subject(from), group)
    }

    fn new_row(&mut self, family: Family, from: u64, group: u64) -> u32 {
        let (rounds, streams) = ([NONE; ROUNDS as usize], [NONE; ROW_WIDTH]);
        self.rows.push(Row { family, from, group, rounds, streams });
        self.rows.len() as u32 - 1
    }

    /// A block that nobody uses, with words of any sort.
    fn new_block(&mut self) -> u32 {
        let place = self.blocks_used;
        self.blocks_used += 1;
        match self.blocks.get_mut(place) {
            Some(block) => block.number = NONE,
            None => self.blocks.push(Block { number: NONE, words: [0; WORDS] }),
        }
        place as u32
    }

    /// Draw `index` (from 0) of the subject in `column` of `row`.
    #[inline]
    pub(crate) fn draw(&mut self, row: u32, column: usize, index: u32) -> u32 {
        if index >= ROW_DRAWS {
            return self.draw_on(row as usize, column, index - ROW_DRAWS);
        }
        let round = (index / ROUND_DRAWS) as usize;
        let mut place = self.rows[row as usize].rounds[round];
        if place == NONE {
            place = self.open_round(row as usize, round);
        }
        let word = (index % ROUND_DRAWS) as usize * ROW_WIDTH + column;
        self.blocks[place as usize].words[word]
    }

    /// The block that the subjects of `row` share for the draws of `round`.
    #[inline(never)]
    fn open_round(&mut self, row: usize, round: usize) -> u32 {
        let place = self.new_block();
        let row = &mut self.rows[row];
        row.rounds[round] = place;
        let stream = address(row.family, FORM_ROW, row.from, row.group);
        let words = &mut self.blocks[place as usize].words;
        fill(&mut self.generator, stream, round as u32, words);
        place
    }

    /// Draw `index` of a subject's own stream.
    #[inline]
    fn draw_on(&mut self, row: usize, column: usize, index: u32) -> u32 {
        let number = index / WORDS as u32;
        let place = self.rows[row].streams[column];
        if let Some(block) = self.blocks.get(place as usize)
            && block.number == number
        {
            return block.words[index as usize % WORDS];
        }
        self.open_stream(row, column, number);
        let place = self.rows[row].streams[column];
        self.blocks[place as usize].words[index as usize % WORDS]
    }

    /// Goes to block `number` of a subject's own stream.
    #[inline(never)]
    fn open_stream(&mut self, row: usize, column: usize, number: u32) {
        if self.rows[row].streams[column] == NONE {
            self.rows[row].streams[column] = self.new_block();
        }
        let row = &self.rows[row];
        let (client, group) = (row.group >> 28, row.group & ((1 << 28) - 1));
        let second = (client << 28) | (group * ROW_WIDTH as u64) | column as u64;
        let stream = address(row.family, FORM_STREAM, row.from, second);
        let block = &mut self.blocks[row.streams[column] as usize];
        block.number = number;
        fill(&mut self.generator, stream, number, &mut block.words);
    }

    /// Draw `index` (from 0) of `family` that belongs to `process` alone.
    pub(crate) fn draw_local(&mut self, family: Family, process: ProcessId, index: u32) -> u32 {
        let (group, column) = seat(process);
        let place = (process.number() - 1) as usize / ROW_WIDTH
            + if process.is_client() { self.server_groups } else { 0 };
        let place = place * LOCAL_FAMILIES + family as usize;
        if self.local_rows[place] == NONE {
            self.local_rows[place] = self.new_row(family, 0, group);
        }
        self.draw(self.local_rows[place], column, index)
    }

    /// The luck of a rare turn of draw `index`: up to 64 words of its own, for what one word cannot
    /// decide.
    pub(crate) fn rare(
        &mut self,
        family: Family,
        (from, to): (ProcessId, ProcessId),
        index: u32,
    ) -> Rare<'_> {
        let number = address(family, FORM_RARE, subject(from), subject(to));
        self.generator.set_stream(number);
        self.generator.set_word_pos(u128::from(index) * WORDS as u128);
        Rare(&mut self.generator)
    }

    /// What `process` gets as its draw `index` (from 0) below `bound`.
    pub(crate) fn random_below(&mut self, process: ProcessId, index: u32, bound: u64) -> u64 {
        if let Some(value) = self.fixed.random(process, index + 1) {
            return value % bound;
        }
        let high = u64::from(self.draw_local(Family::Random, process, index * 2));
        let low = u64::from(self.draw_local(Family::Random, process, index * 2 + 1));
        let wide = u128::from(high << 32 | low) * u128::from(bound);
        (wide >> 64) as u64
    }
}

fn fill(generator: &mut ChaCha8Rng, stream: u64, block: u32, words: &mut [u32; WORDS]) {
    generator.set_stream(stream);
    generator.set_word_pos(u128::from(block) * WORDS as u128);
    let mut bytes = [0; WORDS * 4];
    generator.fill_bytes(&mut bytes);
    for (word, four) in words.iter_mut().zip(bytes.as_chunks::<4>().0) {
        *word = u32::from_le_bytes(*four);
    }
}

/// A short stream for one rare turn.
pub(crate) struct Rare<'a>(&'a mut ChaCha8Rng);

impl Rare<'_> {
    /// A number below `bound`, which is at least 1.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.0.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// 32 bits.
    pub(crate) fn word(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// A span up to `high`, included.
    pub(crate) fn span(&mut self, high: Span) -> Span {
        Span::from_nanos(self.below(high.as_nanos().saturating_add(1)))
    }
}

/// The fixed draws of a script, and which of them came to pass.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fixed {
    luck: Vec<(Luck, bool)>,
    sorted: bool,
}

impl Fixed {
    fn clear(&mut self) {
        self.luck.clear();
        self.sorted = true;
    }

    fn add(&mut self, luck: Luck) {
        self.luck.push((luck, false));
        self.sorted = false;
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.luck.is_empty()
    }

    /// The fixed draws that nothing asked for.
    pub(crate) fn unused(&self) -> impl Iterator<Item = Luck> + '_ {
        self.luck.iter().filter(|(_, used)| !used).map(|(luck, _)| *luck)
    }

    /// The first fixed draw at or after `probe` in the order of [`Luck`], if `get` finds in it what
    /// is asked for.
    fn find<T>(&mut self, probe: Luck, get: impl Fn(Luck) -> Option<T>) -> Option<T> {
        if self.luck.is_empty() {
            return None;
        }
        if !self.sorted {
            self.luck.sort_unstable();
            self.sorted = true;
        }
        let at = self.luck.partition_point(|(luck, _)| *luck < probe);
        let (luck, used) = self.luck.get_mut(at)?;
        let found = get(*luck);
        *used |= found.is_some();
        found
    }

    pub(crate) fn message(&mut self, link: Link, number: u32) -> Option<MessageLuck> {
        let probe = Luck::Message { link, number, fate: MessageLuck::Lost };
        self.find(probe, |luck| match luck {
            Luck::Message { link: l, number: n, fate } if (l, n) == (link, number) => Some(fate),
            _ => None,
        })
    }

    pub(crate) fn random(&mut self, process: ProcessId, number: u32) -> Option<u64> {
        self.find(Luck::Random { process, number, value: 0 }, |luck| match luck {
            Luck::Random { process: p, number: n, value } if (p, n) == (process, number) => {
                Some(value)
            }
            _ => None,
        })
    }

    pub(crate) fn sync(&mut self, process: ProcessId, number: u32) -> Option<SyncLuck> {
        let probe = Luck::Sync { process, number, end: SyncLuck::Takes(Span::ZERO) };
        self.find(probe, |luck| match luck {
            Luck::Sync { process: p, number: n, end } if (p, n) == (process, number) => Some(end),
            _ => None,
        })
    }

    pub(crate) fn write_fails(&mut self, process: ProcessId, record: RecordNumber) -> bool {
        let probe = Luck::WriteFails { process, record };
        self.find(probe, |luck| (luck == probe).then_some(())).is_some()
    }

    pub(crate) fn late(&mut self, process: ProcessId, number: u32) -> Option<Span> {
        self.find(Luck::Late { process, number, by: Span::ZERO }, |luck| match luck {
            Luck::Late { process: p, number: n, by } if (p, n) == (process, number) => Some(by),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n(number: u32) -> ProcessId {
        ProcessId::server(number)
    }

    #[test]
    fn a_draw_depends_on_its_address_alone() {
        // Draws of n1 in one order, then in another, among draws of others: the same words.
        let mut one = Choices::new();
        one.reset(7, 5, 0);
        let first: Vec<_> = (0..200).map(|i| one.draw_local(Family::Late, n(1), i)).collect();

        let mut other = Choices::new();
        other.reset(7, 9, 3);
        for i in (0..200).rev() {
            other.draw_local(Family::Late, n(2), i);
            other.draw_local(Family::Sync, n(1), i);
            assert_eq!(other.draw_local(Family::Late, n(1), i), first[i as usize]);
        }
    }

    #[test]
    fn no_two_addresses_share_a_word() {
        let mut choices = Choices::new();
        choices.reset(7, 20, 4);
        let mut seen = std::collections::BTreeSet::new();
        for process in (1..=20).map(n).chain((1..=4).map(ProcessId::client)) {
            for family in [Family::Random, Family::Sync, Family::Write, Family::Late] {
                for index in 0..100 {
                    seen.insert(choices.draw_local(family, process, index));
                }
            }
        }
        // 9,600 words of 32 bits: about one pair is equal by chance alone.
        assert!(seen.len() >= 9_590, "only {} words differ", seen.len());
    }

    #[test]
    fn a_fixed_draw_is_given_and_marked_as_used() {
        let mut choices = Choices::new();
        choices.reset(7, 3, 0);
        choices.fix(Luck::Random { process: n(2), number: 3, value: 70 });
        choices.fix(Luck::Random { process: n(2), number: 9, value: 1 });
        let free = choices.random_below(n(2), 0, 1_000_000);
        assert_eq!(choices.random_below(n(2), 2, 50), 20);
        assert_eq!(choices.random_below(n(2), 0, 1_000_000), free);
        let unused: Vec<_> = choices.fixed().unused().collect();
        assert_eq!(unused, [Luck::Random { process: n(2), number: 9, value: 1 }]);
    }

    #[test]
    fn random_numbers_fill_their_range() {
        let mut choices = Choices::new();
        choices.reset(7, 1, 0);
        let mut counts = [0; 10];
        (0..10_000).for_each(|i| counts[choices.random_below(n(1), i, 10) as usize] += 1);
        // 1,000 each, give or take five standard deviations of 30.
        assert!(counts.iter().all(|count| (850..=1_150).contains(count)), "{counts:?}");
    }
}
