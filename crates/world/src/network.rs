//! The network: links, and what becomes of a message when it is sent.
//!
//! What can go wrong here: a message is lost (N1), takes any time within the conditions, a long
//! tail included (N2), is overtaken by a later one (N3), arrives twice (N4); links are cut in any
//! shape and direction (N5 to N9), clogged and released (N11, N12), or slow (N13). What cannot: a
//! message arrives changed, at somebody else, or without having been sent; a message to oneself
//! does not meet the network. It stands for datagrams, or for connections that are made anew
//! and lose what was under way; with `order kept`, for connections that stay.
//!
//! Only links that were used take up memory, one cache line each; there is no table of all pairs.

use squall_fault::{Conditions, Delay, Hits, Kind, MessageLuck, Tail};
use squall_process::{Instant, Span};
use squall_trace::{Fate, Link};

use crate::choices::{Choices, Draws, Family, Rare};

const CUT: u8 = 1;
const CLOGGED: u8 = 2;
const SLOW: u8 = 4;

/// One link: one cache line, for in a large world it is the cache that decides.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Wire {
    /// The places of its ends in the world.
    ends: (u32, u32),
    /// How many messages were sent on it.
    sent: u32,
    state: u8,
    /// The latest arrival of what was sent so far.
    latest: Instant,
    draws: Draws,
}

/// The ends of a link as a number.
const fn key((from, to): (u32, u32)) -> u64 {
    ((from as u64) << 32) | to as u64
}

/// All links of a world that were used.
#[derive(Clone, Debug, Default)]
pub(crate) struct Network {
    wires: Vec<Wire>,
    /// Where each wire is, by its ends: open addressing, a power of two of slots, at most half of
    /// them taken. 0 for none, else its place from 1.
    slots: Vec<u32>,
    weather: Weather,
    /// How much longer messages take on the links that are slow.
    slow: Vec<(Link, Span)>,
    /// Whether any link was ever cut in this run.
    any_cut: bool,
}

/// Slots of a small world.
const SLOTS_MIN: usize = 128;

/// Conditions, made ready for a decision by one draw of 32 bits: the range of the draw is divided
/// into lost, twice, much later, and the rest, which is stretched over the usual delays.
#[derive(Clone, Copy, Debug, Default)]
struct Weather {
    lost_below: u64,
    twice_below: u64,
    tail_below: u64,
    /// Nanoseconds in a whole draw's rest, times 2^32 over the size of the rest.
    scale: u128,
    floor: u64,
    /// How many delays there are above the floor, in nanoseconds.
    width: u64,
    /// The mean of an exponential delay, or none.
    mean: Option<u64>,
    tail: Tail,
    in_order: bool,
    queue: Option<u32>,
    /// Whether a message needs a draw at all.
    is_random: bool,
}

impl Weather {
    fn of(conditions: &Conditions) -> Self {
        let lost_below = conditions.loss.share();
        let twice_below = (lost_below + conditions.duplicate.share()).min(1 << 32);
        let tail_below = (twice_below + conditions.tail.chance.share()).min(1 << 32);
        let (floor, width, mean) = match conditions.delay {
            Delay::Uniform(range) => {
                (range.low().as_nanos(), (range.high() - range.low()).as_nanos(), None)
            }
            Delay::Exponential { floor, mean } => (floor.as_nanos(), 0, Some(mean.as_nanos())),
        };
        let rest = u128::from(((1 << 32) - tail_below).max(1));
        let scale =
            if mean.is_some() { 1 << 32 } else { u128::from(width) + u128::from(width > 0) };
        Self {
            lost_below,
            twice_below,
            tail_below,
            scale: (scale << 32) / rest,
            floor,
            width,
            mean,
            tail: conditions.tail,
            in_order: conditions.in_order,
            queue: conditions.queue,
            is_random: tail_below > 0 || width > 0 || mean.is_some(),
        }
    }

