//! Turns entries into a history: each call with its outcome.

use std::collections::BTreeMap;
use std::io::BufRead;

use serde::Serialize;
use squall_linear::{Call, History};

use crate::entries::{DEPTH_MAX, Entries, Text, Trouble};
use crate::entry::{Entry, Format, Turn, Wrong};
use crate::error::{HistoryError, Mistake, Problem};
use crate::form::{Form, Span};
use crate::value::{ProcessName, Value, Values};
use crate::vocabulary::{Puzzle, Vocabulary, Words};

/// How to read a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// The format of the file; `None` until the first entry shows it.
    pub format: Option<Format>,
    /// The limits of what is read.
    pub limits: Limits,
    /// What an answered read of `nil` means.
    pub nil_reads: NilReads,
}

/// The meaning of a read of a register that was answered with `nil`, or `null`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum NilReads {
    /// The register held `nil`, as it does at first.
    #[default]
    Value,
    /// The history does not say what was read, as in Knossos. It may have been any value.
    Unknown,
}

/// The limits of what is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// The largest number of operations of a history.
    pub operations: usize,
    /// The largest number of bytes of one entry.
    pub entry_bytes: usize,
    /// The largest number of bytes of memory for values, each text once, and for process names.
    pub value_bytes: usize,
}

impl Default for Limits {
    /// Returns 8,388,608 operations (about 1 GiB of memory), 16 MiB for an entry, and 1 GiB for
    /// values.
    fn default() -> Self {
        Self { operations: 8 << 20, entry_bytes: 16 << 20, value_bytes: 1 << 30 }
    }
}

/// A history that was read.
#[derive(Debug)]
pub struct Recorded<M: Vocabulary> {
    /// The operations. Their events are numbered from 1, in the order of the file.
    pub history: History<M::Op, M::Reply>,
    /// The names of the processes, by their numbers.
    pub processes: Vec<ProcessName>,
    /// The line of each event; or its number among the entries of clients, if the file is a single
    /// line.
    pub places: Vec<u32>,
    /// What `places` counts.
    pub counted: Counted,
    /// The format in which it was written.
    pub format: Format,
    /// Entries that do not belong to a client.
    pub passed_over: u64,
}

/// What the place of an event counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Counted {
    /// Lines of the file.
    Lines,
    /// Entries of clients.
    Entries,
}

impl Counted {
    /// Returns the word for one of them.
    #[must_use]
    pub const fn one(self) -> &'static str {
        match self {
            Self::Lines => "line",
            Self::Entries => "entry",
        }
    }

    /// Returns the word for several of them.
    #[must_use]
    pub const fn several(self) -> &'static str {
        match self {
            Self::Lines => "lines",
            Self::Entries => "entries",
        }
    }
}

impl<M: Vocabulary> Recorded<M> {
    /// Returns the place of the event `number`.
    #[must_use]
    pub fn place(&self, number: u64) -> u32 {
        let place = usize::try_from(number).unwrap_or(0).wrapping_sub(1);
        self.places.get(place).copied().unwrap_or(0)
    }

    /// Counts entries instead of lines in a file of one line.
    fn count_entries(&mut self) {
        if self.places.len() > 1 && self.places.first() == self.places.last() {
            self.counted = Counted::Entries;
            (1..).zip(&mut self.places).for_each(|(number, place)| *place = number);
        }
    }
}

/// Reads the history of an object of the model `M` from the file `name`.
///
/// # Errors
///
/// Returns the first mistake and its place.
pub fn read<M: Vocabulary>(
    input: impl BufRead,
    name: &str,
    options: Options,
) -> Result<Recorded<M>, HistoryError> {
    let limits = options.limits;
    let mut entries = Entries::new(input, limits.entry_bytes);
    let mut reader = Reader::<M>::new(options);
    loop {
        let text = entries.next().map_err(|trouble| told(name, trouble, limits))?;
        let Some(text) = text else { break };
        let taken = Entry::read(&text, reader.format).and_then(|entry| reader.take(&text, &entry));
        taken.map_err(|(problem, place)| mistake(name, &text, problem, place))?;
    }
    match reader.recorded {
        Some(mut recorded) if !recorded.history.operations().is_empty() => {
            recorded.count_entries();
            Ok(recorded)
        }
        recorded => {
            let passed_over = recorded.map_or(0, |it| it.passed_over);
            Err(HistoryError::Empty { name: name.to_owned(), passed_over })
        }
    }
}

