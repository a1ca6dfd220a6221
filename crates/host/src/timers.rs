//! Timers: names with a deadline by the clock of the process.

#![expect(clippy::disallowed_types, reason = "the table is looked up in and never iterated over")]

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use squall_process::Instant;

/// The timers of one process that are set.
#[derive(Debug)]
pub(crate) struct Timers<K> {
    due: BTreeMap<Setting, K>,
    settings: HashMap<K, Setting>,
    count: u64,
}

/// When a timer is due, and its place among those that are due at once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Setting {
    at: Instant,
    number: u64,
}

impl<K: Copy + Eq + Hash> Timers<K> {
    pub(crate) fn new() -> Self {
        Self { due: BTreeMap::new(), settings: HashMap::new(), count: 0 }
    }

    /// Sets `timer`, and forgets an earlier setting of it.
    pub(crate) fn set(&mut self, timer: K, at: Instant) {
        self.count += 1;
        let setting = Setting { at, number: self.count };
        if let Some(earlier) = self.settings.insert(timer, setting) {
            self.due.remove(&earlier);
        }
        self.due.insert(setting, timer);
    }

    /// Forgets `timer`.
    pub(crate) fn cancel(&mut self, timer: K) {
        if let Some(setting) = self.settings.remove(&timer) {
            self.due.remove(&setting);
        }
    }

    /// Returns when the next one is due.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.due.keys().next().map(|setting| setting.at)
    }

    /// Takes the next one that is due at `now`.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<K> {
        let first = self.due.first_entry().filter(|first| first.key().at <= now)?;
        let timer = first.remove();
        self.settings.remove(&timer);
        Some(timer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_fires_once_and_a_later_setting_replaces_an_earlier_one() {
        let mut timers = Timers::new();
        timers.set('a', Instant::from_millis(5));
        timers.set('b', Instant::from_millis(3));
        timers.set('a', Instant::from_millis(9));
        timers.set('c', Instant::from_millis(4));
        timers.cancel('c');
        assert_eq!(timers.next(), Some(Instant::from_millis(3)));
        assert_eq!(timers.take_due(Instant::from_millis(2)), None, "never early");
        assert_eq!(timers.take_due(Instant::from_millis(8)), Some('b'));
        assert_eq!(timers.take_due(Instant::from_millis(8)), None, "it was set again");
        assert_eq!(timers.take_due(Instant::from_millis(9)), Some('a'));
        assert_eq!(timers.next(), None);
    }

    #[test]
    fn a_timer_that_is_set_a_thousand_times_takes_the_room_of_one() {
        let mut timers = Timers::new();
        for round in 0..1_000 {
            timers.set("resend", Instant::from_millis(round));
        }
        assert_eq!(timers.due.len(), 1);
    }
}
