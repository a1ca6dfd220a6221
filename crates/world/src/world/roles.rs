//! What the world remembers of claims and of operations: who leads, and how busy clients are.

use squall_process::{Instant, OpId, Span};

/// The process that last claimed each role.
#[derive(Clone, Debug, Default)]
pub(super) struct Roles(Vec<(&'static str, u32)>);

impl Roles {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The process at `place` claims `role`.
    pub(super) fn claim(&mut self, role: &'static str, place: u32) {
        match self.0.iter_mut().find(|(known, _)| *known == role) {
            Some((_, holder)) => *holder = place,
            None => self.0.push((role, place)),
        }
    }

    /// Returns the place of the process that last claimed `role`.
    pub(super) fn holder(&self, role: &str) -> Option<usize> {
        let holder = self.0.iter().find(|(known, _)| *known == role);
        holder.map(|(_, place)| *place as usize)
    }
}

/// The operations that were asked for so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Demand {
    asked: u64,
    /// When the last two were.
    asked_at: [Instant; 2],
}

impl Demand {
    /// One more operation. Returns its name, and whether it is part of a burst or ends an idle
    /// phase (K5): a third one within a millisecond, or the first after a fifth of a second.
    pub(super) fn ask(&mut self, now: Instant) -> Asked {
        self.asked += 1;
        let burst = self.asked > 2 && now.since(self.asked_at[0]) <= Span::from_millis(1);
        let idle = self.asked > 1 && now.since(self.asked_at[1]) >= Span::from_millis(200);
        self.asked_at = [self.asked_at[1], now];
        Asked { id: OpId(self.asked), is_uneven: burst || idle }
    }
}

/// An operation that is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub(super) id: OpId,
    /// It is part of a burst, or ends an idle phase.
    pub(super) is_uneven: bool,
}
