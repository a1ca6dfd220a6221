//! Choices: the one door through which all luck comes.
//!
//! Every draw has an address: what it concerns, and which of its draws it is. The 4th message on
//! the link n3>n5 gets the same 32 bits in every run of a seed, whatever else happens; so deleting
//! a line of a script leaves the luck of all else as it was. The bits are a ChaCha8 keystream: the
//! seed is the key, the address is stream and position.
//!
//! One ChaCha call yields 64 words, and most subjects draw only a few in a short run. So eight
//! neighbouring subjects share a call for their first eight draws, another for the next eight, and
//! so on; from its 33rd draw on, a subject has a stream of its own. Which word a draw gets depends
//! on its address alone. The last few calls are kept, and each busy subject has its next eight
//! words at hand ([`Words`]).
//!
//! A script line can fix a draw ([`Luck`]); the door then gives the fixed value, and the draws of
//! all else stay put. On request the door keeps a record of all that passed it and is not what fair
//! weather brings anyway ([`Drawn`]); a run that nobody records pays for one comparison a draw.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use squall_process::{Instant, ProcessId, RecordNumber, Span};
use squall_trace::Link;

use crate::action::Kept;
use crate::luck::{Drawn, Luck, MessageLuck, SyncLuck};

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

/// Subjects that share a call, and draws of each in it.
const ROW_WIDTH: usize = 8;
const ROUND_DRAWS: usize = 8;
/// Calls that neighbours share, before each goes its own way.
const SHARED_ROUNDS: u32 = 4;
/// Words of one ChaCha call.
const WORDS: usize = 64;
/// Calls that are kept.
const KEPT_CALLS: usize = 64;

/// Whose draws they are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject {
    family: Family,
    /// The sender, for messages; nobody otherwise.
    from: u64,
    /// The receiver, or whom the draw is about.
    about: ProcessId,
}

impl Subject {
    #[inline]
    pub(crate) fn message(link: Link) -> Self {
        Self { family: Family::Message, from: bits(link.from), about: link.to }
    }

    #[inline]
    pub(crate) fn local(family: Family, process: ProcessId) -> Self {
        Self { family, from: 0, about: process }
    }
}

/// Eight draws of one subject: those of one round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words {
    round: u32,
    words: [u32; ROUND_DRAWS],
}

impl Words {
    /// None yet.
    pub(crate) const NONE: Self = Self { round: u32::MAX, words: [0; ROUND_DRAWS] };
}

/// The words of one ChaCha call, and which call it was.
#[derive(Clone, Debug)]
struct Call {
    /// The run, the stream and the place in it.
    address: (u64, u64, u32),
    words: [u32; WORDS],
}

/// The door.
#[derive(Clone, Debug)]
pub(crate) struct Choices {
    generator: ChaCha8Rng,
    /// Counts the seeds, so that calls of earlier ones are not taken for this one's.
    runs: u64,
    calls: Vec<Call>,
    fixed: Fixed,
    /// All unusual luck so far, if it is recorded.
    record: Option<Vec<Drawn>>,
}

/// A process as 29 bits of an address.
fn bits(id: ProcessId) -> u64 {
    (u64::from(id.is_client()) << 28) | u64::from((id.number() - 1) & ((1 << 28) - 1))
}

