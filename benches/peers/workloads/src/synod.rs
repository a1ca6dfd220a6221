//! W3: the Synod among five, with two rivals, over a network that loses one message in twenty.
//!
//! Process 1 is asked to propose 1 and process 2 to propose 2, both right after their boot. A world
//! ends when all five have learned a value, the same. It is the project's own single-decree Paxos
//! as a cell of five servers would run it: majorities, the default waits, and the proposer that
//! wins announces the choice. Disks are instantaneous and no process crashes. Each seed has a new
//! world, so W3 measures the cost of a world as well as that of its messages.

use std::sync::Arc;

use squall_paxos::{Claim, Configuration, Op, Participant};
use squall_process::ProcessId;

use crate::{Goal, Network, Workload};

const PROCESSES: u32 = 5;

/// Processes 1 to this propose.
const RIVALS: u32 = 2;

/// W3.
#[derive(Clone, Debug)]
pub struct Synod {
    configuration: Arc<Configuration>,
}

impl Default for Synod {
    fn default() -> Self {
        let configuration = Configuration::majority(PROCESSES).expect("five servers can agree");
        Self { configuration: Arc::new(configuration) }
    }
}

impl Workload for Synod {
    type Process = Participant<u64>;

    fn processes(&self) -> u32 {
        PROCESSES
    }

    fn network(&self) -> Network {
        Network::lossy(5)
    }

    fn goal(&self) -> Goal {
        Goal::AllLearned
    }

    fn process(&self, _seed: u64, _id: ProcessId) -> Participant<u64> {
        Participant::server(self.configuration.clone())
    }

    fn operation(&self, id: ProcessId) -> Option<Op<u64>> {
        let value = u64::from(id.number());
        (id.number() <= RIVALS).then_some(Op::Propose(value))
    }

    fn learned(claim: &Claim<u64>) -> Option<u64> {
        match claim {
            Claim::Learned { value } => {
                let proposed = 1..=u64::from(RIVALS);
                assert!(proposed.contains(value), "learned {value}, which was not proposed");
                Some(*value)
            }
            Claim::Leads { .. } | Claim::Proposes { .. } => None,
        }
    }
}
