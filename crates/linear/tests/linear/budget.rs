//! The cost of a search: all objects share the budget, and it bounds the time.

use std::cell::Cell;

use squall_linear::models::{Map, MapOp, RegisterOp, RegisterReply};
use squall_linear::{BUDGET, Budget, Checked, History, Limit, check, check_while};

type MapHistory = History<MapOp<&'static str, u32>, RegisterReply<u32>>;

/// A history of registers under keys.
#[derive(Default)]
struct Story {
    history: MapHistory,
    number: u64,
}

impl Story {
    fn next(&mut self) -> u64 {
        self.number += 1;
        self.number
    }

    /// Adds one compare-and-set of unknown outcome from each of `values` values to each other one.
    fn swaps(&mut self, key: &'static str, values: u32) {
        for old in 0..values {
            for new in (0..values).filter(|new| *new != old) {
                let op = MapOp { key, op: RegisterOp::CompareAndSet { old, new } };
                let number = self.next();
                self.history.call(number, old % 8, op);
            }
        }
    }

    fn read(&mut self, key: &'static str, value: u32) {
        let number = self.next();
        let call = self.history.call(number, 9, MapOp { key, op: RegisterOp::Read });
        let number = self.next();
        self.history.give_back(call, number, RegisterReply::Value(value));
    }

    /// Adds reads of several values, which have a large number of explanations.
    fn hard(&mut self, key: &'static str) {
        self.swaps(key, 8);
        for value in [3, 1, 4, 1, 5, 2, 6, 5, 3, 5, 7, 2, 3, 7] {
            self.read(key, value);
        }
    }

    fn check(&self, nodes: u64) -> Checked {
        check(&Map::default(), &self.history, Budget { nodes, ..BUDGET })
    }
}

#[test]
fn a_hard_key_hides_no_broken_one() {
    let mut story = Story::default();
    story.hard("a");
    // No operation leads to 99, so no order is found by luck.
    story.read("a", 99);
    story.read("b", 2);
    story.hard("c");
    story.read("c", 99);
    let Checked::Broken(why) = story.check(1_000_000) else { panic!("key b is broken") };
    assert_eq!(story.history.operations()[why.last].op.key, "b");
    assert!(!why.is_smallest, "key a is not decided");
}

#[test]
fn of_many_hard_keys_none_takes_the_budget_of_the_last_one() {
    let mut story = Story::default();
    for key in ["a", "b", "c", "d", "e"] {
        story.hard(key);
        story.read(key, 99);
    }
    story.swaps("z", 4);
    for value in [1, 2, 3, 0, 3, 1] {
        story.read("z", value);
    }
    story.read("z", 98);
    let Checked::Broken(why) = story.check(4_000_000) else { panic!("key z is broken") };
    assert_eq!(story.history.operations()[why.last].op.key, "z");
}

#[test]
fn an_order_of_very_many_is_found_although_not_all_can_be_looked_at() {
    let mut story = Story::default();
    story.hard("a");
    assert_eq!(story.check(BUDGET.nodes), Checked::Holds);
}

/// 70 operations of 9 processes, with too many orders to search. In a large set, configurations
/// must be compared with one another, and that counts.
#[test]
fn comparing_many_configurations_counts_as_work() {
    let mut story = Story::default();
    story.hard("a");
    story.read("a", 99);
    let asked = Cell::new(0_u64);
    let budget = Budget { nodes: 1_000_000, ..BUDGET };
    let checked = check_while(&Map::default(), &story.history, budget, &|progress| {
        asked.set(progress.nodes);
        true
    });
    assert_eq!(checked, Checked::Unknown(Limit::Budget(1_000_000)));
    // All attempts together, each with its comparisons.
    assert!(asked.get() < 4_000_000, "{} configurations", asked.get());
}
