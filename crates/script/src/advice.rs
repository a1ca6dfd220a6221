//! The text of what was expected in place of a problem, and of what to do about it.

use std::fmt;

use squall_process::ParseSpanError;

use crate::nearest::nearest;
use crate::{Domain, Expected, Problem, VERSION};

impl Problem {
    /// Returns what was expected instead, in a few words: the label under the place.
    #[must_use]
    pub fn expected(&self) -> String {
        match self {
            Self::NotAScript | Self::Version { .. } => format!("expected `squall {VERSION}`"),
            Self::TooManyLines { limit } => format!("expected at most {limit} lines with a time"),
            Self::UnknownKey { .. } => "expected a header key, or a line with a time".to_owned(),
            Self::RenamedKey { new, .. } => format!("expected `{new}`"),
            Self::ActionWithoutTime { .. } => "expected a time in front of this".to_owned(),
            Self::LateKey { .. } => "expected a time".to_owned(),
            Self::Missing { key } => format!("expected a line `{key} …` below this one"),
            Self::KeyTwice { line, .. } => format!("line {line} says it already"),
            Self::OtherSystem { wanted, .. } => format!("expected `{wanted}`"),
            Self::Servers { max, .. } => format!("expected a number from 1 to {max}"),
            Self::Clients { max, .. } => format!("expected a number up to {max}"),
            Self::NoSteps => "expected a number from 1".to_owned(),
            Self::UnknownKnob { .. } => "expected the name of a knob".to_owned(),
            Self::KnobValue { domain, .. } => match domain {
                Domain::Choice(_) => format!("expected one of {domain}"),
                Domain::Span { .. } | Domain::Number { .. } => format!("expected {domain}"),
            },
            Self::Refused { .. } => "expected sizes and knobs that go together".to_owned(),
            Self::Expected { what, .. } => format!("expected {what}"),
            Self::Span { error, .. } => match error {
                ParseSpanError::TooFine => "expected whole nanoseconds".to_owned(),
                ParseSpanError::TooLong => "expected less than 584 years".to_owned(),
                ParseSpanError::Unit | ParseSpanError::Number => error.to_string(),
            },
            Self::Chance { error, .. } => error.to_string(),
            Self::Number { max, .. } => format!("expected a number up to {max}"),
            Self::Range { .. } => "expected LOW..HIGH".to_owned(),
            Self::UnknownAction { .. } => "expected an action".to_owned(),
            Self::NoSuchProcess { servers, clients, .. } => {
                format!("expected {}", names(*servers, *clients))
            }
            Self::Op { .. } => "expected an operation".to_owned(),
            Self::OpText { .. } => "expected an operation that parses from its own text".to_owned(),
            Self::UnknownRole { .. } => "expected a role".to_owned(),
            Self::Backwards { before, .. } => format!("expected {before} or later"),
            Self::FaultAfterCalm { calm } => format!("`calm` ended all faults at {calm}"),
            Self::SecondCalm { first } => format!("faults ended at {first}"),
            Self::LuckTwice { first } => format!("the line at {first} fixes it"),
            Self::EmptyGroup => format!("expected {}", Expected::Group),
            Self::Rest => "expected a group that stands for itself".to_owned(),
            Self::ProcessTwice { .. } => "expected each process once".to_owned(),
            Self::RecordTwice { .. } => "expected each record once".to_owned(),
            Self::NoRecords => "expected a number of records, or records".to_owned(),
            Self::CalmClient { .. } => "expected a server".to_owned(),
            Self::Zero => "expected a number from 1".to_owned(),
            Self::Drift { max, .. } => format!("expected a drift from -{max}ppm to {max}ppm"),
        }
    }

