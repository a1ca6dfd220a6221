//! Parses text into a script.
//!
//! The text is read line by line: first the header, up to the first line that begins with a time,
//! then the lines. `token.rs` reads words, `condition.rs` and `action.rs` contain the grammar, and
//! `header.rs` the keys. A script of the right form is then checked by [`check`](crate::check()),
//! like a script made in code, and each problem is given its place.
//!
//! One mistake does not hide the others: up to [`ScriptError::MISTAKES_MAX`] are reported at once.
//! After a mistake in the header, the meaning of the lines is unknown, so only their form is
//! checked.

mod action;
mod condition;
mod header;
mod mistakes;
mod row;
mod token;

use std::iter::Peekable;

use squall_process::{Instant, Span};
use squall_snippet::harmless;

use self::action::{Written, action, begins_action};
use self::header::Header;
use self::mistakes::{Mistakes, place_of};
use self::row::{Row, Rows};
use self::token::{Parsed, Refusal, Text, expected, peek, span, word};
use crate::problem::shortened;
use crate::{
    Action, Expected, LINES_MAX, Language, Line, Place, Problem, Script, ScriptError, Wrong,
    check_script,
};

/// Reads the script in `source`, which is a script of `language`. `name` is the name of the file,
/// for errors.
///
/// # Errors
///
/// Returns the mistakes and their places.
pub fn read_script(
    language: &dyn Language,
    source: &str,
    name: &str,
) -> Result<Script, ScriptError> {
    let mut mistakes = Mistakes::new(name);
    let mut rows = Rows::new(source).peekable();
    let first = read_version(&mut rows, &mistakes)?;
    let header = read_header(language, &mut rows, &first, &mut mistakes)?;
    let is_sound = mistakes.found.is_empty();
    let (lines, spots) = read_lines(language, &mut rows, &mut mistakes);
    let script = Script {
        system: language.profile().name.to_owned(),
        seed: header.seed.unwrap_or_default(),
        servers: header.servers.unwrap_or_default(),
        clients: header.clients.unwrap_or_default(),
        judged: header.judged,
        conditions: header.conditions,
        knobs: header.knobs.clone(),
        steps: header.steps.unwrap_or(Script::STEPS_DEFAULT),
        end: header.end,
        lines,
    };
    let wrongs = if is_sound { check_script(&script, language) } else { Ok(()) };
    for Wrong { place, problem } in wrongs.err().unwrap_or_default() {
        let row = match place {
            Place::Header(key) => header.row(key, ""),
            Place::Knob(knob) => header.row("knob", knob),
            Place::Line(line) => spots[line].row(source),
        };
        mistakes.meaning(&row.unwrap_or(first), problem);
    }
    if mistakes.found.is_empty() { Ok(script) } else { Err(ScriptError::new(name, mistakes.found)) }
}

/// Returns the name of the system of the script `source`. `name` is the name of the file, for
/// errors.
///
/// # Errors
///
/// Returns an error if it is not a script, or names no system before its first line.
pub fn system_of(source: &str, name: &str) -> Result<String, ScriptError> {
    let mistakes = Mistakes::new(name);
    let mut rows = Rows::new(source).peekable();
    let first = read_version(&mut rows, &mistakes)?;
    while let Some(row) = rows.next_if(|row| !begins_with_time(row.code)) {
        let mut input = row.code;
        if word(&mut input).is_ok_and(|key| key == "system") {
            let name = header::system(&mut input);
            return name.map(str::to_owned).map_err(|refusal| mistakes.only(&row, refusal));
        }
    }
    let missing = Problem::Missing { key: "system" };
    Err(mistakes.only(&first, Refusal::new(first.code.len(), first.code.len(), missing)))
}

/// Returns the text of the operation in `request`, which is the name of a process and that text, if
/// the request would be read back unchanged.
pub(crate) fn operation_of(request: &str) -> Option<&str> {
    let row = Rows::new(request).next()?;
    let mut input = row.code;
    match action(&mut input) {
        Ok(Written::Ask(_, text)) if row.code.len() == request.len() => Some(text),
        _ => None,
    }
}

