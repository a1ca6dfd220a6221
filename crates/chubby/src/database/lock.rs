//! The lock of a node: exclusive or shared, with those who wait in order (CHUBBY section 2.4;
//! requirements N4, N5, N7, N8).
//!
//! Model: a claim belongs to one handle of one session, and everything is done to what that handle
//! holds and to nothing else. A claim that does not get the lock at once waits behind all others;
//! those at the head get it as soon as they are compatible with its holders. So a reader waits for
//! writers before it and never for writers behind it. The generation grows with each grant that
//! finds no holder, hand-over to one that waited included.
//!
//! Limits: this part knows nothing of lock-delay. While one is in force the database asks for no
//! grants.

use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;

use squall_process::Span;

use crate::Error;
use crate::database::SessionId;

/// How a lock is held.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum LockMode {
    /// Without any other holder: a writer.
    Exclusive,
    /// Beside other shared holders: a reader.
    Shared,
}

/// The number of a handle among those that one session ever opened. Prints as `h3`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct HandleNumber(pub u64);

/// A handle: which session, and which of its handles. Prints as `S1/h3`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Owner {
    /// The session.
    pub session: SessionId,
    /// Its handle.
    pub handle: HandleNumber,
}

/// The claim of a handle to a lock.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Claimant {
    /// The handle.
    pub owner: Owner,
    /// How it wants to hold, or holds, the lock.
    pub mode: LockMode,
    /// How long no other client gets the lock if this one fails.
    pub delay: Span,
    /// The number of the call that made the claim, so that its grant is not taken for that of
    /// another claim of the handle.
    pub call: u64,
}

/// How a lock was held at a moment: what a sequencer names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Held {
    /// The mode.
    pub mode: LockMode,
    /// The generation.
    pub generation: u64,
}

/// The lock of a node.
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug)]
pub(crate) struct Lock {
    generation: u64,
    holders: Vec<Claimant>,
    waiters: VecDeque<Claimant>,
}

/// Where a handle stands with a lock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Standing {
    Holds(LockMode),
    Waits(LockMode),
    Nothing,
}

impl Lock {
    pub(crate) const fn generation(&self) -> u64 {
        self.generation
    }

    pub(crate) fn holders(&self) -> &[Claimant] {
        &self.holders
    }

    pub(crate) const fn waiters(&self) -> &VecDeque<Claimant> {
        &self.waiters
    }

    pub(crate) fn standing(&self, owner: Owner) -> Standing {
        let of = |claim: &&Claimant| claim.owner == owner;
        if let Some(claim) = self.holders.iter().find(of) {
            return Standing::Holds(claim.mode);
        }
        self.waiters.iter().find(of).map_or(Standing::Nothing, |claim| Standing::Waits(claim.mode))
    }

    /// Returns how `owner` holds the lock; none if it does not.
    pub(crate) fn held_by(&self, owner: Owner) -> Option<Held> {
        match self.standing(owner) {
            Standing::Holds(mode) => Some(Held { mode, generation: self.generation }),
            Standing::Waits(_) | Standing::Nothing => None,
        }
    }

    /// Returns whether the lock is held so at this moment.
    pub(crate) fn is_held(&self, held: Held) -> bool {
        self.generation == held.generation
            && self.holders.first().is_some_and(|holder| holder.mode == held.mode)
    }

    /// Returns whether `mode` goes with all holders.
    fn admits(&self, mode: LockMode) -> bool {
        self.holders.is_empty()
            || (mode == LockMode::Shared
                && self.holders.iter().all(|holder| holder.mode == LockMode::Shared))
    }

    /// Returns whether a claim in `mode` would get the lock at once, were it not for a lock-delay.
    pub(crate) fn is_free_for(&self, mode: LockMode) -> bool {
        self.waiters.is_empty() && self.admits(mode)
    }

    /// Lets `claim` wait behind all others. The handle may have no other claim.
    pub(crate) fn queue(&mut self, claim: Claimant) {
        self.waiters.push_back(claim);
    }

    /// Gives the lock to those at the head that may have it now. Returns them.
    pub(crate) fn grant(&mut self) -> Vec<Claimant> {
        let mut granted = Vec::new();
        while let Some(claim) = self.waiters.front().copied()
            && self.admits(claim.mode)
        {
            self.waiters.pop_front();
            if self.holders.is_empty() {
                self.generation += 1;
            }
            self.holders.push(claim);
            granted.push(claim);
        }
        granted
    }

