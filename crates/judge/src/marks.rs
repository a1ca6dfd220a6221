//! Marks: named situations that some run should reach. If no run ever reaches a mark, nothing is
//! known of the protocol in that situation, and the report names the mark.

/// How often each mark was reached.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Marks {
    counts: Vec<(&'static str, u64)>,
}

impl Marks {
    /// Returns the expected marks, none of which is reached yet.
    #[must_use]
    pub fn expected(names: &[&'static str]) -> Self {
        Self { counts: names.iter().map(|&name| (name, 0)).collect() }
    }

    /// Counts one more of `name`, even if the mark is not expected.
    pub fn reach(&mut self, name: &'static str) {
        // A name is nearly always the same text in memory as the expected one.
        let same = |known: &str| std::ptr::eq(known, name) || known == name;
        match self.counts.iter_mut().find(|(known, _)| same(known)) {
            Some((_, count)) => *count += 1,
            None => self.counts.push((name, 1)),
        }
    }

    /// Returns each mark and how often it was reached.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        self.counts.iter().copied()
    }

    /// Returns how often `name` was reached.
    #[must_use]
    pub fn of(&self, name: &str) -> u64 {
        self.iter().find(|(known, _)| *known == name).map_or(0, |(_, count)| count)
    }

    /// Adds the counts of `other`.
    pub fn add(&mut self, other: &Self) {
        for (place, (name, count)) in other.iter().enumerate() {
            // Nearly always, both expect the same marks in the same order.
            let place = match self.counts.get(place) {
                Some((known, _)) if *known == name => Some(place),
                _ => self.counts.iter().position(|(known, _)| *known == name),
            };
            match place {
                Some(place) => self.counts[place].1 += count,
                None => self.counts.push((name, count)),
            }
        }
    }

    /// Resets every count to zero.
    pub fn clear(&mut self) {
        self.counts.iter_mut().for_each(|(_, count)| *count = 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_that_was_never_reached_stays_in_the_list() {
        let mut marks = Marks::expected(&["duel", "late learner"]);
        marks.reach("duel");
        marks.reach("surprise");
        let all: Vec<_> = marks.iter().collect();
        assert_eq!(all, [("duel", 1), ("late learner", 0), ("surprise", 1)]);
    }
}
