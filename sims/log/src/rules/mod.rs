//! The rules of the log: one file, one question. Those that fit every replicated log are the
//! project's own judges of consensus (`Logs` reads claims for them); those here need to know what
//! entries mean, and share one `Reference`.

mod leases;
mod promises;
mod reference;
mod stale;
mod states;
mod undisturbed;
mod values;

use std::hash::{DefaultHasher, Hash, Hasher};

use squall_judge::consensus::{ElectionSafety, ReadClaims, Reader, StateMachineSafety, Statement};
use squall_judge::{
    Answered, AnsweredOnce, Both, Broken, End, Marks, Observation, Panel, Reason, Rule, Ruling,
    Rulings, Seen, Verdict,
};
use squall_paxos::Ballot;
use squall_paxos::log::{Claim, Participant, Server, Settings};
use squall_process::ProcessId;

use crate::history::{LogLinearizable, linearizable};
use crate::store::Store;
use reference::Reference;

pub use leases::Leases;
pub use promises::Promises;
pub use stale::StaleReads;
pub use states::{AsReplayed, Aspect, EqualStates};
pub use undisturbed::Undisturbed;
pub use values::OneValue;

/// A process of the system.
type Log = Participant<Store>;

/// Reads who leads which ballot for the judges of consensus.
#[derive(Clone, Copy, Debug)]
pub struct Leaders;

impl Reader for Leaders {
    type Term = Ballot;
}

impl ReadClaims<Log> for Leaders {
    #[inline]
    fn statement(&self, claim: &Claim<Store>) -> Option<Statement<Ballot>> {
        match claim {
            Claim::Leads { ballot, .. } => Some(Statement::Leads(*ballot)),
            _ => None,
        }
    }
}

/// Reads what was applied for the judges of consensus. Nothing there asks for states or ballots.
#[derive(Clone, Copy, Debug)]
pub struct Places;

impl Reader for Places {
    type Term = u64;
}

impl ReadClaims<Log> for Places {
    #[inline]
    fn statement(&self, claim: &Claim<Store>) -> Option<Statement<u64>> {
        match claim {
            Claim::Applied { slot, entry } => {
                let mut hasher = DefaultHasher::new();
                entry.hash(&mut hasher);
                let (index, command) = (slot.0, hasher.finish());
                Some(Statement::Applied { index, command, state: 0, term: 0 })
            }
            Claim::Installed { slot, digest } => {
                Some(Statement::Restored { index: slot.0, state: *digest })
            }
            _ => None,
        }
    }
}

/// A rule that needs to know what entries mean.
trait LogRule {
    /// The rule.
    fn rule(&self) -> Rule;

    /// Sees the next thing; the reference has seen it before.
    fn see(&mut self, _seen: &Seen<'_, Log>, _reference: &Reference) -> Ruling {
        Ok(())
    }

    /// Sees the state of a server after a step, in which the event `number` was the last.
    fn see_state(
        &mut self,
        _number: u64,
        _process: ProcessId,
        _server: &Server<Store>,
        _reference: &Reference,
    ) -> Ruling {
        Ok(())
    }

    /// Whether all that this rule waits for has happened.
    fn is_satisfied(&self) -> bool {
        true
    }

    /// The verdict, when the run has ended without breaking the rule.
    fn close(&self, _end: End) -> Verdict {
        Verdict::Holds
    }
}

/// The rules that share the reference.
#[derive(Clone, Debug)]
pub struct LogRules {
    reference: Reference,
    values: OneValue,
    promises: Promises,
    equal: EqualStates,
    replayed: [AsReplayed; 4],
    stale: StaleReads,
    leases: Leases,
    undisturbed: Undisturbed,
}

impl LogRules {
    /// Returns the rules of a run with these settings, whose clocks keep to the bound of its leases
    /// if they do.
    #[must_use]
    pub fn new(settings: &Settings, clocks_keep: bool) -> Self {
        let aspects = [Aspect::Store, Aspect::Sessions, Aspect::Epoch, Aspect::Members];
        Self {
            reference: Reference::new(settings),
            values: OneValue::default(),
            promises: Promises::default(),
            equal: EqualStates::default(),
            replayed: aspects.map(AsReplayed::new),
            stale: StaleReads::new(clocks_keep),
            leases: Leases::new(settings.lease(), clocks_keep),
            undisturbed: Undisturbed::default(),
        }
    }

    fn rules(&self) -> [&dyn LogRule; 10] {
        let [store, sessions, epoch, members] = &self.replayed;
        let (equal, stale) = (&self.equal, &self.stale);
        let (leases, undisturbed) = (&self.leases, &self.undisturbed);
        [
            &self.values,
            &self.promises,
            equal,
            store,
            sessions,
            epoch,
            members,
            stale,
            leases,
            undisturbed,
        ]
    }

    /// Asks each rule in order. The first that is broken ends it.
    fn ask(
        &mut self,
        mut question: impl FnMut(&mut dyn LogRule, &Reference) -> Ruling,
    ) -> Result<(), Broken> {
        let [store, sessions, epoch, members] = &mut self.replayed;
        let rules: [&mut dyn LogRule; 10] = [
            &mut self.values,
            &mut self.promises,
            &mut self.equal,
            store,
            sessions,
            epoch,
            members,
            &mut self.stale,
            &mut self.leases,
            &mut self.undisturbed,
        ];
        for rule in rules {
            if let Err(evidence) = question(rule, &self.reference) {
                return Err(Broken { rule: rule.rule(), evidence });
            }
        }
        Ok(())
    }
}

impl Panel<Log> for LogRules {
    fn see(&mut self, seen: &Seen<'_, Log>, _: &mut Marks) -> Result<(), Broken> {
        if let Observation::Claimed { claim: Claim::Applied { slot, entry }, .. } = &seen.what {
            self.reference.apply(*slot, entry, seen.at, seen.number);
        }
        self.ask(|rule, reference| rule.see(seen, reference))
    }

    fn see_state(&mut self, number: u64, process: ProcessId, state: &Log) -> Result<(), Broken> {
        let Some(server) = state.as_server() else { return Ok(()) };
        self.ask(|rule, reference| rule.see_state(number, process, server, reference))
    }

    fn is_satisfied(&self) -> bool {
        self.undisturbed.is_satisfied()
    }

    fn close(&self, end: End, broken: Option<&Broken>) -> Rulings {
        let close = |rule: &dyn LogRule| match broken {
            Some(broken) if broken.rule == rule.rule() => {
                Verdict::Broken((*broken.evidence).clone())
            }
            Some(_) => Verdict::Unknown(Reason::OtherRuleBroken),
            None => rule.close(end),
        };
        self.rules().map(|rule| (rule.rule(), close(rule))).into()
    }

    fn rules(&self) -> Vec<Rule> {
        self.rules().map(LogRule::rule).into()
    }
}

/// The rules of a run.
pub type LogPanel = Both<
    (ElectionSafety<Leaders>, StateMachineSafety<Places>),
    Both<LogRules, (LogLinearizable, AnsweredOnce, Answered)>,
>;

/// Returns the rules of a run with these settings, whose clocks keep to the bound of its leases if
/// they do.
#[must_use]
pub fn log_panel(settings: &Settings, clocks_keep: bool) -> LogPanel {
    Both(
        (ElectionSafety::new(Leaders), StateMachineSafety::new(Places)),
        Both(
            LogRules::new(settings, clocks_keep),
            (linearizable(clocks_keep), AnsweredOnce::new(), Answered::new()),
        ),
    )
}
