//! Splits a history of several objects into one part for each: an operation on one object does not
//! affect another.

use crate::Model;
use crate::history::{HistoryOf, Moment};

/// The calls and returns of a history, object by object. Refused operations are left out, and so
/// are reads without a known reply, because they say nothing.
pub(crate) struct Parts {
    /// Part and moment; the parts follow one another, each in the order of the history.
    moments: Vec<(u32, Moment)>,
}

impl Parts {
    pub(crate) fn of<M: Model>(model: &M, history: &HistoryOf<M>) -> Self {
        let operations = history.operations();
        let mut named: Vec<M::Key> = operations.iter().map(|each| model.key(&each.op)).collect();
        let mut keys = named.clone();
        keys.sort_unstable();
        keys.dedup();
        if keys.len() < 2 {
            named.clear();
        }
        let part = |operation: usize| match named.get(operation) {
            Some(key) => keys.binary_search(key).unwrap_or(0) as u32,
            None => 0,
        };
        let says_something = |moment: &Moment| {
            let it = &operations[moment.operation() as usize];
            let unseen = it.reply.is_none() && model.is_read(&it.op, None);
            !it.is_refused && !unseen
        };
        let telling = history.moments().iter().copied().filter(says_something);
        let mut moments = Vec::with_capacity(history.moments().len());
        moments.extend(telling.map(|moment| (part(moment.operation() as usize), moment)));
        if keys.len() > 1 {
            moments.sort_by_key(|(part, _)| *part);
        }
        Self { moments }
    }

    /// Returns how many calls and returns are left.
    pub(crate) fn moments(&self) -> usize {
        self.moments.len()
    }

    /// Returns the calls and returns of each object, in the order of their keys.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[(u32, Moment)]> {
        self.moments.chunk_by(|(one, _), (other, _)| one == other)
    }
}
