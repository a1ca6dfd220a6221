//! A script that cannot be read, told as a good compiler would: where, what, what was expected,
//! what to do.
//!
//! A [`Mistake`] carries its own line, cut to what fits a screen, so that an error is small
//! whatever the file was.

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, MietteError, MietteSpanContents,
    SourceCode, SourceSpan, SpanContents,
};
use thiserror::Error;

use crate::Problem;
use crate::problem::harmless;

/// Why a text is no script: one or more mistakes, by their places.
#[derive(Clone, PartialEq, Eq, Debug, Error, Diagnostic)]
#[error("{name}:{}:{}: {}", .mistakes[0].line(), .mistakes[0].column(), .mistakes[0])]
pub struct ScriptError {
    name: String,
    #[related]
    mistakes: Vec<Mistake>,
    /// Whether the search was given up with some of the file unseen.
    has_more: bool,
}

impl ScriptError {
    /// After so many mistakes the search ends.
    pub const MISTAKES_MAX: usize = 10;

    /// Keeps the first few of `mistakes`, by their places. There is at least one.
    pub(crate) fn new(name: &str, mut mistakes: Vec<Mistake>) -> Self {
        assert!(!mistakes.is_empty(), "an error names at least one mistake");
        mistakes.sort_by_key(|mistake| (mistake.line(), mistake.column()));
        let has_more = mistakes.len() >= Self::MISTAKES_MAX;
        mistakes.truncate(Self::MISTAKES_MAX);
        Self { name: name.to_owned(), mistakes, has_more }
    }

    /// The name of the file, as it was given.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The mistakes, by their places: at least one, at most [`Self::MISTAKES_MAX`].
    #[must_use]
    pub fn mistakes(&self) -> &[Mistake] {
        &self.mistakes
    }

    /// The whole error as text for a terminal: each mistake with its line. Without `color`, plain
    /// text.
    #[must_use]
    pub fn render(&self, color: bool) -> String {
        let theme =
            if color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler = GraphicalReportHandler::new_themed(theme).with_links(false).with_width(100);
        let mut text = String::new();
        for mistake in &self.mistakes {
            if !text.is_empty() {
                text.push('\n');
            }
            handler.render_report(&mut text, mistake).expect("writing to a string does not fail");
        }
        if self.has_more {
            text.push_str(&format!(
                "\nthese are the first {} mistakes; there may be more\n",
                self.mistakes.len()
            ));
        }
        text
    }
}

/// One mistake and its place in the file.
#[derive(Clone, PartialEq, Eq, Debug, Error, Diagnostic)]
#[error("{problem}")]
pub struct Mistake {
    problem: Problem,
    #[source_code]
    excerpt: Excerpt,
    #[label("{expected}")]
    span: SourceSpan,
    expected: String,
    #[help]
    hint: Option<String>,
}

impl Mistake {
    /// A mistake in line `number` (from 1) of the file `name`, at the bytes `start..start + length`
    /// of the line.
    pub(crate) fn new(
        problem: Problem,
        name: &str,
        (number, line): (usize, &str),
        (start, length): (usize, usize),
    ) -> Self {
        let (excerpt, from) = Excerpt::new(name, number, line, start);
        let length = length.clamp(1, excerpt.text.len() - from);
        Self {
            expected: problem.expected(),
            hint: problem.hint(),
            problem,
            excerpt,
            span: (from, length).into(),
        }
    }

    /// What is wrong.
    #[must_use]
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// The line of the file, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.excerpt.number
    }

    /// The column of the line, in characters, from 1.
    #[must_use]
    pub fn column(&self) -> usize {
        self.excerpt.column
    }
}

/// A line of the file, or as much of it as fits around the mistake.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Excerpt {
    name: String,
    number: usize,
    column: usize,
    text: String,
    span: SourceSpan,
}

/// So many bytes of a long line are shown to the left of a mistake, and twice as many to the right.
const SHOWN_LEFT: usize = 30;

impl Excerpt {
    /// The excerpt of `line` around byte `start`, and the byte of the excerpt that this is. What is
    /// missing at the end of a line is marked at a blank behind it, so there is always something to
    /// mark.
    fn new(name: &str, number: usize, line: &str, start: usize) -> (Self, usize) {
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
        let excerpt = Self {
            name: name.to_owned(),
            number,
            column: line[..start].chars().count() + 1,
            span: (0, text.len()).into(),
            text,
        };
        (excerpt, from)
    }
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
            self.number - 1,
            self.column - 1,
            1,
        )))
    }
}
