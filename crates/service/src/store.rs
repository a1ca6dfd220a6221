//! The state machine: a map, and the last reply of each session.
//!
//! Model: every server is given the same calls in the same order. A call may arrive several times,
//! because clients ask again. A session has one call under way at a time, so the store only needs
//! the last number and its reply to carry out each call once (Ongaro's dissertation, section 6.3).
//! A call with the last number is answered from memory. A call with a lower number is late, and no
//! client waits for it. The table is part of the snapshot.
//!
//! Limits: a session begins with its first call and never expires, so the table grows with the
//! number of client incarnations. The log would have to decide when a session expires, and an
//! expired session would have to be refused, never begun again.

use std::fmt;

use super::{Call, Key, Op, Reply, Session, hash_of};

/// The state of a server at some position of the log.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Store {
    /// In increasing order of keys.
    pairs: Vec<(Key, u32)>,
    /// In increasing order of sessions.
    sessions: Vec<Last>,
}

/// The last call of a session that was carried out, and its reply.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Last {
    session: Session,
    number: u32,
    reply: Reply,
}

/// What to do with a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Freshness {
    /// It is new.
    New,
    /// It was carried out before, with this reply.
    Again(Reply),
    /// A later call of the session was carried out before, so no client waits for this one.
    Late,
}

impl Store {
    /// Returns whether `call` must be carried out.
    #[must_use]
    pub fn freshness(&self, call: &Call) -> Freshness {
        let Ok(place) = self.find(call.session) else { return Freshness::New };
        let last = self.sessions[place];
        match call.number {
            number if number > last.number => Freshness::New,
            number if number == last.number => Freshness::Again(last.reply),
            _ => Freshness::Late,
        }
    }

    /// Carries out `call` if it is new. Returns the reply, or `None` if no client waits for it.
    pub fn apply(&mut self, call: &Call) -> Option<Reply> {
        match self.freshness(call) {
            Freshness::New => {
                let reply = self.execute(&call.op);
                self.remember(call, reply);
                Some(reply)
            }
            Freshness::Again(reply) => Some(reply),
            Freshness::Late => None,
        }
    }

    /// Records that `call`, which is new, was carried out outside of the map, with this reply.
    pub fn settle(&mut self, call: &Call, reply: Reply) {
        self.remember(call, reply);
    }

    /// Returns the value of `key`.
    #[must_use]
    pub fn get(&self, key: Key) -> Option<u32> {
        let place = self.pairs.binary_search_by_key(&key, |(key, _)| *key).ok()?;
        Some(self.pairs[place].1)
    }

    /// Returns the keys that have values, and their values, in increasing order of keys.
    #[must_use]
    pub fn pairs(&self) -> &[(Key, u32)] {
        &self.pairs
    }

    /// Returns the number and the reply of the last call of each session.
    pub fn sessions(&self) -> impl ExactSizeIterator<Item = (Session, u32, Reply)> + '_ {
        self.sessions.iter().map(|last| (last.session, last.number, last.reply))
    }

    /// Returns a store of these pairs and sessions, which must both be sorted.
    #[must_use]
    pub fn of(
        pairs: impl IntoIterator<Item = (Key, u32)>,
        sessions: impl IntoIterator<Item = (Session, u32, Reply)>,
    ) -> Self {
        let sessions =
            sessions.into_iter().map(|(session, number, reply)| Last { session, number, reply });
        Self { pairs: pairs.into_iter().collect(), sessions: sessions.collect() }
    }

    /// Returns a hash of the whole store, which is the same for equal states on every machine.
    #[must_use]
    pub fn digest(&self) -> u64 {
        hash_of(self)
    }

    fn execute(&mut self, op: &Op) -> Reply {
        match *op {
            Op::Get(key) => Reply::Value(self.get(key)),
            Op::Put(key, value) => {
                self.put(key, value);
                Reply::Written
            }
            Op::CompareAndSet(key, expected, value) => {
                if self.get(key) != expected {
                    return Reply::Kept;
                }
                self.put(key, value);
                Reply::Swapped
            }
            // Members and leaders are not part of the map. The caller that drives the store changes
            // them.
            Op::Change(_) | Op::Lead(_) => Reply::Changed,
        }
    }

    fn put(&mut self, key: Key, value: u32) {
        match self.pairs.binary_search_by_key(&key, |(key, _)| *key) {
            Ok(place) => self.pairs[place].1 = value,
            Err(place) => self.pairs.insert(place, (key, value)),
        }
    }

    fn find(&self, session: Session) -> Result<usize, usize> {
        self.sessions.binary_search_by_key(&session, |last| last.session)
    }

    fn remember(&mut self, call: &Call, reply: Reply) {
        let last = Last { session: call.session, number: call.number, reply };
        match self.find(call.session) {
            Ok(place) => self.sessions[place] = last,
            Err(place) => self.sessions.insert(place, last),
        }
    }
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (place, (key, value)) in self.pairs.iter().enumerate() {
            write!(f, "{}{key}={value}", if place > 0 { " " } else { "" })?;
        }
        f.write_str("}")
    }
}

#[cfg(test)]
mod tests {
    use squall_process::ProcessId;

    use super::*;

    fn call(text: &str, number: u32) -> Call {
        let session = Session { client: ProcessId::client(1), incarnation: 0 };
        Call { session, number, op: text.parse().unwrap() }
    }

    #[test]
    fn a_call_that_comes_twice_is_done_once() {
        let mut store = Store::default();
        assert_eq!(store.apply(&call("put x 1", 1)), Some(Reply::Written));
        assert_eq!(store.apply(&call("cas x 1 2", 2)), Some(Reply::Swapped));
        assert_eq!(store.apply(&call("cas x 1 2", 2)), Some(Reply::Swapped));
        assert_eq!(store.apply(&call("put x 1", 1)), None, "late: no client waits for it");
        assert_eq!(store.to_string(), "{x=2}");
    }

    #[test]
    fn a_compare_and_set_minds_what_is_there() {
        let mut store = Store::default();
        assert_eq!(store.apply(&call("cas x 1 2", 1)), Some(Reply::Kept));
        assert_eq!(store.apply(&call("cas x nothing 2", 2)), Some(Reply::Swapped));
        assert_eq!(store.apply(&call("cas x nothing 3", 3)), Some(Reply::Kept));
        assert_eq!(store.apply(&call("get x", 4)), Some(Reply::Value(Some(2))));
    }

    /// Without its sessions, a snapshot would repeat a call that arrives again.
    #[test]
    fn a_snapshot_keeps_what_sessions_were_told() {
        let mut store = Store::default();
        store.apply(&call("put x 1", 1));
        let again = Store::of(store.pairs().iter().copied(), store.sessions());
        assert_eq!(again, store);
        assert_eq!(again.freshness(&call("put x 1", 1)), Freshness::Again(Reply::Written));
        assert_eq!(again.digest(), store.digest());
    }

    #[test]
    fn states_that_differ_have_digests_that_differ() {
        let mut one = Store::default();
        let mut other = Store::default();
        one.apply(&call("put x 1", 1));
        other.apply(&call("put x 2", 1));
        assert_ne!(one.digest(), other.digest());
    }
}
