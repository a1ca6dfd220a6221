//! Where a command writes: data to standard output, everything else to standard error; and whether
//! in colours.

use std::io::{self, IsTerminal, Write};

use crate::interrupt;

/// The surroundings of the program, as values: a test hands in its own.
pub struct Console<'a> {
    /// Standard output: data.
    pub out: &'a mut (dyn Write + Send),
    /// Standard error: progress, and what went wrong.
    pub err: &'a mut (dyn Write + Send),
    /// Whether standard output is a terminal.
    pub out_is_terminal: bool,
    /// Whether standard error is a terminal.
    pub err_is_terminal: bool,
    /// An environment variable.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// Whether the user asked for an end.
    pub is_interrupted: &'a (dyn Fn() -> bool + Sync),
}

impl Console<'_> {
    /// Hands the console of this process to `work`.
    pub fn with_standard<R>(work: impl FnOnce(&mut Console<'_>) -> R) -> R {
        let (out, err) = (io::stdout(), io::stderr());
        let (out_is_terminal, err_is_terminal) = (out.is_terminal(), err.is_terminal());
        interrupt::listen();
        let mut out = io::BufWriter::new(out);
        let result = work(&mut Console {
            out: &mut out,
            err: &mut io::stderr(),
            out_is_terminal,
            err_is_terminal,
            variable: &|name| std::env::var(name).ok(),
            is_interrupted: &interrupt::is_asked,
        });
        // The reader may be gone, so an error cannot be reported.
        let _ = out.flush();
        result
    }

    /// Returns whether a variable is set to something.
    pub(crate) fn is_set(&self, name: &str) -> bool {
        (self.variable)(name).is_some_and(|value| !value.is_empty())
    }
}

/// When to use colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless NO_COLOR or CI is set.
    #[default]
    Auto,
    /// Even into a file.
    Always,
    /// Not even on a terminal.
    Never,
}

impl ColorChoice {
    /// Returns the colours for a stream that is a terminal or not.
    pub(crate) fn palette(self, console: &Console<'_>, is_terminal: bool) -> Palette {
        Palette {
            on: match self {
                Self::Always => true,
                Self::Never => false,
                Self::Auto => {
                    let is_dumb = (console.variable)("TERM").is_some_and(|term| term == "dumb");
                    is_terminal && !is_dumb && !console.is_set("NO_COLOR") && !console.is_set("CI")
                }
            },
        }
    }
}

/// Colours, or none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Palette {
    pub(crate) on: bool,
}

impl Palette {
    fn paint(self, code: &str, text: &str) -> String {
        if self.on { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    pub(crate) fn strong(self, text: &str) -> String {
        self.paint("1", text)
    }

    pub(crate) fn faint(self, text: &str) -> String {
        self.paint("2", text)
    }

    pub(crate) fn good(self, text: &str) -> String {
        self.paint("32", text)
    }

    pub(crate) fn bad(self, text: &str) -> String {
        self.paint("1;31", text)
    }

    pub(crate) fn odd(self, text: &str) -> String {
        self.paint("33", text)
    }
}

/// A writer whose reader may go away: `squall trace … | head`. What is written after that is
/// dropped, and the command ends with the status that it would have had.
pub(crate) struct Patient<'a> {
    inner: &'a mut (dyn Write + Send),
    is_gone: bool,
}

impl<'a> Patient<'a> {
    pub(crate) fn new(inner: &'a mut (dyn Write + Send)) -> Self {
        Self { inner, is_gone: false }
    }

    fn forgive<T>(&mut self, result: io::Result<T>, otherwise: T) -> io::Result<T> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.is_gone = true;
                Ok(otherwise)
            }
            result => result,
        }
    }
}

impl Write for Patient<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_gone {
            return Ok(bytes.len());
        }
        let result = self.inner.write(bytes);
        self.forgive(result, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.is_gone {
            return Ok(());
        }
        let result = self.inner.flush();
        self.forgive(result, ())
    }
}
