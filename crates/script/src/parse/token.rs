//! The smallest parts of a line: words, names, numbers, times, chances.
//!
//! Each parser takes one word and the spaces after it, so that other code can ignore spaces. A word
//! ends at a space, at the end of the line, or at one of `| > ,`, which separate the sides of
//! links.

use squall_process::{ProcessId, RecordNumber, Span};
use squall_world::{Chance, SpanRange};
use winnow::Parser;
use winnow::error::ParserError;
use winnow::token::take_while;

use crate::problem::shortened;
use crate::{ChanceError, Expected, Problem};

/// The remaining text of a line.
pub(super) type Text<'a> = &'a str;

/// The result of a parser.
pub(super) type Parsed<T> = Result<T, Refusal>;

/// Why and where a line was refused.
#[derive(Debug)]
pub(super) struct Refusal {
    /// The number of bytes of the line that are left where the problem begins.
    pub(super) left: usize,
    /// The number of bytes that the problem spans.
    pub(super) length: usize,
    /// The problem; `None` if the parser does not apply.
    problem: Option<Box<Problem>>,
}

impl Refusal {
    /// Returns a refusal because of `problem`, for the first `length` bytes of the last `left` of
    /// the line.
    pub(super) fn new(left: usize, length: usize, problem: Problem) -> Self {
        Self { left, length, problem: Some(Box::new(problem)) }
    }

    /// Returns the problem.
    pub(super) fn problem(self) -> Problem {
        self.problem
            .map_or(Problem::Expected { what: Expected::Action, found: String::new() }, |problem| {
                *problem
            })
    }
}

impl ParserError<Text<'_>> for Refusal {
    type Inner = Self;

    fn from_input(input: &Text<'_>) -> Self {
        Self { left: input.len(), length: 0, problem: None }
    }

    /// Returns whether the next parser should be tried. A parser that knows the problem ends the
    /// search.
    fn is_backtrack(&self) -> bool {
        self.problem.is_none()
    }

    fn into_inner(self) -> Result<Self, Self> {
        Ok(self)
    }
}

/// Returns whether a character is a space of the notation.
pub(super) const fn is_blank(letter: char) -> bool {
    matches!(letter, ' ' | '\t')
}

/// Skips any spaces.
pub(super) fn blanks(input: &mut Text<'_>) -> Parsed<()> {
    take_while(0.., is_blank).void().parse_next(input)
}

/// Takes the next word, which may be empty, and the spaces after it.
pub(super) fn word<'a>(input: &mut Text<'a>) -> Parsed<&'a str> {
    let word = peek(input);
    *input = &input[word.len()..];
    blanks(input)?;
    Ok(word)
}

/// Returns the next word without taking it.
pub(super) fn peek<'a>(input: Text<'a>) -> &'a str {
    let is_end = |byte: &u8| matches!(byte, b' ' | b'\t' | b'|' | b'>' | b',');
    let end = input.as_bytes().iter().position(is_end);
    &input[..end.unwrap_or(input.len())]
}

/// Takes the next word and parses it with `read`. If `read` refuses it, the word is marked.
pub(super) fn read<T>(
    input: &mut Text<'_>,
    read: impl FnOnce(&str) -> Result<T, Problem>,
) -> Parsed<T> {
    let left = input.len();
    let next = peek(input);
    match read(next) {
        Ok(value) => {
            *input = &input[next.len()..];
            blanks(input)?;
            Ok(value)
        }
        // Not a word but one of `| > ,`, which is what was found.
        Err(Problem::Expected { what, .. }) if next.is_empty() && left > 0 => {
            Err(Refusal::new(left, 1, expected(what, &input[..1])))
        }
        Err(problem) => Err(Refusal::new(left, next.len(), problem)),
    }
}

/// Returns the problem that `found` was found where `what` was expected.
pub(super) fn expected(what: Expected, found: &str) -> Problem {
    Problem::Expected { what, found: shortened(found) }
}

/// Expects the end of the line; otherwise `what` was expected.
pub(super) fn end_or(input: &mut Text<'_>, what: Expected) -> Parsed<()> {
    match input.chars().next() {
        None => Ok(()),
        Some(first) => {
            let length = peek(input).len().max(first.len_utf8());
            Err(Refusal::new(input.len(), length, expected(what, &input[..length])))
        }
    }
}

