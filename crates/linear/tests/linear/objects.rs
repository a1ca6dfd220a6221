//! Objects that act: their correct replies, from which histories that hold are made.

use std::sync::Arc;

use squall_linear::models::{
    Counter, CounterOp, CounterReply, Lock, LockOp, LockReply, Log, LogOp, LogReply, Map, MapOp,
    Queue, QueueOp, QueueReply, Register, RegisterOp, RegisterReply, Set, SetOp, SetReply, TextOp,
    TextReply, Texts, TextsOp,
};
use squall_linear::{History, Model};

/// A model that can also act.
pub(crate) trait Object: Model + Default {
    /// Returns an operation of `process`, chosen by `luck`.
    fn op(process: u32, luck: u8) -> Self::Op;
    /// Returns any reply to `op`, chosen by `luck`, right or wrong.
    fn any_reply(op: &Self::Op, luck: u8) -> Self::Reply;
    /// Returns the replies that may be right in some state.
    fn replies(op: &Self::Op) -> Vec<Self::Reply>;
    /// Returns a reply to `op` that is right in `state`.
    fn right_reply(&self, state: &Self::State, op: &Self::Op) -> Self::Reply {
        let mut replies = Self::replies(op).into_iter();
        replies.find(|reply| self.step(state, op, Some(reply)).is_some()).unwrap()
    }
}

fn register_op(luck: u8) -> RegisterOp<u8> {
    let (one, two) = (luck / 4 % 3, luck / 12 % 3);
    match luck % 4 {
        0 => RegisterOp::Read,
        1 | 2 => RegisterOp::Write(one),
        _ => RegisterOp::CompareAndSet { old: one, new: two },
    }
}

fn register_replies(op: &RegisterOp<u8>) -> Vec<RegisterReply<u8>> {
    match op {
        RegisterOp::Read => (0..3).map(RegisterReply::Value).collect(),
        RegisterOp::Write(_) => vec![RegisterReply::Written],
        RegisterOp::CompareAndSet { .. } => {
            vec![RegisterReply::Swapped(true), RegisterReply::Swapped(false)]
        }
    }
}

fn pick<R: Clone>(replies: &[R], luck: u8) -> R {
    replies[luck as usize % replies.len()].clone()
}

impl Object for Register<u8> {
    fn op(_: u32, luck: u8) -> RegisterOp<u8> {
        register_op(luck)
    }

    fn any_reply(op: &RegisterOp<u8>, luck: u8) -> RegisterReply<u8> {
        pick(&register_replies(op), luck)
    }

    fn replies(op: &RegisterOp<u8>) -> Vec<RegisterReply<u8>> {
        register_replies(op)
    }
}

impl Object for Map<u8, u8> {
    fn op(_: u32, luck: u8) -> MapOp<u8, u8> {
        MapOp { key: luck % 2, op: register_op(luck / 2) }
    }

    fn any_reply(op: &MapOp<u8, u8>, luck: u8) -> RegisterReply<u8> {
        pick(&register_replies(&op.op), luck)
    }

    fn replies(op: &MapOp<u8, u8>) -> Vec<RegisterReply<u8>> {
        register_replies(&op.op)
    }
}

impl Object for Queue<u8> {
    fn op(_: u32, luck: u8) -> QueueOp<u8> {
        if luck.is_multiple_of(2) { QueueOp::Enqueue(luck / 2 % 3) } else { QueueOp::Dequeue }
    }

    fn any_reply(op: &QueueOp<u8>, luck: u8) -> QueueReply<u8> {
        pick(&Self::replies(op), luck)
    }

    fn replies(op: &QueueOp<u8>) -> Vec<QueueReply<u8>> {
        match op {
            QueueOp::Enqueue(_) => vec![QueueReply::Enqueued],
            QueueOp::Dequeue => {
                let values = (0..3).map(QueueReply::Dequeued);
                values.chain([QueueReply::Empty]).collect()
            }
        }
    }
}

impl Object for Log<u8> {
    fn op(_: u32, luck: u8) -> LogOp<u8> {
        if luck.is_multiple_of(2) { LogOp::Append(luck / 2 % 2) } else { LogOp::Read }
    }

    fn any_reply(op: &LogOp<u8>, luck: u8) -> LogReply<u8> {
        pick(&Self::replies(op), luck)
    }

    fn replies(op: &LogOp<u8>) -> Vec<LogReply<u8>> {
        match op {
            LogOp::Append(_) => {
                let places = (0..8).map(|place| LogReply::Appended(Some(place)));
                places.chain([LogReply::Appended(None)]).collect()
            }
            // Every log of up to seven entries 0 and 1.
            LogOp::Read => (0..8_u32)
                .flat_map(|length| (0..1_u8 << length).map(move |bits| (length, bits)))
                .map(|(length, bits)| {
                    LogReply::Entries((0..length).map(|place| bits >> place & 1).collect())
                })
                .collect(),
        }
    }

    fn right_reply(&self, state: &Self::State, op: &LogOp<u8>) -> LogReply<u8> {
        match op {
            LogOp::Append(_) => LogReply::Appended(Some(state.to_vec().len() as u64)),
            LogOp::Read => LogReply::Entries(state.to_vec()),
        }
    }
}

impl Object for Lock<u32> {
    fn op(by: u32, luck: u8) -> LockOp<u32> {
        if luck.is_multiple_of(2) { LockOp::Acquire { by } } else { LockOp::Release { by } }
    }

    fn any_reply(op: &LockOp<u32>, luck: u8) -> LockReply {
        pick(&Self::replies(op), luck)
    }

