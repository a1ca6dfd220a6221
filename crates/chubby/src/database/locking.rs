//! Locks in the database: claims, grants, lock-delay, and the end of sessions (CHUBBY sections 2.4
//! and 2.8; requirements N4, N5, N8).
//!
//! Model: place in the queue and grant are one step, and a session that ended has no claim, so no
//! lock is granted to one. What a holder lets go is free at once. What a holder loses, by its
//! session or its node, is not granted to any claim before the lock-delay that the holder chose is
//! over, by logical time. Logical time stands still without a leader, so a delay is never shorter
//! for a fail-over.

use squall_paxos::log::LogTime;
use squall_process::Span;

use crate::database::apply::Calling;
use crate::database::{
    Change, Claimant, Database, Done, HandleNumber, Held, LockCall, LockMode, NodeId, SessionId,
    Standing,
};
use crate::{Error, Path};

/// What a call asks of a lock.
enum Claim {
    New(Claimant),
    /// Nothing that its handle has not got already.
    Settled(Done),
}

impl Database {
    /// Returns the claim of `call`, or what its handle has already: to ask again is not to ask
    /// twice (N7).
    fn claim(&self, call: &LockCall, calling: &Calling<'_>) -> Result<Claim, Error> {
        let owner = calling.owner(call.handle);
        let lock = &self.node(&call.node)?.lock;
        match lock.standing(owner) {
            Standing::Holds(mode) if mode == call.mode => {
                Ok(Claim::Settled(Done::Granted(Held { mode, generation: lock.generation() })))
            }
            Standing::Waits(mode) if mode == call.mode => Ok(Claim::Settled(Done::Waiting)),
            Standing::Holds(_) | Standing::Waits(_) => Err(Error::OtherMode),
            Standing::Nothing => {
                let delay = call.delay.min(self.limits.lock_delay);
                Ok(Claim::New(Claimant { owner, mode: call.mode, delay, call: calling.sequence }))
            }
        }
    }

    pub(super) fn acquire(
        &mut self,
        call: &LockCall,
        calling: &mut Calling<'_>,
    ) -> Result<Done, Error> {
        let claim = match self.claim(call, calling)? {
            Claim::New(claim) => claim,
            Claim::Settled(done) => return Ok(done),
        };
        let limit = self.limits.waiters;
        let lock = &mut self.node_mut(&call.node)?.lock;
        if lock.waiters().len() >= limit {
            return Err(Error::Quota);
        }
        lock.queue(claim);
        self.grant(&call.node.path, calling.at, calling.changes);
        match self.held(&call.node, claim.owner) {
            Some(held) => Ok(Done::Granted(held)),
            None => {
                calling.changes.push(Change::Waits { node: call.node.clone(), claim });
                Ok(Done::Waiting)
            }
        }
    }

    pub(super) fn try_acquire(
        &mut self,
        call: &LockCall,
        calling: &mut Calling<'_>,
    ) -> Result<Done, Error> {
        let claim = match self.claim(call, calling)? {
            Claim::New(claim) => claim,
            // A call that waits for this handle goes on waiting.
            Claim::Settled(Done::Waiting) => return Err(Error::LockHeld),
            Claim::Settled(done) => return Ok(done),
        };
        if !self.node(&call.node)?.lock.is_free_for(call.mode) {
            return Err(Error::LockHeld);
        }
        if self.is_delayed(&call.node.path, calling.at) {
            return Err(Error::LockDelay);
        }
        self.node_mut(&call.node)?.lock.queue(claim);
        self.grant(&call.node.path, calling.at, calling.changes);
        self.held(&call.node, claim.owner).map(Done::Granted).ok_or(Error::LockHeld)
    }

    pub(super) fn release(
        &mut self,
        node: &NodeId,
        handle: HandleNumber,
        calling: &mut Calling<'_>,
    ) -> Result<Done, Error> {
        let owner = calling.owner(handle);
        self.node_mut(node)?.lock.release(owner)?;
        self.grant(&node.path, calling.at, calling.changes);
        Ok(Done::Released)
    }

