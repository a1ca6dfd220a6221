//! Broken Synods: the mistake of each canary is one that real code has made.

use squall_paxos::{Body, Claim, Entry, Message, Op, Participant, Record, Reply, Timer, Value};
use squall_process::{Context, Effect, Input, OpId, Outcome, ProcessId, Stored};

use super::Synod;
use squall_canary::{Case, Flaw};

/// One mistake.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SynodFlaw {
    /// A server considers a record durable as soon as it has requested the sync.
    SpeaksEarly,
    /// A restarted acceptor has only its votes.
    ForgetsPromises,
    /// A restarted acceptor has only its promises.
    ForgetsVotes,
    /// A restarted proposer counts its rounds from the beginning.
    ForgetsRounds,
    /// A learner claims the choice each time that it hears of it.
    LearnsTwice,
    /// A server reads `plum` and proposes another word.
    Mishears,
    /// A server that knows of no choice answers that there is none, without asking the other
    /// servers.
    SaysNothing,
    /// A client that hears the choice again answers its last operation again.
    AnswersTwice,
    /// A client takes each operation to one server only once.
    NeverRetries,
    /// A learner that has not heard of the choice does not ask.
    NeverAsks,
    /// A client answers "unknown" after its first wait.
    GivesUp,
    /// A client assumes that its own proposal was chosen.
    Presumes,
    /// A proposer panics when it is refused.
    Panics,
}

impl SynodFlaw {
    /// Every flaw.
    pub const ALL: [Self; 13] = [
        Self::SpeaksEarly,
        Self::ForgetsPromises,
        Self::ForgetsVotes,
        Self::ForgetsRounds,
        Self::LearnsTwice,
        Self::Mishears,
        Self::SaysNothing,
        Self::AnswersTwice,
        Self::NeverRetries,
        Self::NeverAsks,
        Self::GivesUp,
        Self::Presumes,
        Self::Panics,
    ];
}

/// What is remembered of a participant.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// The last operation that the participant was asked for.
    asked: Option<(OpId, Op<Value>)>,
    /// The last operation that was answered, and its outcome.
    answered: Option<(OpId, Outcome<Reply<Value>>)>,
}

impl Flaw for SynodFlaw {
    type System = Synod;
    type Memory = Memory;

    fn within(self) -> Synod {
        Synod
    }

    fn name(self) -> &'static str {
        match self {
            Self::SpeaksEarly => "canary",
            Self::ForgetsPromises => "canary-forgets-promises",
            Self::ForgetsVotes => "canary-forgets-votes",
            Self::ForgetsRounds => "canary-forgets-rounds",
            Self::LearnsTwice => "canary-learns-twice",
            Self::Mishears => "canary-mishears",
            Self::SaysNothing => "canary-says-nothing",
            Self::AnswersTwice => "canary-answers-twice",
            Self::NeverRetries => "canary-never-retries",
            Self::NeverAsks => "canary-never-asks",
            Self::GivesUp => "canary-gives-up",
            Self::Presumes => "canary-presumes",
            Self::Panics => "canary-panics",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::SpeaksEarly => "a Synod that answers before its records are durable",
            Self::ForgetsPromises => "a Synod that forgets its promises at a restart",
            Self::ForgetsVotes => "a Synod that forgets its votes at a restart",
            Self::ForgetsRounds => "a Synod that uses its rounds again after a restart",
            Self::LearnsTwice => "a Synod whose servers learn again and again",
            Self::Mishears => "a Synod that proposes a word that was never proposed",
            Self::SaysNothing => "a Synod that answers questions without asking other servers",
            Self::AnswersTwice => "a Synod whose clients answer an operation twice",
            Self::NeverRetries => "a Synod whose clients never ask twice",
            Self::NeverAsks => "a Synod whose learners never ask",
            Self::GivesUp => "a Synod whose clients give up too soon",
            Self::Presumes => "a Synod whose clients presume that their own word was chosen",
            Self::Panics => "a Synod that panics when it is refused",
        }
    }

    fn trusts_syncs(self) -> bool {
        self == Self::SpeaksEarly
    }

    fn bend(
        self,
        mut case: Case<'_, Self>,
        mut input: Input<Participant<Value>>,
        context: &mut Context<'_, Participant<Value>>,
    ) -> Option<Input<Participant<Value>>> {
        match &mut input {
            Input::Boot { disk, .. } => disk.records.retain(|stored| !self.forgets(stored)),
            Input::Message { from, message } => self.mishear(*from, message, &mut case, context)?,
            Input::Timer(Timer::Request) if self == Self::NeverRetries => return None,
            Input::Timer(Timer::Ask) if self == Self::NeverAsks => return None,
            Input::Timer(Timer::Request) if self == Self::GivesUp => {
                let (op, _) = case.memory.asked.take()?;
                context.complete(op, Outcome::Unknown);
                return None;
            }
            Input::Op { id, op } => case.memory.asked = Some((*id, *op)),
            _ => {}
        }
        Some(input)
    }

    fn twist(
        self,
        memory: &mut Memory,
        mut effect: Effect<Participant<Value>>,
    ) -> Effect<Participant<Value>> {
        if let Effect::Complete { op, outcome } = &mut effect {
            self.presume(*op, outcome, memory);
            memory.answered = Some((*op, outcome.clone()));
        }
        effect
    }
}

impl SynodFlaw {
    fn forgets(self, stored: &Stored<Record<Value>>) -> bool {
        let Stored::Intact { record, .. } = stored else { return false };
        match record.entry {
            Entry::Promised(_) => self == Self::ForgetsPromises,
            Entry::Round(_) => self == Self::ForgetsRounds,
            Entry::Accepted(_) => self == Self::ForgetsVotes,
        }
    }

    /// Changes a message. Returns `None` if the participant does not see it.
    fn mishear(
        self,
        from: ProcessId,
        message: &mut Message<Value>,
        case: &mut Case<'_, Self>,
        context: &mut Context<'_, Participant<Value>>,
    ) -> Option<()> {
        let (is_server, knows) = (context.id().is_server(), case.process.learned().is_some());
        match (self, message.body) {
            (Self::LearnsTwice, Body::Learn(value)) if is_server && knows => {
                context.claim(Claim::Learned { value });
            }
            (Self::Mishears, Body::Request(value)) if value.as_str() == "plum" => {
                message.body = Body::Request("plumb".parse().ok()?);
            }
            (Self::SaysNothing, Body::Ask { question: question @ 1.. }) if !knows => {
                let body = Body::Nothing { question };
                context.send(from, Message { to: from, body, ..*message });
                return None;
            }
            (Self::AnswersTwice, Body::Learn(_)) => {
                if let Some((op, outcome)) = case.memory.answered.take() {
                    context.complete(op, outcome);
                }
            }
            (Self::Panics, Body::Nack { .. }) => panic!("a proposer is never refused"),
            _ => {}
        }
        Some(())
    }

    /// Makes a client report its own proposal as the choice.
    fn presume(self, op: OpId, outcome: &mut Outcome<Reply<Value>>, memory: &Memory) {
        if self == Self::Presumes
            && let Outcome::Done(Reply::Chosen(value)) = outcome
            && let Some((asked, Op::Propose(own))) = memory.asked
            && asked == op
        {
            *value = own;
        }
    }
}
