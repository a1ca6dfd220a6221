//! A panel: the judges of one system, asked one after another, without a box or a list in between.
//!
//! The `see` of each judge is inlined into its panel, so that one match on the kind of event serves
//! all of them.

use squall_process::{Process, ProcessId};

use crate::{End, Evidence, Judge, Marks, Reason, Rule, Seen, Verdict};

/// The verdict of each judge of a panel.
pub type Rulings = Vec<(Rule, Verdict)>;

/// Several judges that watch the same run. Tuples of up to twelve judges are panels, and [`Both`]
/// joins two panels.
pub trait Panel<P: Process> {
    /// Shows the next observation to each judge.
    ///
    /// # Errors
    ///
    /// Returns the first rule that is broken.
    fn see(&mut self, seen: &Seen<'_, P>, marks: &mut Marks) -> Result<(), Broken>;

    /// Shows the state of a process after a step to each judge.
    ///
    /// # Errors
    ///
    /// Returns the first rule that is broken.
    fn see_state(&mut self, number: u64, process: ProcessId, state: &P) -> Result<(), Broken>;

    /// Returns whether all judges are satisfied.
    fn is_satisfied(&self) -> bool;

    /// Returns the verdict of each judge, in order, when the run has ended. `broken` is the rule
    /// that ended it, if there is one.
    fn close(&self, end: End, broken: Option<&Broken>) -> Rulings;

    /// Returns the rules, in order.
    fn rules(&self) -> Vec<Rule>;
}

/// A broken rule.
#[derive(Clone, PartialEq, Debug)]
pub struct Broken {
    /// The rule.
    pub rule: Rule,
    /// The proof.
    pub evidence: Box<Evidence>,
}

/// Two panels as one, with the judges of the first before those of the second, so that a panel may
/// have any number of judges.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Both<A, B>(pub A, pub B);

impl<P: Process, A: Panel<P>, B: Panel<P>> Panel<P> for Both<A, B> {
    #[inline(always)]
    fn see(&mut self, seen: &Seen<'_, P>, marks: &mut Marks) -> Result<(), Broken> {
        self.0.see(seen, marks)?;
        self.1.see(seen, marks)
    }

    #[inline]
    fn see_state(&mut self, number: u64, process: ProcessId, state: &P) -> Result<(), Broken> {
        self.0.see_state(number, process, state)?;
        self.1.see_state(number, process, state)
    }

    #[inline]
    fn is_satisfied(&self) -> bool {
        self.0.is_satisfied() && self.1.is_satisfied()
    }

    fn close(&self, end: End, broken: Option<&Broken>) -> Rulings {
        let mut rulings = self.0.close(end, broken);
        rulings.extend(self.1.close(end, broken));
        rulings
    }

    fn rules(&self) -> Vec<Rule> {
        let mut rules = self.0.rules();
        rules.extend(self.1.rules());
        rules
    }
}

macro_rules! panel {
    ($($judge:ident $place:tt),+) => {
        impl<P: Process, $($judge: Judge<P>),+> Panel<P> for ($($judge,)+) {
            #[inline(always)]
            fn see(&mut self, seen: &Seen<'_, P>, marks: &mut Marks) -> Result<(), Broken> {
                $(if let Err(evidence) = self.$place.see(seen, marks) {
                    return Err(Broken { rule: self.$place.rule(), evidence });
                })+
                Ok(())
            }

            #[inline]
            fn see_state(&mut self, number: u64, process: ProcessId, state: &P)
                -> Result<(), Broken>
            {
                $(if let Err(evidence) = self.$place.see_state(number, process, state) {
                    return Err(Broken { rule: self.$place.rule(), evidence });
                })+
                Ok(())
            }

            #[inline]
            fn is_satisfied(&self) -> bool {
                $(self.$place.is_satisfied())&&+
            }

            fn close(&self, end: End, broken: Option<&Broken>) -> Rulings {
                vec![$({
                    let rule = self.$place.rule();
                    let verdict = match broken {
                        Some(broken) if broken.rule == rule => {
                            Verdict::Broken((*broken.evidence).clone())
                        }
                        Some(_) => Verdict::Unknown(Reason::OtherRuleBroken),
                        None => self.$place.close(end),
                    };
                    (rule, verdict)
                }),+]
            }

            fn rules(&self) -> Vec<Rule> {
                vec![$(self.$place.rule()),+]
            }
        }
    };
}

panel!(A 0);
panel!(A 0, B 1);
panel!(A 0, B 1, C 2);
panel!(A 0, B 1, C 2, D 3);
panel!(A 0, B 1, C 2, D 3, E 4);
panel!(A 0, B 1, C 2, D 3, E 4, F 5);
panel!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
panel!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
panel!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
panel!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
panel!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);
panel!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11);

#[cfg(test)]
mod tests {
    use squall_process::Instant;

    use super::*;
    use crate::Observation;
    use crate::consensus::stage::{Actor, Reads, claim, leads};
    use crate::consensus::{ElectionSafety, LogMatching, StateEquality, StateMachineSafety};

    #[test]
    fn a_panel_may_have_more_judges_than_a_tuple() {
        let four = || {
            (
                StateEquality::new(Reads),
                StateMachineSafety::new(Reads),
                LogMatching::new(Reads),
                StateEquality::new(Reads),
            )
        };
        let mut panel = Both(Both(four(), four()), Both(four(), (ElectionSafety::new(Reads),)));
        assert_eq!(Panel::<Actor>::rules(&panel).len(), 13);
        let mut claims = |number, process| {
            let claim = &claim(leads(1));
            let what = Observation::Claimed { process, claim };
            let seen = Seen { number, at: Instant::ZERO, what };
            Panel::<Actor>::see(&mut panel, &seen, &mut Marks::default())
        };
        claims(1, ProcessId::server(1)).unwrap();
        let broken = claims(2, ProcessId::server(2)).expect_err("two leaders");
        assert_eq!(broken.rule.name, "election-safety");
        let rulings = Panel::<Actor>::close(&panel, End::Broken, Some(&broken));
        assert!(matches!(rulings.last(), Some((_, Verdict::Broken(_)))));
    }
}
