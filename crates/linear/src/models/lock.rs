//! A lock with fencing tokens: one holder at a time, and each grant has a larger token than all
//! grants before it, so that what a late holder sends can be told from what the present one sends.

use std::fmt::{self, Display};

use super::tenure;
use crate::{Clash, Model, Operation};

/// A lock that nobody holds at first. Without tokens, it is a mutex.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lock;

/// What is asked of a lock. Who asks is part of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LockOp {
    /// Give it to me.
    Acquire {
        /// Who asks.
        by: u32,
    },
    /// I do not need it any more.
    Release {
        /// Who asks.
        by: u32,
    },
}

/// What a lock answers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LockReply {
    /// It is yours, under this token if there are tokens.
    Granted(Option<u64>),
    /// Somebody has it.
    Busy,
    /// It is nobody's now.
    Released,
    /// It was not yours.
    NotHeld,
}

/// Who holds a lock, and which tokens are used up.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct LockState {
    /// Who holds it.
    pub holder: Option<u32>,
    /// The largest token so far: the next one is above it.
    pub token_largest: Option<u64>,
}

impl LockState {
    /// The state after a grant to `by` under `token`, if it is above all before.
    fn granted(self, by: u32, token: Option<u64>) -> Option<Self> {
        let is_fresh = token.is_none() || token > self.token_largest;
        let token_largest = token.or(self.token_largest);
        is_fresh.then_some(Self { holder: Some(by), token_largest })
    }

    /// The least token that is above all before; none if there is no room for one.
    fn token_least(self) -> Option<u64> {
        self.token_largest.map_or(Some(0), |largest| largest.checked_add(1))
    }
}

impl Model for Lock {
    type State = LockState;
    type Op = LockOp;
    type Reply = LockReply;
    type Key = ();

    fn init(&self) -> LockState {
        LockState::default()
    }

    fn step(&self, state: &LockState, op: &LockOp, reply: Option<&LockReply>) -> Option<LockState> {
        let held = state.holder.is_some();
        match (*op, reply) {
            (LockOp::Acquire { .. }, None) if held => Some(*state),
            // Whatever token it was, it was one, if there was room for one.
            (LockOp::Acquire { by }, None) => state.granted(by, state.token_least()),
            (LockOp::Acquire { by }, Some(LockReply::Granted(token))) => {
                if held {
                    None
                } else {
                    state.granted(by, *token)
                }
            }
            (LockOp::Acquire { .. }, Some(LockReply::Busy)) => held.then_some(*state),
            (LockOp::Release { by }, None) if state.holder != Some(by) => Some(*state),
            (LockOp::Release { by }, None | Some(LockReply::Released)) => {
                (state.holder == Some(by)).then_some(LockState { holder: None, ..*state })
            }
            (LockOp::Release { by }, Some(LockReply::NotHeld)) => {
                (state.holder != Some(by)).then_some(*state)
            }
            _ => None,
        }
    }

    fn key(&self, _: &LockOp) {}

    fn is_read(&self, _: &LockOp, reply: Option<&LockReply>) -> bool {
        matches!(reply, Some(LockReply::Busy | LockReply::NotHeld))
    }

    fn clash(&self, operations: &[Operation<LockOp, LockReply>]) -> Option<Clash> {
        tenure::overlap(operations).or_else(|| tenure::stale_token(operations))
    }

    fn describe(&self, state: &LockState) -> String {
        match state.holder {
            Some(_) => "the lock is held".to_owned(),
            None => "the lock is free".to_owned(),
        }
    }
}

impl Display for LockOp {
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
