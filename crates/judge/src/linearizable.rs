//! Linearizability as a judge: compares the replies to the clients of a run with a model.

use smallvec::SmallVec;
use squall_linear::{BUDGET, Budget, Call, Checked, History, Model, Refutation, check};
use squall_process::{OpId, Outcome, Process, ProcessId};

use crate::{
    Argument, End, Evidence, Judge, Marks, Observation, Reason, Rule, Ruling, Seen, Verdict,
};

/// Translates the operations of a process `P` into those of the model `M`.
pub trait Translate<P: Process, M: Model> {
    /// Returns the operation of the model for `op` of `process`; `None` if the model does not cover
    /// it.
    fn op(&self, process: ProcessId, op: &P::Op) -> Option<M::Op>;

    /// Returns the outcome of `op` for the model. Done: it took effect, and this is the reply;
    /// refused: it never takes effect; unknown: it may have taken effect, or may do so later.
    fn outcome(&self, op: &M::Op, outcome: &Outcome<P::Reply>) -> Outcome<M::Reply>;
}

/// The operations of a run are linearizable: the model alone could have given the replies.
///
/// The judge records during the run, and checks the history when the run is over. Operations
/// without an answer, or with an unknown outcome, stay open forever.
#[derive(Clone, Debug)]
pub struct Linearizable<M: Model, T> {
    model: M,
    translate: T,
    budget: Budget,
    history: History<M::Op, M::Reply>,
    open: SmallVec<[(OpId, Call); 8]>,
}

impl<M: Model, T> Linearizable<M, T> {
    /// Returns a judge by `model`, with the operations that `translate` gives.
    #[must_use]
    pub fn new(model: M, translate: T) -> Self {
        let (history, open) = (History::new(), SmallVec::new());
        Self { model, translate, budget: BUDGET, history, open }
    }

    /// Uses at most `budget` before the verdict is unknown. The default is [`BUDGET`].
    #[must_use]
    pub fn budget(mut self, budget: Budget) -> Self {
        self.budget = budget;
        self
    }

    /// Returns the recorded history.
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
                // A second answer finds no open operation. Other judges decide whether it is
                // allowed.
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
            Checked::Unknown(limit) => Verdict::Unknown(Reason::Search(limit)),
        }
    }
}

/// Returns a refutation as evidence: its operations as the events of their calls and returns.
fn evidence<M: Model>(history: &History<M::Op, M::Reply>, why: &Refutation) -> Evidence {
    let operations = history.operations();
    let clash = why.clash.iter().flat_map(|clash| &clash.operations);
    let shown = why.window.iter().chain(&why.order).chain([&why.stuck, &why.last]).chain(clash);
    let events = shown
        .flat_map(|place| [Some(operations[*place].called), operations[*place].returned])
        .flatten();
    let case = if why.clash.is_some() { "clash" } else { "no-order" };
    Evidence::new(case, "{}", [Argument::Value(why.story(operations))], events)
}