    pub(super) fn cancel(
        &mut self,
        node: &NodeId,
        handle: HandleNumber,
        calling: &mut Calling<'_>,
    ) -> Result<Done, Error> {
        let owner = calling.owner(handle);
        let lock = &mut self.node_mut(node)?.lock;
        if let Some(held) = lock.held_by(owner) {
            // The grant came first.
            return Ok(Done::Granted(held));
        }
        if !lock.cancel(owner) {
            return Err(Error::NotHeld);
        }
        self.grant(&node.path, calling.at, calling.changes);
        Ok(Done::Cancelled)
    }

    pub(super) fn close(
        &mut self,
        node: &NodeId,
        handle: HandleNumber,
        calling: &mut Calling<'_>,
    ) -> Done {
        let owner = calling.owner(handle);
        if let Ok(found) = self.node_mut(node) {
            let released = found.lock.release(owner).is_ok();
            if found.lock.cancel(owner) || released {
                self.grant(&node.path, calling.at, calling.changes);
            }
        }
        Done::Closed
    }

    pub(super) fn close_session(
        &mut self,
        session: SessionId,
        at: LogTime,
        changes: &mut Vec<Change>,
    ) -> Result<Done, Error> {
        self.end_session(session, changes)?;
        for path in self.claimed_by(session) {
            if let Some(node) = self.nodes.get_mut(&path) {
                node.lock.leave(session);
            }
            self.grant(&path, at, changes);
        }
        Ok(Done::Nothing)
    }

    pub(super) fn expire(
        &mut self,
        session: SessionId,
        at: LogTime,
        changes: &mut Vec<Change>,
    ) -> Result<Done, Error> {
        self.end_session(session, changes)?;
        for path in self.claimed_by(session) {
            let lost = self.nodes.get_mut(&path).and_then(|node| node.lock.leave(session));
            if let Some(delay) = lost {
                self.delay(&path, delay, at, changes);
            }
            self.grant(&path, at, changes);
        }
        Ok(Done::Nothing)
    }

    fn end_session(&mut self, session: SessionId, changes: &mut Vec<Change>) -> Result<(), Error> {
        self.sessions.remove(session).ok_or(Error::NoSession)?;
        changes.push(Change::Ended(session));
        Ok(())
    }

    /// The lock of `path` was lost by a holder that chose `delay`.
    pub(super) fn delay(
        &mut self,
        path: &Path,
        delay: Span,
        at: LogTime,
        changes: &mut Vec<Change>,
    ) {
        if delay.is_zero() {
            return;
        }
        let until = self.delays.entry(path.clone()).or_default();
        *until = (*until).max(at.plus(delay));
        changes.push(Change::Delayed(path.clone()));
    }

    fn is_delayed(&self, path: &Path, at: LogTime) -> bool {
        self.delays.get(path).is_some_and(|until| at < *until)
    }

    /// A lock-delay is said to be over.
    pub(super) fn wake(
        &mut self,
        path: &Path,
        at: LogTime,
        changes: &mut Vec<Change>,
    ) -> Result<Done, Error> {
        if self.is_delayed(path, at) {
            return Err(Error::LockDelay);
        }
        self.delays.remove(path);
        self.grant(path, at, changes);
        Ok(Done::Nothing)
    }

    /// Grants the lock of `path` to those who may have it now.
    fn grant(&mut self, path: &Path, at: LogTime, changes: &mut Vec<Change>) {
        if self.is_delayed(path, at) {
            return;
        }
        let Some(node) = self.nodes.get_mut(path) else {
            return;
        };
        let granted = node.lock.grant();
        if granted.is_empty() {
            return;
        }
        self.delays.remove(path);
        let (instance, generation) = (node.instance, node.lock.generation());
        for claim in granted {
            debug_assert!(
                self.sessions.get(claim.owner.session).is_some(),
                "a lock is granted to open sessions alone"
            );
            let node = NodeId { path: path.clone(), instance };
            changes.push(Change::Granted { node, claim, generation });
        }
    }

    /// Returns whether the lock of `path` is held in a mode that conflicts with `mode`.
    #[must_use]
    pub fn conflicts(&self, path: &Path, mode: LockMode) -> bool {
        let mut holders = self.holders(path);
        holders.any(|(holder, _)| mode == LockMode::Exclusive || holder.mode == LockMode::Exclusive)
    }
}
