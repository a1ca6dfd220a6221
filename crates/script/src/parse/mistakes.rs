//! The mistakes found so far, each with its place in the file.

use super::row::Row;
use super::token::{Refusal, is_blank};
use crate::{Mistake, Problem, ScriptError};

/// The mistakes found so far.
pub(super) struct Mistakes<'a> {
    pub(super) name: &'a str,
    pub(super) found: Vec<Mistake>,
}

impl<'a> Mistakes<'a> {
    /// Returns an empty list for the file `name`.
    pub(super) const fn new(name: &'a str) -> Self {
        Self { name, found: Vec::new() }
    }

    /// Returns whether there are enough mistakes to end the search.
    pub(super) fn are_enough(&self) -> bool {
        self.found.len() >= ScriptError::MISTAKES_MAX
    }

    /// Adds a mistake in the form of a line.
    pub(super) fn form(&mut self, row: &Row<'_>, refusal: Refusal) {
        self.found.push(self.mistake(row, refusal));
    }

    /// Adds a mistake in the meaning of a line.
    pub(super) fn meaning(&mut self, row: &Row<'_>, problem: Problem) {
        let (start, length) = place_of(&problem, row.code);
        self.form(row, Refusal::new(row.code.len() - start, length, problem));
    }

    /// Returns the error with only this mistake, whatever else was found.
    pub(super) fn only(&self, row: &Row<'_>, refusal: Refusal) -> ScriptError {
        ScriptError::new(self.name, vec![self.mistake(row, refusal)])
    }

    fn mistake(&self, row: &Row<'_>, refusal: Refusal) -> Mistake {
        let start = row.code_at + row.code.len() - refusal.left;
        let length = refusal.length;
        Mistake::new(refusal.problem(), self.name, row.number, row.line, start, length)
    }
}

/// Returns the bytes of `code` that a problem of meaning concerns: the word that the problem names,
/// or all but the first word, which is a time or a key.
pub(super) fn place_of(problem: &Problem, code: &str) -> (usize, usize) {
    let time = code.find(is_blank).unwrap_or(code.len());
    let rest = time + code[time..].find(|letter| !is_blank(letter)).unwrap_or(0);
    let named = match problem {
        Problem::Backwards { .. } => return (0, time),
        Problem::NoSuchProcess { process, .. } | Problem::CalmClient { process } => {
            find(code, rest, &process.to_string(), false)
        }
        Problem::ProcessTwice { process } => find(code, rest, &process.to_string(), true),
        Problem::RecordTwice { record } => find(code, rest, &record.to_string(), true),
        Problem::UnknownRole { role, .. } => find(code, rest, &format!("@{role}"), false),
        Problem::Rest => find(code, rest, "rest", false),
        _ => None,
    };
    named.unwrap_or((rest, code.len() - rest))
}

/// Returns the place of `word` in `code` from byte `from` on, as a whole word: the first or the
/// last occurrence.
fn find(code: &str, from: usize, word: &str, is_last: bool) -> Option<(usize, usize)> {
    let is_inner = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
    let mut places = code[from..].match_indices(word).filter(|(place, _)| {
        let (before, after) = (from + place, from + place + word.len());
        !is_inner(code[..before].chars().next_back()) && !is_inner(code[after..].chars().next())
    });
    let place = if is_last { places.last() } else { places.next() };
    place.map(|(place, _)| (from + place, word.len()))
}
