//! Choices: the single source of all luck.
//!
//! Every draw has an address: its subject, and its number among the draws of that subject. The 4th
//! message on the link n3>n5 gets the same 32 bits in every run of a seed, whatever else happens.
//! Deleting a line of a script therefore leaves all other luck as it was. The bits are a ChaCha8
//! keystream: the seed is the key, the address is stream and position.
//!
//! One ChaCha call yields 64 words, and in a short run most subjects draw only a few, so neighbours
//! share calls. Eight processes form a row, and the 64 links between two rows form a table: one
//! call is the first draw of each of them, another the second, up to the eighth. Later draws of a
//! link, and all draws of links between rows far back, come from a stream of its own, of which
//! eight words are kept ([`Draws`]). The draws of a process itself use the addresses of its link to
//! itself, on which messages need none. The word of a draw depends only on its address.
//!
//! A script line can fix a draw ([`Luck`]). The draw then has the fixed value, and all other draws
//! stay as they are. On request, all unusual luck is recorded ([`Drawn`]); a run without a record
//! pays one comparison for each draw.

use squall_fault::{Drawn, Kept, Luck, MessageLuck, SyncLuck};
use squall_process::{Instant, ProcessId, RecordNumber, Span};
use squall_trace::Link;

use crate::keystream::{Keystream, WORDS};

/// What a draw decides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Family {
    /// The fate of a message.
    Message = 1,
    /// A draw that a process asks for.
    Random = 2,
    /// How a sync ends.
    Sync = 3,
    /// Whether the disk refuses a write.
    Write = 4,
    /// Whether a timer is late.
    Late = 5,
    /// What a crash leaves.
    Crash = 6,
    /// Which record rots.
    Rot = 7,
}

/// The servers and clients of one row: a small cluster and its clients.
const ROW_SERVERS: u32 = 6;
const ROW_CLIENTS: u32 = 2;
const ROW_WIDTH: usize = (ROW_SERVERS + ROW_CLIENTS) as usize;
/// The rows whose links share tables. In a larger world a table would serve few links that are
/// used.
const NEAR_ROWS: u32 = 2;
/// The draws of a link that are in tables.
const TABLE_DRAWS: u32 = 8;
/// The number of tables.
const TABLES: usize = (NEAR_ROWS * NEAR_ROWS * TABLE_DRAWS) as usize;
/// The number of words of its own stream that a subject keeps.
const ROUND_DRAWS: usize = 8;
/// Calls that are kept beside the tables.
const KEPT_CALLS: usize = 16;

/// Returns the place of a process: the row, and the place in it.
fn seat(id: ProcessId) -> (u32, u32) {
    let place = id.number() - 1;
    if id.is_client() {
        (place / ROW_CLIENTS, ROW_SERVERS + place % ROW_CLIENTS)
    } else {
        (place / ROW_SERVERS, place % ROW_SERVERS)
    }
}

/// The draws of one link, or of a process itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draws {
    /// Whether its first draws stand in tables; in which, and where in each.
    near: bool,
    first_table: u8,
    word: u8,
    /// Which eight of its own draws are at hand.
    round: u32,
    words: [u32; ROUND_DRAWS],
}

impl Draws {
    /// Returns the draws of `link`; those of a process itself are the ones of its link to itself.
    pub(crate) fn of(link: Link) -> Self {
        let ((from, left), (to, right)) = (seat(link.from), seat(link.to));
        let near = from < NEAR_ROWS && to < NEAR_ROWS;
        let first_table = if near { (from * NEAR_ROWS + to) * TABLE_DRAWS } else { 0 };
        let word = left * ROW_WIDTH as u32 + right;
        Self {
            near,
            first_table: first_table as u8,
            word: word as u8,
            round: u32::MAX,
            words: [0; ROUND_DRAWS],
        }
    }

    /// Drops the words that are kept.
    pub(crate) const fn forget(&mut self) {
        self.round = u32::MAX;
    }
}

/// The words of one ChaCha call, and which call it was.
#[derive(Clone, Debug)]
struct Call {
    /// The run, the stream and the place in it.
    address: (u64, u64, u32),
    words: [u32; WORDS],
}

/// The words of one ChaCha call as a table: the same draw of every link between two rows.
#[derive(Clone, Debug)]
struct Table {
    run: u64,
    words: [u32; WORDS],
}

/// The source of all luck.
#[derive(Clone, Debug)]
pub(crate) struct Choices {
    keystream: Keystream,
    /// The number of seeds so far, so that calls of earlier seeds are not taken for calls of this
    /// one.
    runs: u64,
    tables: Vec<Table>,
    calls: Vec<Call>,
    fixed: Fixed,
    /// All unusual luck so far, if it is recorded.
    record: Option<Vec<Drawn>>,
}

