//! A system without behaviour, for scripts that nobody runs.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use squall_judge::{End, Judge, Marks, Rule, Ruling, Seen, Verdict};
use squall_process::{Context, Input, Process, ProcessId, Span};
use squall_script::{Domain, Knob, Profile, Refused, Script, System};
use squall_world::Draw;

/// Called as the first real system is, so that the examples of documents parse.
pub(crate) struct Toy;

pub(crate) const KNOBS: [Knob; 3] = [
    Knob {
        name: "retry",
        about: "how long a proposer waits before it tries again",
        domain: Domain::Span {
            default: Span::from_millis(100),
            low: Span::from_millis(1),
            high: Span::from_secs(60),
        },
    },
    Knob {
        name: "batch",
        about: "how many values go into one proposal",
        domain: Domain::Number { default: 1, low: 1, high: 64 },
    },
    Knob {
        name: "backoff",
        about: "how the wait grows",
        domain: Domain::Choice(&["none", "double", "double with noise"]),
    },
];

#[derive(Debug)]
pub(crate) struct Nobody;

/// `propose VALUE`, `write VALUE …`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Request {
    Propose(String),
    Write(Vec<String>),
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Propose(value) => write!(f, "propose {value}"),
            Self::Write(values) => write!(f, "write {}", values.join(" ")),
        }
    }
}

impl FromStr for Request {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut words = text.split(' ').map(str::to_owned);
        match (words.next().as_deref(), words.next(), words.next()) {
            (Some("propose"), Some(value), None) if !value.is_empty() => Ok(Self::Propose(value)),
            (Some("propose"), ..) => Err("expected one value behind `propose`".to_owned()),
            (Some("write"), Some(_), _) => {
                Ok(Self::Write(text.split(' ').skip(1).map(str::to_owned).collect()))
            }
            _ => Err("expected `propose` or `write`".to_owned()),
        }
    }
}

impl Process for Nobody {
    type Message = String;
    type Timer = u8;
    type Record = Infallible;
    type Op = Request;
    type Reply = String;
    type Claim = Infallible;

    fn step(&mut self, _: Input<Self>, _: &mut Context<'_, Self>) {}
}

pub(crate) struct Content;

impl Judge<Nobody> for Content {
    fn rule(&self) -> Rule {
        Rule::safety("content", "nothing is ever wrong")
    }

    fn see(&mut self, _: &Seen<'_, Nobody>, _: &mut Marks) -> Ruling {
        Ok(())
    }

    fn close(&self, _: End) -> Verdict {
        Verdict::Holds
    }
}

impl System for Toy {
    type Process = Nobody;
    type Setup = ();
    type Panel = (Content,);

    fn profile(&self) -> Profile {
        Profile {
            knobs: &KNOBS,
            roles: &["leader", "learner"],
            ..Profile::new("synod", "nobody does nothing", "propose apple")
        }
    }

    fn setup(&self, script: &Script) -> Result<(), Refused> {
        let batch = script.knobs.number(&KNOBS[1]);
        if batch > 1 && script.servers == 1 {
            return Err("batches need a second node".into());
        }
        Ok(())
    }

    fn build(&self, (): &(), _: ProcessId) -> Nobody {
        Nobody
    }

    fn panel(&self, _: &Script, (): &()) -> (Content,) {
        (Content,)
    }

    fn draw_op(&self, _: &mut Draw, _: ProcessId, number: u32) -> Request {
        Request::Propose(format!("v{number}"))
    }

    fn is_enough(&self, _: &Script, _: &[u32]) -> bool {
        true
    }

    fn bound(&self, _: &Script) -> Span {
        Span::from_secs(1)
    }
}
