//! The grammar of conditions, which is the same in the header and on a line.

use squall_world::{Condition, Delay, Keep, Tail};
use winnow::Parser;
use winnow::combinator::{dispatch, fail};

use super::token::{Parsed, Text, chance, number32, one_of, peek, span, span_range, word};

/// The words that begin a condition.
pub(super) const CONDITIONS: [&str; 13] = [
    "delay",
    "tail",
    "loss",
    "duplicate",
    "order",
    "queue",
    "sync",
    "write-error",
    "sync-error",
    "keep",
    "torn",
    "late",
    "restart",
];

/// Reads a condition. The first word must be one of [`CONDITIONS`].
pub(super) fn condition(input: &mut Text<'_>) -> Parsed<Condition> {
    dispatch! {word;
        "delay" => delay.map(Condition::Delay),
        "tail" => tail.map(Condition::Tail),
        "loss" => chance.map(Condition::Loss),
        "duplicate" => chance.map(Condition::Duplicate),
        "order" => in_order.map(Condition::InOrder),
        "queue" => queue.map(Condition::Queue),
        "sync" => span_range.map(Condition::Sync),
        "write-error" => chance.map(Condition::WriteError),
        "sync-error" => chance.map(Condition::SyncError),
        "keep" => keep.map(Condition::Keep),
        "torn" => chance.map(Condition::Torn),
        "late" => tail.map(Condition::Late),
        "restart" => span.map(Condition::Restart),
        _ => fail,
    }
    .parse_next(input)
}

fn delay(input: &mut Text<'_>) -> Parsed<Delay> {
    let range = span_range(input)?;
    if range.low() != range.high() || peek(input) != "+" {
        return Ok(Delay::Uniform(range));
    }
    word(input)?;
    one_of(input, &["exp"])?;
    Ok(Delay::Exponential { floor: range.low(), mean: span(input)? })
}

fn tail(input: &mut Text<'_>) -> Parsed<Tail> {
    (chance, span).map(|(chance, high)| Tail { chance, high }).parse_next(input)
}

fn in_order(input: &mut Text<'_>) -> Parsed<bool> {
    Ok(one_of(input, &["kept", "free"])? == 0)
}

fn queue(input: &mut Text<'_>) -> Parsed<Option<u32>> {
    if peek(input) == "any" {
        word(input)?;
        return Ok(None);
    }
    number32(input).map(Some)
}

fn keep(input: &mut Text<'_>) -> Parsed<Keep> {
    const KEEPS: [Keep; 4] = [Keep::All, Keep::None, Keep::Prefix, Keep::Subset];
    one_of(input, &["all", "none", "prefix", "subset"]).map(|place| KEEPS[place])
}