/// Returns a process as 29 bits of an address.
fn bits(id: ProcessId) -> u64 {
    (u64::from(id.is_client()) << 28) | u64::from((id.number() - 1) & ((1 << 28) - 1))
}

/// Returns an address as a stream number: the family, a mark that tells the forms apart, and two
/// subjects.
fn address(family: Family, form: u64, first: u64, second: u64) -> u64 {
    (family as u64) << 60 | form << 58 | first << 29 | second
}

const FORM_SHARED: u64 = 0;
const FORM_OWN: u64 = 1;
const FORM_RARE: u64 = 2;

/// A rare turn has a million words of its own.
const RARE_BITS: u32 = 20;

impl Choices {
    pub(crate) fn new() -> Self {
        Self {
            keystream: Keystream::new(0),
            runs: 0,
            tables: vec![Table { run: 0, words: [0; WORDS] }; TABLES],
            calls: vec![Call { address: (0, 0, 0), words: [0; WORDS] }; KEPT_CALLS],
            fixed: Fixed::default(),
            record: None,
        }
    }

    /// Starts the luck of `seed`, with no draw fixed.
    pub(crate) fn reset(&mut self, seed: u64) {
        self.keystream = Keystream::new(seed);
        self.runs += 1;
        self.fixed.clear();
        self.record = None;
    }

    /// Starts a record.
    pub(crate) fn record(&mut self) {
        self.record = Some(Vec::new());
    }

    #[inline]
    pub(crate) fn is_recording(&self) -> bool {
        self.record.is_some()
    }

    /// Returns the record, and stops recording.
    pub(crate) fn recorded(&mut self) -> Vec<Drawn> {
        self.record.take().unwrap_or_default()
    }

    /// Notes luck that occurred at `at`, after `events` events.
    #[cold]
    pub(crate) fn note(&mut self, at: Instant, events: u64, luck: Luck) {
        if let Some(record) = &mut self.record
            && !luck.is_usual()
        {
            record.push(Drawn { at, events, luck });
        }
    }

    pub(crate) fn fix(&mut self, luck: Luck) {
        self.fixed.add(luck);
    }

    #[inline]
    pub(crate) fn fixed(&mut self) -> &mut Fixed {
        &mut self.fixed
    }

    /// Returns draw `index` (from 0) of `link` with the draws `draws`.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "part of every delivery, and it has two callers")]
    pub(crate) fn draw(&mut self, draws: &mut Draws, link: Link, index: u32) -> u32 {
        if draws.near && index < TABLE_DRAWS {
            let place = usize::from(draws.first_table) + index as usize;
            if self.tables[place].run != self.runs {
                self.lay(place);
            }
            return self.tables[place].words[usize::from(draws.word)];
        }
        let round = index / ROUND_DRAWS as u32;
        if draws.round != round {
            draws.words = self.round(link, round);
            draws.round = round;
        }
        draws.words[index as usize % ROUND_DRAWS]
    }

    /// Fills the table at `place`.
    #[inline(never)]
    fn lay(&mut self, place: usize) {
        let (rows, draw) = (place as u64 / u64::from(TABLE_DRAWS), place as u32 % TABLE_DRAWS);
        let near_rows = u64::from(NEAR_ROWS);
        let stream = address(Family::Message, FORM_SHARED, rows / near_rows, rows % near_rows);
        let table = &mut self.tables[place];
        fill(&mut self.keystream, stream, draw, &mut table.words);
        table.run = self.runs;
    }

    /// Returns eight draws of a link, from its own stream.
    #[inline(never)]
    fn round(&mut self, link: Link, round: u32) -> [u32; ROUND_DRAWS] {
        const ROUNDS: u32 = (WORDS / ROUND_DRAWS) as u32;
        let stream = address(Family::Message, FORM_OWN, bits(link.from), bits(link.to));
        let words = self.call(stream, round / ROUNDS);
        let mut eight = [0; ROUND_DRAWS];
        let first = (round % ROUNDS) as usize * ROUND_DRAWS;
        eight.copy_from_slice(&words[first..first + ROUND_DRAWS]);
        eight
    }

    /// Returns draw `index` (from 0) about `process`, of a rare kind: a row shares calls, each for
    /// eight draws.
    pub(crate) fn draw_once(&mut self, family: Family, process: ProcessId, index: u32) -> u32 {
        let (row, place) = seat(process);
        let draws = (WORDS / ROW_WIDTH) as u32;
        let words = self.call(address(family, FORM_SHARED, 0, u64::from(row)), index / draws);
        words[(index % draws) as usize * ROW_WIDTH + place as usize]
    }

