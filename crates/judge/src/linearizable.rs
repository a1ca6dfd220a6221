//! Linearizability as a judge: what the clients of a run were told is held against a model.

use smallvec::SmallVec;
use squall_linear::{BUDGET, Budget, Call, Checked, History, Model, Refutation, check};
use squall_process::{OpId, Outcome, Process, ProcessId};

use crate::{End, Evidence, Judge, Marks, Observation, Rule, Ruling, Seen, Verdict};

/// How the operations of a process `P` are operations of the model `M`.
pub trait Translate<P: Process, M: Model> {
    /// The operation of the model that `process` asks for by `op`; `None` if the model has nothing
    /// to do with it.
    fn op(&self, process: ProcessId, op: &P::Op) -> Option<M::Op>;

    /// What became of `op`, in the words of the model. Done: it had its effect, and this is the
    /// reply; refused: it never has; unknown: it may have, or may have later.
    fn outcome(&self, op: &M::Op, outcome: &Outcome<P::Reply>) -> Outcome<M::Reply>;
}

/// The operations of a run are linearizable: they could have come from the model alone.
///
/// It records while the run goes on, and looks at the history when the run is over. Operations that
/// were not answered, or whose outcome is unknown, stay open for ever.
#[derive(Clone, Debug)]
pub struct Linearizable<M: Model, T> {
    model: M,
    translate: T,
    budget: Budget,
    history: History<M::Op, M::Reply>,
    open: SmallVec<[(OpId, Call); 8]>,
}

impl<M: Model, T> Linearizable<M, T> {
    /// A judge by `model`, to which `translate` leads.
    #[must_use]
    pub fn new(model: M, translate: T) -> Self {
        let (history, open) = (History::new(), SmallVec::new());
        Self { model, translate, budget: BUDGET, history, open }
    }

    /// Uses no more than `budget` before it says that nothing can be said. It is [`BUDGET`]
    /// otherwise.
    #[must_use]
    pub fn budget(mut self, budget: Budget) -> Self {
        self.budget = budget;
        self
    }

    /// What it has recorded.
    #[must_use]
    pub fn history(&self) -> &History<M::Op, M::Reply> {
        &self.history
    }
}

impl<P: Process, M: Model, T: Translate<P, M>> Judge<P> for Linearizable<M, T> {
    fn rule(&self) -> Rule {
        Rule::safety(
            "linearizable",
            "each operation takes effect at one moment between its call and its return",
        )
    }

    #[inline]
    fn see(&mut self, seen: &Seen<'_, P>, _: &mut Marks) -> Ruling {
        match &seen.what {
            Observation::Asked { process, id, op } => {
                if let Some(op) = self.translate.op(*process, op) {
                    let call = self.history.call(seen.number, process.number(), op);
                    self.open.push((*id, call));
                }
            }
            Observation::Completed { id, outcome, .. } => {
                // A second answer finds nothing open: whether there is one, others judge.
                if let Some(place) = self.open.iter().position(|(open, _)| open == id) {
                    let (_, call) = self.open.swap_remove(place);
                    let op = &self.history.operations()[call.place()].op;
                    match self.translate.outcome(op, outcome) {
                        Outcome::Done(reply) => self.history.give_back(call, seen.number, reply),
                        Outcome::Refused => self.history.refuse(call),
                        Outcome::Unknown => {}
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn close(&self, _: End) -> Verdict {
        match check(&self.model, &self.history, self.budget) {
            Checked::Holds => Verdict::Holds,
            Checked::Broken(why) => Verdict::Broken(evidence::<M>(&self.history, &why)),
            Checked::Unknown(limit) => Verdict::Unknown(limit.to_string().into()),
        }
    }
}

/// A refutation as evidence: its operations by the events of their calls and returns.
fn evidence<M: Model>(history: &History<M::Op, M::Reply>, why: &Refutation) -> Evidence {
    let operations = history.operations();
    let clash = why.clash.iter().flat_map(|clash| &clash.operations);
    let shown = why.window.iter().chain(&why.order).chain([&why.stuck, &why.last]).chain(clash);
    let mut events: Vec<u64> = shown
        .flat_map(|place| [Some(operations[*place].called), operations[*place].returned])
        .flatten()
        .collect();
    events.sort_unstable();
    events.dedup();
    Evidence { story: why.story(operations), events }
}