/// Takes one of `words`, and returns its index.
pub(super) fn one_of(input: &mut Text<'_>, words: &'static [&'static str]) -> Parsed<usize> {
    read(input, |text| {
        let place = words.iter().position(|word| *word == text);
        place.ok_or_else(|| expected(Expected::Word(words), text))
    })
}

/// Takes an integer, in plain digits.
pub(super) fn number64(input: &mut Text<'_>) -> Parsed<u64> {
    read(input, |text| number_of(text, u64::MAX))
}

/// Takes an integer of 32 bits.
pub(super) fn number32(input: &mut Text<'_>) -> Parsed<u32> {
    read(input, number32_of)
}

/// Takes the number after `mark`: the 4 of `sync#4`.
pub(super) fn numbered(input: &mut Text<'_>, mark: &str) -> Parsed<u32> {
    read(input, |text| number32_of(text.strip_prefix(mark).unwrap_or_default()))
}

/// Returns the 32-bit number with the text `text`.
pub(super) fn number32_of(text: &str) -> Result<u32, Problem> {
    let number = number_of(text, u64::from(u32::MAX))?;
    Ok(u32::try_from(number).expect("the bound was 32 bits"))
}

/// Returns the number with the text `text`, if it is at most `max`.
fn number_of(text: &str, max: u64) -> Result<u64, Problem> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(expected(Expected::Number, text));
    }
    let number = text.parse().ok().filter(|number| *number <= max);
    number.ok_or_else(|| Problem::Number { text: shortened(text), max })
}

/// Takes a length of time.
pub(super) fn span(input: &mut Text<'_>) -> Parsed<Span> {
    read(input, |text| span_of(text, Expected::Span))
}

fn span_of(text: &str, what: Expected) -> Result<Span, Problem> {
    if text.is_empty() {
        return Err(expected(what, text));
    }
    text.parse().map_err(|error| Problem::Span { text: shortened(text), error })
}

/// Takes a length of time, or two with `..` between them.
pub(super) fn span_range(input: &mut Text<'_>) -> Parsed<SpanRange> {
    read(input, |text| {
        let Some((low, high)) = text.split_once("..") else {
            return span_of(text, Expected::SpanRange).map(SpanRange::exactly);
        };
        let (low, high) = (span_of(low, Expected::Span)?, span_of(high, Expected::Span)?);
        SpanRange::new(low, high).ok_or(Problem::Range { low, high })
    })
}

/// Takes a chance: a percentage with at most four decimals.
pub(super) fn chance(input: &mut Text<'_>) -> Parsed<Chance> {
    read(input, |text| match text {
        "" => Err(expected(Expected::Chance, text)),
        _ => chance_of(text).map_err(|error| Problem::Chance { text: shortened(text), error }),
    })
}

fn chance_of(text: &str) -> Result<Chance, ChanceError> {
    const PLACES: usize = 4;
    let number = text.strip_suffix('%').ok_or(ChanceError::Form)?;
    let (percent, decimals) = number.split_once('.').unwrap_or((number, "0"));
    let is_number = |t: &str| !t.is_empty() && t.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(percent) || !is_number(decimals) {
        return Err(ChanceError::Form);
    }
    let decimals = decimals.trim_end_matches('0');
    if decimals.len() > PLACES {
        return Err(ChanceError::TooFine);
    }
    let percent: u32 = percent.parse().map_err(|_| ChanceError::TooHigh)?;
    let rest: u32 = format!("{decimals:0<PLACES$}").parse().map_err(|_| ChanceError::Form)?;
    let millionths = percent.checked_mul(10_000).and_then(|most| most.checked_add(rest));
    millionths.and_then(Chance::from_millionths).ok_or(ChanceError::TooHigh)
}

/// Takes an offset of a clock in nanoseconds: a length of time, with or without a sign.
pub(super) fn offset(input: &mut Text<'_>) -> Parsed<i64> {
    read(input, |text| {
        let (is_back, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let nanos = i128::from(span_of(digits, Expected::Offset)?.as_nanos());
        let nanos = if is_back { -nanos } else { nanos };
        i64::try_from(nanos).map_err(|_| Problem::Span {
            text: shortened(text),
            error: squall_process::ParseSpanError::TooLong,
        })
    })
}

/// Takes a drift of a clock in millionths: `200ppm`, `-200ppm`.
pub(super) fn drift(input: &mut Text<'_>) -> Parsed<i32> {
    read(input, |text| {
        let number = text.strip_suffix("ppm").and_then(|number| number.parse().ok());
        number.ok_or_else(|| expected(Expected::Drift, text))
    })
}

/// Takes the name of a process.
pub(super) fn process(input: &mut Text<'_>) -> Parsed<ProcessId> {
    read(input, process_of)
}

/// Returns the process that `text` names.
pub(super) fn process_of(text: &str) -> Result<ProcessId, Problem> {
    text.parse().map_err(|_| expected(Expected::Process, text))
}

/// Returns whether `text` is probably meant as the name of a process.
pub(super) fn names_process(text: &str) -> bool {
    matches!(text.as_bytes(), [b'n' | b'c', b'0'..=b'9', ..])
}

/// Takes the number of a record: `r7`.
pub(super) fn record(input: &mut Text<'_>) -> Parsed<RecordNumber> {
    read(input, |text| {
        let number = text.strip_prefix('r').and_then(|digits| number_of(digits, u64::MAX).ok());
        number.map(RecordNumber).ok_or_else(|| expected(Expected::Record, text))
    })
}

/// Returns whether `text` is probably meant as the number of a record.
pub(super) fn names_record(text: &str) -> bool {
    matches!(text.as_bytes(), [b'r', b'0'..=b'9', ..])
}
