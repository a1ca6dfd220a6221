//! Promises never go back (PMMC section 2.1, invariants A1 and A2): what a disk says of ballots
//! never falls, across restarts, snapshots and damage. So a damaged record is repaired or reported,
//! and never denied: a server whose disk does not tell any more what it promised has another
//! identity from then on.

use std::collections::BTreeMap;

use squall_judge::{Argument, Evidence, Observation, Rule, Ruling, Seen};
use squall_paxos::Ballot;
use squall_paxos::log::{DiskId, Fact, Participant, Slot};
use squall_process::ProcessId;

use super::{LogRule, Reference};
use crate::store::Store;

/// The promises of a member never go back.
#[derive(Clone, Debug, Default)]
pub struct Promises {
    acceptors: BTreeMap<ProcessId, Acceptor>,
}

/// What one disk says.
#[derive(Clone, Copy, Debug, Default)]
struct Acceptor {
    disk: DiskId,
    since: Option<Slot>,
    promised: Option<Ballot>,
    event: u64,
}

impl LogRule for Promises {
    fn rule(&self) -> Rule {
        Rule::safety("promises", "a member's promises never go back, across restarts and damage")
    }

    fn see(&mut self, seen: &Seen<'_, Participant<Store>>, _: &Reference) -> Ruling {
        let Observation::Durable { process, record, .. } = &seen.what else { return Ok(()) };
        let acceptor = self.acceptors.entry(*process).or_default();
        if let Fact::Identity { disk, since } | Fact::Checkpoint { disk, since, .. } = &record.fact
            && (acceptor.disk, acceptor.since) != (*disk, *since)
        {
            // Another member, which was asked for nothing before it was one.
            *acceptor = Acceptor { disk: *disk, since: *since, promised: None, event: 0 };
        }
        let promised = match &record.fact {
            Fact::Promised(ballot) => Some(*ballot),
            Fact::Accepted { vote, .. } => Some(vote.ballot),
            Fact::Checkpoint { promised, .. } => *promised,
            Fact::Identity { .. } | Fact::Piece { .. } => return Ok(()),
        };
        if promised < acceptor.promised {
            let of = |ballot: Option<Ballot>| {
                Argument::Value(ballot.map_or("nothing".into(), |ballot| ballot.to_string()))
            };
            let arguments = [(*process).into(), of(acceptor.promised), of(promised)];
            let events = [acceptor.event, seen.number];
            let template = "{} had promised {}, and its disk says {}";
            return Evidence::broken("went-back", template, arguments, events);
        }
        (acceptor.promised, acceptor.event) = (promised, seen.number);
        Ok(())
    }
}
