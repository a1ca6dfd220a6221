//! The report on a history: for machines as JSON, for people as text with a picture.

use std::io;

use serde::Serialize;
use squall_history::{Counted, Recorded, Vocabulary};
use squall_linear::{Checked, Limit, Refutation};

use super::picture::{Bar, BarPart, Picture};
use crate::console::Palette;
use crate::status::Status;
use squall::figures::{counted, grouped};

/// The verdict on a history.
#[derive(Serialize)]
pub(super) struct Report {
    pub(super) file: String,
    pub(super) model: &'static str,
    pub(super) format: String,
    pub(super) verdict: &'static str,
    /// Why it is broken, or why nothing can be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
    operations: usize,
    processes: usize,
    /// Operations of unknown outcome.
    unknown: usize,
    /// Entries that are not of a client.
    passed_over: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) refutation: Option<Told>,
    #[serde(skip)]
    status: Status,
}

/// A refutation, in lines of the file, or in entries if it has one line alone.
#[derive(Serialize)]
pub(super) struct Told {
    /// What all numbers of lines count: `lines` or `entries`.
    counted: Counted,
    /// Until this line, all orders come to the same; 0 for the beginning.
    since: u32,
    state_before: String,
    /// A longest order of operations since then.
    order: Vec<Row>,
    /// Whether no other one is longer.
    is_longest: bool,
    /// How many operations of the order were open at its end and have no visible effect.
    needless: usize,
    /// The order without those, if there are more than a few of them.
    #[serde(skip)]
    shown: Vec<Row>,
    state_after: String,
    /// What no order has room for.
    stuck: Row,
    /// What ends the smallest broken prefix.
    last: Row,
    /// What cannot go together with it, such as the other holder of a lock.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    clash: Vec<Row>,
    is_smallest: bool,
    #[serde(skip)]
    pub(super) picture: Picture,
}

/// An operation.
#[derive(Clone, Serialize)]
pub(super) struct Row {
    process: String,
    op: String,
    /// The line of the call.
    line: u32,
    /// The line of the return, if it returned.
    returned: Option<u32>,
    /// Whether it had not returned by the end of the smallest broken prefix.
    is_open: bool,
}

impl Report {
    pub(super) fn of<M: Vocabulary>(
        file: &str,
        status: Status,
        recorded: &Recorded<M>,
        checked: &Checked,
    ) -> Self {
        let operations = recorded.history.operations();
        let (reason, refutation) = match checked {
            Checked::Holds => (None, None),
            Checked::Broken(why) => (Some(why.story(operations)), Some(Told::of(recorded, why))),
            Checked::Unknown(limit) => (Some(ended(limit)), None),
        };
        Self {
            file: file.to_owned(),
            model: M::NAME,
            format: recorded.format.to_string(),
            verdict: status.word(),
            reason,
            operations: operations.len(),
            processes: recorded.processes.len(),
            unknown: operations.iter().filter(|it| it.is_unknown()).count(),
            passed_over: recorded.passed_over,
            refutation,
            status,
        }
    }

    /// Returns what was read, in one line.
    pub(super) fn about(&self) -> String {
        let operations = counted(self.operations as u64, "operation");
        let processes = match self.processes {
            1 => "1 process".to_owned(),
            many => format!("{} processes", grouped(many as u64)),
        };
        let mut about = format!("a {}: {operations} of {processes}", self.model);
        if self.unknown > 0 {
            about.push_str(&format!(", {} of unknown outcome", grouped(self.unknown as u64)));
        }
        if self.passed_over > 0 {
            let word = if self.passed_over == 1 { "entry" } else { "entries" };
            about.push_str(&format!("; {} {word} passed over", grouped(self.passed_over)));
        }
        about
    }

    pub(super) fn print(&self, out: &mut dyn io::Write, palette: Palette) -> io::Result<()> {
        let word = match self.status {
            Status::Holds => palette.good(self.verdict),
            Status::Broken => palette.bad(self.verdict),
            _ => palette.odd(self.verdict),
        };
        writeln!(out, "{}: {word}", self.file)?;
        writeln!(out, "  {}, in {}", self.about(), self.format)?;
        if let Some(reason) = &self.reason {
            writeln!(out, "  {reason}")?;
        }
        self.refutation.as_ref().map_or(Ok(()), |told| told.print(out, palette))
    }

    /// Draws the picture for a terminal, if there is one.
    pub(super) fn draw(&self, out: &mut dyn io::Write, palette: Palette) -> io::Result<()> {
        let Some(told) = &self.refutation else { return Ok(()) };
        writeln!(out)?;
        told.picture.print(out, palette)
    }
}

