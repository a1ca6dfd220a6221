//! The timers of a process, as its host keeps them.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use squall_process::{Instant, Process};

use super::clock::Clock;
use crate::agenda::Agenda;
use crate::due::Due;

/// The timers of a process.
///
/// Setting a timer again to a later time leaves its entry in the agenda where it is, and puts it
/// off when it comes up. A timer that is reset with every message therefore costs nothing, and a
/// timer has one entry in the agenda, rarely two.
///
/// A few timers are found by a linear search. More than [`LISTED_MAX`] have an index by name and by
/// token, so that one of ten thousand names costs little more than one of ten.
#[derive(Clone, Debug)]
pub(crate) struct Timers<T> {
    set: Vec<Timer<T>>,
    token_next: u32,
    index: Option<Box<Index>>,
    /// How many of them were due since the start of the run.
    pub(crate) fired: u32,
}

/// At most this many timers are found without an index.
const LISTED_MAX: usize = 16;

#[derive(Clone, Debug)]
struct Timer<T> {
    name: T,
    /// When it is due by the local clock, if it was not cancelled.
    due: Option<Instant>,
    /// When the agenda returns to it.
    scheduled: Instant,
    /// Distinguishes its entry in the agenda from earlier ones.
    token: u32,
    /// It was already found to be late.
    late: bool,
}

/// What to do about a timer that comes up in the agenda.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ring<T> {
    /// Nothing: it was cancelled or set again.
    Stale,
    /// It is due later by the local clock.
    PutOff(Instant),
    /// It is due now. Whether its lateness must still be drawn.
    Due(T, bool),
}

impl<T: Copy + Eq + Hash> Timers<T> {
    pub(crate) const fn new() -> Self {
        Self { set: Vec::new(), token_next: 0, index: None, fired: 0 }
    }

    pub(crate) fn clear(&mut self) {
        // Tokens are not reused, so that entries left in the agenda stay stale.
        self.set.clear();
        self.index = None;
    }

    /// Makes it the timers of a process that has never run, and keeps the allocated memory.
    pub(crate) fn reset(&mut self) {
        self.clear();
        self.token_next = 0;
        self.fired = 0;
    }

    /// Sets `name` to the local time `due`. Returns when and under which token the agenda must
    /// return, if it does not do so early enough already.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "measured: a call costs as much as what it does")]
    pub(crate) fn set(&mut self, name: T, due: Instant, clock: &Clock) -> Option<(Instant, u32)> {
        let at = clock.world_at(due);
        if let Some(place) = self.place_of_name(name) {
            return self.set_anew(place, due, at);
        }
        let token = self.next_token();
        self.push(Timer { name, due: Some(due), scheduled: at, token, late: false });
        Some((at, token))
    }

    /// Sets the timer at `place` to the local time `due`, which is `at` by the clock of the world.
    #[inline(never)]
    fn set_anew(&mut self, place: usize, due: Instant, at: Instant) -> Option<(Instant, u32)> {
        let timer = &mut self.set[place];
        (timer.due, timer.late) = (Some(due), false);
        if timer.scheduled <= at {
            return None;
        }
        timer.scheduled = at;
        let token = self.next_token();
        let before = std::mem::replace(&mut self.set[place].token, token);
        if let Some(index) = &mut self.index {
            index.change_token(before, token);
        }
        Some((at, token))
    }

    #[inline]
    const fn next_token(&mut self) -> u32 {
        let token = self.token_next;
        self.token_next += 1;
        token
    }

    pub(crate) fn cancel(&mut self, name: T) {
        if let Some(place) = self.place_of_name(name) {
            self.set[place].due = None;
        }
    }

