//! A line of a text, shortened around a mistake in it, and shown as a good compiler would.
//!
//! An error keeps only the [`Snippet`] of its file, so it is small for a file of any size. The
//! errors of scripts and histories use this crate, and describe the mistakes themselves.
//!
//! Limits: a mistake is shown in one line, the one in which it begins.

mod render;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

pub use render::render;

/// The bytes of a long line that are shown to the left of a mistake. Twice as many are shown to the
/// right.
const SHOWN_LEFT: usize = 30;

/// A line of a file, or the part of it around a mistake.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Snippet {
    name: String,
    number: usize,
    column: usize,
    text: String,
    span: SourceSpan,
}

impl Snippet {
    /// Returns the snippet of `line`, line `number` (from 1) of the file `name`, around its byte
    /// `start`, and the place in the snippet of `length` bytes from there. If something is missing
    /// at the end of a line, a space after the line is marked.
    #[must_use]
    pub fn new(
        name: &str,
        number: usize,
        line: &str,
        start: usize,
        length: usize,
    ) -> (Self, SourceSpan) {
        let is_long = line.len() > 4 * SHOWN_LEFT;
        let left = start.saturating_sub(if is_long { SHOWN_LEFT } else { start });
        let left = line.floor_char_boundary(left);
        let right = if is_long { start + 2 * SHOWN_LEFT } else { line.len() };
        let right = line.floor_char_boundary(right);
        let mut text = String::new();
        if left > 0 {
            text.push('…');
        }
        let from = text.len() + start - left;
        text.push_str(&harmless(&line[left..right]));
        if right < line.len() {
            text.push('…');
        }
        if start >= line.len() {
            text.push(' ');
        }
        let column = line[..start].chars().count() + 1;
        let length = length.clamp(1, text.len() - from);
        let span = (0, text.len()).into();
        (Self { name: name.to_owned(), number, column, text, span }, (from, length).into())
    }

    /// Returns the same snippet of a line with `characters` further characters in front.
    #[must_use]
    pub fn behind(self, characters: usize) -> Self {
        Self { column: self.column + characters, ..self }
    }

    /// Returns the line, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.number
    }

    /// Returns the column of the mistake, in characters, from 1.
    #[must_use]
    pub fn column(&self) -> usize {
        self.column
    }
}

impl SourceCode for Snippet {
    fn read_span<'a>(
        &'a self,
        _: &SourceSpan,
        _: usize,
        _: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            self.text.as_bytes(),
            self.span,
            self.number - 1,
            self.column - 1,
            1,
        )))
    }
}

/// Returns `text` without control characters, which a terminal would obey. Every byte keeps its
/// place.
#[must_use]
pub fn harmless(text: &str) -> String {
    let shown = |character: char| match character {
        '\t' => '\t',
        _ if character.is_ascii_control() => '?',
        // The control characters beyond ASCII are two bytes long.
        _ if character.is_control() => '·',
        _ => character,
    };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the text that is shown, the part that is marked, and the column.
    fn cut(line: &str, start: usize, length: usize) -> (String, String, usize) {
        let (snippet, span) = Snippet::new("file", 7, line, start, length);
        let marked = snippet.text[span.offset()..span.offset() + span.len()].to_owned();
        (snippet.text.clone(), marked, snippet.column())
    }

    fn text(text: &str) -> String {
        text.to_owned()
    }

    #[test]
    fn a_short_line_is_shown_whole() {
        assert_eq!(cut("0ms c1 sing", 7, 4), (text("0ms c1 sing"), text("sing"), 8));
    }

    #[test]
    fn what_is_missing_is_marked_behind_the_end() {
        assert_eq!(cut("0ms c1", 6, 3), (text("0ms c1 "), text(" "), 7));
    }

    #[test]
    fn a_long_line_is_cut_on_both_sides_between_characters() {
        let line = format!("{}here{}", "ä".repeat(100), "ö".repeat(100));
        let (shown, marked, column) = cut(&line, 200, 4);
        assert_eq!(shown, format!("…{}here{}…", "ä".repeat(15), "ö".repeat(28)));
        assert_eq!((marked, column), (text("here"), 101));
    }

    #[test]
    fn no_terminal_is_told_what_to_do() {
        assert_eq!(cut("a\u{1b}[2J\u{9b}b\tc", 1, 1), (text("a?[2J·b\tc"), text("?"), 2));
    }

    #[test]
    fn a_line_of_which_the_beginning_was_not_kept_counts_it() {
        let (snippet, _) = Snippet::new("file", 7, "0ms c1 sing", 7, 4);
        let snippet = snippet.behind(1_000);
        assert_eq!((snippet.line(), snippet.column()), (7, 1_008));
    }
}
