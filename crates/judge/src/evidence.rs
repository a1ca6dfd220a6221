//! What proves that a rule is broken, as values.
//!
//! The words of a case are a template with a `{}` for each argument, so that they can be changed
//! without a change of meaning. What findings are told apart by is the name of the case.

use std::fmt;

use squall_process::{Instant, OpId, ProcessId, RecordNumber, Span};

use crate::{End, Ruling};

/// What proves that a rule is broken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Evidence {
    /// In which way the rule is broken: a few lower-case words joined by hyphens. It stays the same
    /// when the words of the template change.
    pub case: &'static str,
    /// What happened, in one sentence, with `{}` for each argument.
    pub template: &'static str,
    /// What the sentence is about.
    pub arguments: Vec<Argument>,
    /// The numbers of the events that show it, in order.
    pub events: Vec<u64>,
}

/// What a sentence about a broken rule is about.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Argument {
    /// A process.
    Process(ProcessId),
    /// An operation of the run.
    Operation(OpId),
    /// A record of a journal.
    Record(RecordNumber),
    /// A number: an index, a count.
    Number(u64),
    /// A length of time.
    Span(Span),
    /// A moment of the run.
    Instant(Instant),
    /// How the run ended.
    End(End),
    /// A value of the system under test, as it prints: a term, a vote, a reply.
    Value(String),
    /// A place in the code under test. It is a part of what the finding is known by.
    Place(String),
}

impl Evidence {
    /// Returns the evidence of this `case`, with the `events` that show it. Panics if `template`
    /// does not have a `{}` for each argument.
    #[must_use]
    pub fn new(
        case: &'static str,
        template: &'static str,
        arguments: impl IntoIterator<Item = Argument>,
        events: impl IntoIterator<Item = u64>,
    ) -> Self {
        let arguments: Vec<Argument> = arguments.into_iter().collect();
        let holes = template.matches(HOLE).count();
        assert_eq!(holes, arguments.len(), "the template of `{case}` fits its arguments");
        let mut events: Vec<u64> = events.into_iter().filter(|&number| number > 0).collect();
        events.sort_unstable();
        events.dedup();
        Self { case, template, arguments, events }
    }

    /// Returns the ruling that the rule is broken, with the evidence that [`new`](Self::new) makes.
    ///
    /// # Errors
    ///
    /// Always: that is what it is for.
    #[cold]
    pub fn broken(
        case: &'static str,
        template: &'static str,
        arguments: impl IntoIterator<Item = Argument>,
        events: impl IntoIterator<Item = u64>,
    ) -> Ruling {
        Err(Box::new(Self::new(case, template, arguments, events)))
    }

    /// Returns what happened, in one sentence.
    #[must_use]
    pub fn story(&self) -> String {
        let mut arguments = self.arguments.iter();
        let mut parts = self.template.split(HOLE);
        let mut story = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            if let Some(argument) = arguments.next() {
                story.push_str(&argument.to_string());
            }
            story.push_str(part);
        }
        story
    }
}

/// Where an argument stands in a template.
const HOLE: &str = "{}";

impl Argument {
    /// Returns `value` as it prints.
    pub fn value(value: &impl fmt::Display) -> Self {
        Self::Value(value.to_string())
    }
}

impl fmt::Display for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process(process) => process.fmt(f),
            Self::Operation(operation) => operation.fmt(f),
            Self::Record(record) => record.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Span(span) => span.fmt(f),
            Self::Instant(instant) => instant.fmt(f),
            Self::End(end) => end.fmt(f),
            Self::Value(text) | Self::Place(text) => f.write_str(text),
        }
    }
}

macro_rules! from {
    ($($kind:ident $of:ty),+) => {
        $(impl From<$of> for Argument {
            fn from(value: $of) -> Self {
                Self::$kind(value)
            }
        })+
    };
}

from!(Process ProcessId, Operation OpId, Record RecordNumber, Number u64, Span Span);
from!(Instant Instant, End End);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_story_is_its_template_with_the_arguments_in_place() {
        let value = Argument::value(&"apple pie");
        let arguments = [ProcessId::server(1).into(), value, 7.into()];
        let evidence = Evidence::new("eaten", "{} ate {}, {} times", arguments, [9, 0, 3, 9]);
        assert_eq!(evidence.story(), "n1 ate apple pie, 7 times");
        assert_eq!(evidence.events, [3, 9]);
    }

    #[test]
    fn a_value_that_looks_like_a_hole_is_none() {
        let evidence = Evidence::new("odd", "it said {}.", [Argument::value(&"{}")], []);
        assert_eq!(evidence.story(), "it said {}.");
    }
}