    /// Handles the entry `token` of the agenda.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "measured: a call costs as much as what it does")]
    pub(crate) fn ring(&mut self, token: u32, local: Instant) -> Ring<T> {
        let Some(place) = self.place_of_token(token) else {
            return Ring::Stale;
        };
        let timer = &self.set[place];
        match timer.due {
            None => {
                self.swap_remove(place);
                Ring::Stale
            }
            Some(due) if due > local => Ring::PutOff(due),
            Some(_) => Ring::Due(timer.name, !timer.late),
        }
    }

    /// Records that the agenda will return to `token` at `at`.
    pub(crate) fn put_off(&mut self, token: u32, at: Instant, late: bool) {
        if let Some(place) = self.place_of_token(token) {
            let timer = &mut self.set[place];
            timer.scheduled = at;
            timer.late |= late;
        }
    }

    /// Fires the timer of `token`, which is then no longer set.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "measured: a call costs as much as what it does")]
    pub(crate) fn fire(&mut self, token: u32) {
        if self.index.is_none() {
            self.set.retain(|timer| timer.token != token);
        } else {
            self.fire_indexed(token);
        }
    }

    #[inline(never)]
    fn fire_indexed(&mut self, token: u32) {
        if let Some(place) = self.place_of_token(token) {
            self.swap_remove(place);
        }
    }

    /// Reschedules every timer, because the clock changed its rate or continues after a stop.
    pub(crate) fn reschedule<P: Process>(
        &mut self,
        host: u32,
        clock: &Clock,
        agenda: &mut Agenda<Due<P>>,
    ) {
        self.set.retain(|timer| timer.due.is_some());
        for timer in &mut self.set {
            let Some(due) = timer.due else { continue };
            // A timer that was found to be late stays late.
            let at = clock.world_at(due);
            timer.scheduled = if timer.late { at.max(timer.scheduled) } else { at };
            timer.token = self.token_next;
            self.token_next += 1;
            agenda.push(timer.scheduled, Due::Timer { host, token: timer.token });
        }
        if self.index.is_some() {
            self.index = Some(Box::new(Index::of(&self.set)));
        }
    }

    #[inline]
    fn place_of_name(&self, name: T) -> Option<usize> {
        match &self.index {
            None => self.set.iter().position(|timer| timer.name == name),
            Some(index) => index.place_of_name(name, &self.set),
        }
    }

    #[inline]
    fn place_of_token(&self, token: u32) -> Option<usize> {
        match &self.index {
            None => self.set.iter().position(|timer| timer.token == token),
            Some(index) => index.place_of_token(token),
        }
    }

    #[inline]
    fn push(&mut self, timer: Timer<T>) {
        self.set.push(timer);
        if self.index.is_some() || self.set.len() > LISTED_MAX {
            self.enter_last();
        }
    }

    /// Enters the timer that was pushed last in the index.
    #[inline(never)]
    fn enter_last(&mut self) {
        match (&mut self.index, self.set.last()) {
            (Some(index), Some(last)) => index.insert(last, self.set.len() - 1),
            _ => self.index = Some(Box::new(Index::of(&self.set))),
        }
    }

    /// Removes the timer at `place` and moves the last one there.
    #[inline(never)]
    fn swap_remove(&mut self, place: usize) {
        let removed = self.set.swap_remove(place);
        if let Some(index) = &mut self.index {
            index.remove(&removed, place);
            if let Some(moved) = self.set.get(place) {
                index.remove(moved, self.set.len());
                index.insert(moved, place);
            }
        }
    }
}

/// The place of each timer in the list.
///
/// Names are ordered by their hash. The index is never iterated, so the hash only decides where to
/// look.
#[derive(Clone, Debug, Default)]
struct Index {
    /// The hash of a name, and its place.
    names: BTreeSet<(u64, usize)>,
    /// The place of each token.
    tokens: BTreeMap<u32, usize>,
}

impl Index {
    #[inline(never)]
    fn of<T: Copy + Hash>(timers: &[Timer<T>]) -> Self {
        let mut index = Self::default();
        for (place, timer) in timers.iter().enumerate() {
            index.insert(timer, place);
        }
        index
    }