    /// Takes the lock from `owner`.
    ///
    /// # Errors
    ///
    /// If it does not hold it.
    pub(crate) fn release(&mut self, owner: Owner) -> Result<Claimant, Error> {
        let at = self.holders.iter().position(|holder| holder.owner == owner);
        at.map(|at| self.holders.remove(at)).ok_or(Error::NotHeld)
    }

    /// Takes `owner` out of those who wait. Returns whether it was among them.
    pub(crate) fn cancel(&mut self, owner: Owner) -> bool {
        let before = self.waiters.len();
        self.waiters.retain(|waiter| waiter.owner != owner);
        self.waiters.len() < before
    }

    /// Takes all claims of `session` away. Returns the longest lock-delay of those that held.
    pub(crate) fn leave(&mut self, session: SessionId) -> Option<Span> {
        self.waiters.retain(|waiter| waiter.owner.session != session);
        let gone = self.holders.extract_if(.., |holder| holder.owner.session == session);
        gone.map(|holder| holder.delay).max()
    }
}

impl fmt::Display for LockMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Exclusive => "exclusive",
            Self::Shared => "shared",
        })
    }
}

/// A text that is no mode of a lock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ParseLockModeError;

impl fmt::Display for ParseLockModeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected exclusive or shared")
    }
}

impl std::error::Error for ParseLockModeError {}

impl FromStr for LockMode {
    type Err = ParseLockModeError;

    fn from_str(text: &str) -> Result<Self, ParseLockModeError> {
        match text {
            "exclusive" => Ok(Self::Exclusive),
            "shared" => Ok(Self::Shared),
            _ => Err(ParseLockModeError),
        }
    }
}

impl fmt::Display for HandleNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "h{}", self.0)
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.session, self.handle)
    }
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.mode, self.generation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(session: u64, mode: LockMode) -> Claimant {
        let owner = Owner { session: SessionId(session), handle: HandleNumber(1) };
        Claimant { owner, mode, delay: Span::from_millis(session), call: 1 }
    }

    fn sessions(claims: &[Claimant]) -> Vec<u64> {
        claims.iter().map(|claim| claim.owner.session.0).collect()
    }

    #[test]
    fn a_reader_waits_for_writers_before_it_and_not_for_those_behind() {
        let mut lock = Lock::default();
        let modes = [LockMode::Shared, LockMode::Exclusive, LockMode::Shared, LockMode::Exclusive];
        for (session, mode) in (1..).zip(modes) {
            lock.queue(claim(session, mode));
        }
        assert_eq!(sessions(&lock.grant()), [1]);
        // The writer 2 goes first, then the reader 3, though the writer 4 waits.
        lock.release(claim(1, LockMode::Shared).owner).unwrap();
        assert_eq!(sessions(&lock.grant()), [2]);
        lock.release(claim(2, LockMode::Exclusive).owner).unwrap();
        assert_eq!(sessions(&lock.grant()), [3]);
        assert_eq!(lock.generation(), 3);
    }

    #[test]
    fn a_head_that_dies_does_not_hold_up_the_others() {
        let mut lock = Lock::default();
        for session in 1..=3 {
            lock.queue(claim(session, LockMode::Exclusive));
        }
        lock.grant();
        assert_eq!(lock.leave(SessionId(2)), None);
        assert_eq!(lock.leave(SessionId(1)), Some(Span::from_millis(1)));
        assert_eq!(sessions(&lock.grant()), [3]);
    }

    #[test]
    fn readers_share_a_generation() {
        let mut lock = Lock::default();
        for session in 1..=2 {
            lock.queue(claim(session, LockMode::Shared));
        }
        assert_eq!(sessions(&lock.grant()), [1, 2]);
        let held = lock.held_by(claim(2, LockMode::Shared).owner).unwrap();
        assert_eq!(held.to_string(), "shared 1");
        assert!(lock.is_held(held) && !lock.is_held(Held { mode: LockMode::Exclusive, ..held }));
        // A handle that holds nothing releases nothing.
        assert_eq!(lock.release(claim(3, LockMode::Shared).owner), Err(Error::NotHeld));
    }
}
