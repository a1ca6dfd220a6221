//! A panel: the judges of one system, asked one after the other, without a box or a list in
//! between.
//!
//! A judge's `see` is inlined into its panel, so that one look at the kind of event serves all of
//! them.

use squall_process::{Process, ProcessId};

use crate::{End, Evidence, Judge, Marks, Rule, Seen, Verdict};

/// The verdict of each judge of a panel.
pub type Rulings = Vec<(Rule, Verdict)>;

/// Several judges that watch the same run. Tuples of judges are panels.
pub trait Panel<P: Process> {
    /// Lets each judge see the next thing.
    ///
    /// # Errors
    ///
    /// The first rule that is broken.
    fn see(&mut self, seen: &Seen<'_, P>, marks: &mut Marks) -> Result<(), Broken>;

    /// Lets each judge see the state of a process after a step.
    ///
    /// # Errors
    ///
    /// The first rule that is broken.
    fn see_state(&mut self, number: u64, process: ProcessId, state: &P) -> Result<(), Broken>;

    /// Whether all judges have seen what they wait for.
    fn is_satisfied(&self) -> bool;

    /// The verdict of each judge, in order, when the run has ended. `broken` is what stopped it, if
    /// anything did.
    fn close(&self, end: End, broken: Option<&Broken>) -> Rulings;

    /// The rules, in order.
    fn rules(&self) -> Vec<Rule>;
}

/// A broken rule.
#[derive(Clone, PartialEq, Debug)]
pub struct Broken {
    /// Which rule.
    pub rule: Rule,
    /// What proves it.
    pub evidence: Box<Evidence>,
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
                        Some(_) => Verdict::Unknown("another rule was broken first".into()),
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