    #[inline(never)]
    fn place_of_name<T: Copy + Eq + Hash>(&self, name: T, timers: &[Timer<T>]) -> Option<usize> {
        let hash = hash_of(name);
        let mut places = self.names.range((hash, 0)..=(hash, usize::MAX)).map(|(_, place)| *place);
        places.find(|place| timers[*place].name == name)
    }

    #[inline(never)]
    fn place_of_token(&self, token: u32) -> Option<usize> {
        self.tokens.get(&token).copied()
    }

    #[inline(never)]
    fn insert<T: Copy + Hash>(&mut self, timer: &Timer<T>, place: usize) {
        self.names.insert((hash_of(timer.name), place));
        self.tokens.insert(timer.token, place);
    }

    #[inline(never)]
    fn remove<T: Copy + Hash>(&mut self, timer: &Timer<T>, place: usize) {
        self.names.remove(&(hash_of(timer.name), place));
        self.tokens.remove(&timer.token);
    }

    #[inline(never)]
    fn change_token(&mut self, before: u32, after: u32) {
        if let Some(place) = self.tokens.remove(&before) {
            self.tokens.insert(after, place);
        }
    }
}

/// Returns a hash without a key, which is the same in every run.
fn hash_of<T: Hash>(name: T) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(nanos: u64) -> Instant {
        Instant::from_nanos(nanos)
    }

    #[test]
    fn ten_thousand_names_are_found_and_fire_once() {
        let (mut timers, clock) = (Timers::new(), Clock::new());
        let mut tokens = Vec::new();
        for name in 0..10_000_u64 {
            let (due, token) = timers.set(name, at(1_000 + name), &clock).expect("a new timer");
            assert_eq!(due, at(1_000 + name));
            tokens.push(token);
        }
        // Set to a later time: the agenda comes back at the old one. To an earlier one: a new
        // token.
        assert_eq!(timers.set(7, at(90_000), &clock), None);
        let (_, token) = timers.set(8, at(10), &clock).expect("earlier than before");
        assert_eq!(timers.ring(tokens[8], at(2_000)), Ring::Stale);
        tokens[8] = token;
        timers.cancel(9);
        let mut fired = Vec::new();
        for (name, token) in tokens.iter().enumerate() {
            match timers.ring(*token, at(50_000)) {
                Ring::Due(timer, fresh) => {
                    assert!(fresh && timer == name as u64);
                    timers.fire(*token);
                    fired.push(timer);
                }
                Ring::PutOff(due) => assert_eq!((name, due), (7, at(90_000))),
                Ring::Stale => assert_eq!(name, 9),
            }
        }
        assert_eq!(fired.len(), 9_998);
        assert_eq!(timers.set.len(), 1);
        assert_eq!(timers.ring(tokens[7], at(90_000)), Ring::Due(7, true));
        assert_eq!(timers.ring(tokens[100], at(90_000)), Ring::Stale, "it fired");
    }

    #[test]
    fn an_index_finds_what_a_list_finds() {
        let clock = Clock::new();
        let (mut few, mut many) = (Timers::new(), Timers::new());
        many.index = Some(Box::default());
        for step in 0..500_u64 {
            // At most ten names, so that the first stays a list.
            let name = step * 7 % 10;
            let token = (step % 40) as u32;
            match step % 4 {
                0 | 1 => {
                    let due = at(step * 31 % 97 + step);
                    assert_eq!(few.set(name, due, &clock), many.set(name, due, &clock));
                }
                2 => {
                    few.cancel(name);
                    many.cancel(name);
                }
                _ => {
                    let ring = few.ring(token, at(step));
                    assert_eq!(ring, many.ring(token, at(step)), "step {step}");
                    if let Ring::Due(..) = ring {
                        few.fire(token);
                        many.fire(token);
                    }
                }
            }
        }
        assert!(few.index.is_none() && few.set.len() == many.set.len());
    }
}
