//! The names of the operations of each model in histories.

mod sums;

use squall_linear::Model;
use squall_linear::models::{
    Lock, LockOp, LockReply, Log, LogOp, LogReply, Map, MapOp, Queue, QueueOp, QueueReply,
    Register, RegisterOp, RegisterReply,
};

use crate::form::{Form, Kind};
use crate::reader::NilReads;
use crate::value::{ProcessName, Value, Values};

/// The description of an operation in an entry.
pub struct Words<'a> {
    /// The process that calls.
    pub(crate) process: &'a ProcessName,
    pub(crate) op: &'a str,
    pub(crate) key: Option<&'a Form>,
    pub(crate) value: Option<&'a Form>,
    /// Whether a key precedes the value: `[key value]`.
    pub(crate) has_tuples: bool,
    /// The value that a read was called with, which it must return.
    pub(crate) carried: Option<Value>,
    pub(crate) nil_reads: NilReads,
    pub(crate) values: &'a mut Values,
}

/// Why an entry is not an operation, or not a reply.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Puzzle {
    /// There is no such operation.
    Operation,
    /// Its value should be this.
    Value(&'static str),
    /// The answer has another key than the call.
    Key,
    /// A key precedes the value, but the model has no keys.
    KeyBefore,
    /// The answer has another value than the call.
    OtherValue,
    /// A read returns another value than this one, with which it was called.
    OtherRead(Value),
    /// The answer does not say what was read.
    Unsaid,
}

/// A model whose operations have names in histories.
pub trait Vocabulary: Model {
    /// The name of the model.
    const NAME: &'static str;
    /// The names of its operations.
    const OPERATIONS: &'static [&'static str];
    /// Whether each operation concerns one of many keys.
    const HAS_KEYS: bool = false;

    /// Returns the operation that is called.
    ///
    /// # Errors
    ///
    /// Returns why the entry is not an operation.
    fn op(words: &mut Words<'_>) -> Result<Self::Op, Puzzle>;

    /// Returns the reply to `op`, which was done.
    ///
    /// # Errors
    ///
    /// Returns why the entry is not a reply.
    fn reply(op: &Self::Op, words: &mut Words<'_>) -> Result<Self::Reply, Puzzle>;
}

impl Words<'_> {
    fn any(&mut self) -> Value {
        self.value.map_or(Value::Nil, |form| self.values.of(form))
    }

    fn some(&mut self) -> Result<Value, Puzzle> {
        match self.any() {
            Value::Nil => Err(Puzzle::Value("a value")),
            value => Ok(value),
        }
    }

    /// Returns the reply, which must be present even if it is nothing.
    fn answer(&mut self) -> Result<Value, Puzzle> {
        let Some(form) = self.value else {
            return Err(Puzzle::Value("a `value`, even if there was none: nil, or null"));
        };
        let value = self.values.of(form);
        match self.carried.take() {
            Some(carried) if carried != value => Err(Puzzle::OtherRead(carried)),
            _ => Ok(value),
        }
    }

    /// Records what a read was called with: nothing, or the value that it will return.
    fn carry(&mut self) -> Result<(), Puzzle> {
        let Some(form) = self.value else { return Ok(()) };
        match form.list() {
            Some([_, Form { kind: Kind::Nil, .. }]) if self.has_tuples => Err(Puzzle::KeyBefore),
            _ if matches!(form.kind, Kind::Nil) => Ok(()),
            _ => {
                self.carried = Some(self.values.of(form));
                Ok(())
            }
        }
    }

    /// Returns whether the answer is `false`.
    fn is_false(&self) -> Result<bool, Puzzle> {
        match self.value.map(|form| &form.kind) {
            Some(Kind::Bool(truth)) => Ok(!truth),
            Some(Kind::Text(text)) if text == "false" => Err(Puzzle::Value("false without quotes")),
            _ => Ok(false),
        }
    }

    /// Checks an answer, which may repeat the value of the call, but have no other one.
    fn repeats(&mut self, called: &Value) -> Result<(), Puzzle> {
        match self.any() {
            Value::Nil => Ok(()),
            again if again == *called => Ok(()),
            _ => Err(Puzzle::OtherValue),
        }
    }

    /// Checks a call without a value, which has no key either: two objects would be taken for one.
    fn nothing(&self) -> Result<(), Puzzle> {
        match self.value.map(|form| &form.kind) {
            None | Some(Kind::Nil) => Ok(()),
            Some(_) => Err(Puzzle::Value(
                "nothing; where a key stands before it, keep the entries of one key",
            )),
        }
    }
}

