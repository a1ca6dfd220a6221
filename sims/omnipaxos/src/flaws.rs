//! Broken adapters: the servers of `sims/omnipaxos` with one mistake that adapters make.

use omnipaxos::messages::Message as Published;
use omnipaxos::messages::sequence_paxos::PaxosMsg;
use squall_process::{Context, Input, Stored};

use super::{Change, OmniPaxos, OmniPaxosSystem, Record, Word};
use squall_canary::{Case, Flaw};
use squall_service::Message;

/// One mistake.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum OmniPaxosFlaw {
    /// A server considers a record durable as soon as it has requested the sync, and sends the
    /// messages that should wait for it.
    SendsEarly,
    /// A server considers every entry that it is sent decided, and applies it.
    AppliesEarly,
    /// A restarted server does not know what it promised.
    ForgetsPromises,
    /// A server whose disk was replaced takes part as if it were new.
    TrustsNewDisk,
}

impl OmniPaxosFlaw {
    /// Every flaw.
    pub const ALL: [Self; 4] =
        [Self::SendsEarly, Self::AppliesEarly, Self::ForgetsPromises, Self::TrustsNewDisk];
}

impl Flaw for OmniPaxosFlaw {
    type System = OmniPaxosSystem;
    type Memory = ();

    fn within(self) -> OmniPaxosSystem {
        OmniPaxosSystem::SAFE
    }

    fn name(self) -> &'static str {
        match self {
            Self::SendsEarly => "omnipaxos-sends-early",
            Self::AppliesEarly => "omnipaxos-applies-early",
            Self::ForgetsPromises => "omnipaxos-forgets-promises",
            Self::TrustsNewDisk => "omnipaxos-trusts-new-disk",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::SendsEarly => "an adapter that sends before its records are durable",
            Self::AppliesEarly => "an adapter that applies before the decision",
            Self::ForgetsPromises => "an adapter that does not give back promises at a restart",
            Self::TrustsNewDisk => "an adapter that trusts an empty disk in place of a lost one",
        }
    }

    fn trusts_syncs(self) -> bool {
        self == Self::SendsEarly
    }

    fn bend(
        self,
        _: Case<'_, Self>,
        mut input: Input<OmniPaxos>,
        _: &mut Context<'_, OmniPaxos>,
    ) -> Option<Input<OmniPaxos>> {
        match (self, &mut input) {
            (Self::TrustsNewDisk, Input::Boot { disk, .. }) => disk.replaced = false,
            (Self::ForgetsPromises, Input::Boot { disk, .. }) => {
                disk.records.iter_mut().for_each(forget_promises);
            }
            (Self::AppliesEarly, Input::Message { message, .. }) => decide(message),
            _ => {}
        }
        Some(input)
    }
}

/// Removes the promise from a record.
fn forget_promises(stored: &mut Stored<Record>) {
    match stored {
        Stored::Intact { record: Record::Begin(begin), .. } => begin.drawer.promise = None,
        Stored::Intact { record: Record::Write(write), .. } => {
            write.changes.retain(|change| !matches!(change, Change::Promise(_)));
        }
        _ => {}
    }
}

/// Marks everything in a message as decided.
fn decide(message: &mut Message<Word>) {
    if let Message::Word(Word::Library(envelope)) = message
        && let Published::SequencePaxos(paxos) = &mut *envelope.message.0
        && let PaxosMsg::AcceptDecide(accept) = &mut paxos.msg
    {
        // The largest index, whose type differs between versions of the library.
        accept.decided_idx = !0;
    }
}
