//! Promises never decrease: on the disk of an acceptor, the ballots of promises and votes never
//! decrease, even across restarts (PMMC section 2.1, invariants A1 and A2). An acceptor that lost
//! acknowledged records makes no further promise.

use smallvec::SmallVec;
use squall_judge::{Argument, Evidence, Judge, Marks, Observation, Rule, Ruling, Seen};
use squall_paxos::{Ballot, Entry};
use squall_process::ProcessId;

use super::Speaks;

/// The promise of an acceptor, as its disk shows it.
#[derive(Clone, Copy, Debug)]
struct Acceptor {
    process: ProcessId,
    promised: Option<(Ballot, u64)>,
    /// The boot that revealed the loss of acknowledged records.
    damaged: Option<u64>,
}

/// The promises of an acceptor never decrease, and an acceptor that lost records promises nothing.
#[derive(Clone, Debug, Default)]
pub struct Promises {
    acceptors: SmallVec<[Acceptor; 8]>,
}

impl Promises {
    fn of(&mut self, process: ProcessId) -> &mut Acceptor {
        let known = self.acceptors.iter().position(|acceptor| acceptor.process == process);
        let place = known.unwrap_or_else(|| {
            self.acceptors.push(Acceptor { process, promised: None, damaged: None });
            self.acceptors.len() - 1
        });
        &mut self.acceptors[place]
    }
}

impl<P: Speaks> Judge<P> for Promises {
    fn rule(&self) -> Rule {
        Rule::safety("promises", "an acceptor's promises never go back, across restarts")
    }

    #[inline(always)]
    fn see(&mut self, seen: &Seen<'_, P>, _: &mut Marks) -> Ruling {
        match &seen.what {
            Observation::Durable { process, record, .. } => {
                let ballot = match record.entry {
                    Entry::Promised(ballot) => ballot,
                    Entry::Accepted(vote) => vote.ballot,
                    Entry::Round(_) => return Ok(()),
                };
                let acceptor = self.of(*process);
                if let Some(boot) = acceptor.damaged {
                    let template = "{} lost its memory and made {} durable all the same";
                    let arguments = [(*process).into(), Argument::value(&record.entry)];
                    let events = [boot, seen.number];
                    return Evidence::broken("without-memory", template, arguments, events);
                }
                if let Some((promised, event)) = acceptor.promised
                    && ballot < promised
                {
                    let (promised, then) =
                        (Argument::value(&promised), Argument::value(&record.entry));
                    let arguments = [(*process).into(), promised, then];
                    let events = [event, seen.number];
                    let template = "{} had promised {} and then {}";
                    return Evidence::broken("went-back", template, arguments, events);
                }
                acceptor.promised = Some((ballot, seen.number));
            }
            Observation::Booted { process, replaced, rotten, .. } if *replaced || *rotten => {
                self.of(*process).damaged.get_or_insert(seen.number);
            }
            _ => {}
        }
        Ok(())
    }
}
