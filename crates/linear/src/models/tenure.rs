//! Tenures of a lock: from the return of a grant to the call of the release, its client certainly
//! held the lock. Two tenures never overlap, and tokens increase from one grant to the next. One
//! pass over the grants in order of time finds violations of both, and they are easy to explain.

use std::collections::BTreeMap;
use std::fmt::Display;

use super::lock::{LockOp, LockReply};
use crate::{Clash, Operation};

type LockOperation<P> = Operation<LockOp<P>, LockReply>;

/// A time during which a client certainly held the lock.
struct Tenure<'a, P> {
    /// The place of the grant in the history.
    grant: usize,
    by: &'a P,
    /// The event of the grant's return.
    since: u64,
    /// The event of the release's call, if it was ever called.
    until: Option<u64>,
}

impl<P> Tenure<'_, P> {
    fn contains(&self, event: u64) -> bool {
        self.until.is_none_or(|until| until > event)
    }
}

/// Returns every tenure, in the order of their beginnings.
fn tenures<P: Ord>(operations: &[LockOperation<P>]) -> Vec<Tenure<'_, P>> {
    let mut tenures: Vec<Tenure<'_, P>> = Vec::new();
    let mut open: Vec<(&P, usize)> = Vec::new();
    // The last event at which a release that was called may take effect. It is unbounded if the
    // outcome of the release is unknown.
    let mut released: BTreeMap<&P, u64> = BTreeMap::new();
    for (place, it) in operations.iter().enumerate() {
        match (&it.op, &it.reply, it.returned) {
            (LockOp::Acquire { by }, Some(LockReply::Granted(_)), Some(since)) => {
                if released.get(by).is_some_and(|until| *until > it.called) {
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
    tenures.retain(|tenure| tenure.contains(tenure.since));
    tenures.sort_by_key(|tenure| tenure.since);
    tenures
}

/// Returns two grants whose clients certainly held the lock at once.
pub(super) fn overlap<P: Ord + Display>(operations: &[LockOperation<P>]) -> Option<Clash> {
    let tenures = tenures(operations);
    let mut longest: Option<&Tenure<'_, P>> = None;
    for tenure in &tenures {
        if let Some(before) = longest
            && before.contains(tenure.since)
        {
            let story = format!(
                "two hold the lock at once: {} by `{}`, while {} holds it by `{}`",
                tenure.by, &operations[tenure.grant], before.by, &operations[before.grant],
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

/// A grant with a token.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Grant {
    /// The event of its return.
    returned: u64,
    token: u64,
    /// Its place in the history.
    place: usize,
}

/// Returns a grant whose token is not above the token of a grant that returned before it was
/// called.
pub(super) fn stale_token<P: Display>(operations: &[LockOperation<P>]) -> Option<Clash> {
    let grants = || {
        operations.iter().enumerate().filter_map(|(place, it)| match it.reply {
            Some(LockReply::Granted(Some(token))) => {
                Some(Grant { returned: it.returned?, token, place })
            }
            _ => None,
        })
    };
    let mut by_return: Vec<Grant> = grants().collect();
    by_return.sort_unstable();
    let mut earlier = by_return.into_iter().peekable();
    let mut largest: Option<Grant> = None;
    for grant in grants() {
        let called = operations[grant.place].called;
        while let Some(before) = earlier.next_if(|before| before.returned < called) {
            let is_larger =
                largest.is_none_or(|it| (before.token, before.place) > (it.token, it.place));
            largest = if is_larger { Some(before) } else { largest };
        }
        if let Some(before) = largest
            && grant.token <= before.token
        {
            let (one, two) = (&operations[before.place], &operations[grant.place]);
            let story = format!(
                "tokens must rise: `{two}` of {} is called after `{one}` of {} has returned",
                client(&two.op),
                client(&one.op),
            );
            return Some(Clash { story, operations: vec![before.place, grant.place] });
        }
    }
    None
}

fn client<P>(op: &LockOp<P>) -> &P {
    let (LockOp::Acquire { by } | LockOp::Release { by }) = op;
    by
}
