//! Several objects in one history: which of them is reported, and whether that is the smallest
//! part.

use squall_linear::models::{Map, MapOp, RegisterOp, RegisterReply};
use squall_linear::{BUDGET, Budget, Checked, History, Refutation, check};

/// A history of registers under keys.
#[derive(Default)]
struct Story {
    history: History<MapOp<&'static str, u8>, RegisterReply<u8>>,
    number: u64,
}

impl Story {
    fn write(&mut self, key: &'static str) {
        self.number += 1;
        self.history.call(self.number, 0, MapOp { key, op: RegisterOp::Write(1) });
    }

    fn read(&mut self, key: &'static str, value: u8) {
        self.number += 2;
        let op = MapOp { key, op: RegisterOp::Read };
        let call = self.history.call(self.number - 1, 0, op);
        self.history.give_back(call, self.number, RegisterReply::Value(value));
    }

    fn refutation(&self, budget: Budget) -> Refutation {
        match check(&Map::default(), &self.history, budget) {
            Checked::Broken(why) => *why,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_key_that_breaks_first_is_told_whatever_its_name() {
    let mut story = Story::default();
    for key in ["b", "c", "a"] {
        story.read(key, 2);
    }
    let why = story.refutation(BUDGET);
    assert_eq!((why.last, why.is_smallest), (0, true));
}

#[test]
fn a_key_of_which_nothing_can_be_said_leaves_open_which_part_is_smallest() {
    let mut story = Story::default();
    for _ in 0..2_000 {
        story.write("a");
    }
    story.read("a", 1);
    story.read("b", 2);
    let why = story.refutation(BUDGET);
    assert_eq!((why.last, why.is_smallest), (2_001, false));
}

#[test]
fn what_cannot_be_decided_behind_the_smallest_part_does_not_matter() {
    let mut story = Story::default();
    story.read("a", 0);
    story.read("b", 2);
    for _ in 0..2_000 {
        story.write("a");
    }
    let why = story.refutation(BUDGET);
    assert_eq!((why.last, why.is_smallest), (1, true));
}