fn register_op(words: &mut Words<'_>) -> Result<RegisterOp<Value>, Puzzle> {
    match words.op {
        "read" | "get" => words.carry().map(|()| RegisterOp::Read),
        "write" | "put" => Ok(RegisterOp::Write(words.any())),
        "cas" | "compare-and-set" => match words.value.and_then(Form::list) {
            Some([old, new]) => Ok(RegisterOp::CompareAndSet {
                old: words.values.of(old),
                new: words.values.of(new),
            }),
            _ => Err(Puzzle::Value("the old value and the new one: [1 2]")),
        },
        _ => Err(Puzzle::Operation),
    }
}

fn register_reply(
    op: &RegisterOp<Value>,
    words: &mut Words<'_>,
) -> Result<RegisterReply<Value>, Puzzle> {
    Ok(match op {
        RegisterOp::Read => match (words.answer()?, words.nil_reads) {
            (Value::Nil, NilReads::Unknown) => return Err(Puzzle::Unsaid),
            (value, _) => RegisterReply::Value(value),
        },
        RegisterOp::Write(value) => {
            words.repeats(value)?;
            RegisterReply::Written
        }
        RegisterOp::CompareAndSet { old, new } => RegisterReply::Swapped(swapped(words, old, new)?),
    })
}

/// Returns whether a compare-and-set succeeded, by its answer: `false`; `true`, nothing, or both
/// values again.
fn swapped(words: &mut Words<'_>, old: &Value, new: &Value) -> Result<bool, Puzzle> {
    match words.value.map(|form| &form.kind) {
        None | Some(Kind::Nil) => Ok(true),
        Some(Kind::Bool(truth)) => Ok(*truth),
        Some(Kind::List(again)) => {
            let again: Vec<Value> = again.iter().map(|form| words.values.of(form)).collect();
            if again == [old.clone(), new.clone()] { Ok(true) } else { Err(Puzzle::OtherValue) }
        }
        Some(_) => Err(Puzzle::Value("true, false, or the two values again")),
    }
}

impl Vocabulary for Register<Value> {
    const NAME: &'static str = "register";
    const OPERATIONS: &'static [&'static str] = &["read", "write", "cas"];

    fn op(words: &mut Words<'_>) -> Result<RegisterOp<Value>, Puzzle> {
        register_op(words)
    }

    fn reply(
        op: &RegisterOp<Value>,
        words: &mut Words<'_>,
    ) -> Result<RegisterReply<Value>, Puzzle> {
        register_reply(op, words)
    }
}

impl Vocabulary for Map<Value, Value> {
    const NAME: &'static str = "map";
    const OPERATIONS: &'static [&'static str] = &["read", "write", "cas"];
    const HAS_KEYS: bool = true;

    fn op(words: &mut Words<'_>) -> Result<MapOp<Value, Value>, Puzzle> {
        let key = keyed(words)?;
        Ok(MapOp { key, op: register_op(words)? })
    }

    fn reply(
        op: &MapOp<Value, Value>,
        words: &mut Words<'_>,
    ) -> Result<RegisterReply<Value>, Puzzle> {
        if says_key(words, op.op == RegisterOp::Read) && keyed(words)? != op.key {
            return Err(Puzzle::Key);
        }
        register_reply(&op.op, words)
    }
}

/// Returns whether an answer contains its key. It need not repeat a key that has its own field, nor
/// a key before a value if the operation reads nothing and there is nothing to report.
fn says_key(words: &Words<'_>, is_read: bool) -> bool {
    let is_silent = matches!(words.value.map(|form| &form.kind), None | Some(Kind::Nil));
    words.key.is_some() || (words.has_tuples && (is_read || !is_silent))
}