    /// What one draw says about a message.
    #[inline]
    fn decide(
        &self,
        draw: u64,
        (link, number): (Link, u32),
        choices: &mut Choices,
        hits: &mut Hits,
    ) -> Fate {
        if draw >= self.tail_below {
            hits.hit(Kind::N2);
            return Fate::Takes(self.delay(draw - self.tail_below));
        }
        if draw < self.lost_below {
            return Fate::Lost;
        }
        let mut rare = choices.rare(Family::Message, (link.from, link.to), number);
        let first = self.delay_again(&mut rare);
        if draw < self.twice_below {
            hits.hit(Kind::N4);
            return Fate::Twice(first, self.delay_again(&mut rare));
        }
        hits.hit(Kind::N2);
        Fate::Takes(first + rare.span(self.tail.high))
    }

    /// The usual delay that a draw stands for, counted from the start of the rest of the range.
    #[inline]
    fn delay(&self, draw: u64) -> Span {
        let scaled = ((u128::from(draw) * self.scale) >> 32) as u64;
        let above = match self.mean {
            None => scaled,
            Some(mean) => exponential(scaled as u32, mean),
        };
        Span::from_nanos(self.floor.saturating_add(above))
    }

    /// A delay from a draw of its own.
    fn delay_again(&self, rare: &mut Rare<'_>) -> Span {
        let above = match self.mean {
            None => rare.below(self.width.saturating_add(1)),
            Some(mean) => exponential(rare.word(), mean),
        };
        Span::from_nanos(self.floor.saturating_add(above))
    }
}

/// `-ln(u)` times `mean`, where `u` is `draw + 1` over 2^32: by whole numbers alone, so that it is
/// the same everywhere.
///
/// The logarithm to base 2 is taken bit by bit: squaring doubles it, and each overflow past 2 is
/// one bit of it (Knuth, The Art of Computer Programming, 1.2.2, exercise 25 and the text before
/// it). 24 bits are enough for nanoseconds of means up to some 16 ms, and for a relative error
/// below 2^-24 above.
fn exponential(draw: u32, mean: u64) -> u64 {
    const BITS: u32 = 24;
    /// ln 2, times 2^32.
    const LN_2: u128 = 2_977_044_472;
    let u = u64::from(draw) + 1;
    let whole = u.ilog2();
    // The mantissa, from 1 up to but not including 2, as a number of 31 bits after the point.
    let mut mantissa = (u << (32 - whole)) >> 1;
    let mut fraction = 0;
    for _ in 0..BITS {
        mantissa = (mantissa * mantissa) >> 31;
        fraction <<= 1;
        if mantissa >= 1 << 32 {
            mantissa >>= 1;
            fraction |= 1;
        }
    }
    let log2 = u64::from(whole) << BITS | fraction;
    let below = (32 << BITS) - log2;
    ((u128::from(below) * LN_2 * u128::from(mean)) >> (BITS + 32)) as u64
}

/// A link, by the names and by the places of its ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ends {
    pub(crate) link: Link,
    pub(crate) places: (u32, u32),
}

impl Network {
    /// Forgets all links.
    pub(crate) fn reset(&mut self, conditions: &Conditions) {
        self.wires.clear();
        self.slots.clear();
        self.slots.resize(SLOTS_MIN, 0);
        self.slow.clear();
        self.any_cut = false;
        self.set_conditions(conditions);
    }

    /// Lets each link draw its luck anew.
    pub(crate) fn forget_luck(&mut self) {
        self.wires.iter_mut().for_each(|wire| wire.draws.forget());
    }

    pub(crate) fn set_conditions(&mut self, conditions: &Conditions) {
        self.weather = Weather::of(conditions);
    }

