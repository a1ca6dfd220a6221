//! One value a slot (PMS section 2.2): at most one entry is chosen in a slot, votes of later
//! ballots carry it, and only what was chosen is applied.
//!
//! Model: a vote is a durable record of a server that was a member when it wrote it; which member,
//! the identity on the same disk says. An entry is chosen in a slot if, under one ballot, a phase-2
//! quorum of the members that govern the slot has votes for it. Who governs a slot is known when
//! all slots before it were applied somewhere.

use std::collections::BTreeMap;
use std::sync::Arc;

use smallvec::SmallVec;
use squall_judge::{Argument, Evidence, Observation, Rule, Ruling, Seen};
use squall_paxos::Ballot;
use squall_paxos::log::{Claim, Entry, Fact, Member, Participant, Pvalue, Record, Slot};
use squall_process::ProcessId;

use super::{LogRule, Reference};
use crate::store::Store;

/// At most one entry is chosen in a slot, and nothing else is applied.
#[derive(Clone, Debug, Default)]
pub struct OneValue {
    /// Which member each server is, as its disk says.
    identities: BTreeMap<ProcessId, Option<Slot>>,
    slots: BTreeMap<Slot, Votes>,
}

/// The votes of one slot.
#[derive(Clone, Debug, Default)]
struct Votes {
    cast: SmallVec<[Cast; 4]>,
    chosen: Option<Choice>,
}

/// The votes for one entry under one ballot and configuration.
#[derive(Clone, Debug)]
struct Cast {
    vote: Pvalue<Store>,
    voters: SmallVec<[Member; 5]>,
    event: u64,
}

/// What was chosen first, under which ballot, and the event that completed the quorum.
#[derive(Clone, Debug)]
struct Choice {
    ballot: Ballot,
    entry: Arc<Entry<Store>>,
    event: u64,
}

fn is_same(one: &Arc<Entry<Store>>, other: &Arc<Entry<Store>>) -> bool {
    Arc::ptr_eq(one, other) || one == other
}

impl OneValue {
    fn record(
        &mut self,
        process: ProcessId,
        record: &Record<Store>,
        event: u64,
        reference: &Reference,
    ) -> Ruling {
        match &record.fact {
            Fact::Identity { since, .. } | Fact::Checkpoint { since, .. } => {
                self.identities.insert(process, *since);
                Ok(())
            }
            Fact::Accepted { slot, vote } => {
                let since = self.identities.get(&process).copied().flatten();
                let Some(since) = since else { return Ok(()) };
                self.vote(Member { process, since }, *slot, vote, event);
                self.look(*slot, reference)
            }
            Fact::Promised(_) | Fact::Piece { .. } => Ok(()),
        }
    }

    fn vote(&mut self, member: Member, slot: Slot, vote: &Pvalue<Store>, event: u64) {
        let votes = self.slots.entry(slot).or_default();
        let known = votes.cast.iter_mut().find(|cast| {
            (cast.vote.ballot, cast.vote.config) == (vote.ballot, vote.config)
                && is_same(&cast.vote.entry, &vote.entry)
        });
        match known {
            Some(cast) => {
                if !cast.voters.contains(&member) {
                    cast.voters.push(member);
                    cast.event = event;
                }
            }
            None => {
                let voters = SmallVec::from_slice(&[member]);
                votes.cast.push(Cast { vote: vote.clone(), voters, event });
            }
        }
    }

    /// Looks what is chosen in `slot`, if it is known who governs it.
    fn look(&mut self, slot: Slot, reference: &Reference) -> Ruling {
        let (Some(members), Some(votes)) = (reference.governing(slot), self.slots.get_mut(&slot))
        else {
            return Ok(());
        };
        for cast in votes.cast.iter().filter(|cast| cast.vote.config == members.version) {
            let Pvalue { ballot, entry, .. } = &cast.vote;
            let is_chosen = members.quorums.is_phase2(members.positions(&cast.voters));
            match &votes.chosen {
                None if is_chosen => {
                    let (ballot, entry) = (*ballot, Arc::clone(entry));
                    votes.chosen = Some(Choice { ballot, entry, event: cast.event });
                }
                Some(choice)
                    if !is_same(&choice.entry, entry) && (is_chosen || *ballot > choice.ballot) =>
                {
                    let (case, template) = if is_chosen {
                        ("two", "{} is chosen in {} under {}, and {} is chosen under {}")
                    } else {
                        ("votes", "{} is chosen in {} under {}, and {} has votes under {}")
                    };
                    let arguments = [
                        Argument::value(&choice.entry),
                        Argument::value(&slot),
                        Argument::value(&choice.ballot),
                        Argument::value(entry),
                        Argument::value(ballot),
                    ];
                    let events = [choice.event, cast.event];
                    return Evidence::broken(case, template, arguments, events);
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn applied(
        &self,
        process: ProcessId,
        slot: Slot,
        entry: &Arc<Entry<Store>>,
        event: u64,
    ) -> Ruling {
        let chosen = self.slots.get(&slot).and_then(|votes| votes.chosen.as_ref());
        match chosen {
            Some(choice) if is_same(&choice.entry, entry) => Ok(()),
            Some(choice) => {
                let template = "{} applied {} in {}, where {} is chosen";
                let (entry, place) = (Argument::value(entry), Argument::value(&slot));
                let arguments = [process.into(), entry, place, Argument::value(&choice.entry)];
                Evidence::broken("another-applied", template, arguments, [choice.event, event])
            }
            None => {
                let template = "{} applied {} in {}, where none is chosen";
                let arguments = [process.into(), Argument::value(entry), Argument::value(&slot)];
                Evidence::broken("none-chosen", template, arguments, [event])
            }
        }
    }
}

impl LogRule for OneValue {
    fn rule(&self) -> Rule {
        Rule::safety("one-value", "at most one entry is chosen in a slot, and no other is applied")
    }

    fn see(&mut self, seen: &Seen<'_, Participant<Store>>, reference: &Reference) -> Ruling {
        match &seen.what {
            Observation::Durable { process, record, .. } => {
                self.record(*process, record, seen.number, reference)
            }
            Observation::Claimed { process, claim: Claim::Applied { slot, entry } } => {
                self.applied(*process, *slot, entry, seen.number)?;
                self.look(slot.next(), reference)
            }
            _ => Ok(()),
        }
    }
}
