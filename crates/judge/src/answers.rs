//! Judges of operations that fit every system: each operation is answered at most once, it is
//! answered in the end, and its reply fits it.

use std::collections::BTreeMap;

use smallvec::SmallVec;
use squall_process::{OpId, Outcome, Process, ProcessId};

use crate::{Argument, End, Evidence, Judge, Marks, Observation, Rule, Ruling, Seen, Verdict};

/// An operation that was asked for.
#[derive(Clone, Copy, Debug)]
struct Asked {
    id: OpId,
    process: ProcessId,
    event: u64,
    answered: u64,
}

impl Asked {
    /// It is answered by the wrong process, or a second time.
    #[cold]
    fn answered_wrongly(&self, process: ProcessId, event: u64) -> Ruling {
        let events = [self.event, self.answered, event];
        if self.process == process {
            let arguments = [process.into(), self.id.into()];
            return Evidence::broken("twice", "{} answers {} a second time", arguments, events);
        }
        let arguments = [process.into(), self.id.into(), self.process.into()];
        Evidence::broken("by-another", "{} answers {}, which {} was asked", arguments, events)
    }
}

/// Each operation is answered at most once, by the process that was asked.
#[derive(Clone, Debug, Default)]
pub struct AnsweredOnce {
    asked: SmallVec<[Asked; 8]>,
}

impl AnsweredOnce {
    /// Returns the judge of a run without operations so far.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl<P: Process> Judge<P> for AnsweredOnce {
    fn rule(&self) -> Rule {
        Rule::safety(
            "answered-once",
            "each operation is answered at most once, by the process that was asked",
        )
    }

    #[inline(always)]
    fn see(&mut self, seen: &Seen<'_, P>, _: &mut Marks) -> Ruling {
        match &seen.what {
            Observation::Asked { process, id, .. } => {
                let (id, process) = (*id, *process);
                self.asked.push(Asked { id, process, event: seen.number, answered: 0 });
                Ok(())
            }
            Observation::Completed { process, id, .. } => {
                let (id, process) = (*id, *process);
                let Some(asked) = self.asked.iter_mut().find(|asked| asked.id == id) else {
                    return Evidence::broken(
                        "not-asked",
                        "{} answers {}, which was never asked",
                        [process.into(), id.into()],
                        [seen.number],
                    );
                };
                if asked.process != process || asked.answered > 0 {
                    return asked.answered_wrongly(process, seen.number);
                }
                asked.answered = seen.number;
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// After `calm`, each operation is answered within the bound, if the process that was asked is
/// still in the same incarnation.
#[derive(Clone, Debug, Default)]
pub struct Answered {
    open: SmallVec<[Asked; 8]>,
    calm: bool,
}

impl Answered {
    /// Returns the judge of a run without operations so far.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl<P: Process> Judge<P> for Answered {
    fn rule(&self) -> Rule {
        Rule::progress("answered", "after calm, every open operation is answered within the bound")
    }

    #[inline(always)]
    fn see(&mut self, seen: &Seen<'_, P>, _: &mut Marks) -> Ruling {
        match &seen.what {
            Observation::Asked { process, id, .. } => {
                let (id, process) = (*id, *process);
                self.open.push(Asked { id, process, event: seen.number, answered: 0 });
            }
            Observation::Completed { id, .. } => self.open.retain(|asked| asked.id != *id),
            // The process is gone, so its operation will never be answered.
            Observation::Crashed { process, .. } => {
                self.open.retain(|asked| asked.process != *process);
            }
            Observation::Calm => self.calm = true,
            Observation::Claimed { .. }
            | Observation::Durable { .. }
            | Observation::Booted { .. } => {}
        }
        Ok(())
    }

    #[inline]
    fn is_satisfied(&self) -> bool {
        self.open.is_empty()
    }

    fn close(&self, end: End) -> Verdict {
        match self.open.first() {
            Some(asked) if self.calm && matches!(end, End::Overdue | End::Quiet) => {
                let arguments = [asked.id.into(), asked.process.into(), end.into()];
                let template = "{} of {} is not answered: {}";
                Verdict::Broken(Evidence::new("open", template, arguments, [asked.event]))
            }
            _ => Verdict::Holds,
        }
    }
}

/// Each reply fits the operation that it answers: a rule about one operation at a time.
#[derive(Clone, Debug)]
pub struct Replies<P: Process> {
    rule: Rule,
    fits: fn(&P::Op, &P::Reply) -> bool,
    asked: BTreeMap<OpId, (P::Op, u64)>,
}

impl<P: Process> Replies<P> {
    /// Returns a judge of the safety rule `name`, which says `sentence`: that `fits` is true of
    /// each operation that is done and its reply.
    #[must_use]
    pub fn new(
        name: &'static str,
        sentence: &'static str,
        fits: fn(&P::Op, &P::Reply) -> bool,
    ) -> Self {
        Self { rule: Rule::safety(name, sentence), fits, asked: BTreeMap::new() }
    }
}

impl<P: Process> Judge<P> for Replies<P> {
    fn rule(&self) -> Rule {
        self.rule
    }

    fn see(&mut self, seen: &Seen<'_, P>, _: &mut Marks) -> Ruling {
        match &seen.what {
            Observation::Asked { id, op, .. } => {
                self.asked.insert(*id, ((*op).clone(), seen.number));
            }
            Observation::Completed { process, id, outcome: Outcome::Done(reply) } => {
                if let Some((op, event)) = self.asked.get(id)
                    && !(self.fits)(op, reply)
                {
                    let template = "{} was asked \"{}\" and answers \"{}\"";
                    let (op, reply) = (Argument::value(op), Argument::value(reply));
                    let arguments = [(*process).into(), op, reply];
                    return Evidence::broken("misfit", template, arguments, [*event, seen.number]);
                }
            }
            _ => {}
        }
        Ok(())
    }
}