    /// The place of the wire between two ends, or the slot where it would be found.
    #[inline]
    fn find(&self, ends: (u32, u32)) -> Result<usize, usize> {
        let mask = self.slots.len() - 1;
        let mut slot = (key(ends).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as usize & mask;
        loop {
            match self.slots[slot] {
                0 => return Err(slot),
                place => {
                    let place = place as usize - 1;
                    if self.wires[place].ends == ends {
                        return Ok(place);
                    }
                }
            }
            slot = (slot + 1) & mask;
        }
    }

    /// The place of the wire between two ends, made on first use.
    #[inline]
    fn place(&mut self, ends: Ends) -> usize {
        match self.find(ends.places) {
            Ok(place) => place,
            Err(slot) => self.open(ends, slot),
        }
    }

    /// A new wire, to be found at `slot`.
    #[inline(never)]
    fn open(&mut self, Ends { link, places: ends }: Ends, slot: usize) -> usize {
        let (latest, draws) = (Instant::ZERO, Draws::of(link));
        self.wires.push(Wire { ends, sent: 0, state: 0, latest, draws });
        let place = self.wires.len();
        if place * 2 <= self.slots.len() {
            self.slots[slot] = place as u32;
        } else {
            self.grow();
        }
        place - 1
    }

    /// Doubles the slots.
    #[cold]
    fn grow(&mut self) {
        let count = self.slots.len() * 2;
        self.slots.clear();
        self.slots.resize(count, 0);
        for (place, wire) in self.wires.iter().enumerate() {
            let mixed = key(wire.ends).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
            let mut slot = mixed as usize & (count - 1);
            while self.slots[slot] != 0 {
                slot = (slot + 1) & (count - 1);
            }
            self.slots[slot] = place as u32 + 1;
        }
    }

    /// Whether the link is clogged.
    pub(crate) fn is_clogged(&self, places: (u32, u32)) -> bool {
        self.find(places).is_ok_and(|place| self.wires[place].state & CLOGGED != 0)
    }

    /// Whether the link is cut.
    #[inline]
    pub(crate) fn is_cut(&self, places: (u32, u32)) -> bool {
        self.any_cut && self.find(places).is_ok_and(|place| self.wires[place].state & CUT != 0)
    }

    /// Gives a message that is sent `now` its number, and decides what becomes of it. `held`
    /// messages are held on its link, if it is clogged.
    #[inline]
    pub(crate) fn send(
        &mut self,
        ends: Ends,
        (now, held): (Instant, u32),
        choices: &mut Choices,
        hits: &mut Hits,
    ) -> (u32, Fate) {
        let link = ends.link;
        let place = self.place(ends);
        let wire = &mut self.wires[place];
        wire.sent += 1;
        let number = wire.sent;
        if link.from == link.to {
            return (number, Fate::Takes(Span::ZERO));
        }
        let state = wire.state;
        if state & (CUT | CLOGGED) != 0 {
            return (number, self.blocked(state, link, held, hits));
        }
        let weather = &self.weather;
        let mut fate = if !choices.fixed().is_empty()
            && let Some(luck) = choices.fixed().message(link, number)
        {
            fixed_fate(luck)
        } else if weather.is_random {
            let draw = choices.draw(&mut wire.draws, link, number - 1);
            weather.decide(u64::from(draw), (link, number), choices, hits)
        } else {
            Fate::Takes(Span::from_nanos(weather.floor))
        };
        if state & SLOW != 0 {
            fate = slowed(fate, slowness(&self.slow, link), hits);
        }
        let (latest, in_order) = (&mut wire.latest, weather.in_order);
        match &mut fate {
            Fate::Takes(span) => *span = arrange(latest, now, *span, in_order, hits),
            Fate::Twice(first, second) => {
                *first = arrange(latest, now, *first, in_order, hits);
                *second = arrange(latest, now, *second, in_order, hits);
            }
            _ => lost(link, hits),
        }
        (number, fate)
    }

    /// A message on a link that is cut or clogged.
    #[cold]
    fn blocked(&self, state: u8, link: Link, held: u32, hits: &mut Hits) -> Fate {
        if state & CUT != 0 {
            lost_reply(link, hits);
            return Fate::Cut;
        }
        match self.weather.queue {
            Some(queue) if held >= queue => Fate::Overflow,
            _ => Fate::Held,
        }
    }

    /// How much longer messages on the link take, because it is slow.
    pub(crate) fn slowness(&self, link: Link) -> Span {
        slowness(&self.slow, link)
    }

    /// When a message that was held arrives, if it is released `now`: at once, but on a link that
    /// keeps its order not before what is under way.
    pub(crate) fn released(&mut self, ends: Ends, now: Instant) -> Instant {
        let place = self.place(ends);
        let wire = &mut self.wires[place];
        let at = if self.weather.in_order && wire.latest >= now {
            wire.latest + Span::from_nanos(1)
        } else {
            now
        };
        wire.latest = wire.latest.max(at);
        at
    }

    /// Changes one link: cuts or heals it.
    pub(crate) fn set_cut(&mut self, ends: Ends, cut: bool) {
        self.any_cut |= cut;
        if self.any_cut {
            self.set(ends, CUT, cut);
        }
    }

    /// Changes one link: clogs or releases it.
    pub(crate) fn set_clogged(&mut self, ends: Ends, clogged: bool) {
        self.set(ends, CLOGGED, clogged);
    }

    /// Changes one link: makes every message on it take so much longer; zero for no longer.
    pub(crate) fn set_slow(&mut self, ends: Ends, by: Span) {
        self.slow.retain(|(slow, _)| *slow != ends.link);
        if !by.is_zero() {
            self.slow.push((ends.link, by));
        }
        self.set(ends, SLOW, !by.is_zero());
    }

    fn set(&mut self, ends: Ends, bit: u8, on: bool) {
        if on {
            let place = self.place(ends);
            self.wires[place].state |= bit;
        } else if let Ok(place) = self.find(ends.places) {
            self.wires[place].state &= !bit;
        }
    }

    /// Ends every cut, clog and slowness.
    pub(crate) fn heal_all(&mut self) {
        self.wires.iter_mut().for_each(|wire| wire.state = 0);
        self.slow.clear();
    }
}

fn slowness(slow: &[(Link, Span)], link: Link) -> Span {
    let slow = slow.iter().find(|(slow, _)| *slow == link);
    slow.map_or(Span::ZERO, |(_, span)| *span)
}

/// What becomes of a message on a slow link.
#[cold]
fn slowed(fate: Fate, more: Span, hits: &mut Hits) -> Fate {
    hits.hit(Kind::N13);
    match fate {
        Fate::Takes(span) => Fate::Takes(span + more),
        Fate::Twice(first, second) => Fate::Twice(first + more, second + more),
        other => other,
    }
}

/// Keeps the order of a link where the conditions say so, and notes where it is not kept.
#[inline]
fn arrange(
    latest: &mut Instant,
    now: Instant,
    span: Span,
    in_order: bool,
    hits: &mut Hits,
) -> Span {
    let at = now + span;
    if at > *latest {
        *latest = at;
    } else if in_order {
        *latest += Span::from_nanos(1);
        return latest.since(now);
    } else {
        hits.hit(Kind::N3);
    }
    span
}

fn fixed_fate(luck: MessageLuck) -> Fate {
    match luck {
        MessageLuck::Lost => Fate::Lost,
        MessageLuck::Takes(span) => Fate::Takes(span),
        MessageLuck::Twice(first, second) => Fate::Twice(first, second),
    }
}

fn lost(link: Link, hits: &mut Hits) {
    hits.hit(Kind::N1);
    lost_reply(link, hits);
}

/// What a server says to a client and is lost makes the client ask again (K1).
fn lost_reply(link: Link, hits: &mut Hits) {
    if link.from.is_server() && link.to.is_client() {
        hits.hit(Kind::K1);
    }
}

#[cfg(test)]
mod tests {
    use squall_process::ProcessId;