/// Returns the key and leaves only the value in `words`: `[key value]`, if the key has no field.
fn keyed(words: &mut Words<'_>) -> Result<Value, Puzzle> {
    if let Some(key) = words.key {
        return Ok(words.values.of(key));
    }
    if !words.has_tuples {
        return Err(Puzzle::Value("a `key`"));
    }
    match words.value.and_then(Form::list) {
        Some([key, value]) => {
            let key = words.values.of(key);
            (words.value, words.has_tuples) = (Some(value), false);
            Ok(key)
        }
        _ => Err(Puzzle::Value("the key and what is done to it: [\"x\" 1]")),
    }
}

impl Vocabulary for Lock<ProcessName> {
    const NAME: &'static str = "lock";
    const OPERATIONS: &'static [&'static str] = &["acquire", "release"];

    fn op(words: &mut Words<'_>) -> Result<LockOp<ProcessName>, Puzzle> {
        words.nothing()?;
        match words.op {
            "acquire" | "lock" => Ok(LockOp::Acquire { by: words.process.clone() }),
            "release" | "unlock" => Ok(LockOp::Release { by: words.process.clone() }),
            _ => Err(Puzzle::Operation),
        }
    }

    fn reply(op: &LockOp<ProcessName>, words: &mut Words<'_>) -> Result<LockReply, Puzzle> {
        Ok(match (op, words.is_false()?) {
            (LockOp::Acquire { .. }, true) => LockReply::Busy,
            (LockOp::Acquire { .. }, false) => LockReply::Granted(token(words)?),
            (LockOp::Release { .. }, true) => LockReply::NotHeld,
            (LockOp::Release { .. }, false) => LockReply::Released,
        })
    }
}

/// Returns the fencing token of a grant; `None` if there is none.
fn token(words: &Words<'_>) -> Result<Option<u64>, Puzzle> {
    let token = match words.value.map(|form| &form.kind) {
        None | Some(Kind::Nil) => return Ok(None),
        Some(Kind::Bool(true)) => return Ok(None),
        Some(Kind::Int(number)) => u64::try_from(*number).ok(),
        // Tokens may exceed the range in which other numbers are read.
        Some(Kind::Number(text) | Kind::Text(text)) => text.parse().ok(),
        Some(_) => None,
    };
    token.map(Some).ok_or(Puzzle::Value("a fencing token: a number from 0"))
}

impl Vocabulary for Queue<Value> {
    const NAME: &'static str = "queue";
    const OPERATIONS: &'static [&'static str] = &["enqueue", "dequeue"];

    fn op(words: &mut Words<'_>) -> Result<QueueOp<Value>, Puzzle> {
        match words.op {
            "enqueue" => Ok(QueueOp::Enqueue(words.some()?)),
            "dequeue" => words.carry().map(|()| QueueOp::Dequeue),
            _ => Err(Puzzle::Operation),
        }
    }

    fn reply(op: &QueueOp<Value>, words: &mut Words<'_>) -> Result<QueueReply<Value>, Puzzle> {
        Ok(match op {
            QueueOp::Enqueue(value) => {
                words.repeats(value)?;
                QueueReply::Enqueued
            }
            QueueOp::Dequeue => match words.answer()? {
                Value::Nil => QueueReply::Empty,
                value => QueueReply::Dequeued(value),
            },
        })
    }
}

impl Vocabulary for Log<Value> {
    const NAME: &'static str = "log";
    const OPERATIONS: &'static [&'static str] = &["append", "read"];

    fn op(words: &mut Words<'_>) -> Result<LogOp<Value>, Puzzle> {
        match words.op {
            "append" => Ok(LogOp::Append(words.some()?)),
            "read" => words.carry().map(|()| LogOp::Read),
            _ => Err(Puzzle::Operation),
        }
    }

    fn reply(op: &LogOp<Value>, words: &mut Words<'_>) -> Result<LogReply<Value>, Puzzle> {
        match op {
            LogOp::Append(value) => {
                words.repeats(value)?;
                Ok(LogReply::Appended(None))
            }
            LogOp::Read => {
                if words.carried.is_some() {
                    words.answer()?;
                }
                let list = words.value.and_then(Form::list);
                let list =
                    list.ok_or(Puzzle::Value("all entries, the first one first: [1 2 3]"))?;
                Ok(LogReply::Entries(list.iter().map(|form| words.values.of(form)).collect()))
            }
        }
    }
}
