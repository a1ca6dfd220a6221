//! Broken adapters: the servers of `sims/raft` with one mistake that adapters make.

use squall_process::{Context, Effect, Input};

use super::{Case, Flaw};
use crate::kv::{Message, Talk};
use crate::raft::{Raft, RaftSystem};

/// One mistake.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RaftFlaw {
    /// A server takes a record for durable as soon as it asked for the sync, and sends what it
    /// should have sent then.
    SendsEarly,
    /// A server applies what it is sent, committed or not.
    AppliesEarly,
    /// A server whose disk was replaced takes part as if it were new.
    TrustsNewDisk,
    /// A server takes a call that comes again for a new one.
    DoesAgain,
}

impl RaftFlaw {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::SendsEarly, Self::AppliesEarly, Self::TrustsNewDisk, Self::DoesAgain];
}

/// From here on, the number of a session's life tells how often a call was bent.
const BENT: u32 = 1_000;

impl Flaw for RaftFlaw {
    type System = RaftSystem;
    /// How many calls were bent.
    type Memory = u32;

    fn within(self) -> RaftSystem {
        RaftSystem::SAFE
    }

    fn name(self) -> &'static str {
        match self {
            Self::SendsEarly => "raft-sends-early",
            Self::AppliesEarly => "raft-applies-early",
            Self::TrustsNewDisk => "raft-trusts-new-disk",
            Self::DoesAgain => "raft-does-again",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::SendsEarly => "a Raft adapter that sends before its records are durable",
            Self::AppliesEarly => "a Raft adapter that applies before the commit",
            Self::TrustsNewDisk => {
                "a Raft adapter that trusts an empty disk in place of a lost one"
            }
            Self::DoesAgain => "a Raft adapter that does a call again that comes again",
        }
    }

    fn trusts_syncs(self) -> bool {
        self == Self::SendsEarly
    }

    fn bend(
        self,
        case: Case<'_, Self>,
        mut input: Input<Raft>,
        context: &mut Context<'_, Raft>,
    ) -> Option<Input<Raft>> {
        match &mut input {
            Input::Boot { disk, .. } => disk.replaced &= self != Self::TrustsNewDisk,
            Input::Message { message: Message::Word(peer), .. } if self == Self::AppliesEarly => {
                let end = peer.0.index + peer.0.entries.len() as u64;
                peer.0.commit = peer.0.commit.max(end);
            }
            Input::Message { message: Message::Talk(Talk::Call(call)), .. }
                if self == Self::DoesAgain && context.id().is_server() =>
            {
                *case.memory += 1;
                call.session.incarnation += BENT * (*case.memory * 100 + context.id().number());
            }
            _ => {}
        }
        Some(input)
    }

    fn twist(self, _: &mut u32, mut effect: Effect<Raft>) -> Effect<Raft> {
        if let Effect::Send { message: Message::Talk(Talk::Answer { session, .. }), .. } =
            &mut effect
        {
            session.incarnation %= BENT;
        }
        effect
    }
}