impl Told {
    fn of<M: Vocabulary>(recorded: &Recorded<M>, why: &Refutation) -> Self {
        let row = |place: &usize| Row::of(recorded, why, *place);
        let is_stuck = |place: &usize| *place == why.stuck || *place == why.last;
        let clash = why.clash.iter().flat_map(|clash| clash.operations.iter().copied());
        let clash: Vec<usize> = clash.filter(|place| !is_stuck(place)).collect();
        let mut window: Vec<usize> = why.window.iter().chain(&clash).copied().collect();
        window.sort_unstable();
        window.dedup();
        let bars = window.iter().map(|place| {
            let it = &recorded.history.operations()[*place];
            let row = row(place);
            let placed = why.order.iter().position(|placed| placed == place);
            let part = match placed {
                _ if is_stuck(place) => BarPart::Stuck,
                _ if clash.contains(place) => BarPart::Clash,
                Some(number) => BarPart::Placed(number + 1),
                None => BarPart::Beside,
            };
            let label = format!("{} {}", row.process, row.op);
            Bar { label, called: it.called, returned: it.returned, part }
        });
        let are_few = why.needless.len() <= FEW;
        let shown = why.order.iter().filter(|place| are_few || !why.needless.contains(place));
        let end = recorded.history.operations()[why.last].returned.unwrap_or(why.since);
        Self {
            since: if why.since == 0 { 0 } else { recorded.place(why.since) },
            state_before: why.state_before.clone(),
            order: why.order.iter().map(row).collect(),
            is_longest: why.is_longest,
            needless: why.needless.len(),
            shown: shown.map(row).collect(),
            state_after: why.state_after.clone(),
            stuck: row(&why.stuck),
            last: row(&why.last),
            clash: clash.iter().map(row).collect(),
            is_smallest: why.is_smallest,
            counted: recorded.counted,
            picture: Picture::new(bars.collect(), end, recorded),
        }
    }

    fn print(&self, out: &mut dyn io::Write, palette: Palette) -> io::Result<()> {
        let hidden = self.shown.len().saturating_sub(ROWS_MAX);
        let left_out = self.order.len() - self.shown.len();
        writeln!(out)?;
        match self.since {
            0 => writeln!(out, "  at first, {}", self.state_before)?,
            line => {
                let (unit, state) = (self.counted.one(), &self.state_before);
                writeln!(out, "  until {unit} {line}, {state} in every order")?;
            }
        }
        if hidden > 0 {
            writeln!(out, "    {}", counted(hidden as u64, "operation"))?;
        }
        for row in &self.shown[hidden..] {
            writeln!(out, "    {}", row.told(self.counted))?;
        }
        if left_out > 0 {
            let left_out = grouped(left_out as u64);
            writeln!(out, "    among them {left_out} more, still open, without visible effect")?;
        }
        if !self.order.is_empty() {
            writeln!(out, "  then {}", self.state_after)?;
        }
        writeln!(out, "  and there is no room for")?;
        writeln!(out, "    {}", palette.bad(&self.stuck.told(self.counted)))?;
        if self.last.line != self.stuck.line {
            writeln!(out, "    {}", palette.bad(&self.last.told(self.counted)))?;
        }
        if !self.clash.is_empty() {
            writeln!(out, "  which cannot go together with")?;
        }
        for row in &self.clash {
            writeln!(out, "    {}", palette.odd(&row.told(self.counted)))?;
        }
        if !self.is_smallest {
            writeln!(out, "  a smaller part may be broken as well: the search did not come to it")?;
        }
        if !self.is_longest {
            writeln!(out, "  a longer order may exist: the search for it ended before its end")?;
        }
        Ok(())
    }
}

/// Returns what has ended the search, and how it may go on.
fn ended(limit: &Limit) -> String {
    match limit {
        Limit::Budget(_) => format!("{limit}; --budget allows more"),
        Limit::Memory(_) => format!("{limit}; --memory allows more"),
        Limit::Slots(_) | Limit::Stopped => limit.to_string(),
    }
}

/// The most needless operations that are printed among the others.
const FEW: usize = 3;
/// The most operations of an order that are printed.
const ROWS_MAX: usize = 20;

impl Row {
    fn of<M: Vocabulary>(recorded: &Recorded<M>, why: &Refutation, place: usize) -> Self {
        let operations = recorded.history.operations();
        let it = &operations[place];
        Self {
            process: recorded.processes[it.process as usize].to_string(),
            op: why.text(operations, place),
            line: recorded.place(it.called),
            returned: it.returned.map(|number| recorded.place(number)),
            is_open: why.is_open(operations, place),
        }
    }

    fn told(&self, unit: Counted) -> String {
        let lines = match self.returned {
            Some(end) if self.is_open => {
                format!("{} {} to {end}, still open here", unit.several(), self.line)
            }
            Some(end) => format!("{} {} to {end}", unit.several(), self.line),
            None => format!("from {} {} on", unit.one(), self.line),
        };
        format!("{} {}  ({lines})", self.process, self.op)
    }
}
