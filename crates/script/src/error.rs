//! A script that cannot be read, reported as a good compiler would: where, what, what was expected,
//! what to do.
//!
//! A [`Mistake`] contains its own line, shortened to fit a screen, so that an error is small for a
//! file of any size.

use miette::{Diagnostic, SourceSpan};
use squall_snippet::Snippet;
use thiserror::Error;

use crate::Problem;

/// Why a text is not a script: one or more mistakes, in the order of their places.
#[derive(Clone, PartialEq, Eq, Debug, Error, Diagnostic)]
#[error("{name}:{}:{}: {}", .mistakes[0].line(), .mistakes[0].column(), .mistakes[0])]
pub struct ScriptError {
    name: String,
    #[related]
    mistakes: Vec<Mistake>,
    /// Whether the search ended before the end of the file.
    has_more: bool,
}

impl ScriptError {
    /// The number of mistakes after which the search ends.
    pub const MISTAKES_MAX: usize = 10;

    /// Keeps the first few of `mistakes`, in the order of their places. There is at least one.
    pub(crate) fn new(name: &str, mut mistakes: Vec<Mistake>) -> Self {
        assert!(!mistakes.is_empty(), "an error names at least one mistake");
        mistakes.sort_by_key(|mistake| (mistake.line(), mistake.column()));
        let has_more = mistakes.len() >= Self::MISTAKES_MAX;
        mistakes.truncate(Self::MISTAKES_MAX);
        Self { name: name.to_owned(), mistakes, has_more }
    }

    /// Returns the name of the file, as it was given.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the mistakes, in the order of their places: at least one, at most
    /// [`Self::MISTAKES_MAX`].
    #[must_use]
    pub fn mistakes(&self) -> &[Mistake] {
        &self.mistakes
    }

    /// Returns the whole error as text for a terminal, with the line of each mistake, or as plain
    /// text without `color`.
    #[must_use]
    pub fn render(&self, color: bool) -> String {
        let mut text = String::new();
        for mistake in &self.mistakes {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&squall_snippet::render(mistake, color));
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
    snippet: Snippet,
    #[label("{expected}")]
    span: SourceSpan,
    expected: String,
    #[help]
    hint: Option<String>,
}

impl Mistake {
    /// Returns a mistake in line `number` (from 1) of the file `name`, at the bytes
    /// `start..start + length` of the line.
    pub(crate) fn new(
        problem: Problem,
        name: &str,
        number: usize,
        line: &str,
        start: usize,
        length: usize,
    ) -> Self {
        let (snippet, span) = Snippet::new(name, number, line, start, length);
        Self { expected: problem.expected(), hint: problem.hint(), problem, snippet, span }
    }

    /// Returns what is wrong.
    #[must_use]
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// Returns the line of the file, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.snippet.line()
    }

    /// Returns the column of the line, in characters, from 1.
    #[must_use]
    pub fn column(&self) -> usize {
        self.snippet.column()
    }
}
