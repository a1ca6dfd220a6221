//! Who surely held a lock when: from the return of the grant to the call of the release. Two such
//! tenures never overlap, and tokens rise from one grant to the next. Both are seen in one pass
//! over the grants by time, and easily told.

use std::collections::BTreeMap;

use super::lock::{LockOp, LockReply};
use crate::{Clash, Operation};

type LockOperation = Operation<LockOp, LockReply>;

/// A lock that was surely held.
struct Tenure {
    grant: usize,
    by: u32,
    /// The event since when; and until when, if it was ever released.
    since: u64,
    until: Option<u64>,
}

/// Every tenure, by its beginning.
fn tenures(operations: &[LockOperation]) -> Vec<Tenure> {
    let mut tenures: Vec<Tenure> = Vec::new();
    let mut open: Vec<(u32, usize)> = Vec::new();
    // Until when a release that was called may still come: for ever, if its outcome is unknown.
    let mut released: BTreeMap<u32, u64> = BTreeMap::new();
    for (place, it) in operations.iter().enumerate() {
        match (it.op, &it.reply, it.returned) {
            (LockOp::Acquire { by }, Some(LockReply::Granted(_)), Some(since)) => {
                if released.get(&by).is_some_and(|until| *until > it.called) {
                    continue;
                }
                open.push((by, tenures.len()));
                tenures.push(Tenure { grant: place, by, since, until: None });
            }
            (LockOp::Release { by }, ..) if !it.is_refused => {
                let until = released.entry(by).or_insert(0);
                *until = (*until).max(it.returned.unwrap_or(u64::MAX));
                open.retain(|(holder, tenure)| {
                    let ends = *holder == by;
                    if ends {
                        tenures[*tenure].until = Some(it.called);
                    }
                    !ends
                });
            }
            _ => {}
        }
    }
    tenures.retain(|tenure| tenure.until.is_none_or(|until| until > tenure.since));
    tenures.sort_by_key(|tenure| tenure.since);
    tenures
}

/// Two that surely held the lock at once.
pub(super) fn overlap(operations: &[LockOperation]) -> Option<Clash> {
    let tenures = tenures(operations);
    let mut longest: Option<&Tenure> = None;
    for tenure in &tenures {
        if let Some(before) = longest
            && before.until.is_none_or(|until| until > tenure.since)
        {
            let (one, two) = (&operations[before.grant], &operations[tenure.grant]);
            let whose = if before.by == tenure.by { "the same process" } else { "another process" };
            let story = format!(
                "two hold the lock at once: `{two}` returns while {whose} holds it by `{one}`"
            );
            return Some(Clash { story, operations: vec![before.grant, tenure.grant] });
        }
        let is_longer = longest.is_none_or(|before| before.until < tenure.until);
        if is_longer || tenure.until.is_none() {
            longest = Some(tenure);
        }
    }
    None
}

/// A grant whose token is not above that of a grant that had returned before it was called.
pub(super) fn stale_token(operations: &[LockOperation]) -> Option<Clash> {
    let token = |it: &LockOperation| match it.reply {
        Some(LockReply::Granted(Some(token))) => Some((token, it.returned?)),
        _ => None,
    };
    let grants =
        || operations.iter().enumerate().filter_map(|(place, it)| Some((place, token(it)?)));
    let mut returned: Vec<(u64, u64, usize)> =
        grants().map(|(place, (token, end))| (end, token, place)).collect();
    returned.sort_unstable();
    let mut earlier = returned.iter().peekable();
    let mut largest: Option<(u64, usize)> = None;
    for (place, (token, _)) in grants() {
        let called = operations[place].called;
        while let Some((_, token, place)) = earlier.next_if(|(end, ..)| *end < called) {
            largest = largest.max(Some((*token, *place)));
        }
        if let Some((above, before)) = largest
            && token <= above
        {
            let (one, two) = (&operations[before], &operations[place]);
            let story = format!("tokens must rise: `{two}` is called after `{one}` has returned");
            return Some(Clash { story, operations: vec![before, place] });
        }
    }
    None
}