fn mistake(name: &str, text: &Text, problem: Problem, place: Span) -> HistoryError {
    HistoryError::Mistake(Box::new(Mistake::new(name, text, problem, place)))
}

fn told(name: &str, trouble: Trouble, limits: Limits) -> HistoryError {
    let file = name.to_owned();
    let first = Span { start: 0, length: 1 };
    match trouble {
        Trouble::CutOff(text) => {
            let end = text.text.trim_end().len();
            mistake(name, &text, Problem::CutOff, Span { start: end, length: 1 })
        }
        Trouble::TooLong(text) => {
            mistake(name, &text, Problem::TooLong { limit: limits.entry_bytes }, first)
        }
        Trouble::TooDeep(text) => {
            let last = Span { start: text.text.len() - 1, length: 1 };
            mistake(name, &text, Problem::TooDeep { limit: DEPTH_MAX }, last)
        }
        Trouble::Stray(text) => {
            let all = Span { start: 0, length: text.text.len() };
            mistake(name, &text, Problem::Stray, all)
        }
        Trouble::Unclosed { line } => HistoryError::Unclosed { name: file, line },
        Trouble::NotText { offset, byte } => HistoryError::NotText { name: file, offset, byte },
        Trouble::Input(error) => HistoryError::Input { name: file, error },
    }
}

/// An operation that has no outcome yet.
struct Open {
    call: Call,
    op: String,
    line: u32,
    /// For a read, the value that it was called with, which it must return.
    carried: Option<Value>,
}

struct Reader<M: Vocabulary> {
    format: Option<Format>,
    limits: Limits,
    nil_reads: NilReads,
    values: Values,
    numbers: BTreeMap<String, u32>,
    open: BTreeMap<u32, Open>,
    recorded: Option<Recorded<M>>,
}

impl<M: Vocabulary> Reader<M> {
    fn new(options: Options) -> Self {
        let Options { format, limits, nil_reads } = options;
        let (values, numbers, open) = (Values::default(), BTreeMap::new(), BTreeMap::new());
        Self { format, limits, nil_reads, values, numbers, open, recorded: None }
    }

    fn take(&mut self, text: &Text, entry: &Entry) -> Result<(), Wrong> {
        self.format = Some(entry.format);
        let recorded = self.recorded.get_or_insert_with(|| Recorded {
            history: History::new(),
            processes: Vec::new(),
            places: Vec::new(),
            counted: Counted::Lines,
            format: entry.format,
            passed_over: 0,
        });
        let Some(name) = &entry.process else {
            recorded.passed_over += 1;
            return Ok(());
        };
        let process = match self.numbers.get(name) {
            Some(number) => *number,
            None => {
                let number = u32::try_from(recorded.processes.len()).unwrap_or(u32::MAX);
                self.values.count_name(name);
                recorded.processes.push(ProcessName::of(name));
                self.numbers.insert(name.clone(), number);
                number
            }
        };
        let line = u32::try_from(text.line).unwrap_or(u32::MAX);
        recorded.places.push(line);
        match entry.turn {
            Turn::Call => self.call(process, line, entry)?,
            _ => self.answer(process, entry)?,
        }
        let limit = self.limits.value_bytes;
        let is_too_much = self.values.bytes() > limit;
        if is_too_much { Err((Problem::TooMuch { limit }, entry.place("value"))) } else { Ok(()) }
    }