    fn replies(op: &LockOp<u32>) -> Vec<LockReply> {
        match op {
            LockOp::Acquire { .. } => {
                // From the least token on, and up to the largest, which has no successor.
                let tokens = (0..3).chain(u64::MAX - 2..=u64::MAX);
                let tokens = tokens.map(|token| LockReply::Granted(Some(token)));
                tokens.chain([LockReply::Granted(None), LockReply::Busy]).collect()
            }
            LockOp::Release { .. } => vec![LockReply::Released, LockReply::NotHeld],
        }
    }
}

impl Object for Counter {
    fn op(_: u32, luck: u8) -> CounterOp {
        if luck.is_multiple_of(2) {
            CounterOp::Add(i64::from(luck / 2 % 5) - 2)
        } else {
            CounterOp::Read
        }
    }

    fn any_reply(op: &CounterOp, luck: u8) -> CounterReply {
        pick(&Self::replies(op), luck)
    }

    fn replies(op: &CounterOp) -> Vec<CounterReply> {
        match op {
            CounterOp::Add(_) => {
                let values = (-50..=50).map(|value| CounterReply::Added(Some(value)));
                values.chain([CounterReply::Added(None)]).collect()
            }
            CounterOp::Read => (-50..=50).map(CounterReply::Value).collect(),
        }
    }
}

impl Object for Set<u8> {
    fn op(_: u32, luck: u8) -> SetOp<u8> {
        let value = luck / 8 % 3;
        match luck % 8 {
            0..3 => SetOp::Add(value),
            3 | 4 => SetOp::Remove(value),
            5 => SetOp::Contains(value),
            _ => SetOp::Read,
        }
    }

    fn any_reply(op: &SetOp<u8>, luck: u8) -> SetReply<u8> {
        pick(&Self::replies(op), luck)
    }

    fn replies(op: &SetOp<u8>) -> Vec<SetReply<u8>> {
        match op {
            SetOp::Add(_) | SetOp::Remove(_) => {
                [Some(true), Some(false), None].map(SetReply::Done).to_vec()
            }
            SetOp::Contains(_) => [true, false].map(SetReply::Found).to_vec(),
            SetOp::Read => (0..8_u8)
                .map(|bits| {
                    SetReply::Elements((0..3).filter(|value| bits >> value & 1 == 1).collect())
                })
                .collect(),
        }
    }
}

impl Object for Texts<u8> {
    fn op(_: u32, luck: u8) -> TextsOp<u8> {
        let text = || Arc::from(["", "a", "b"][luck as usize / 8 % 3]);
        let op = match luck / 2 % 4 {
            0 => TextOp::Put(text()),
            1 | 2 => TextOp::Append(text()),
            _ => TextOp::Get,
        };
        TextsOp { key: luck % 2, op }
    }

    fn any_reply(op: &TextsOp<u8>, luck: u8) -> TextReply {
        pick(&Self::replies(op), luck)
    }

    fn replies(op: &TextsOp<u8>) -> Vec<TextReply> {
        match op.op {
            TextOp::Put(_) | TextOp::Append(_) => vec![TextReply::Done],
            // Every text of up to five characters `a` and `b`.
            TextOp::Get => (0..6_u32)
                .flat_map(|length| (0..1_u8 << length).map(move |bits| (length, bits)))
                .map(|(length, bits)| {
                    let letter = |place| if bits >> place & 1 == 0 { 'a' } else { 'b' };
                    TextReply::Text((0..length).map(letter).collect::<String>().into())
                })
                .collect(),
        }
    }

    fn right_reply(&self, state: &Arc<str>, op: &TextsOp<u8>) -> TextReply {
        match op.op {
            TextOp::Put(_) | TextOp::Append(_) => TextReply::Done,
            TextOp::Get => TextReply::Text(Arc::clone(state)),
        }
    }
}

/// A history, and which of its operations were refused.
#[derive(Debug)]
pub(crate) struct Made<M: Model> {
    pub(crate) history: History<M::Op, M::Reply>,
    pub(crate) refused: Vec<usize>,
}

/// Makes a history from `luck`, which decides who acts, and how. `lie` is the chance in 256 that a
/// reply is any reply instead of a correct one.
pub(crate) fn make<M: Object>(processes: u32, luck: &[(u8, u8)], lie: u8) -> Made<M> {
    let model = M::default();
    let mut states = std::collections::BTreeMap::new();
    let mut history = History::new();
    let mut refused = Vec::new();
    let mut open = vec![None; processes as usize];
    for ((who, how), number) in luck.iter().zip(1..) {
        let process = u32::from(*who) % processes;
        let slot = &mut open[process as usize];
        match slot.take() {
            None => {
                let call = history.call(number, process, M::op(process, *how));
                *slot = Some((call, None));
            }
            Some((call, None)) => {
                // It takes effect now, or never.
                let op = &history.operations()[call.place()].op;
                let state = states.entry(model.key(op)).or_insert_with(|| model.init());
                if who / 8 % 16 == 0 {
                    refused.push(call.place());
                    history.refuse(call);
                    continue;
                }
                let reply = model.right_reply(state, op);
                *state = model.step(state, op, Some(&reply)).unwrap();
                let lies = how.wrapping_mul(167) < lie;
                let reply = if lies { M::any_reply(op, *how) } else { reply };
                if who / 8 % 16 == 1 {
                    // No client ever hears of it.
                    continue;
                }
                *slot = Some((call, Some(reply)));
            }
            Some((call, Some(reply))) => history.give_back(call, number, reply),
        }
    }
    Made { history, refused }
}
