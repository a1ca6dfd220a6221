//! Sequencers: a lock as it was held at a moment, to be passed on with requests (CHUBBY section
//! 2.4; requirement N6).
//!
//! Model: a holder asks for the sequencer of its lock and attaches it to requests to other servers.
//! Such a server asks the cell whether it is valid, or compares it with the highest that it has
//! seen, which needs no session.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::Name;
use crate::database::{Held, HeldLock, Instance, LockMode, NodeId};
use crate::seal::Key;

/// A sequencer. Prints and parses as `/ls/local/db#7:exclusive:3:1f…`, which clients take as it is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Sequencer {
    cell: Arc<str>,
    lock: HeldLock,
    digits: u64,
}

impl Sequencer {
    pub(crate) fn seal(cell: &Arc<str>, lock: HeldLock, key: Key) -> Self {
        let digits = key.seal(&("sequencer", cell, &lock));
        Self { cell: Arc::clone(cell), lock, digits }
    }

    /// Returns whether a cell with this key made it.
    #[must_use]
    pub fn is_genuine(&self, key: Key) -> bool {
        self.digits == key.seal(&("sequencer", &self.cell, &self.lock))
    }

    /// Returns the cell.
    #[must_use]
    pub fn cell(&self) -> &str {
        &self.cell
    }

    /// Returns the lock and how it was held.
    #[must_use]
    pub const fn lock(&self) -> &HeldLock {
        &self.lock
    }
}

/// A text that is no sequencer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ParseSequencerError;

impl fmt::Display for ParseSequencerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a sequencer such as /ls/local/db#7:exclusive:3:1f")
    }
}

impl std::error::Error for ParseSequencerError {}

impl FromStr for Sequencer {
    type Err = ParseSequencerError;

    fn from_str(text: &str) -> Result<Self, ParseSequencerError> {
        let parse = || {
            let mut parts = text.rsplitn(4, ':');
            let digits = u64::from_str_radix(parts.next()?, 16).ok()?;
            let generation = parts.next()?.parse().ok()?;
            let mode: LockMode = parts.next()?.parse().ok()?;
            let (name, instance) = parts.next()?.rsplit_once('#')?;
            let Name { cell, path } = name.parse().ok()?;
            let instance = Instance(instance.parse().ok()?);
            let (node, held) = (NodeId { path, instance }, Held { mode, generation });
            Some(Self { cell, lock: HeldLock { node, held }, digits })
        };
        parse().ok_or(ParseSequencerError)
    }
}

impl fmt::Display for Sequencer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let HeldLock { node: NodeId { path, instance }, held: Held { mode, generation } } =
            &self.lock;
        let name = Name { cell: Arc::clone(&self.cell), path: path.clone() };
        write!(f, "{name}{instance}:{mode}:{generation}:{:x}", self.digits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequencer_prints_as_it_parses_and_cannot_be_forged() {
        let key = Key::new(1, 2);
        let node = NodeId { path: "/db:x".parse().unwrap(), instance: Instance(7) };
        let held = Held { mode: LockMode::Exclusive, generation: 3 };
        let sequencer = Sequencer::seal(&Arc::from("local"), HeldLock { node, held }, key);
        let text = sequencer.to_string();
        assert!(text.starts_with("/ls/local/db:x#7:exclusive:3:"), "{text}");
        assert_eq!(text.parse(), Ok(sequencer.clone()));
        assert!(sequencer.is_genuine(key) && !sequencer.is_genuine(Key::new(1, 3)));
        let forged: Sequencer = text.replace(":3:", ":4:").parse().unwrap();
        assert!(!forged.is_genuine(key));
        for wrong in ["", "/ls/local/db", "/ls/local/db#7:exclusive:3", "/db#7:exclusive:3:0"] {
            assert_eq!(wrong.parse::<Sequencer>(), Err(ParseSequencerError), "{wrong}");
        }
    }
}