fn read_version<'a>(
    rows: &mut Peekable<Rows<'a>>,
    mistakes: &Mistakes<'_>,
) -> Result<Row<'a>, ScriptError> {
    let row = rows.next().unwrap_or(Row::NOTHING);
    header::version(&row).map(|()| row).map_err(|refusal| mistakes.only(&row, refusal))
}

fn read_header<'a>(
    language: &dyn Language,
    rows: &mut Peekable<Rows<'a>>,
    first: &Row<'a>,
    mistakes: &mut Mistakes<'_>,
) -> Result<Header<'a>, ScriptError> {
    let mut header = Header::default();
    while !mistakes.are_enough() {
        let Some(row) = rows.next_if(|row| !begins_with_time(row.code)) else {
            break;
        };
        if let Err(refusal) = header.take(row, language.profile().knobs) {
            mistakes.form(&row, refusal);
        }
    }
    let wanted = language.profile().name;
    if let Some(found) = header.system.filter(|found| *found != wanted) {
        // The rest of the file has no meaning for this system.
        let problem = Problem::OtherSystem { found: shortened(found), wanted };
        let row = header.row("system", "").unwrap_or(*first);
        let (start, _) = place_of(&problem, row.code);
        let place = Refusal::new(row.code.len() - start, found.len(), problem);
        return Err(mistakes.only(&row, place));
    }
    for key in header.missing() {
        let length = first.code.len();
        mistakes.form(first, Refusal::new(length, length, Problem::Missing { key }));
    }
    Ok(header)
}

/// Returns the lines with a time, and the place of each.
fn read_lines(
    language: &dyn Language,
    rows: &mut Peekable<Rows<'_>>,
    mistakes: &mut Mistakes<'_>,
) -> (Vec<Line>, Vec<Spot>) {
    let (mut lines, mut spots) = (Vec::new(), Vec::new());
    while !mistakes.are_enough() {
        let Some(row) = rows.next() else { break };
        if lines.len() == LINES_MAX {
            let length = row.code.len();
            let problem = Problem::TooManyLines { limit: LINES_MAX };
            mistakes.form(&row, Refusal::new(length, length, problem));
            break;
        }
        match read_line(language, &row) {
            Ok(line) => {
                lines.push(line);
                spots.push(Spot { offset: row.offset, number: row.number });
            }
            Err(refusal) => mistakes.form(&row, refusal),
        }
    }
    (lines, spots)
}

fn read_line(language: &dyn Language, row: &Row<'_>) -> Parsed<Line> {
    let mut input = row.code;
    let at = Instant::ZERO + time(&mut input)?;
    let action = match action(&mut input)? {
        Written::Fault(fault) => Action::Fault(fault),
        Written::Luck(luck) => Action::Luck(luck),
        Written::Calm(healed) => Action::Calm(healed),
        Written::Ask(process, text) => {
            let op = language.operation(text).map_err(|error| {
                let problem = Problem::Op {
                    text: shortened(text),
                    system: language.profile().name,
                    error: harmless(&error.to_string()),
                    example: language.profile().example,
                };
                Refusal::new(text.len(), text.len(), problem)
            })?;
            Action::Ask { process, op }
        }
    };
    Ok(Line { at, action })
}

/// Returns the time in front of an action.
fn time(input: &mut Text<'_>) -> Parsed<Span> {
    let first = peek(input);
    if begins_with_time(first) {
        return span(input);
    }
    let problem = if header::is_key(first) {
        Problem::LateKey { key: shortened(first) }
    } else if begins_action(first) {
        Problem::ActionWithoutTime { word: shortened(first) }
    } else {
        expected(Expected::Span, first)
    };
    Err(Refusal::new(input.len(), first.len(), problem))
}

/// Returns whether a line is no longer part of the header.
fn begins_with_time(code: &str) -> bool {
    code.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '-' | '+' | '.'))
}

/// The place of a line in its file.
struct Spot {
    offset: usize,
    number: usize,
}

impl Spot {
    fn row<'a>(&self, source: &'a str) -> Option<Row<'a>> {
        Rows::from(source, self.offset, self.number).next()
    }
}
