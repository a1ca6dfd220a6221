//! A system to try the program on: a server that says everything back, and clients that ask once.
//! What is wrong with it depends on its mood.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

use squall::judge::{Argument, Evidence, Judge, Marks, Observation, Rule, Ruling, Seen};
use squall::process::{Context, Input, OpId, Outcome, Process, ProcessId, Span};
use squall::script::{Profile, Refused, Script, Sizes, System};
use squall::world::Draw;

/// What is wrong with a parrot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mood {
    /// Nothing.
    Honest,
    /// It hears `thunder` as `rain`.
    Lying,
    /// It panics at `thunder`.
    Afraid,
    /// It ends the process at `thunder`, as if all were well.
    Leaving,
    /// It aborts the process at `thunder`.
    Aborting,
    /// It is deaf after `thunder`: the step never returns.
    Stuck,
    /// It never stops talking to itself.
    Endless,
    /// It says how often it was asked in the life of the program, which no script knows.
    Fickle,
    /// It cannot say what clients ask.
    Speechless,
}

/// The system `parrot`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parrot(pub(crate) Mood);

static ASKED: AtomicU64 = AtomicU64::new(0);

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Word(pub(crate) String);

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "say {}", self.0)
    }
}

impl FromStr for Word {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.strip_prefix("say ").map(|word| Self(word.to_owned())).ok_or("expected say and a word")
    }
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Message {
    Say(OpId, Word),
    Echo(OpId, Word, u64),
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Say(id, word) => write!(f, "{id} {word}"),
            Self::Echo(id, word, count) => write!(f, "{id} echo {word} {count}"),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Tick;

impl fmt::Display for Tick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tick")
    }
}

#[derive(Debug)]
pub(crate) struct Bird(Mood);

impl Process for Bird {
    type Message = Message;
    type Timer = Tick;
    type Record = Infallible;
    type Op = Word;
    type Reply = Word;
    type Claim = Infallible;

    fn step(&mut self, input: Input<Self>, context: &mut Context<'_, Self>) {
        match input {
            Input::Boot { .. } | Input::Timer(Tick) if self.0 == Mood::Endless => {
                context.send(context.id(), Message::Say(OpId(0), Word("more".to_owned())));
                context.set_timer(Tick, Span::from_micros(1));
            }
            Input::Op { id, op } => context.send(ProcessId::server(1), Message::Say(id, op)),
            Input::Message { from, message: Message::Say(id, word) } if from != context.id() => {
                let is_thunder = word.0 == "thunder";
                match self.0 {
                    Mood::Afraid if is_thunder => panic!("it thunders"),
                    Mood::Leaving if is_thunder => std::process::exit(0),
                    Mood::Aborting if is_thunder => std::process::abort(),
                    Mood::Stuck if is_thunder => loop {
                        std::hint::spin_loop();
                    },
                    _ => {}
                }
                let heard = if self.0 == Mood::Lying && is_thunder { "rain" } else { &word.0 };
                let count = match self.0 {
                    Mood::Fickle => ASKED.fetch_add(1, Ordering::Relaxed),
                    _ => 0,
                };
                context.send(from, Message::Echo(id, Word(heard.to_owned()), count));
            }
            Input::Message { message: Message::Echo(id, word, _), .. } => {
                context.reach("echo");
                context.complete(id, Outcome::Done(word));
            }
            _ => {}
        }
    }
}

impl System for Parrot {
    type Process = Bird;
    type Setup = ();
    type Panel = (Faithful, Nothing);

    fn profile(&self) -> Profile {
        Profile {
            sizes: Sizes { servers: 1..=1, clients: 1..=2, ops: 1..=3, servers_max: 3 },
            marks: &["echo", "silence"],
            ..Profile::new("parrot", "a bird that says everything back", "say hello")
        }
    }

    fn setup(&self, _: &Script) -> Result<(), Refused> {
        Ok(())
    }

    fn build(&self, (): &(), _: ProcessId) -> Bird {
        Bird(self.0)
    }

    fn panel(&self, _: &Script, (): &()) -> Self::Panel {
        (Faithful::default(), Nothing)
    }

    fn draw_op(&self, draw: &mut Draw, _: ProcessId, _: u32) -> Word {
        assert!(self.0 != Mood::Speechless, "no word comes to mind");
        Word((*draw.pick(&["hello", "rain", "wind", "thunder"])).to_owned())
    }

    fn is_enough(&self, _: &Script, alive: &[u32]) -> bool {
        !alive.is_empty()
    }

    fn bound(&self, _: &Script) -> Span {
        Span::from_secs(1)
    }
}

/// What is heard is what was said.
#[derive(Debug, Default)]
pub(crate) struct Faithful(Vec<(OpId, Word, u64)>);

impl Judge<Bird> for Faithful {
    fn rule(&self) -> Rule {
        Rule::safety("faithful", "what is heard is what was said")
    }

    fn see(&mut self, seen: &Seen<'_, Bird>, _: &mut Marks) -> Ruling {
        match &seen.what {
            Observation::Asked { id, op, .. } => self.0.push((*id, (*op).clone(), seen.number)),
            Observation::Completed { process, id, outcome: Outcome::Done(heard) } => {
                let said = self.0.iter().find(|(said, ..)| said == id);
                if let Some((_, Word(word), event)) = said
                    && *word != heard.0
                {
                    let template = "{} said {} and heard {}";
                    let (said, heard) = (Argument::value(word), Argument::value(&heard.0));
                    let arguments = [(*process).into(), said, heard];
                    let events = [*event, seen.number];
                    return Evidence::broken("misheard", template, arguments, events);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Always content: a second judge, so that verdicts stand beside each other.
#[derive(Debug)]
pub(crate) struct Nothing;

impl Judge<Bird> for Nothing {
    fn rule(&self) -> Rule {
        Rule::safety("nothing", "nothing is asked of anybody")
    }

    fn see(&mut self, _: &Seen<'_, Bird>, _: &mut Marks) -> Ruling {
        Ok(())
    }
}

/// A script in which the bird hears thunder.
pub(crate) const THUNDER: &str = "\
squall 1
system parrot
seed 1
servers 1
clients 1

0ms       c1 say thunder
0ms       pause n1
500ms     resume n1
1s        calm
";
