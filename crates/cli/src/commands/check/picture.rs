//! A picture of operations as bars over time.

use std::io;

use squall_history::{Recorded, Vocabulary};

use crate::console::Palette;

/// One operation of a picture.
#[derive(Clone, Debug)]
pub(super) struct Bar {
    /// The process and the operation.
    pub(super) label: String,
    /// The number of the event of the call.
    pub(super) called: u64,
    /// The number of the event of the return.
    pub(super) returned: Option<u64>,
    /// What it is to the refutation.
    pub(super) part: BarPart,
}

/// What an operation is to a refutation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum BarPart {
    /// It cannot be explained.
    Stuck,
    /// It cannot go together with what cannot be explained: the other holder of a lock.
    Clash,
    /// It has this place in the longest order, from 1.
    Placed(usize),
    /// It stands before the order, or has no place in it.
    Beside,
}

impl BarPart {
    /// Returns what stands before a bar.
    pub(super) fn sign(self) -> String {
        match self {
            Self::Stuck => "✗".to_owned(),
            Self::Clash => "!".to_owned(),
            Self::Placed(place) => place.to_string(),
            Self::Beside => String::new(),
        }
    }
}

/// Bars, each between two columns.
#[derive(Clone, Debug)]
pub(super) struct Picture {
    pub(super) rows: Vec<Row>,
    /// The number of columns: one for each event that begins or ends a bar.
    pub(super) columns: usize,
    /// Where the first and the last column are in the file: `line 5`.
    pub(super) ends: (String, String),
    /// Bars that were left out, because they are far from what cannot be explained.
    pub(super) left_out: usize,
}

/// A bar and its columns.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) bar: Bar,
    pub(super) from: usize,
    /// `None` if it goes on beyond the picture.
    pub(super) to: Option<usize>,
}

/// The most bars that are drawn: those that end last.
const BARS_MAX: usize = 24;
/// The most characters of the bars, and of their labels.
const WIDTH: usize = 48;
const LABEL_MAX: usize = 36;

impl Picture {
    /// Returns the picture of `bars` of `recorded`, up to the event `end`.
    pub(super) fn new<M: Vocabulary>(mut bars: Vec<Bar>, end: u64, recorded: &Recorded<M>) -> Self {
        bars.sort_by_key(|bar| (bar.returned.unwrap_or(u64::MAX), bar.called));
        let beyond =
            bars.iter().filter(|bar| bar.returned.is_none_or(|returned| returned > end)).count();
        // What was open at the end, and then what ended just before.
        let all = bars.len();
        let left_out = all.saturating_sub(BARS_MAX.max(beyond.min(2 * BARS_MAX)));
        let mut place = 0;
        bars.retain(|bar| {
            place += 1;
            place > left_out || matches!(bar.part, BarPart::Stuck | BarPart::Clash)
        });
        let left_out = all - bars.len();
        bars.sort_by_key(|bar| bar.called);
        let ends = bars.iter().filter_map(|bar| bar.returned.filter(|returned| *returned <= end));
        let mut events: Vec<u64> = bars.iter().map(|bar| bar.called).chain(ends).collect();
        events.sort_unstable();
        events.dedup();
        let column = |number: u64| events.binary_search(&number).unwrap_or(0);
        let place = |event: Option<&u64>| {
            let place = event.map_or(0, |event| recorded.place((*event).max(1)));
            format!("{} {place}", recorded.counted.one())
        };
        let ends = (place(events.first()), place(events.last()));
        let rows = bars.into_iter().map(|bar| {
            let to = bar.returned.filter(|returned| *returned <= end).map(column);
            Row { from: column(bar.called), to, bar }
        });
        Self { rows: rows.collect(), columns: events.len().max(1), ends, left_out }
    }

    /// Draws it for a terminal.
    pub(super) fn print(&self, out: &mut dyn io::Write, palette: Palette) -> io::Result<()> {
        let labels = self.rows.iter().map(|row| row.bar.label.chars().count());
        let width = labels.max().unwrap_or(0).min(LABEL_MAX);
        if self.left_out > 0 {
            writeln!(out, "  {} operations before these are left out", self.left_out)?;
        }
        let (first, last) = &self.ends;
        let room = self.scaled(self.columns - 1) + 1;
        let gap = room.saturating_sub(first.len() + last.len()).max(1);
        let scale = format!("{first}{}{last}", " ".repeat(gap));
        writeln!(out, "  {:width$}       {}", "", palette.faint(&scale))?;
        for row in &self.rows {
            let label = cut(&row.bar.label, width);
            let sign = row.bar.part.sign();
            let bar = self.bar(row);
            let bar = match row.bar.part {
                BarPart::Stuck => palette.bad(&bar),
                BarPart::Clash => palette.odd(&bar),
                _ => bar,
            };
            writeln!(out, "  {label:width$} {sign:>4}  {bar}")?;
        }
        Ok(())
    }

    fn scaled(&self, column: usize) -> usize {
        // Few events have room to be told apart; many share the width.
        let step = (WIDTH / self.columns.max(1)).clamp(1, 3);
        if self.columns * step <= WIDTH { column * step } else { column * WIDTH / self.columns }
    }

    fn bar(&self, row: &Row) -> String {
        let from = self.scaled(row.from);
        let to = self.scaled(row.to.unwrap_or(self.columns - 1)).max(from + 1);
        let end = if row.to.is_some() { '┤' } else { '┄' };
        let body = if row.bar.part == BarPart::Stuck { '━' } else { '─' };
        let middle: String = std::iter::repeat_n(body, to - from - 1).collect();
        format!("{}├{middle}{end}", " ".repeat(from))
    }
}

/// `label` in `width` characters.
fn cut(label: &str, width: usize) -> String {
    match label.chars().count() > width {
        true => label.chars().take(width.saturating_sub(1)).chain(['…']).collect(),
        false => label.to_owned(),
    }
}