/// An address as a stream number: the family, a mark that tells the forms apart, and two subjects.
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
        let nothing = Call { address: (0, 0, 0), words: [0; WORDS] };
        Self {
            generator: generator(0),
            runs: 0,
            calls: vec![nothing; KEPT_CALLS],
            fixed: Fixed::default(),
            record: None,
        }
    }

    /// Starts the luck of `seed`; no draw is fixed yet.
    pub(crate) fn reset(&mut self, seed: u64) {
        self.generator = generator(seed);
        self.runs += 1;
        self.fixed.clear();
        self.record = None;
    }

    /// From now on a record is kept.
    pub(crate) fn record(&mut self) {
        self.record = Some(Vec::new());
    }

    #[inline]
    pub(crate) fn is_recording(&self) -> bool {
        self.record.is_some()
    }

    /// What was recorded; nothing is from now on.
    pub(crate) fn recorded(&mut self) -> Vec<Drawn> {
        self.record.take().unwrap_or_default()
    }

    /// Notes luck that came to pass `at`, after so many `events`.
    #[cold]
    pub(crate) fn note(&mut self, (at, events): (Instant, u64), luck: Luck) {
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

    /// Draw `index` (from 0) of `subject`, which has `words` at hand.
    #[inline]
    pub(crate) fn draw(&mut self, words: &mut Words, subject: Subject, index: u32) -> u32 {
        let round = index / ROUND_DRAWS as u32;
        if words.round != round {
            words.words = self.round(subject, round);
            words.round = round;
        }
        words.words[index as usize % ROUND_DRAWS]
    }

    /// Draw `index` (from 0) of a subject that draws seldom.
    pub(crate) fn draw_once(&mut self, subject: Subject, index: u32) -> u32 {
        let round = self.round(subject, index / ROUND_DRAWS as u32);
        round[index as usize % ROUND_DRAWS]
    }

    /// The eight words of a round of `subject`.
    #[inline(never)]
    fn round(&mut self, subject: Subject, round: u32) -> [u32; ROUND_DRAWS] {
        let Subject { family, from, about } = subject;
        let about = bits(about);
        let mut eight = [0; ROUND_DRAWS];
        if round < SHARED_ROUNDS {
            let row = about / ROW_WIDTH as u64;
            let column = (about % ROW_WIDTH as u64) as usize;
            let words = self.call(address(family, FORM_SHARED, from, row), round);
            for (draw, word) in eight.iter_mut().enumerate() {
                *word = words[draw * ROW_WIDTH + column];
            }
        } else {
            let (number, part) = {
                let own = (round - SHARED_ROUNDS) as usize;
                (own / ROUND_DRAWS, own % ROUND_DRAWS)
            };
            let words = self.call(address(family, FORM_OWN, from, about), number as u32);
            eight.copy_from_slice(&words[part * ROUND_DRAWS..][..ROUND_DRAWS]);
        }
        eight
    }

    /// The words of call `number` of a stream: kept ones, or made now.
    #[inline]
    fn call(&mut self, stream: u64, number: u32) -> &[u32; WORDS] {
        let wanted = (self.runs, stream, number);
        let mixed = (stream ^ u64::from(number)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let call = &mut self.calls[(mixed >> 58) as usize % KEPT_CALLS];
        if call.address != wanted {
            fill(&mut self.generator, stream, number, &mut call.words);
            call.address = wanted;
        }
        &call.words
    }

    /// The luck of a rare turn of draw `index`: a million words of its own, for what one word
    /// cannot decide.
    pub(crate) fn rare(
        &mut self,
        family: Family,
        (from, to): (ProcessId, ProcessId),
        index: u32,
    ) -> Rare<'_> {
        let number = address(family, FORM_RARE, bits(from), bits(to));
        self.generator.set_stream(number);
        self.generator.set_word_pos(u128::from(index) << RARE_BITS);
        Rare(&mut self.generator)
    }

    /// What `process`, which has `words` at hand, gets as its draw `index` (from 0) below `bound`.
    pub(crate) fn random_below(
        &mut self,
        words: &mut Words,
        (process, index): (ProcessId, u32),
        bound: u64,
    ) -> u64 {
        if let Some(value) = self.fixed.random(process, index + 1) {
            return value % bound;
        }
        let subject = Subject::local(Family::Random, process);
        let high = u64::from(self.draw(words, subject, index * 2));
        let low = u64::from(self.draw(words, subject, index * 2 + 1));
        let wide = u128::from((high << 32) | low) * u128::from(bound);
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
        self.luck.iter().filter(|(_, used)| !used).map(|(luck, _)| luck.clone())
    }

    /// The first fixed draw at or after `probe` in the order of [`Luck`], if `get` finds in it what
    /// is asked for.
    fn find<T>(&mut self, probe: &Luck, get: impl Fn(&Luck) -> Option<T>) -> Option<T> {
        if self.luck.is_empty() {
            return None;
        }
        if !self.sorted {
            self.luck.sort_unstable();
            self.sorted = true;
        }
        let at = self.luck.partition_point(|(luck, _)| luck < probe);
        let (luck, used) = self.luck.get_mut(at)?;
        let found = get(luck);
        *used |= found.is_some();
        found
    }

    pub(crate) fn message(&mut self, link: Link, number: u32) -> Option<MessageLuck> {
        let probe = Luck::Message { link, number, fate: MessageLuck::Lost };
        self.find(&probe, |luck| match luck {
            Luck::Message { link: l, number: n, fate } if (*l, *n) == (link, number) => Some(*fate),
            _ => None,
        })
    }

    pub(crate) fn random(&mut self, process: ProcessId, number: u32) -> Option<u64> {
        self.find(&Luck::Random { process, number, value: 0 }, |luck| match luck {
            Luck::Random { process: p, number: n, value } if (*p, *n) == (process, number) => {
                Some(*value)
            }
            _ => None,
        })
    }

    pub(crate) fn sync(&mut self, process: ProcessId, number: u32) -> Option<SyncLuck> {
        let probe = Luck::Sync { process, number, end: SyncLuck::Takes(Span::ZERO) };
        self.find(&probe, |luck| match luck {
            Luck::Sync { process: p, number: n, end } if (*p, *n) == (process, number) => {
                Some(*end)
            }
            _ => None,
        })
    }

    pub(crate) fn write_fails(&mut self, process: ProcessId, record: RecordNumber) -> bool {
        let probe = Luck::WriteFails { process, record };
        self.find(&probe, |luck| (*luck == probe).then_some(())).is_some()
    }

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

    fn late(process: ProcessId) -> Subject {
        Subject::local(Family::Late, process)
    }

    #[test]
    fn a_draw_depends_on_its_address_alone() {
        // Draws of n1 in one order, then in another, among draws of others: the same words.
        let (mut one, mut other) = (Choices::new(), Choices::new());
        one.reset(7);
        other.reset(7);
        let mut words = Words::NONE;
        let first: Vec<_> = (0..200).map(|i| one.draw(&mut words, late(n(1)), i)).collect();
        for i in (0..200).rev() {
            other.draw_once(late(n(2)), i);
            other.draw_once(Subject::local(Family::Sync, n(1)), i);
            assert_eq!(other.draw_once(late(n(1)), i), first[i as usize]);
        }
        other.reset(8);
        assert_ne!(other.draw_once(late(n(1)), 0), first[0], "another seed, other luck");
    }

    #[test]
    fn no_two_addresses_share_a_word() {
        let mut choices = Choices::new();
        choices.reset(7);
        let mut seen = std::collections::BTreeSet::new();
        for process in (1..=20).map(n).chain((1..=4).map(ProcessId::client)) {
            let link = Link { from: n(3), to: process };
            let local = [Family::Random, Family::Sync, Family::Late];
            let local = local.map(|family| Subject::local(family, process));
            for subject in local.into_iter().chain([Subject::message(link)]) {
                seen.extend((0..100).map(|index| choices.draw_once(subject, index)));
            }
        }
        // 9,600 words of 32 bits: about one pair is equal by chance alone.
        assert!(seen.len() >= 9_590, "only {} words differ", seen.len());
    }

    #[test]
    fn a_fixed_draw_is_given_and_marked_as_used() {
        let mut choices = Choices::new();
        choices.reset(7);
        let mut words = Words::NONE;
        choices.fix(Luck::Random { process: n(2), number: 3, value: 70 });
        choices.fix(Luck::Random { process: n(2), number: 9, value: 1 });
        let free = choices.random_below(&mut words, (n(2), 0), 1_000_000);
        assert_eq!(choices.random_below(&mut words, (n(2), 2), 50), 20);
        assert_eq!(choices.random_below(&mut words, (n(2), 0), 1_000_000), free);
        let unused: Vec<_> = choices.fixed().unused().collect();
        assert_eq!(unused, [Luck::Random { process: n(2), number: 9, value: 1 }]);
    }

    #[test]
    fn random_numbers_fill_their_range() {
        let mut choices = Choices::new();
        choices.reset(7);
        let mut words = Words::NONE;
        let mut counts = [0; 10];
        for i in 0..10_000 {
            counts[choices.random_below(&mut words, (n(1), i), 10) as usize] += 1;
        }
        // 1,000 each, give or take five standard deviations of 30.
        assert!(counts.iter().all(|count| (850..=1_150).contains(count)), "{counts:?}");
    }
}