    use super::*;
    use crate::{Chance, SpanRange};

    fn n(number: u32) -> ProcessId {
        ProcessId::server(number)
    }

    /// The fates of `count` messages on n1>n2, sent one a millisecond.
    fn fates(conditions: &Conditions, count: u32) -> (Vec<Fate>, Hits) {
        let (mut network, mut choices) = (Network::default(), Choices::new());
        choices.reset(7);
        network.reset(conditions);
        let mut hits = Hits::none();
        let link = Link { from: n(1), to: n(2) };
        let fates = (0..count).map(|i| {
            let now = Instant::from_millis(u64::from(i));
            network.send(Ends { link, places: (0, 1) }, (now, 0), &mut choices, &mut hits).1
        });
        (fates.collect(), hits)
    }

    fn spans(fates: &[Fate]) -> impl Iterator<Item = u64> + '_ {
        fates.iter().filter_map(|fate| match fate {
            Fate::Takes(span) => Some(span.as_nanos()),
            _ => None,
        })
    }

    #[test]
    fn uniform_delays_fill_their_range_and_losses_keep_their_odds() {
        let range = SpanRange::new(Span::from_millis(1), Span::from_millis(10)).unwrap();
        let conditions = Conditions {
            delay: Delay::Uniform(range),
            loss: Chance::from_percent(5),
            duplicate: Chance::from_percent(10),
            ..Conditions::default()
        };
        let (fates, hits) = fates(&conditions, 20_000);
        let (low, high) = (spans(&fates).min().unwrap(), spans(&fates).max().unwrap());
        assert!((1_000_000..1_010_000).contains(&low), "{low}");
        assert!(high <= 10_000_000 && high > 9_990_000, "{high}");
        let mean = spans(&fates).sum::<u64>() / spans(&fates).count() as u64;
        assert!((5_400_000..5_600_000).contains(&mean), "{mean}");
        // 1,000 and 2,000 are due; five standard deviations are 155 and 212.
        assert!((845..1_155).contains(&hits.of(Kind::N1)), "{}", hits.of(Kind::N1));
        assert!((1_788..2_212).contains(&hits.of(Kind::N4)), "{}", hits.of(Kind::N4));
    }

