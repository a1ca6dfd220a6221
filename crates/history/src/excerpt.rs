//! The line in which a mistake is, cut to what fits a screen.

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use crate::entries::Text;

/// So many characters are shown before a mistake in a long line, and as many behind its beginning.
const SHOWN: usize = 50;

/// A line of a file, or as much of it as fits around a mistake.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Excerpt {
    name: String,
    /// The line, from 1.
    pub(crate) line: usize,
    /// The column of the mistake, in characters, from 1.
    pub(crate) column: usize,
    text: String,
    span: SourceSpan,
}

impl Excerpt {
    /// The excerpt of the file `name` around the byte `start` of `entry`, and what to mark in it,
    /// up to `length` bytes.
    pub(crate) fn new(
        name: &str,
        entry: &Text,
        (start, length): (usize, usize),
    ) -> (Self, SourceSpan) {
        let text = &[entry.indent.as_str(), entry.text.as_str()].concat();
        let start = entry.indent.len() + start;
        let start = text.floor_char_boundary(start.min(text.len()));
        let from = text[..start].rfind('\n').map_or(0, |place| place + 1);
        let to = text[start..].find('\n').map_or(text.len(), |place| start + place);
        let before = &text[from..start];
        let column = before.chars().count() + 1;
        let left: Vec<char> = before.chars().rev().take(SHOWN).collect();
        let mut shown: String = if left.len() < column - 1 { "…" } else { "" }.to_owned();
        shown.extend(left.iter().rev().map(|letter| harmless(*letter)));
        let mark = shown.len();
        let end = text.floor_char_boundary((start + length).min(to));
        let marked = text[start..end.max(start)].chars().count();
        let right = text[start..to].chars();
        shown.extend(right.clone().take(SHOWN.max(1)).map(harmless));
        let marked = shown[mark..].chars().take(marked.max(1)).map(char::len_utf8).sum();
        if right.count() > SHOWN {
            shown.push('…');
        }
        // What is missing at the end of a line is marked at a blank behind it.
        if mark == shown.len() {
            shown.push(' ');
        }
        let marked = usize::max(marked, 1);
        let line = entry.line + text[..start].matches('\n').count();
        let hidden = entry.column.saturating_sub(entry.indent.chars().count());
        let column = if line == entry.line { column + hidden } else { column };
        let span = (0, shown.len()).into();
        let it = Self { name: name.to_owned(), line, column, text: shown, span };
        (it, (mark, marked).into())
    }
}

/// `letter`, unless a terminal would obey it.
pub(crate) fn harmless(letter: char) -> char {
    if letter.is_control() { '·' } else { letter }
}

impl SourceCode for Excerpt {
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
            self.line - 1,
            self.column - 1,
            1,
        )))
    }
}
