//! The flaws: what a canary does wrong, each a mistake that real code has made.

/// One mistake.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Flaw {
    /// A server takes a record for durable as soon as it asked for the sync.
    SpeaksEarly,
    /// An acceptor that starts again has only its votes.
    ForgetsPromises,
    /// An acceptor that starts again has only its promises.
    ForgetsVotes,
    /// A proposer that starts again counts its rounds from the beginning.
    ForgetsRounds,
    /// A learner says so each time that it is told.
    LearnsTwice,
    /// A server reads `plum` and proposes another word.
    Mishears,
    /// A server that knows of no choice says that there is none, without asking the others.
    SaysNothing,
    /// A client that hears the choice again answers its last operation again.
    AnswersTwice,
    /// A client takes each operation to one server, once.
    NeverRetries,
    /// A learner that was not told does not ask.
    NeverAsks,
    /// A client that waited once says that it does not know.
    GivesUp,
    /// A client takes it that what was chosen is what it proposed.
    Presumes,
    /// A proposer did not expect to be refused.
    Panics,
}

impl Flaw {
    /// All of them.
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

    /// The name of the system that has it.
    #[must_use]
    pub const fn system(self) -> &'static str {
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

    /// The system in one line.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::SpeaksEarly => "a Synod that speaks before its records are durable",
            Self::ForgetsPromises => "a Synod that forgets its promises at a restart",
            Self::ForgetsVotes => "a Synod that forgets its votes at a restart",
            Self::ForgetsRounds => "a Synod that uses its rounds again after a restart",
            Self::LearnsTwice => "a Synod whose servers learn again and again",
            Self::Mishears => "a Synod that proposes a word that nobody said",
            Self::SaysNothing => "a Synod that answers questions from one memory alone",
            Self::AnswersTwice => "a Synod whose clients answer an operation twice",
            Self::NeverRetries => "a Synod whose clients never ask twice",
            Self::NeverAsks => "a Synod whose learners never ask",
            Self::GivesUp => "a Synod whose clients give up too soon",
            Self::Presumes => "a Synod whose clients presume that their own word was chosen",
            Self::Panics => "a Synod that panics when it is refused",
        }
    }
}
