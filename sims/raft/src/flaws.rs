//! Broken adapters: the servers of `sims/raft` with one mistake that adapters make.

use raft::eraftpb::{self, MessageType};
use squall_process::{Context, Effect, Input, ProcessId};

use super::{Peer, Raft, RaftSystem};
use squall_canary::{Case, Flaw};
use squall_service::{Answer, Call, Claim, Message, Op, Reply, Talk};

/// One mistake.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RaftFlaw {
    /// A server considers a record durable as soon as it has requested the sync, and sends the
    /// messages that should wait for it.
    SendsEarly,
    /// A server applies every entry that it is sent, committed or not.
    AppliesEarly,
    /// A server whose disk was replaced takes part as if it were new.
    TrustsNewDisk,
    /// A server carries out a repeated call again.
    DoesAgain,
    /// A leader tells another server to take over, and continues as if it had not.
    KeepsLease,
}

impl RaftFlaw {
    /// Every flaw.
    pub const ALL: [Self; 5] = [
        Self::SendsEarly,
        Self::AppliesEarly,
        Self::TrustsNewDisk,
        Self::DoesAgain,
        Self::KeepsLease,
    ];
}

/// What is remembered of one incarnation of a process.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// How many calls were changed.
    bent: u32,
    /// The last term that the process led.
    led: Option<u64>,
    /// The servers that it sent messages to.
    others: Vec<ProcessId>,
}

/// From this value on, the incarnation of a session counts the changes of a call.
const BENT: u32 = 1_000;

impl Flaw for RaftFlaw {
    type System = RaftSystem;
    type Memory = Seen;

    fn within(self) -> RaftSystem {
        RaftSystem::SAFE
    }

    fn name(self) -> &'static str {
        match self {
            Self::SendsEarly => "raft-sends-early",
            Self::AppliesEarly => "raft-applies-early",
            Self::TrustsNewDisk => "raft-trusts-new-disk",
            Self::DoesAgain => "raft-does-again",
            Self::KeepsLease => "raft-keeps-lease",
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
            Self::KeepsLease => "a Raft adapter that keeps its lease on handing over",
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
                case.memory.bent += 1;
                call.session.incarnation += BENT * (case.memory.bent * 100 + context.id().number());
            }
            Input::Message { message: Message::Talk(Talk::Call(call)), .. }
                if self == Self::KeepsLease && context.id().is_server() =>
            {
                if let (Op::Lead(server), Some(term)) = (call.op, case.memory.led)
                    && case.memory.others.contains(&server)
                {
                    hand_over(call, server, term, context);
                    return None;
                }
            }
            _ => {}
        }
        Some(input)
    }

    fn twist(self, seen: &mut Seen, mut effect: Effect<Raft>) -> Effect<Raft> {
        match &mut effect {
            Effect::Send { message: Message::Talk(Talk::Answer { session, .. }), .. } => {
                session.incarnation %= BENT;
            }
            Effect::Send { to, message: Message::Word(_) } if !seen.others.contains(to) => {
                seen.others.push(*to);
            }
            Effect::Claim(Claim::Leads(term)) => seen.led = Some(*term),
            _ => {}
        }
        effect
    }
}

/// Tells `server` to take over after `term`, as the library would, without telling the library.
fn hand_over(call: &Call, server: ProcessId, term: u64, context: &mut Context<'_, Raft>) {
    let (from, to) = (u64::from(context.id().number()), u64::from(server.number()));
    let mut summons = eraftpb::Message { from, to, term, ..Default::default() };
    summons.set_msg_type(MessageType::MsgTimeoutNow);
    context.send(server, Message::Word(Box::new(Peer(summons))));
    let answer = Talk::answer(call, Answer::Done(Reply::Changed));
    context.send(call.session.client, Message::Talk(answer));
}