    fn call(&mut self, process: u32, line: u32, entry: &Entry) -> Result<(), Wrong> {
        let recorded = self.recorded.as_mut().expect("the first entry made it");
        if let Some(open) = self.open.get(&process) {
            let process = recorded.processes[process as usize].to_string();
            return Err((Problem::TwoOpen { process, line: open.line }, entry.place("process")));
        }
        let Some(op) = &entry.op else {
            let field = if entry.format == Format::Lines { "op" } else { "f" };
            let problem = Problem::Missing { field, format: entry.format };
            return Err((problem, entry.place("")));
        };
        if recorded.history.operations().len() >= self.limits.operations {
            return Err((Problem::TooMany { limit: self.limits.operations }, entry.place("")));
        }
        if entry.key.is_some() && !M::HAS_KEYS {
            return Err((Problem::Keys { model: M::NAME }, entry.place("key")));
        }
        let op = op.to_string();
        let name = &recorded.processes[process as usize];
        let mut words = words(name, &op, entry, &mut self.values);
        let asked = M::op(&mut words).map_err(|puzzle| puzzled::<M>(puzzle, &op, entry))?;
        let carried = words.carried.take();
        let number = recorded.places.len() as u64;
        let call = recorded.history.call(number, process, asked);
        self.open.insert(process, Open { call, op, line, carried });
        Ok(())
    }

    fn answer(&mut self, process: u32, entry: &Entry) -> Result<(), Wrong> {
        let recorded = self.recorded.as_mut().expect("the first entry made it");
        let Some(Open { call, op, carried, .. }) = self.open.remove(&process) else {
            let process = recorded.processes[process as usize].to_string();
            return Err((Problem::EndWithoutStart { process }, entry.place("process")));
        };
        if let Some(answered) = entry.op.as_ref().map(Form::to_string)
            && answered != op
        {
            let process = recorded.processes[process as usize].to_string();
            let field = if entry.format == Format::Lines { "op" } else { "f" };
            let problem = Problem::OtherOperation { process, called: op, answered };
            return Err((problem, entry.place(field)));
        }
        match entry.turn {
            Turn::Done => {
                let asked = &recorded.history.operations()[call.place()].op;
                let name = &recorded.processes[process as usize];
                let mut words = words(name, &op, entry, &mut self.values);
                (words.carried, words.nil_reads) = (carried, self.nil_reads);
                match M::reply(asked, &mut words) {
                    Ok(reply) => {
                        recorded.history.give_back(call, recorded.places.len() as u64, reply);
                    }
                    // The operation stays open.
                    Err(Puzzle::Unsaid) => {}
                    Err(puzzle) => return Err(puzzled::<M>(puzzle, &op, entry)),
                }
            }
            Turn::Refused => recorded.history.refuse(call),
            Turn::Call | Turn::Unknown => {}
        }
        Ok(())
    }
}

fn words<'a>(
    process: &'a ProcessName,
    op: &'a str,
    entry: &'a Entry,
    values: &'a mut Values,
) -> Words<'a> {
    let (key, value) = (entry.key.as_ref(), entry.value.as_ref());
    let has_tuples = entry.format != Format::Lines;
    let (carried, nil_reads) = (None, NilReads::Value);
    Words { process, op, key, value, has_tuples, carried, nil_reads, values }
}

fn puzzled<M: Vocabulary>(puzzle: Puzzle, op: &str, entry: &Entry) -> Wrong {
    match puzzle {
        Puzzle::Operation => {
            let field = if entry.format == Format::Lines { "op" } else { "f" };
            let found = op.to_owned();
            let problem = Problem::Operation { found, model: M::NAME, known: M::OPERATIONS };
            (problem, entry.place(field))
        }
        Puzzle::Value(expected) => {
            let found = entry.value.as_ref().map_or("nothing".to_owned(), Form::quoted);
            (Problem::Value { found, op: op.to_owned(), expected }, entry.place("value"))
        }
        Puzzle::KeyBefore => (Problem::Keys { model: M::NAME }, entry.place("value")),
        Puzzle::OtherRead(called) => {
            let problem = Problem::OtherRead { op: op.to_owned(), called: called.to_string() };
            (problem, entry.place("value"))
        }
        Puzzle::Unsaid => unreachable!("an operation that says nothing stays open"),
        Puzzle::OtherValue => (Problem::OtherValue { op: op.to_owned() }, entry.place("value")),
        Puzzle::Key => {
            let field = if entry.key.is_some() { "key" } else { "value" };
            (Problem::OtherKey { op: op.to_owned() }, entry.place(field))
        }
    }
}