    /// Returns the words of call `number` of a stream, kept or newly made.
    #[inline]
    fn call(&mut self, stream: u64, number: u32) -> &[u32; WORDS] {
        let wanted = (self.runs, stream, number);
        let mixed = (stream ^ u64::from(number)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let call = &mut self.calls[(mixed >> 58) as usize % KEPT_CALLS];
        if call.address != wanted {
            fill(&mut self.keystream, stream, number, &mut call.words);
            call.address = wanted;
        }
        &call.words
    }

    /// Returns the luck of a rare outcome of draw `index`: a million words of its own, for what one
    /// word cannot decide.
    pub(crate) fn rare(&mut self, family: Family, link: Link, index: u32) -> Rare<'_> {
        let number = address(family, FORM_RARE, bits(link.from), bits(link.to));
        self.keystream.go_to(number, u128::from(index) << RARE_BITS);
        Rare(&mut self.keystream)
    }

    /// Returns draw `index` (from 0) below `bound` of `process` with the draws `draws`: usually
    /// from one word, or from two of a rare outcome if the bound exceeds 32 bits.
    #[inline]
    pub(crate) fn random_below(
        &mut self,
        draws: &mut Draws,
        process: ProcessId,
        index: u32,
        bound: u64,
    ) -> u64 {
        if let Some(value) = self.fixed.random(process, index + 1) {
            return value % bound;
        }
        let own = Link { from: process, to: process };
        if bound > 1 << 32 {
            return self.rare(Family::Random, own, index).below(bound);
        }
        ((u128::from(self.draw(draws, own, index)) * u128::from(bound)) >> 32) as u64
    }
}

/// The words of one call: those of `block` of `stream`.
fn fill(keystream: &mut Keystream, stream: u64, block: u32, words: &mut [u32; WORDS]) {
    keystream.go_to(stream, u128::from(block) * WORDS as u128);
    keystream.fill(words);
}

/// A short stream for one rare turn.
pub(crate) struct Rare<'a>(&'a mut Keystream);

impl Rare<'_> {
    /// Returns a number below `bound`, which is at least 1.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.0.two_words()) * u128::from(bound)) >> 64) as u64
    }

    /// 32 bits.
    pub(crate) fn word(&mut self) -> u32 {
        self.0.word()
    }

    /// Returns a span up to `high`, included.
    pub(crate) fn span(&mut self, high: Span) -> Span {
        Span::from_nanos(self.below(high.as_nanos().saturating_add(1)))
    }
}

