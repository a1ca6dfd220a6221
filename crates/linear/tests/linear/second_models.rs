//! Each model, compared with a second one that is too simple to be wrong: an object that carries
//! out each operation directly.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Debug;

use proptest::collection::vec;
use proptest::prelude::*;
use squall_linear::models::{
    Counter, CounterOp, CounterReply, Lock, LockOp, LockReply, Log, LogOp, LogReply, Map, MapOp,
    Queue, QueueOp, QueueReply, Register, RegisterOp, RegisterReply, Set, SetOp, SetReply, TextOp,
    TextReply, Texts, TextsOp,
};

use crate::objects::Object;

/// An object with two models: the model, and a plain one.
trait Twice: Object<Key: Debug> {
    type Plain: Clone + Default + PartialEq + Debug;

    /// Carries out `op`, and returns whether `reply` is a correct answer. `None` is always correct.
    fn act(plain: &mut Self::Plain, op: &Self::Op, reply: Option<&Self::Reply>) -> bool;
}

fn act_on_register(value: &mut u8, op: RegisterOp<u8>, reply: Option<&RegisterReply<u8>>) -> bool {
    let said = match op {
        RegisterOp::Read => RegisterReply::Value(*value),
        RegisterOp::Write(new) => {
            *value = new;
            RegisterReply::Written
        }
        RegisterOp::CompareAndSet { old, new } if *value == old => {
            *value = new;
            RegisterReply::Swapped(true)
        }
        RegisterOp::CompareAndSet { .. } => RegisterReply::Swapped(false),
    };
    reply.is_none_or(|reply| *reply == said)
}

impl Twice for Register<u8> {
    type Plain = u8;

    fn act(value: &mut u8, op: &RegisterOp<u8>, reply: Option<&RegisterReply<u8>>) -> bool {
        act_on_register(value, *op, reply)
    }
}

impl Twice for Map<u8, u8> {
    type Plain = BTreeMap<u8, u8>;

    fn act(
        values: &mut BTreeMap<u8, u8>,
        op: &MapOp<u8, u8>,
        reply: Option<&RegisterReply<u8>>,
    ) -> bool {
        let mut value = values.remove(&op.key).unwrap_or(0);
        let is_right = act_on_register(&mut value, op.op, reply);
        if value != 0 {
            values.insert(op.key, value);
        }
        is_right
    }
}

impl Twice for Queue<u8> {
    type Plain = VecDeque<u8>;

    fn act(queue: &mut VecDeque<u8>, op: &QueueOp<u8>, reply: Option<&QueueReply<u8>>) -> bool {
        let said = match op {
            QueueOp::Enqueue(value) => {
                queue.push_back(*value);
                QueueReply::Enqueued
            }
            QueueOp::Dequeue => queue.pop_front().map_or(QueueReply::Empty, QueueReply::Dequeued),
        };
        reply.is_none_or(|reply| *reply == said)
    }
}

impl Twice for Log<u8> {
    type Plain = Vec<u8>;

    fn act(log: &mut Vec<u8>, op: &LogOp<u8>, reply: Option<&LogReply<u8>>) -> bool {
        let said = match op {
            LogOp::Append(value) => {
                log.push(*value);
                LogReply::Appended(Some(log.len() as u64 - 1))
            }
            LogOp::Read => LogReply::Entries(log.clone()),
        };
        let untold = matches!((op, reply), (LogOp::Append(_), Some(LogReply::Appended(None))));
        untold || reply.is_none_or(|reply| *reply == said)
    }
}

/// The holder of a lock, and the largest token so far.
#[derive(Clone, Default, PartialEq, Debug)]
struct Held {
    by: Option<u32>,
    largest: Option<u64>,
}

impl Twice for Lock<u32> {
    type Plain = Held;

    fn act(held: &mut Held, op: &LockOp<u32>, reply: Option<&LockReply>) -> bool {
        match (*op, held.by) {
            (LockOp::Acquire { .. }, Some(_)) => reply.is_none_or(|it| *it == LockReply::Busy),
            (LockOp::Acquire { by }, None) => {
                held.by = Some(by);
                // A token that no client has heard of is the least possible one.
                let least = held.largest.map_or(Some(0), |largest| largest.checked_add(1));
                let token = match reply {
                    None => least,
                    Some(LockReply::Granted(token)) => *token,
                    Some(_) => return false,
                };
                let is_larger = token.is_none_or(|token| least.is_some_and(|it| token >= it));
                held.largest = token.or(held.largest);
                is_larger
            }
            (LockOp::Release { by }, holder) if holder == Some(by) => {
                held.by = None;
                reply.is_none_or(|it| *it == LockReply::Released)
            }
            (LockOp::Release { .. }, _) => reply.is_none_or(|it| *it == LockReply::NotHeld),
        }
    }
}