    #[test]
    fn when_every_message_comes_twice_its_delays_are_still_drawn() {
        let range = SpanRange::new(Span::from_millis(1), Span::from_millis(10)).unwrap();
        let conditions = Conditions {
            delay: Delay::Uniform(range),
            duplicate: Chance::ALWAYS,
            ..Conditions::default()
        };
        let (fates, _) = fates(&conditions, 1_000);
        let delays: std::collections::BTreeSet<_> = fates
            .iter()
            .map(|fate| match fate {
                Fate::Twice(first, second) => (*first, *second),
                other => panic!("{other}"),
            })
            .collect();
        assert_eq!(delays.len(), 1_000);
    }

    #[test]
    fn exponential_delays_have_the_mean_and_the_median_that_they_should() {
        let mean = 20_000_000;
        let draws = (0..4_096_u32).map(|i| exponential(i << 20 | 1 << 19, mean));
        let mut draws: Vec<_> = draws.collect();
        draws.sort_unstable();
        let average = draws.iter().sum::<u64>() / draws.len() as u64;
        assert!(average.abs_diff(mean) < mean / 1_000, "{average}");
        // The median of an exponential distribution is ln 2 times its mean.
        assert!(draws[2_048].abs_diff(13_862_943) < 20_000, "{}", draws[2_048]);
        assert_eq!(exponential(u32::MAX, mean), 0);
    }

    #[test]
    fn with_order_kept_no_message_overtakes() {
        let range = SpanRange::new(Span::ZERO, Span::from_millis(50)).unwrap();
        let free = Conditions { delay: Delay::Uniform(range), ..Conditions::default() };
        let kept = Conditions { in_order: true, ..free };
        let arrivals = |fates: &[Fate]| {
            let at = spans(fates).enumerate().map(|(i, span)| i as u64 * 1_000_000 + span);
            at.collect::<Vec<_>>()
        };
        let (in_order, hits) = fates(&kept, 500);
        assert!(arrivals(&in_order).is_sorted_by(|a, b| a < b) && hits.of(Kind::N3) == 0);
        let (free, hits) = fates(&free, 500);
        assert!(!arrivals(&free).is_sorted() && hits.of(Kind::N3) > 100);
    }
}
