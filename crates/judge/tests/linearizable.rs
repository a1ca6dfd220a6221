//! The judge: compares the replies to the clients of a run with a register.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::convert::Infallible;
use std::fmt;

use squall_judge::linear::models::{Register, RegisterOp, RegisterReply};
use squall_judge::linear::{BUDGET, Budget};
use squall_judge::{End, Judge, Linearizable, Marks, Observation, Seen, Translate, Verdict};
use squall_process::{Context, Input, Instant, OpId, Outcome, Process, ProcessId};

/// An empty value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Nothing;

impl fmt::Display for Nothing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nothing")
    }
}

/// `Some` writes, `None` reads.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Ask(Option<u8>);

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

#[derive(Debug)]
struct Client;

impl Process for Client {
    type Message = Nothing;
    type Timer = Nothing;
    type Record = Infallible;
    type Op = Ask;
    type Reply = u8;
    type Claim = Infallible;

    fn step(&mut self, _: Input<Self>, _: &mut Context<'_, Self>) {}
}

#[derive(Clone, Copy, Debug)]
struct AsRegister;

impl Translate<Client, Register<u8>> for AsRegister {
    fn op(&self, _: ProcessId, op: &Ask) -> Option<RegisterOp<u8>> {
        Some(op.0.map_or(RegisterOp::Read, RegisterOp::Write))
    }

    fn outcome(&self, op: &RegisterOp<u8>, outcome: &Outcome<u8>) -> Outcome<RegisterReply<u8>> {
        match (op, outcome) {
            (RegisterOp::Read, Outcome::Done(value)) => Outcome::Done(RegisterReply::Value(*value)),
            (_, Outcome::Done(_)) => Outcome::Done(RegisterReply::Written),
            (_, Outcome::Refused) => Outcome::Refused,
            (_, Outcome::Unknown) => Outcome::Unknown,
        }
    }
}

/// A run as a judge sees it.
struct Run {
    judge: Linearizable<Register<u8>, AsRegister>,
    number: u64,
}

impl Run {
    fn new() -> Self {
        Self { judge: Linearizable::new(Register { initial: 0 }, AsRegister), number: 0 }
    }

    fn see(&mut self, what: Observation<'_, Client>) {
        self.number += 1;
        let seen = Seen { number: self.number, at: Instant::ZERO, what };
        self.judge.see(&seen, &mut Marks::default()).unwrap();
    }

    fn ask(&mut self, id: u64, ask: Option<u8>) {
        let process = ProcessId::client(1);
        self.see(Observation::Asked { process, id: OpId(id), op: &Ask(ask) });
    }

    fn answer(&mut self, id: u64, outcome: &Outcome<u8>) {
        let process = ProcessId::client(1);
        self.see(Observation::Completed { process, id: OpId(id), outcome });
    }

    fn verdict(&self) -> Verdict {
        Judge::<Client>::close(&self.judge, End::Satisfied)
    }
}

#[test]
fn a_read_that_misses_a_write_that_was_done_is_a_finding() {
    let mut run = Run::new();
    run.ask(1, Some(7));
    run.answer(1, &Outcome::Done(0));
    run.ask(2, None);
    run.answer(2, &Outcome::Done(0));
    let Verdict::Broken(evidence) = run.verdict() else { panic!("it is not linearizable") };
    assert_eq!(evidence.story(), "no order explains `read -> 0`: before it, the register holds 7");
    assert_eq!(evidence.events, [1, 2, 3, 4], "the write belongs to it");
}

#[test]
fn a_write_of_unknown_outcome_may_come_late_or_never() {
    let mut run = Run::new();
    run.ask(1, Some(7));
    run.answer(1, &Outcome::Unknown);
    for (id, value) in [(2, 0), (3, 7)] {
        run.ask(id, None);
        run.answer(id, &Outcome::Done(value));
    }
    assert_eq!(run.verdict(), Verdict::Holds);
    run.ask(4, None);
    run.answer(4, &Outcome::Done(0));
    assert!(matches!(run.verdict(), Verdict::Broken(_)), "it came, and it cannot go");
}

#[test]
fn a_write_that_was_refused_never_comes() {
    let mut run = Run::new();
    run.ask(1, Some(7));
    run.answer(1, &Outcome::Refused);
    run.ask(2, None);
    run.answer(2, &Outcome::Done(7));
    assert!(matches!(run.verdict(), Verdict::Broken(_)));
}

#[test]
fn a_write_that_was_never_answered_stays_open() {
    let mut run = Run::new();
    run.ask(1, Some(7));
    run.ask(2, None);
    run.answer(2, &Outcome::Done(7));
    assert_eq!(run.verdict(), Verdict::Holds);
}

#[test]
fn a_budget_that_is_used_up_leaves_the_answer_open() {
    let mut run = Run::new();
    run.judge = run.judge.clone().budget(Budget { nodes: 1, ..BUDGET });
    run.ask(1, Some(7));
    run.answer(1, &Outcome::Done(0));
    let Verdict::Unknown(reason) = run.verdict() else { panic!("a verdict without a search") };
    assert_eq!(reason.to_string(), "the budget of 1 configuration is used up");
}
