//! The network: links, and the fate of a message when it is sent.
//!
//! What can fail here: a message is lost (N1), takes any time within the conditions, including a
//! long tail (N2), is overtaken by a later one (N3), arrives twice (N4); links are cut in any shape
//! and direction (N5 to N9), clogged and released (N11, N12), or slow (N13). What cannot: a message
//! arrives changed, at a process that it was not sent to, or without having been sent; a message of
//! a process to itself does not use the network. The model is datagrams, or connections that are
//! reopened and lose what was under way; with `order kept`, connections that stay open.

mod odds;
mod sessions;
mod wires;

use squall_fault::{Conditions, Hits, Kind, Links, MessageLuck};
use squall_process::{Instant, Span};
use squall_trace::{Fate, Link};

use self::odds::Odds;
use self::wires::{CLOGGED, CUT, HANGS, REFUSES, SLOW, Wires};
use crate::choices::Choices;
use crate::due::Envelope;

pub(crate) use self::sessions::{Known, Parcel, REPEAT, Sessions, Shipment, Side};
pub(crate) use self::wires::Ends;

/// A change of one link.
#[derive(Clone, Copy)]
pub(crate) enum LinkChange {
    Cut(bool),
    Clog(bool),
    /// Every message takes longer by this; zero for no longer.
    Slow(Span),
    /// Connects are refused.
    Refuse(bool),
    /// Connects hang.
    Hang(bool),
}

/// A message on a clogged link.
#[derive(Clone, Debug)]
pub(crate) struct Held<M> {
    pub(crate) envelope: Envelope,
    pub(crate) message: M,
}

/// A sent message with its number, and its fate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Posted {
    pub(crate) number: u32,
    pub(crate) fate: Fate,
}

/// All links that were used, and the messages that they hold back.
#[derive(Clone, Debug)]
pub(crate) struct Network<M> {
    wires: Wires,
    odds: Odds,
    /// How much longer messages take on the links that are slow.
    slow: Vec<(Link, Span)>,
    /// Messages on clogged links, in the order in which they were sent.
    held: Vec<Held<M>>,
    /// Clogs that were not released yet, the oldest first.
    clogs: Vec<Links>,
    /// Whether any link was ever cut in this run.
    any_cut: bool,
}

impl<M> Network<M> {
    pub(crate) fn new() -> Self {
        Self {
            wires: Wires::default(),
            odds: Odds::default(),
            slow: Vec::new(),
            held: Vec::new(),
            clogs: Vec::new(),
            any_cut: false,
        }
    }

    /// Forgets all links.
    pub(crate) fn reset(&mut self, conditions: &Conditions) {
        self.wires.clear();
        self.slow.clear();
        self.held.clear();
        self.clogs.clear();
        self.any_cut = false;
        self.set_conditions(conditions);
    }

    /// Makes each link draw its luck again.
    pub(crate) fn forget_luck(&mut self) {
        self.wires.iter_mut().for_each(|wire| wire.draws.forget());
    }

    pub(crate) fn set_conditions(&mut self, conditions: &Conditions) {
        self.odds = Odds::of(conditions);
    }

    /// Numbers a message that is sent at `now`, and decides its fate.
    #[inline]
    pub(crate) fn send(
        &mut self,
        ends: Ends,
        now: Instant,
        choices: &mut Choices,
        hits: &mut Hits,
    ) -> Posted {
        let link = ends.link;
        let wire = self.wires.between(ends);
        wire.sent += 1;
        let number = wire.sent;
        if link.from == link.to {
            return Posted { number, fate: Fate::Takes(Span::ZERO) };
        }
        let state = wire.state;
        if state & (CUT | CLOGGED) != 0 {
            return Posted { number, fate: self.blocked(state, ends, hits) };
        }
        let odds = &self.odds;
        let mut fate = if !choices.fixed().is_empty()
            && let Some(luck) = choices.fixed().message(link, number)
        {
            fixed_fate(luck)
        } else if odds.is_random {
            let draw = choices.draw(&mut wire.draws, link, number - 1);
            odds.decide(u64::from(draw), link, number, choices, hits)
        } else {
            Fate::Takes(Span::from_nanos(odds.floor))
        };
        if state & SLOW != 0 {
            fate = slowed(fate, slowness(&self.slow, link), hits);
        }
        let (latest, in_order) = (&mut wire.latest, odds.in_order);
        match &mut fate {
            Fate::Takes(span) => *span = arrange(latest, now, *span, in_order, hits),
            Fate::Twice(first, second) => {
                *first = arrange(latest, now, *first, in_order, hits);
                *second = arrange(latest, now, *second, in_order, hits);
            }
            _ => lost(link, hits),
        }
        Posted { number, fate }
    }

    /// Returns the fate of a message on a link that is cut or clogged.
    #[cold]
    fn blocked(&self, state: u8, ends: Ends, hits: &mut Hits) -> Fate {
        if state & CUT != 0 {
            lost_reply(ends.link, hits);
            return Fate::Cut;
        }
        match self.odds.queue {
            Some(queue) if self.held_on(ends) >= queue => Fate::Overflow,
            _ => Fate::Held,
        }
    }

    /// Returns the number of messages that a clogged link holds.
    fn held_on(&self, ends: Ends) -> u32 {
        let is_on =
            |held: &&Held<M>| (held.envelope.from, held.envelope.to) == (ends.from, ends.to);
        self.held.iter().filter(is_on).count() as u32
    }

    /// Holds back a message whose link is clogged.
    pub(crate) fn hold(&mut self, envelope: Envelope, message: M) {
        self.held.push(Held { envelope, message });
    }

