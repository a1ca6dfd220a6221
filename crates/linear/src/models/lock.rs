//! A lock with fencing tokens. There is one holder at a time, and each grant has a larger token
//! than all grants before it, so that requests of a former holder can be recognised.

use std::fmt::{self, Debug, Display};
use std::hash::Hash;
use std::marker::PhantomData;

use super::tenure;
use crate::{Clash, Model, Operation};

/// A lock that is free at first, for clients that `P` names. Without tokens, it is a mutex.
#[derive(Clone, Debug)]
pub struct Lock<P>(PhantomData<P>);

impl<P> Default for Lock<P> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

/// The operations of a lock. Each includes the client that asks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LockOp<P> {
    /// Acquires the lock.
    Acquire {
        /// The client.
        by: P,
    },
    /// Releases the lock.
    Release {
        /// The client.
        by: P,
    },
}

/// The replies of a lock.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LockReply {
    /// The client holds the lock, under this token if there are tokens.
    Granted(Option<u64>),
    /// Another client holds the lock.
    Busy,
    /// The lock is free again.
    Released,
    /// The client did not hold the lock.
    NotHeld,
}

/// The holder of a lock, and the tokens that are used up.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct LockState<P> {
    /// The client that holds the lock.
    pub holder: Option<P>,
    /// The largest token so far. The next one is larger.
    pub token_largest: Option<u64>,
}

impl<P: Clone + Eq> LockState<P> {
    fn is_held_by(&self, client: &P) -> bool {
        self.holder.as_ref() == Some(client)
    }

    /// Returns the state after a grant to `by` under `token`, if `token` is above all earlier ones.
    fn granted(&self, by: P, token: Option<u64>) -> Option<Self> {
        let is_fresh = token.is_none() || token > self.token_largest;
        let token_largest = token.or(self.token_largest);
        is_fresh.then_some(Self { holder: Some(by), token_largest })
    }

    /// Returns the least token above all earlier ones; `None` if there is none.
    fn token_least(&self) -> Option<u64> {
        self.token_largest.map_or(Some(0), |largest| largest.checked_add(1))
    }
}

impl<P: Clone + Ord + Hash + Debug + Display> Model for Lock<P> {
    type State = LockState<P>;
    type Op = LockOp<P>;
    type Reply = LockReply;
    type Key = ();

    fn init(&self) -> LockState<P> {
        LockState { holder: None, token_largest: None }
    }

    fn step(
        &self,
        state: &LockState<P>,
        op: &LockOp<P>,
        reply: Option<&LockReply>,
    ) -> Option<LockState<P>> {
        let is_held = state.holder.is_some();
        match (op, reply) {
            (LockOp::Acquire { .. }, None) if is_held => Some(state.clone()),
            // An unknown token is the least possible one, if there is one.
            (LockOp::Acquire { by }, None) => state.granted(by.clone(), state.token_least()),
            (LockOp::Acquire { by }, Some(LockReply::Granted(token))) => {
                if is_held {
                    None
                } else {
                    state.granted(by.clone(), *token)
                }
            }
            (LockOp::Acquire { .. }, Some(LockReply::Busy)) => is_held.then(|| state.clone()),
            (LockOp::Release { by }, None) if !state.is_held_by(by) => Some(state.clone()),
            (LockOp::Release { by }, None | Some(LockReply::Released)) => state
                .is_held_by(by)
                .then(|| LockState { holder: None, token_largest: state.token_largest }),
            (LockOp::Release { by }, Some(LockReply::NotHeld)) => {
                (!state.is_held_by(by)).then(|| state.clone())
            }
            _ => None,
        }
    }

    fn key(&self, _: &LockOp<P>) {}

    fn is_read(&self, _: &LockOp<P>, reply: Option<&LockReply>) -> bool {
        matches!(reply, Some(LockReply::Busy | LockReply::NotHeld))
    }

    fn clash(&self, operations: &[Operation<LockOp<P>, LockReply>]) -> Option<Clash> {
        tenure::overlap(operations).or_else(|| tenure::stale_token(operations))
    }

    fn describe(&self, state: &LockState<P>) -> String {
        match &state.holder {
            Some(client) => format!("{client} holds the lock"),
            None => "the lock is free".to_owned(),
        }
    }
}

impl<P> Display for LockOp<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Acquire { .. } => "acquire",
            Self::Release { .. } => "release",
        })
    }
}

impl Display for LockReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Granted(None) => f.write_str("granted"),
            Self::Granted(Some(token)) => write!(f, "granted under {token}"),
            Self::Busy => f.write_str("busy"),
            Self::Released => f.write_str("released"),
            Self::NotHeld => f.write_str("not held"),
        }
    }
}
