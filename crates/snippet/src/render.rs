//! Shows a mistake as a good compiler does, for a terminal or as plain text.
//!
//! Limits: one label, in the one line that a [`Snippet`](super::Snippet) is.

use std::fmt::Write as _;

use miette::{Diagnostic, LabeledSpan, SourceSpan};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The largest width of a message, in columns.
const WIDTH: usize = 98;

/// The columns between two stops of a tab.
const TAB: usize = 4;

/// The style of a part of a message.
#[derive(Clone, Copy)]
enum Style {
    Mistake,
    Mark,
    Place,
    Help,
    Number,
}

impl Style {
    const fn code(self) -> &'static str {
        match self {
            Self::Mistake => "31",
            Self::Mark => "35;1",
            Self::Place => "36;1;4",
            Self::Help => "36",
            Self::Number => "2",
        }
    }
}

/// The text so far.
struct Page {
    text: String,
    color: bool,
}

impl Page {
    fn styled(&self, style: Style, text: &str) -> String {
        if self.color {
            format!("\u{1b}[{}m{text}\u{1b}[0m", style.code())
        } else {
            text.to_owned()
        }
    }

    /// Writes a paragraph whose first line begins with `blank` and `mark`, and the other lines with
    /// `rest`, which has the same width.
    fn paragraph(&mut self, blank: &str, mark: &str, rest: &str, text: &str) {
        let width = WIDTH - blank.width() - mark.width();
        let style = if mark.starts_with("help") { Style::Help } else { Style::Mistake };
        for (place, line) in wrapped(text, width).iter().enumerate() {
            let begin = if place == 0 {
                format!("{blank}{}", self.styled(style, mark))
            } else {
                rest.to_owned()
            };
            let line = format!("{begin}{line}");
            let _ = writeln!(self.text, "{}", line.trim_end());
        }
    }
}

/// Returns a mistake as text for a terminal, with its snippet, or as plain text without `color`.
#[must_use]
pub fn render(mistake: &dyn Diagnostic, color: bool) -> String {
    let mut page = Page { text: String::new(), color };
    page.paragraph("  ", "× ", "  │ ", &mistake.to_string());
    let label = mistake.labels().and_then(|mut labels| labels.next());
    if let (Some(label), Some(source)) = (label, mistake.source_code()) {
        snippet(&mut page, &label, source);
    }
    if let Some(help) = mistake.help() {
        page.paragraph("  ", "help: ", "        ", &help.to_string());
    }
    page.text
}

/// Writes the line of a mistake, marked, in a frame that names its place.
fn snippet(page: &mut Page, label: &LabeledSpan, source: &dyn miette::SourceCode) {
    let span: SourceSpan = *label.inner();
    let Ok(read) = source.read_span(&span, 0, 0) else { return };
    let text = String::from_utf8_lossy(read.data()).into_owned();
    let number = (read.line() + 1).to_string();
    let gutter = " ".repeat(number.len() + 2);
    let place = format!("{}:{number}:{}", read.name().unwrap_or_default(), read.column() + 1);
    let place = page.styled(Style::Place, &place);
    let _ = writeln!(page.text, "{gutter}╭─[{place}]");
    let (line, stops) = expanded(&text);
    let number = page.styled(Style::Number, &number);
    let _ = writeln!(page.text, " {number} │ {line}");
    let (from, to) = (column(&stops, span.offset()), column(&stops, span.offset() + span.len()));
    let length = to.saturating_sub(from).max(1);
    let blank = " ".repeat(from);
    let (before, after) = (length / 2, length - length / 2 - 1);
    // The line to the label begins at a branch. Without a label there is none.
    let branch = if label.label().is_some() { "┬" } else { "─" };
    let bar = format!("{}{branch}{}", "─".repeat(before), "─".repeat(after));
    let bar = page.styled(Style::Mark, &bar);
    let _ = writeln!(page.text, "{gutter}· {blank}{bar}");
    if let Some(said) = label.label() {
        let said = page.styled(Style::Mark, &format!("╰── {said}"));
        let _ = writeln!(page.text, "{gutter}· {blank}{}{said}", " ".repeat(before));
    }
    let _ = writeln!(page.text, "{gutter}╰────");
}

/// Returns `text` with spaces for tabs, and the column of each byte that begins a character.
fn expanded(text: &str) -> (String, Vec<(usize, usize)>) {
    let (mut line, mut stops, mut at) = (String::new(), Vec::new(), 0);
    for (byte, character) in text.char_indices() {
        stops.push((byte, at));
        if character == '\t' {
            let blanks = TAB - at % TAB;
            line.push_str(&" ".repeat(blanks));
            at += blanks;
        } else {
            line.push(character);
            at += character.width().unwrap_or(0);
        }
    }
    stops.push((text.len(), at));
    (line, stops)
}

/// Returns the column of the character at `byte`, or of the next one.
fn column(stops: &[(usize, usize)], byte: usize) -> usize {
    let place = stops.partition_point(|(at, _)| *at < byte).min(stops.len() - 1);
    stops[place].1
}

/// Returns `text` in lines of at most `width` columns, broken at spaces. A longer word is broken
/// anywhere.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        for word in paragraph.split(' ') {
            let mut word = word;
            let blank = usize::from(!line.is_empty());
            if blank == 1 && line.width() + blank + word.width() > width {
                lines.push(std::mem::take(&mut line));
            } else if blank == 1 {
                line.push(' ');
            }
            while line.is_empty() && word.width() > width {
                let cut = cut_at(word, width);
                lines.push(word[..cut].to_owned());
                word = &word[cut..];
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}

/// Returns the first byte of `word` that does not fit into `width` columns.
fn cut_at(word: &str, width: usize) -> usize {
    let mut taken = 0;
    for (byte, character) in word.char_indices() {
        taken += character.width().unwrap_or(0);
        if taken > width {
            return byte.max(character.len_utf8());
        }
    }
    word.len()
}
