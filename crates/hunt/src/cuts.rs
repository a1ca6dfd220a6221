//! Which line cut a link, told from the text of the lines.
//!
//! Limits: who held a role when a line aimed at it, the text does not say. Such a cut is taken for
//! the cause where no other is.

use std::collections::BTreeMap;

use squall_process::ProcessId;
use squall_trace::Link;

/// The links that are cut, and the event that cut each.
#[derive(Debug, Default)]
pub(crate) struct Cuts {
    /// Everybody who was ever started.
    everybody: Vec<ProcessId>,
    by: BTreeMap<Link, u64>,
    /// The last cut that was aimed at a role and not healed since.
    aimed: Option<u64>,
}

impl Cuts {
    pub(crate) fn started(&mut self, process: ProcessId) {
        if !self.everybody.contains(&process) {
            self.everybody.push(process);
        }
    }

    /// The fault `text` is carried out, as the event `number`.
    pub(crate) fn fault(&mut self, number: u64, text: &str) {
        if let Some(links) = text.strip_prefix("cut ") {
            match self.links(links) {
                Some(links) => self.by.extend(links.into_iter().map(|link| (link, number))),
                None => self.aimed = Some(number),
            }
        } else if let Some(links) = text.strip_prefix("heal ") {
            match self.links(links) {
                Some(_) if links == "all" => self.end(),
                Some(links) => self.by.retain(|link, _| !links.contains(link)),
                None => self.aimed = None,
            }
        }
    }

    /// Every cut ends.
    pub(crate) fn end(&mut self) {
        self.by.clear();
        self.aimed = None;
    }

    /// The event that cut `link`, if it is known.
    pub(crate) fn of(&self, link: Link) -> Option<u64> {
        self.by.get(&link).copied().or(self.aimed)
    }

    /// The links that `text` means; none if it aims at a role.
    fn links(&self, text: &str) -> Option<Vec<Link>> {
        if text == "all" {
            return Some(self.between(&self.everybody, &self.everybody));
        }
        let mut links = Vec::new();
        for pair in text.split(',') {
            let both = pair.contains('|');
            let (left, right) = pair.split_once(['|', '>'])?;
            let left = self.group(left, &[])?;
            let right = self.group(right, &left)?;
            links.extend(self.between(&left, &right));
            if both {
                links.extend(self.between(&right, &left));
            }
        }
        Some(links)
    }

    /// The processes that `names` means, opposite `others`.
    fn group(&self, names: &str, others: &[ProcessId]) -> Option<Vec<ProcessId>> {
        match names.trim() {
            "all" => Some(self.everybody.clone()),
            "rest" => {
                Some(self.everybody.iter().copied().filter(|id| !others.contains(id)).collect())
            }
            names => names.split_whitespace().map(|name| name.parse().ok()).collect(),
        }
    }

    fn between(&self, from: &[ProcessId], to: &[ProcessId]) -> Vec<Link> {
        let ends = from.iter().flat_map(|from| to.iter().map(|to| (*from, *to)));
        ends.filter(|(from, to)| from != to).map(|(from, to)| Link { from, to }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(from: &str, to: &str) -> Link {
        Link { from: from.parse().unwrap(), to: to.parse().unwrap() }
    }

    fn cuts(lines: &[&str]) -> Cuts {
        let mut cuts = Cuts::default();
        for name in ["n1", "n2", "n3", "c1"] {
            cuts.started(name.parse().unwrap());
        }
        for (number, line) in (1..).zip(lines) {
            cuts.fault(number, line);
        }
        cuts
    }

    #[test]
    fn a_link_was_cut_by_the_last_line_that_means_it() {
        let cuts = cuts(&["cut c1 | rest", "cut n2 | n3", "cut n1 > n2, n3 > n1"]);
        assert_eq!([cuts.of(link("c1", "n3")), cuts.of(link("n3", "c1"))], [Some(1); 2]);
        assert_eq!([cuts.of(link("n2", "n3")), cuts.of(link("n3", "n2"))], [Some(2); 2]);
        assert_eq!([cuts.of(link("n1", "n2")), cuts.of(link("n3", "n1"))], [Some(3); 2]);
        assert_eq!([cuts.of(link("n2", "n1")), cuts.of(link("n1", "n3"))], [None; 2]);
    }

    #[test]
    fn what_was_healed_is_no_cause_any_more() {
        let mut cuts = cuts(&["cut all", "heal n1 n2 | n3"]);
        assert_eq!(cuts.of(link("n1", "n3")), None);
        assert_eq!(cuts.of(link("n1", "n2")), Some(1));
        cuts.fault(3, "heal all");
        assert_eq!(cuts.of(link("n1", "n2")), None);
    }

    /// Who was the leader, the line does not say.
    #[test]
    fn a_cut_that_is_aimed_at_a_role_is_the_cause_where_no_other_is() {
        let cuts = cuts(&["cut n1 | n2", "cut @leader | rest"]);
        assert_eq!(cuts.of(link("n1", "n2")), Some(1));
        assert_eq!(cuts.of(link("n2", "n3")), Some(2));
    }
}
