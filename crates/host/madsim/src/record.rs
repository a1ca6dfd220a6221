//! What was seen of a run, and what the judges say of it.

use std::collections::BTreeMap;

use squall_cell::store::Store;
use squall_linear::models::{Map, MapOp, RegisterOp, RegisterReply};
use squall_linear::{BUDGET, Call, Checked, History, check};
use squall_paxos::log::{Claim, Slot};
use squall_process::{Outcome, ProcessId};

/// A value; 0 is none.
pub(crate) type Value = u64;

/// What was seen of a run.
#[derive(Default)]
pub(crate) struct Record {
    history: History<MapOp<u64, Value>, RegisterReply<Value>>,
    events: u64,
    acknowledged: u64,
    /// What was applied first in each slot, as text.
    applied: BTreeMap<Slot, String>,
    broken: Option<String>,
    digest: u64,
}

impl Record {
    pub(crate) fn call(&mut self, client: u32, key: u64, op: RegisterOp<Value>) -> Call {
        self.note(&format!("{client} {key} {op:?}"));
        self.history.call(self.events, client, MapOp { key, op })
    }

    pub(crate) fn give_back(&mut self, call: Call, outcome: &Outcome<RegisterReply<Value>>) {
        self.note(&format!("{outcome:?}"));
        match outcome {
            Outcome::Done(reply) => {
                self.acknowledged += 1;
                self.history.give_back(call, self.events, *reply);
            }
            Outcome::Refused => self.history.refuse(call),
            Outcome::Unknown => {}
        }
    }

    /// A server claims something.
    pub(crate) fn claim(&mut self, server: ProcessId, claim: &Claim<Store>) {
        self.note(&format!("{server} {claim}"));
        let Claim::Applied { slot, entry } = claim else { return };
        let entry = entry.to_string();
        let first = self.applied.entry(*slot).or_insert_with(|| entry.clone());
        if *first != entry {
            let why = format!("{server} applied {entry} in {slot}, where {first} was applied");
            self.broken.get_or_insert(why);
        }
    }

    /// Something went wrong that no judge sees.
    pub(crate) fn fail(&mut self, why: String) {
        self.broken.get_or_insert(why);
    }

    fn note(&mut self, text: &str) {
        self.events += 1;
        for byte in text.bytes() {
            self.digest = (self.digest ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
    }

    pub(crate) fn digest(&self) -> u64 {
        self.digest
    }

    pub(crate) fn asked(&self) -> u64 {
        self.history.operations().len() as u64
    }

    pub(crate) fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    /// Returns what the judges say.
    pub(crate) fn verdict(&mut self) -> Result<(), String> {
        if let Some(why) = self.broken.take() {
            return Err(why);
        }
        match check(&Map::<u64, Value>::default(), &self.history, BUDGET) {
            Checked::Holds => Ok(()),
            Checked::Broken(why) => Err(why.story(self.history.operations())),
            Checked::Unknown(limit) => Err(format!("undecided: {limit:?}")),
        }
    }
}