    /// Returns whether the link is cut.
    #[inline]
    pub(crate) fn is_cut(&self, from: u32, to: u32) -> bool {
        self.any_cut && self.wires.get(from, to).is_some_and(|wire| wire.state & CUT != 0)
    }

    /// Returns whether no message passes the link, because it is cut or clogged.
    pub(crate) fn is_blocked(&self, from: u32, to: u32) -> bool {
        self.wires.get(from, to).is_some_and(|wire| wire.state & (CUT | CLOGGED) != 0)
    }

    /// Returns whether connects are refused on the link.
    pub(crate) fn refuses(&self, ends: Ends) -> bool {
        self.wires.get(ends.from, ends.to).is_some_and(|wire| wire.state & REFUSES != 0)
    }

    /// Returns whether connects hang on the link.
    pub(crate) fn hangs(&self, ends: Ends) -> bool {
        self.wires.get(ends.from, ends.to).is_some_and(|wire| wire.state & HANGS != 0)
    }

    /// Returns how much longer messages on the link take, because it is slow.
    pub(crate) fn slowness(&self, link: Link) -> Span {
        slowness(&self.slow, link)
    }

    /// Changes one link.
    pub(crate) fn change(&mut self, ends: Ends, change: LinkChange) {
        match change {
            LinkChange::Cut(cut) => {
                self.any_cut |= cut;
                if self.any_cut {
                    self.set(ends, CUT, cut);
                }
            }
            LinkChange::Clog(clogged) => self.set(ends, CLOGGED, clogged),
            LinkChange::Refuse(refuse) => self.set(ends, REFUSES, refuse),
            LinkChange::Hang(hang) => self.set(ends, HANGS, hang),
            LinkChange::Slow(by) => {
                self.slow.retain(|(slow, _)| *slow != ends.link);
                if !by.is_zero() {
                    self.slow.push((ends.link, by));
                }
                self.set(ends, SLOW, !by.is_zero());
            }
        }
    }

    fn set(&mut self, ends: Ends, bit: u8, on: bool) {
        if on {
            self.wires.between(ends).state |= bit;
        } else if let Some(wire) = self.wires.get_mut(ends.from, ends.to) {
            wire.state &= !bit;
        }
    }

    /// Notes a clog.
    pub(crate) fn clog_begins(&mut self, links: &Links) {
        self.clogs.push(links.clone());
    }

    /// Notes that a clog ends. Returns whether an older one lasts (N12).
    pub(crate) fn clog_ends(&mut self, links: &Links) -> bool {
        let Some(age) = self.clogs.iter().position(|clog| clog == links) else {
            return false;
        };
        self.clogs.remove(age);
        age > 0
    }

    /// Takes the messages held on links that are no longer clogged, in the order in which they were
    /// sent.
    pub(crate) fn take_released(&mut self) -> Vec<Held<M>> {
        let (mut released, mut held) = (Vec::new(), Vec::new());
        for message in std::mem::take(&mut self.held) {
            let Envelope { from, to, .. } = message.envelope;
            let wire = self.wires.get(from, to);
            let is_clogged = wire.is_some_and(|wire| wire.state & CLOGGED != 0);
            if is_clogged { held.push(message) } else { released.push(message) }
        }
        self.held = held;
        released
    }

    /// Takes all held messages.
    pub(crate) fn take_held(&mut self) -> Vec<Held<M>> {
        std::mem::take(&mut self.held)
    }

    /// Returns when a held message arrives if it is released at `now`: at once, but on a link that
    /// keeps its order not before messages under way.
    pub(crate) fn released(&mut self, ends: Ends, now: Instant) -> Instant {
        let wire = self.wires.between(ends);
        let at = if self.odds.in_order && wire.latest >= now {
            wire.latest + Span::from_nanos(1)
        } else {
            now
        };
        wire.latest = wire.latest.max(at);
        at
    }

    /// Ends every cut, clog and slowness.
    pub(crate) fn heal_all(&mut self) {
        self.wires.iter_mut().for_each(|wire| wire.state = 0);
        self.slow.clear();
        self.clogs.clear();
    }
}

fn slowness(slow: &[(Link, Span)], link: Link) -> Span {
    let slow = slow.iter().find(|(slow, _)| *slow == link);
    slow.map_or(Span::ZERO, |(_, span)| *span)
}

/// Returns the fate of a message on a slow link.
#[cold]
fn slowed(fate: Fate, more: Span, hits: &mut Hits) -> Fate {
    hits.hit(Kind::N13);
    match fate {
        Fate::Takes(span) => Fate::Takes(span + more),
        Fate::Twice(first, second) => Fate::Twice(first + more, second + more),
        other => other,
    }
}

/// Keeps the order of a link if the conditions require it, and counts where it is not kept.
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

/// Counts a lost message from a server to a client, which makes the client ask again (K1).
fn lost_reply(link: Link, hits: &mut Hits) {
    if link.from.is_server() && link.to.is_client() {
        hits.hit(Kind::K1);
    }
}

#[cfg(test)]
mod tests {
    use squall_process::ProcessId;

    use super::*;
    use crate::{Chance, Delay, SpanRange};

    fn n(number: u32) -> ProcessId {
        ProcessId::server(number)
    }

    /// Returns the fates of `count` messages on n1>n2, sent one a millisecond.
    fn fates(conditions: &Conditions, count: u32) -> (Vec<Fate>, Hits) {
        let (mut network, mut choices) = (Network::<()>::new(), Choices::new());
        choices.reset(7);
        network.reset(conditions);
        let mut hits = Hits::none();
        let link = Link { from: n(1), to: n(2) };
        let fates = (0..count).map(|i| {
            let now = Instant::from_millis(u64::from(i));
            network.send(Ends { link, from: 0, to: 1 }, now, &mut choices, &mut hits).fate
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
