//! Leases in true time (requirements M14 and M15): a ledger of grants and beliefs.
//!
//! Model: an acceptor that grants, or starts again, binds itself for a span of its own clock, and a
//! leader that believes does so for a span of its own. A clock that is wrong by at most the error
//! that the terms allow for shows a span in a known range of true time: a grant lasts at least the
//! lower end, a belief at most the upper end. The members whose grants surely outlast the belief
//! must be in every phase-1 quorum together; until it ends, or the leader drops it or goes down,
//! none of them may let go of it or help another leader, and no other leader may begin.
//!
//! Limits: where a clock leaves the bound or stands, nothing is judged.

use std::collections::BTreeMap;

use smallvec::SmallVec;
use squall_judge::{Argument, Evidence, Observation, Rule, Ruling, Seen};
use squall_paxos::log::{Claim, Fact, LeaseTerms, Participant, Slot};
use squall_paxos::{Ballot, ProcessSet};
use squall_process::{Instant, ProcessId, Span};

use super::{LogRule, Reference};
use crate::store::Store;

/// What rounding to nanoseconds may make of a span that is scaled several times.
const ROUNDING: Span = Span::from_nanos(100);

/// What a leader believes lies within what a quorum granted.
#[derive(Clone, Debug)]
pub struct Leases {
    /// In thousandths; none if there are no leases or clocks leave the bound.
    rate_error: Option<u64>,
    grants: BTreeMap<ProcessId, Grant>,
    beliefs: BTreeMap<ProcessId, Belief>,
}

#[derive(Clone, Copy, Debug)]
struct Grant {
    ballot: Ballot,
    /// It surely lasts until then.
    until: Instant,
}

#[derive(Clone, Debug)]
struct Belief {
    ballot: Ballot,
    /// It is surely over then.
    until: Instant,
    /// The members whose grants outlast it.
    granted: SmallVec<[ProcessId; 5]>,
    event: u64,
}

impl Leases {
    /// Returns the judge of a run with these terms, whose clocks keep to the bound if they do.
    #[must_use]
    pub fn new(terms: Option<LeaseTerms>, clocks_keep: bool) -> Self {
        let rate_error = terms.filter(|_| clocks_keep).map(|terms| terms.rate_error_per_mille);
        Self { rate_error, grants: BTreeMap::new(), beliefs: BTreeMap::new() }
    }

    fn believes(
        &mut self,
        leader: ProcessId,
        ballot: Ballot,
        config: Slot,
        until: Instant,
        event: u64,
        reference: &Reference,
    ) -> Ruling {
        let Some(members) = reference.configuration(config) else { return Ok(()) };
        let lasts = |process: &ProcessId| {
            self.grants.get(process).is_some_and(|grant| {
                grant.ballot.proposer() == ballot.proposer() && grant.until + ROUNDING >= until
            })
        };
        let voters = members.voters.iter().map(|voter| voter.process);
        let granted: SmallVec<[ProcessId; 5]> = voters.clone().filter(lasts).collect();
        let others: ProcessSet = voters
            .enumerate()
            .filter(|(_, voter)| !granted.contains(voter))
            .map(|(place, _)| place)
            .collect();
        if members.quorums.is_phase1(others) {
            let list: Vec<String> = granted.iter().map(ToString::to_string).collect();
            let template = "{} believes in its lease of {} until {}; the grants of [{}] alone last \
                            that long";
            let (ballot, granted) = (Argument::value(&ballot), Argument::Value(list.join(" ")));
            let arguments = [leader.into(), ballot, until.into(), granted];
            return Evidence::broken("too-few-grants", template, arguments, [event]);
        }
        self.beliefs.insert(leader, Belief { ballot, until, granted, event });
        Ok(())
    }

    /// `acceptor` helps `ballot` of another leader, or lets go of its grants.
    fn lets_go(
        &self,
        acceptor: ProcessId,
        ballot: Option<Ballot>,
        now: Instant,
        event: u64,
    ) -> Ruling {
        for (leader, belief) in &self.beliefs {
            let helps_another =
                ballot.is_none_or(|ballot| ballot.proposer() != *leader && ballot > belief.ballot);
            if helps_another && now + ROUNDING < belief.until && belief.granted.contains(&acceptor)
            {
                let (leader, until) = ((*leader).into(), belief.until.into());
                let events = [belief.event, event];
                let Some(ballot) = ballot else {
                    let template = "{} lets go of its grant, and {} believes in its lease until {}";
                    let arguments = [acceptor.into(), leader, until];
                    return Evidence::broken("grant-dropped", template, arguments, events);
                };
                let template = "{} helps {}, and {} believes in its lease until {}";
                let arguments = [acceptor.into(), Argument::value(&ballot), leader, until];
                return Evidence::broken("helps-another", template, arguments, events);
            }
        }
        Ok(())
    }

    fn leads(&self, process: ProcessId, ballot: Ballot, now: Instant, event: u64) -> Ruling {
        for (leader, belief) in &self.beliefs {
            if *leader != process && ballot > belief.ballot && now + ROUNDING < belief.until {
                let template = "{} leads {}, and {} believes in its lease until {}";
                let ballot = Argument::value(&ballot);
                let arguments = [process.into(), ballot, (*leader).into(), belief.until.into()];
                let events = [belief.event, event];
                return Evidence::broken("another-leads", template, arguments, events);
            }
        }
        Ok(())
    }
}

impl LogRule for Leases {
    fn rule(&self) -> Rule {
        Rule::safety("leases", "what a leader believes of its lease lies within a quorum's grants")
    }

    fn see(&mut self, seen: &Seen<'_, Participant<Store>>, reference: &Reference) -> Ruling {
        let Some(error) = self.rate_error else { return Ok(()) };
        let (now, event) = (seen.at, seen.number);
        match &seen.what {
            Observation::Claimed { process, claim } => match claim {
                Claim::Granted { ballot, span } => {
                    self.lets_go(*process, Some(*ballot), now, event)?;
                    let until = now + span.scaled(1_000, 1_000 + error);
                    self.grants.insert(*process, Grant { ballot: *ballot, until });
                    Ok(())
                }
                Claim::Released { .. } => {
                    self.grants.remove(process);
                    self.lets_go(*process, None, now, event)
                }
                Claim::Lease { ballot, config, span } => {
                    let until = now + span.scaled(1_000, 1_000 - error);
                    self.believes(*process, *ballot, *config, until, event, reference)
                }
                Claim::LeaseDropped => {
                    self.beliefs.remove(process);
                    Ok(())
                }
                Claim::Leads { ballot, .. } => self.leads(*process, *ballot, now, event),
                _ => Ok(()),
            },
            Observation::Durable { process, record, .. } => match &record.fact {
                Fact::Promised(ballot) => self.lets_go(*process, Some(*ballot), now, event),
                Fact::Accepted { vote, .. } => {
                    self.lets_go(*process, Some(vote.ballot), now, event)
                }
                _ => Ok(()),
            },
            Observation::Crashed { process, .. } => {
                self.beliefs.remove(process);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}
