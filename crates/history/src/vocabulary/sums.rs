//! The names of the operations of a counter, a set, and texts under keys in histories.

use std::collections::BTreeSet;
use std::sync::Arc;

use squall_linear::models::{
    Counter, CounterOp, CounterReply, Set, SetOp, SetReply, TextOp, TextReply, Texts, TextsOp,
};

use super::{Puzzle, Vocabulary, Words, keyed, says_key};
use crate::form::{Form, Kind};
use crate::reader::NilReads;
use crate::value::Value;

impl Vocabulary for Counter {
    const NAME: &'static str = "counter";
    const OPERATIONS: &'static [&'static str] = &["add", "increment", "decrement", "read"];

    fn op(words: &mut Words<'_>) -> Result<CounterOp, Puzzle> {
        match words.op {
            "add" => number(words)?.map(CounterOp::Add).ok_or(NO_NUMBER),
            "increment" | "inc" => Ok(CounterOp::Add(number(words)?.unwrap_or(1))),
            "decrement" | "dec" => {
                let number = number(words)?.unwrap_or(1).checked_neg();
                number.map(CounterOp::Add).ok_or(NO_NUMBER)
            }
            "read" | "get" => words.carry().map(|()| CounterOp::Read),
            _ => Err(Puzzle::Operation),
        }
    }

    fn reply(op: &CounterOp, words: &mut Words<'_>) -> Result<CounterReply, Puzzle> {
        match op {
            CounterOp::Read => {
                words.answer()?;
                total(words)?.map(CounterReply::Value).ok_or(NO_NUMBER)
            }
            CounterOp::Add(added) => {
                // Repeating the call adds no information.
                let again = [*added, added.saturating_neg()].map(i128::from);
                Ok(CounterReply::Added(total(words)?.filter(|total| !again.contains(total))))
            }
        }
    }
}

const NO_NUMBER: Puzzle = Puzzle::Value("a whole number");

fn number(words: &Words<'_>) -> Result<Option<i64>, Puzzle> {
    match words.value.map(|form| &form.kind) {
        None | Some(Kind::Nil) => Ok(None),
        Some(Kind::Int(number)) => Ok(Some(*number)),
        Some(_) => Err(NO_NUMBER),
    }
}

/// Returns the value that a counter reports.
fn total(words: &Words<'_>) -> Result<Option<i128>, Puzzle> {
    match words.value.map(|form| &form.kind) {
        None | Some(Kind::Nil) => Ok(None),
        Some(Kind::Int(number)) => Ok(Some(i128::from(*number))),
        Some(Kind::Number(text)) => text.parse().map(Some).map_err(|_| NO_NUMBER),
        Some(_) => Err(NO_NUMBER),
    }
}

impl Vocabulary for Set<Value> {
    const NAME: &'static str = "set";
    const OPERATIONS: &'static [&'static str] = &["add", "remove", "contains", "read"];

    fn op(words: &mut Words<'_>) -> Result<SetOp<Value>, Puzzle> {
        match words.op {
            "add" => Ok(SetOp::Add(words.some()?)),
            "remove" => Ok(SetOp::Remove(words.some()?)),
            "contains" => Ok(SetOp::Contains(words.some()?)),
            "read" => words.carry().map(|()| SetOp::Read),
            _ => Err(Puzzle::Operation),
        }
    }

    fn reply(op: &SetOp<Value>, words: &mut Words<'_>) -> Result<SetReply<Value>, Puzzle> {
        match op {
            SetOp::Add(value) | SetOp::Remove(value) => {
                // An element may be a truth value, which then repeats the call.
                if words.repeats(value).is_ok() {
                    return Ok(SetReply::Done(None));
                }
                match words.value.map(|form| &form.kind) {
                    Some(Kind::Bool(changed)) => Ok(SetReply::Done(Some(*changed))),
                    _ => Err(Puzzle::OtherValue),
                }
            }
            SetOp::Contains(_) => match words.value.map(|form| &form.kind) {
                Some(Kind::Bool(found)) => Ok(SetReply::Found(*found)),
                _ => Err(Puzzle::Value("true or false")),
            },
            SetOp::Read => {
                if words.carried.is_some() {
                    words.answer()?;
                }
                elements(words).map(SetReply::Elements)
            }
        }
    }
}

fn elements(words: &mut Words<'_>) -> Result<BTreeSet<Value>, Puzzle> {
    let Some(Form { kind: Kind::List(forms) | Kind::Set(forms), .. }) = words.value else {
        return Err(Puzzle::Value("all elements: [1 2 3]"));
    };
    let elements: BTreeSet<Value> = forms.iter().map(|form| words.values.of(form)).collect();
    match elements.len() == forms.len() {
        true => Ok(elements),
        false => Err(Puzzle::Value("each element once")),
    }
}

impl Vocabulary for Texts<Value> {
    const NAME: &'static str = "map of texts";
    const OPERATIONS: &'static [&'static str] = &["get", "put", "append"];
    const HAS_KEYS: bool = true;

    fn op(words: &mut Words<'_>) -> Result<TextsOp<Value>, Puzzle> {
        let key = keyed(words)?;
        let op = match words.op {
            "get" | "read" => words.carry().map(|()| TextOp::Get)?,
            "put" | "write" => TextOp::Put(text(words)?),
            "append" => TextOp::Append(text(words)?),
            _ => return Err(Puzzle::Operation),
        };
        Ok(TextsOp { key, op })
    }

    fn reply(op: &TextsOp<Value>, words: &mut Words<'_>) -> Result<TextReply, Puzzle> {
        if says_key(words, op.op == TextOp::Get) && keyed(words)? != op.key {
            return Err(Puzzle::Key);
        }
        match &op.op {
            TextOp::Get => match (words.answer()?, words.nil_reads) {
                (Value::Text(text), _) => Ok(TextReply::Text(text.as_str().into())),
                (Value::Nil, NilReads::Value) => Ok(TextReply::Text("".into())),
                (Value::Nil, NilReads::Unknown) => Err(Puzzle::Unsaid),
                _ => Err(Puzzle::Value("a text")),
            },
            TextOp::Put(called) | TextOp::Append(called) => {
                let called = Value::Text(Arc::new(called.to_string()));
                words.repeats(&called).map(|()| TextReply::Done)
            }
        }
    }
}

fn text(words: &Words<'_>) -> Result<Arc<str>, Puzzle> {
    let text = words.value.and_then(Form::text);
    text.map(Arc::from).ok_or(Puzzle::Value("a text"))
}
