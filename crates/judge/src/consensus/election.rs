//! Election safety: at most one leader in a term, in one incarnation. A process that leads a term
//! again after a restart has forgotten that the term was used.

use std::collections::BTreeMap;

use squall_process::{Process, ProcessId};

use super::{LogId, ReadClaims, Reader, Statement};
use crate::{Argument, Evidence, Judge, Marks, Observation, Rule, Ruling, Seen};

/// Each term of a log has at most one leader.
#[derive(Clone, Debug)]
pub struct ElectionSafety<R: Reader> {
    reader: R,
    leaders: BTreeMap<(LogId, R::Term), Leader>,
    incarnations: BTreeMap<ProcessId, u64>,
}

/// The leader of a term.
#[derive(Clone, Copy, Debug)]
struct Leader {
    process: ProcessId,
    incarnation: u64,
    event: u64,
}

impl<R: Reader> ElectionSafety<R> {
    /// Returns the judge that uses `reader`.
    #[must_use]
    pub fn new(reader: R) -> Self {
        Self { reader, leaders: BTreeMap::new(), incarnations: BTreeMap::new() }
    }

    fn leads(&mut self, process: ProcessId, log: LogId, term: R::Term, event: u64) -> Ruling {
        let incarnation = self.incarnations.get(&process).copied().unwrap_or(0);
        let leader = Leader { process, incarnation, event };
        let first = *self.leaders.entry((log, term)).or_insert(leader);
        if (first.process, first.incarnation) == (process, incarnation) {
            return Ok(());
        }
        let (events, term) = ([first.event, event], Argument::value(&term));
        if first.process == process {
            let template = "{} leads {} again after a restart";
            return Evidence::broken("again", template, [process.into(), term], events);
        }
        let arguments = [first.process.into(), term, process.into()];
        Evidence::broken("two-leaders", "{} leads {}, and so does {}", arguments, events)
    }
}

impl<P: Process, R: ReadClaims<P>> Judge<P> for ElectionSafety<R> {
    fn rule(&self) -> Rule {
        Rule::safety("election-safety", "each term has at most one leader, in one life of it")
    }

    #[inline]
    fn see(&mut self, seen: &Seen<'_, P>, _: &mut Marks) -> Ruling {
        match &seen.what {
            Observation::Booted { process, incarnation, .. } if *incarnation > 0 => {
                self.incarnations.insert(*process, *incarnation);
                Ok(())
            }
            Observation::Claimed { process, claim } => match self.reader.statement(claim) {
                Some(Statement::Leads(term)) => {
                    self.leads(*process, self.reader.log(claim), term, seen.number)
                }
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consensus::stage::{Reads, Stage, broken, leads};

    #[test]
    fn two_leaders_of_one_term_break_it() {
        let mut stage = Stage::new(ElectionSafety::new(Reads));
        stage.claims("n1", leads(1)).unwrap();
        stage.claims("n2", leads(2)).unwrap();
        let ruling = stage.claims("n3", leads(2));
        assert_eq!(broken(ruling), ("n2 leads 2, and so does n3".into(), vec![2, 3]));
    }

    #[test]
    fn a_leader_that_says_so_twice_is_one_leader() {
        let mut stage = Stage::new(ElectionSafety::new(Reads));
        stage.claims("n1", leads(1)).unwrap();
        stage.claims("n1", leads(1)).unwrap();
    }

    #[test]
    fn a_leader_of_the_same_term_after_a_restart_breaks_it() {
        let mut stage = Stage::new(ElectionSafety::new(Reads));
        stage.claims("n1", leads(1)).unwrap();
        stage.boots("n1", 1);
        let ruling = stage.claims("n1", leads(1));
        assert_eq!(broken(ruling).0, "n1 leads 1 again after a restart");
    }
}