    /// Returns what to do about it, if there is more to say.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotAScript => Some(format!(
                "the first line of every script is `squall {VERSION}`; comments may stand above it"
            )),
            Self::Version { found } if *found > u64::from(VERSION) => Some(format!(
                "this program understands version {VERSION}: use the squall that wrote it"
            )),
            Self::Version { .. } => Some(format!("this program understands version {VERSION}")),
            Self::TooManyLines { .. } => Some("split the run, or shrink it first".to_owned()),
            Self::UnknownKey { nearest, .. } => nearest.map(did_you_mean),
            Self::RenamedKey { new, value, .. } => Some(format!("write `{new} {value}`")),
            Self::ActionWithoutTime { word } => Some(format!("for example `0ms {word} …`")),
            Self::LateKey { .. } => {
                Some("move it up; or change a condition at a time: `40ms loss 50%`".to_owned())
            }
            Self::Missing { key } => Some(match *key {
                "system" => "name the system that is under test, such as `system synod`".to_owned(),
                "seed" => "all luck that no line fixes comes from it: `seed 1`".to_owned(),
                key => format!("for example `{key} 5`"),
            }),
            Self::UnknownKnob { name, knobs, .. } => Some(known("knobs", name, knobs)),
            Self::UnknownRole { role, roles, .. } => Some(known("roles", role, roles)),
            Self::Expected { what: Expected::Word(words), found } => {
                nearest(found, words.iter().copied()).map(did_you_mean)
            }
            Self::Range { low, high } => Some(format!("did you mean `{high}..{low}`?")),
            Self::UnknownAction { nearest, .. } => Some(match nearest {
                Some(word) => did_you_mean(word),
                None => "a request to a process begins with its name, such as `c1 …`".to_owned(),
            }),
            Self::NoSuchProcess { process, .. } => {
                let key = if process.is_client() { "clients" } else { "servers" };
                Some(format!("the header line `{key} …` says how many there are"))
            }
            Self::Op { example, .. } => Some(format!("an operation looks like this: `{example}`")),
            Self::OpText { .. } => Some(
                "it may hold no line break, ` #` or blank at its ends, nor look like luck"
                    .to_owned(),
            ),
            Self::Backwards { .. } => Some("lines stand in the order of their times".to_owned()),
            Self::FaultAfterCalm { .. } => {
                Some("only requests and fixed luck may stand below `calm`".to_owned())
            }
            Self::SecondCalm { .. } => Some("a script has at most one `calm`".to_owned()),
            Self::LuckTwice { .. } => Some("keep one of the two lines".to_owned()),
            Self::Rest => {
                Some("`rest` is the right side of two, such as `cut n1 | rest`".to_owned())
            }
            Self::NoRecords => Some("`keep 0` keeps nothing".to_owned()),
            Self::CalmClient { .. } => {
                Some("clients are always healed; a list names the servers that are".to_owned())
            }
            _ => None,
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Span => "a time such as 15.2ms",
            Self::SpanRange => "a time or a range such as 1ms..10ms",
            Self::Chance => "a chance such as 3%",
            Self::Number => "a whole number",
            Self::Process => "a process such as n1 or c1",
            Self::Group => "a group: processes, `all`, `rest` or a role such as @leader",
            Self::Between => "`|` or `>` and the other side",
            Self::Record => "a record such as r7",
            Self::Offset => "an offset such as -288s",
            Self::Drift => "a drift such as 200ppm",
            Self::Message => "a message such as n3>n5#4",
            Self::Action => "an action",
            Self::Operation => "an operation",
            Self::Name => "a name",
            Self::End => "the end of the line",
            Self::Word(words) => return f.write_str(&choice(words)),
        })
    }
}

fn names(servers: u32, clients: u32) -> String {
    let range = |kind: char, count: u32| match count {
        0 => None,
        1 => Some(format!("{kind}1")),
        _ => Some(format!("{kind}1 to {kind}{count}")),
    };
    let both: Vec<String> =
        [range('n', servers), range('c', clients)].into_iter().flatten().collect();
    both.join(" or ")
}

fn did_you_mean(word: &str) -> String {
    format!("did you mean `{word}`?")
}

/// Returns a sentence with the nearest of the known words, and all of them.
fn known(what: &str, word: &str, words: &[&'static str]) -> String {
    if words.is_empty() {
        return format!("this system has no {what}");
    }
    let all = words.join(", ");
    match nearest(word, words.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? The {what} are: {all}"),
        None => format!("the {what} are: {all}"),
    }
}

fn choice(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} or {last}", before.join(", ")),
        None => "nothing".to_owned(),
    }
}
