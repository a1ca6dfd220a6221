//! A picture of operations as bars over time: who was open when, and what could be ordered how.

use std::io;

use squall_history::{Recorded, Vocabulary};

use crate::console::Palette;

/// One operation of a picture.
#[derive(Clone, Debug)]
pub(super) struct Bar {
    /// Who and what.
    pub(super) label: String,
    /// The number of the event of the call.
    pub(super) called: u64,
    /// The number of the event of the return.
    pub(super) returned: Option<u64>,
    /// Whether it is what cannot be explained.
    pub(super) is_stuck: bool,
    /// Its place in the longest order, from 0.
    pub(super) place: Option<usize>,
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

/// So many bars are drawn: those that end last.
const BARS_MAX: usize = 24;
/// So many characters the bars may take, and their labels.
const WIDTH: usize = 48;
const LABEL_MAX: usize = 36;

impl Picture {
    /// The picture of `bars` of `recorded`, from the event `span.0` to `span.1`.
    pub(super) fn new<M: Vocabulary>(
        mut bars: Vec<Bar>,
        span: (u64, u64),
        recorded: &Recorded<M>,
    ) -> Self {
        bars.sort_by_key(|bar| (bar.returned.unwrap_or(u64::MAX), bar.called));
        let beyond = bars.iter().filter(|bar| bar.returned.is_none_or(|end| end > span.1)).count();
        // What was open at the end, and then what ended just before.
        let left_out = bars.len().saturating_sub(BARS_MAX.max(beyond.min(2 * BARS_MAX)));
        bars.drain(..left_out);
        bars.sort_by_key(|bar| bar.called);
        let ends = bars.iter().filter_map(|bar| bar.returned.filter(|end| *end <= span.1));
        let mut events: Vec<u64> = bars.iter().map(|bar| bar.called).chain(ends).collect();
        events.sort_unstable();
        events.dedup();
        let column = |number: u64| events.binary_search(&number).unwrap_or(0);
        let end = |event: Option<&u64>| {
            let place = event.map_or(0, |event| recorded.place((*event).max(1)));
            format!("{} {place}", recorded.counted.one())
        };
        let ends = (end(events.first()), end(events.last()));
        let rows = bars.into_iter().map(|bar| {
            let to = bar.returned.filter(|end| *end <= span.1).map(column);
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
            let place = match row.bar.place {
                Some(place) => format!("{}", place + 1),
                None if row.bar.is_stuck => "✗".to_owned(),
                None => String::new(),
            };
            let bar = self.bar(row);
            let bar = if row.bar.is_stuck { palette.bad(&bar) } else { bar };
            writeln!(out, "  {label:width$} {place:>4}  {bar}")?;
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
        let body = if row.bar.is_stuck { '━' } else { '─' };
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
