//! Which fault cut a link.
//!
//! Limits: a fault that is aimed at a role does not say which process held it. Such a cut is
//! considered the cause if there is no other.

use std::collections::BTreeMap;

use squall_process::ProcessId;
use squall_trace::Link;
use squall_world::{Fault, Group, Links};

/// The links that are cut, and the event that cut each.
#[derive(Debug, Default)]
pub(crate) struct Cuts {
    /// Every process that was ever started.
    known: Vec<ProcessId>,
    by: BTreeMap<Link, u64>,
    /// The last cut that was aimed at a role and not healed since.
    aimed: Option<u64>,
}

impl Cuts {
    pub(crate) fn started(&mut self, process: ProcessId) {
        if !self.known.contains(&process) {
            self.known.push(process);
        }
    }

    /// Records that `fault` is carried out, as the event `number`.
    pub(crate) fn fault(&mut self, number: u64, fault: &Fault) {
        match fault {
            Fault::Cut(links) => match self.links(links) {
                Some(links) => self.by.extend(links.into_iter().map(|link| (link, number))),
                None => self.aimed = Some(number),
            },
            Fault::Heal(Links::All) => self.end(),
            Fault::Heal(links) => match self.links(links) {
                Some(links) => self.by.retain(|link, _| !links.contains(link)),
                None => self.aimed = None,
            },
            _ => {}
        }
    }

    /// Ends every cut.
    pub(crate) fn end(&mut self) {
        self.by.clear();
        self.aimed = None;
    }

    /// Returns the event that cut `link`, if it is known.
    pub(crate) fn of(&self, link: Link) -> Option<u64> {
        self.by.get(&link).copied().or(self.aimed)
    }

    /// Returns the links that `links` means, or `None` if it aims at a role.
    fn links(&self, links: &Links) -> Option<Vec<Link>> {
        let Links::Between(pairs) = links else {
            return Some(self.between(&self.known, &self.known));
        };
        let mut links = Vec::new();
        for sides in pairs {
            let left = self.group(&sides.left, &[])?;
            let right = self.group(&sides.right, &left)?;
            links.extend(self.between(&left, &right));
            if sides.both {
                links.extend(self.between(&right, &left));
            }
        }
        Some(links)
    }

    /// Returns the processes that `group` means, opposite `others`, or `None` for those of a role.
    fn group(&self, group: &Group, others: &[ProcessId]) -> Option<Vec<ProcessId>> {
        match group {
            Group::Processes(names) => Some(names.to_vec()),
            Group::All => Some(self.known.clone()),
            Group::Rest => {
                Some(self.known.iter().copied().filter(|id| !others.contains(id)).collect())
            }
            Group::Role(_) => None,
        }
    }

    fn between(&self, from: &[ProcessId], to: &[ProcessId]) -> Vec<Link> {
        let ends = from.iter().flat_map(|from| to.iter().map(|to| (*from, *to)));
        ends.filter(|(from, to)| from != to).map(|(from, to)| Link { from, to }).collect()
    }
}

#[cfg(test)]
mod tests {
    use squall_world::Sides;

    use super::*;

    fn link(from: &str, to: &str) -> Link {
        Link { from: from.parse().unwrap(), to: to.parse().unwrap() }
    }

    fn group(names: &str) -> Group {
        match names {
            "rest" => Group::Rest,
            "@leader" => Group::Role("leader".to_owned()),
            names => Group::Processes(names.split(' ').map(|name| name.parse().unwrap()).collect()),
        }
    }

    fn sides(left: &str, right: &str, both: bool) -> Sides {
        Sides { left: group(left), right: group(right), both }
    }

    fn cut(sides: impl IntoIterator<Item = Sides>) -> Fault {
        Fault::Cut(Links::Between(sides.into_iter().collect()))
    }

    fn cuts(faults: &[Fault]) -> Cuts {
        let mut cuts = Cuts::default();
        for name in ["n1", "n2", "n3", "c1"] {
            cuts.started(name.parse().unwrap());
        }
        for (number, fault) in (1..).zip(faults) {
            cuts.fault(number, fault);
        }
        cuts
    }

    #[test]
    fn a_link_was_cut_by_the_last_fault_that_means_it() {
        let cuts = cuts(&[
            cut([sides("c1", "rest", true)]),
            cut([sides("n2", "n3", true)]),
            cut([sides("n1", "n2", false), sides("n3", "n1", false)]),
        ]);
        assert_eq!([cuts.of(link("c1", "n3")), cuts.of(link("n3", "c1"))], [Some(1); 2]);
        assert_eq!([cuts.of(link("n2", "n3")), cuts.of(link("n3", "n2"))], [Some(2); 2]);
        assert_eq!([cuts.of(link("n1", "n2")), cuts.of(link("n3", "n1"))], [Some(3); 2]);
        assert_eq!([cuts.of(link("n2", "n1")), cuts.of(link("n1", "n3"))], [None; 2]);
    }

    #[test]
    fn what_was_healed_is_no_cause_any_more() {
        let heal = Fault::Heal(Links::Between(vec![sides("n1 n2", "n3", true)]));
        let mut cuts = cuts(&[Fault::Cut(Links::All), heal]);
        assert_eq!(cuts.of(link("n1", "n3")), None);
        assert_eq!(cuts.of(link("n1", "n2")), Some(1));
        cuts.fault(3, &Fault::Heal(Links::All));
        assert_eq!(cuts.of(link("n1", "n2")), None);
    }

    /// The fault does not say which process was the leader.
    #[test]
    fn a_cut_that_is_aimed_at_a_role_is_the_cause_where_no_other_is() {
        let aimed = cut([sides("@leader", "rest", true)]);
        let cuts = cuts(&[cut([sides("n1", "n2", true)]), aimed]);
        assert_eq!(cuts.of(link("n1", "n2")), Some(1));
        assert_eq!(cuts.of(link("n2", "n3")), Some(2));
    }
}