impl Twice for Counter {
    type Plain = i128;

    fn act(value: &mut i128, op: &CounterOp, reply: Option<&CounterReply>) -> bool {
        if let CounterOp::Add(number) = op {
            *value += i128::from(*number);
        }
        match (op, reply) {
            (CounterOp::Add(_), None | Some(CounterReply::Added(None))) => true,
            (CounterOp::Read, None) => true,
            (CounterOp::Add(_), Some(reply)) => *reply == CounterReply::Added(Some(*value)),
            (CounterOp::Read, Some(reply)) => *reply == CounterReply::Value(*value),
        }
    }
}

impl Twice for Set<u8> {
    type Plain = BTreeSet<u8>;

    fn act(set: &mut BTreeSet<u8>, op: &SetOp<u8>, reply: Option<&SetReply<u8>>) -> bool {
        let said = match op {
            SetOp::Add(value) => SetReply::Done(Some(set.insert(*value))),
            SetOp::Remove(value) => SetReply::Done(Some(set.remove(value))),
            SetOp::Contains(value) => SetReply::Found(set.contains(value)),
            SetOp::Read => SetReply::Elements(set.clone()),
        };
        let untold = matches!((&said, reply), (SetReply::Done(_), Some(SetReply::Done(None))));
        untold || reply.is_none_or(|reply| *reply == said)
    }
}

impl Twice for Texts<u8> {
    type Plain = BTreeMap<u8, String>;

    fn act(texts: &mut BTreeMap<u8, String>, op: &TextsOp<u8>, reply: Option<&TextReply>) -> bool {
        let mut text = texts.remove(&op.key).unwrap_or_default();
        let said = match &op.op {
            TextOp::Get => TextReply::Text(text.as_str().into()),
            TextOp::Put(new) => {
                text = new.to_string();
                TextReply::Done
            }
            TextOp::Append(more) => {
                text.push_str(more);
                TextReply::Done
            }
        };
        if !text.is_empty() {
            texts.insert(op.key, text);
        }
        reply.is_none_or(|reply| *reply == said)
    }
}

/// Carries out the operations of `luck` with both models, one step after the other.
fn compare<M: Twice>(luck: &[(u32, u8, u8)]) {
    let model = M::default();
    let (mut states, mut plain) = (BTreeMap::new(), M::Plain::default());
    let mut seen = vec![(states.clone(), plain.clone())];
    for (process, how, which) in luck {
        let op = M::op(*process, *how);
        let state = states.get(&model.key(&op)).cloned().unwrap_or_else(|| model.init());
        let replies = M::replies(&op).into_iter().map(Some).chain([None]);
        let mut ways = Vec::new();
        for reply in replies {
            let (mut after, reply) = (plain.clone(), reply.as_ref());
            let is_right = M::act(&mut after, &op, reply);
            let stepped = model.step(&state, &op, reply);
            assert_eq!(stepped.is_some(), is_right, "{op} -> {reply:?} after {plain:?}");
            let Some(stepped) = stepped else { continue };
            if model.is_read(&op, reply) {
                assert_eq!((&after, &stepped), (&plain, &state), "{op} -> {reply:?} is no read");
            }
            if model.overwrites(&op) {
                let elsewhere = model.step(&model.init(), &op, reply);
                assert_eq!(elsewhere.as_ref(), Some(&stepped), "{op} does not overwrite");
            }
            ways.push((stepped, after));
        }
        let (stepped, after) = ways.swap_remove(*which as usize % ways.len());
        states.insert(model.key(&op), stepped);
        plain = after;
        seen.push((states.clone(), plain.clone()));
    }
    // Two states are equal if and only if the plain ones are. A key without an operation is in no
    // state yet.
    for (states, plain) in &seen {
        for (others, other) in &seen {
            if states.keys().eq(others.keys()) {
                assert_eq!(states == others, plain == other, "{plain:?} and {other:?}");
            }
        }
    }
}

macro_rules! agrees {
    ($($name:ident $model:ty),+ $(,)?) => {
        proptest! {
            #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]
            $(
                #[test]
                fn $name(luck in vec((0_u32..3, any::<u8>(), any::<u8>()), 0..20)) {
                    compare::<$model>(&luck);
                }
            )+
        }
    };
}

agrees! {
    a_register_does_what_the_second_one_does Register<u8>,
    a_map_does_what_the_second_one_does Map<u8, u8>,
    a_queue_does_what_the_second_one_does Queue<u8>,
    a_log_does_what_the_second_one_does Log<u8>,
    a_lock_does_what_the_second_one_does Lock<u32>,
    a_counter_does_what_the_second_one_does Counter,
    a_set_does_what_the_second_one_does Set<u8>,
    texts_do_what_the_second_ones_do Texts<u8>,
}
