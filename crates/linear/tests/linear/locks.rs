//! Locks: an obvious contradiction is reported before any search.

use squall_linear::models::{Lock, LockOp, LockReply};
use squall_linear::{BUDGET, Budget, Call, Checked, History, check};

/// A history of one lock.
#[derive(Default)]
struct Story {
    history: History<LockOp<u32>, LockReply>,
    number: u64,
}

impl Story {
    fn acquire(&mut self, by: u32) -> Call {
        self.number += 1;
        self.history.call(self.number, by, LockOp::Acquire { by })
    }

    fn release(&mut self, by: u32) {
        self.number += 2;
        let call = self.history.call(self.number - 1, by, LockOp::Release { by });
        self.history.give_back(call, self.number, LockReply::Released);
    }

    fn grant(&mut self, call: Call, token: impl Into<Option<u64>>) {
        self.number += 1;
        self.history.give_back(call, self.number, LockReply::Granted(token.into()));
    }

    fn told(&self, budget: Budget) -> String {
        match check(&Lock::default(), &self.history, budget) {
            Checked::Broken(why) => why.story(self.history.operations()),
            other => format!("{other:?}"),
        }
    }
}

#[test]
fn a_lock_that_is_handed_on_holds() {
    let mut story = Story::default();
    let one = story.acquire(1);
    let two = story.acquire(2);
    story.grant(one, 1);
    story.release(1);
    story.grant(two, 2);
    story.release(2);
    assert_eq!(story.told(BUDGET), "Holds");
}

#[test]
fn two_holders_at_once_are_told_as_such_even_without_a_search() {
    let mut story = Story::default();
    let one = story.acquire(1);
    story.grant(one, 1);
    let two = story.acquire(2);
    story.grant(two, 2);
    story.release(1);
    let told = "two hold the lock at once: 2 by `acquire -> granted under 2`, while 1 holds it by \
                `acquire -> granted under 1`";
    assert_eq!(story.told(BUDGET), told);
    assert_eq!(story.told(Budget { nodes: 0, bytes: 0 }), told);
}

#[test]
fn a_token_that_does_not_rise_is_told_as_such() {
    let mut story = Story::default();
    let one = story.acquire(1);
    story.grant(one, 5);
    story.release(1);
    let two = story.acquire(2);
    story.grant(two, 5);
    assert_eq!(
        story.told(BUDGET),
        "tokens must rise: `acquire -> granted under 5` of 2 is called after \
         `acquire -> granted under 5` of 1 has returned"
    );
}

#[test]
fn the_largest_token_of_all_is_not_granted_twice() {
    let mut story = Story::default();
    for by in [1, 2] {
        let call = story.acquire(by);
        story.grant(call, u64::MAX);
        if by == 1 {
            assert_eq!(story.told(BUDGET), "Holds");
            story.release(by);
        }
    }
    assert_eq!(
        story.told(BUDGET),
        "tokens must rise: `acquire -> granted under 18446744073709551615` of 2 is called after \
         `acquire -> granted under 18446744073709551615` of 1 has returned"
    );
}

#[test]
fn a_grant_of_which_nobody_was_told_may_follow_that_of_the_largest_token() {
    let mut story = Story::default();
    let one = story.acquire(1);
    story.grant(one, u64::MAX);
    story.release(1);
    story.acquire(2);
    story.acquire(3);
    assert_eq!(story.told(BUDGET), "Holds");
}

#[test]
fn holders_are_named_where_there_are_no_tokens() {
    let mut story = Story::default();
    let one = story.acquire(1);
    story.grant(one, None);
    let two = story.acquire(2);
    story.grant(two, None);
    assert_eq!(
        story.told(BUDGET),
        "two hold the lock at once: 2 by `acquire -> granted`, while 1 holds it by \
         `acquire -> granted`"
    );
}