/// The fixed draws of a script, and which of them were used.
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

    /// Returns the fixed draws that were not used.
    pub(crate) fn unused(&self) -> impl Iterator<Item = Luck> + '_ {
        self.luck.iter().filter(|(_, used)| !used).map(|(luck, _)| luck.clone())
    }

    /// Returns the first fixed draw at or after `probe` in the order of [`Luck`], if `get` accepts
    /// it.
    #[inline]
    fn find<T>(&mut self, probe: &Luck, get: impl Fn(&Luck) -> Option<T>) -> Option<T> {
        if self.luck.is_empty() {
            return None;
        }
        let (luck, used) = self.first_from(probe)?;
        let found = get(luck);
        *used |= found.is_some();
        found
    }

    #[inline(never)]
    fn first_from(&mut self, probe: &Luck) -> Option<&mut (Luck, bool)> {
        if !self.sorted {
            self.luck.sort_unstable();
            self.sorted = true;
        }
        let at = self.luck.partition_point(|(luck, _)| luck < probe);
        self.luck.get_mut(at)
    }

    #[inline]
    pub(crate) fn message(&mut self, link: Link, number: u32) -> Option<MessageLuck> {
        let probe = Luck::Message { link, number, fate: MessageLuck::Lost };
        self.find(&probe, |luck| match luck {
            Luck::Message { link: l, number: n, fate } if (*l, *n) == (link, number) => Some(*fate),
            _ => None,
        })
    }

    #[inline]
    pub(crate) fn random(&mut self, process: ProcessId, number: u32) -> Option<u64> {
        self.find(&Luck::Random { process, number, value: 0 }, |luck| match luck {
            Luck::Random { process: p, number: n, value } if (*p, *n) == (process, number) => {
                Some(*value)
            }
            _ => None,
        })
    }

    #[inline]
    pub(crate) fn sync(&mut self, process: ProcessId, number: u32) -> Option<SyncLuck> {
        let probe = Luck::Sync { process, number, end: SyncLuck::Takes(Span::ZERO) };
        self.find(&probe, |luck| match luck {
            Luck::Sync { process: p, number: n, end } if (*p, *n) == (process, number) => {
                Some(*end)
            }
            _ => None,
        })
    }

    #[inline]
    pub(crate) fn write_fails(&mut self, process: ProcessId, record: RecordNumber) -> bool {
        let probe = Luck::WriteFails { process, record };
        self.find(&probe, |luck| (*luck == probe).then_some(())).is_some()
    }

    #[inline]
    pub(crate) fn late(&mut self, process: ProcessId, number: u32) -> Option<Span> {
        self.find(&Luck::Late { process, number, by: Span::ZERO }, |luck| match luck {
            Luck::Late { process: p, number: n, by } if (*p, *n) == (process, number) => Some(*by),
            _ => None,
        })
    }

    pub(crate) fn crash(&mut self, process: ProcessId, number: u32) -> Option<Kept> {
        let probe = Luck::Crash { process, number, kept: Kept::NOTHING };
        self.find(&probe, |luck| match luck {
            Luck::Crash { process: p, number: n, kept } if (*p, *n) == (process, number) => {
                Some(kept.clone())
            }
            _ => None,
        })
    }

    pub(crate) fn rot(&mut self, process: ProcessId, number: u32) -> Option<RecordNumber> {
        let probe = Luck::Rot { process, number, record: RecordNumber(0) };
        self.find(&probe, |luck| match luck {
            Luck::Rot { process: p, number: n, record } if (*p, *n) == (process, number) => {
                Some(*record)
            }
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

    fn link(from: u32, to: u32) -> Link {
        Link { from: n(from), to: n(to) }
    }

    #[test]
    fn a_draw_depends_on_its_address_alone() {
        // Draws of a link in one order, then in another, among draws of other links: the same
        // words. Once between processes of the first row, once between processes far back.
        for (ours, theirs) in [(link(1, 2), link(2, 1)), (link(100, 1), link(100, 2))] {
            let (mut one, mut other) = (Choices::new(), Choices::new());
            one.reset(7);
            other.reset(7);
            let mut draws = Draws::of(ours);
            let first: Vec<_> = (0..200).map(|i| one.draw(&mut draws, ours, i)).collect();
            let (mut draws, mut others) = (Draws::of(ours), Draws::of(theirs));
            for i in (0..200).rev() {
                other.draw(&mut others, theirs, i);
                other.draw_once(Family::Sync, n(1), i);
                assert_eq!(other.draw(&mut draws, ours, i), first[i as usize]);
            }
            other.reset(8);
            let again = other.draw(&mut Draws::of(ours), ours, 0);
            assert_ne!(again, first[0], "another seed, other luck");
        }
    }

    #[test]
    fn no_two_addresses_share_a_word() {
        let mut choices = Choices::new();
        choices.reset(7);
        let mut seen = std::collections::BTreeSet::new();
        let processes = || (1..=20).map(n).chain((1..=4).map(ProcessId::client));
        for to in processes() {
            for from in [n(3), n(20), ProcessId::client(1)] {
                let link = Link { from, to };
                let mut draws = Draws::of(link);
                seen.extend((0..100).map(|index| choices.draw(&mut draws, link, index)));
            }
            let family = Family::Sync;
            seen.extend((0..100).map(|index| choices.draw_once(family, to, index)));
        }
        // 9,600 words of 32 bits: about one pair is equal by chance alone.
        assert!(seen.len() >= 9_590, "only {} words differ", seen.len());
    }

    #[test]
    fn a_fixed_draw_is_given_and_marked_as_used() {
        let mut choices = Choices::new();
        choices.reset(7);
        let mut draws = Draws::of(link(2, 2));
        choices.fix(Luck::Random { process: n(2), number: 3, value: 70 });
        choices.fix(Luck::Random { process: n(2), number: 9, value: 1 });
        let free = choices.random_below(&mut draws, n(2), 0, 1_000_000);
        assert_eq!(choices.random_below(&mut draws, n(2), 2, 50), 20);
        assert_eq!(choices.random_below(&mut draws, n(2), 0, 1_000_000), free);
        let unused: Vec<_> = choices.fixed().unused().collect();
        assert_eq!(unused, [Luck::Random { process: n(2), number: 9, value: 1 }]);
    }

    #[test]
    fn random_numbers_fill_their_range() {
        let mut choices = Choices::new();
        choices.reset(7);
        let mut draws = Draws::of(link(1, 1));
        let mut counts = [0; 10];
        for i in 0..10_000 {
            counts[choices.random_below(&mut draws, n(1), i, 10) as usize] += 1;
        }
        // 1,000 each, give or take five standard deviations of 30.
        assert!(counts.iter().all(|count| (850..=1_150).contains(count)), "{counts:?}");
    }
}
