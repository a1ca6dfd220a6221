//! The header of a script: the version, then one key and value on each line, in any order.

use squall_process::Instant;
use squall_world::Conditions;

use super::action::begins_action;
use super::condition::{CONDITIONS, condition};
use super::row::Row;
use super::token::{
    Parsed, Refusal, Text, end_or, expected, is_blank, number32, number64, one_of, peek, read,
    span, word,
};
use crate::nearest::nearest;
use crate::problem::shortened;
use crate::{Expected, Judged, Knob, KnobValue, Knobs, Problem, VERSION};

/// The keys of a header, except for conditions.
const KEYS: [&str; 8] = ["system", "seed", "servers", "clients", "judge", "knob", "steps", "end"];

/// Renamed keys: the old name, and the new one.
const RENAMED: [(&str, &str); 1] = [("nodes", "servers")];

/// Returns whether `word` begins a header line.
pub(super) fn is_key(word: &str) -> bool {
    KEYS.contains(&word) || CONDITIONS.contains(&word)
}

/// The contents of a header.
#[derive(Default)]
pub(super) struct Header<'a> {
    pub(super) system: Option<&'a str>,
    pub(super) seed: Option<u64>,
    pub(super) servers: Option<u32>,
    pub(super) clients: Option<u32>,
    pub(super) judged: Judged,
    pub(super) conditions: Conditions,
    pub(super) knobs: Knobs,
    pub(super) steps: Option<u64>,
    pub(super) end: Option<Instant>,
    /// The lines read so far, right or wrong.
    said: Vec<Said<'a>>,
}

/// A header line and its key.
struct Said<'a> {
    /// The key, and the name of the knob if it is one.
    key: (&'a str, &'a str),
    row: Row<'a>,
}

/// Reads the first line: `squall 1`.
pub(super) fn version(row: &Row<'_>) -> Parsed<()> {
    let mut input = row.code;
    let no_script = || Refusal::new(row.code.len(), row.code.len(), Problem::NotAScript);
    if word(&mut input)? != "squall" {
        return Err(no_script());
    }
    let left = input.len();
    let length = peek(input).len();
    let found = number64(&mut input).map_err(|_| no_script())?;
    if found != u64::from(VERSION) {
        return Err(Refusal::new(left, length, Problem::Version { found }));
    }
    end_or(&mut input, Expected::End)
}

/// Reads the name behind `system`.
pub(super) fn system<'a>(input: &mut Text<'a>) -> Parsed<&'a str> {
    let name = peek(input);
    read(input, |text| match text {
        "" => Err(expected(Expected::Name, text)),
        _ => Ok(()),
    })?;
    Ok(name)
}

impl<'a> Header<'a> {
    /// Returns the line with the key `key`, or with the knob `name`.
    pub(super) fn row(&self, key: &str, name: &str) -> Option<Row<'a>> {
        let said = self.said.iter().find(|said| said.key == (key, name));
        said.map(|said| said.row)
    }

    /// Returns the required keys that this header lacks.
    pub(super) fn missing(&self) -> impl Iterator<Item = &'static str> {
        let must = ["system", "seed", "servers"].into_iter();
        must.filter(|key| self.row(key, "").is_none())
    }

    /// Reads one line.
    pub(super) fn take(&mut self, row: Row<'a>, knobs: &'static [Knob]) -> Parsed<()> {
        let mut input = row.code;
        let key = word(&mut input)?;
        let name = if key == "knob" { peek(input) } else { "" };
        if let Some((old, new)) = RENAMED.into_iter().find(|(old, _)| *old == key) {
            self.said.push(Said { key: (new, ""), row });
            let problem = Problem::RenamedKey { old, new, value: shortened(input.trim()) };
            return Err(Refusal::new(row.code.len(), key.len(), problem));
        }
        if !is_key(key) {
            return Err(unknown(row.code));
        }
        if let Some(first) = self.row(key, name) {
            let problem = Problem::KeyTwice {
                key: shortened(if name.is_empty() { key } else { name }),
                line: first.number,
            };
            return Err(Refusal::new(row.code.len(), row.code.len(), problem));
        }
        self.said.push(Said { key: (key, name), row });
        match key {
            "system" => self.system = Some(system(&mut input)?),
            "seed" => self.seed = Some(number64(&mut input)?),
            "servers" => self.servers = Some(number32(&mut input)?),
            "clients" => self.clients = Some(number32(&mut input)?),
            "judge" => {
                const RULES: [Judged; 2] = [Judged::All, Judged::Safety];
                self.judged = RULES[one_of(&mut input, &["all", "safety"])?];
            }
            "knob" => {
                let (knob, value) = knob(&mut input, knobs)?;
                self.knobs.turn(knob, value);
            }
            "steps" => self.steps = Some(number64(&mut input)?),
            "end" => self.end = Some(Instant::ZERO + span(&mut input)?),
            _ => {
                input = row.code;
                self.conditions.set(condition(&mut input)?);
            }
        }
        end_or(&mut input, Expected::End)
    }
}

/// Returns the problem of a header line whose first word is not a key.
fn unknown(code: &str) -> Refusal {
    let key = code.split(is_blank).next().unwrap_or_default();
    let problem = if begins_action(key) {
        Problem::ActionWithoutTime { word: shortened(key) }
    } else {
        Problem::UnknownKey {
            key: shortened(key),
            nearest: nearest(key, KEYS.into_iter().chain(CONDITIONS)),
        }
    };
    Refusal::new(code.len(), key.len(), problem)
}

/// Reads `NAME VALUE`, with a value to the end of the line.
fn knob(input: &mut Text<'_>, knobs: &'static [Knob]) -> Parsed<(&'static Knob, KnobValue)> {
    let knob = read(input, |name| {
        if name.is_empty() {
            return Err(expected(Expected::Name, name));
        }
        let known = knobs.iter().find(|knob| knob.name == name);
        known.ok_or_else(|| Problem::UnknownKnob {
            name: shortened(name),
            knobs: knobs.iter().map(|knob| knob.name).collect(),
        })
    })?;
    let words: Vec<&str> = input.split_ascii_whitespace().collect();
    let text = words.join(" ");
    let value = knob.parse(&text).ok_or_else(|| {
        let problem =
            Problem::KnobValue { name: knob.name, value: shortened(&text), domain: knob.domain };
        Refusal::new(input.len(), input.len(), problem)
    })?;
    *input = "";
    Ok((knob, value))
}
