//! The program: systems in, exit status out.

use std::any::Any;
use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::FromArgMatches;
use squall_script::nearest;

use crate::command::{self, Command, Style};
use crate::commands;
use crate::console::{ColorChoice, Console, Palette, Patient};
use crate::status::Status;
use crate::tool::Tool;
use crate::{interrupt, logbook, supervisor};
use squall::AnySystem;

/// The command line of some systems.
#[derive(Default)]
pub struct Squall {
    systems: Vec<Box<dyn AnySystem>>,
    tools: Vec<Box<dyn Tool>>,
}

/// Why a command ended without doing what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Wrong use, in words that may have several lines and colours.
    #[error("{0}")]
    Misuse(String),
    /// The data could not be written.
    #[error("cannot write: {0}")]
    Output(#[from] io::Error),
    /// Something that should work did not.
    #[error("{0}")]
    Fault(String),
}

/// What a command works with.
pub(crate) struct Session<'a, 'c> {
    pub(crate) systems: &'a [Box<dyn AnySystem>],
    pub(crate) console: Console<'c>,
    pub(crate) style: Style,
    /// How this program was called, to say how to call it again.
    pub(crate) program: String,
}

impl Squall {
    /// No systems yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One system more.
    #[must_use]
    pub fn system(mut self, system: impl AnySystem + 'static) -> Self {
        self.systems.push(Box::new(system));
        self
    }

    /// One command more.
    #[must_use]
    pub fn tool(mut self, tool: impl Tool + 'static) -> Self {
        self.tools.push(Box::new(tool));
        self
    }

    /// Returns the systems, in the order in which they were named.
    pub fn systems(&self) -> impl Iterator<Item = &dyn AnySystem> {
        self.systems.iter().map(AsRef::as_ref)
    }

    /// Does what the command line of this process asks for: the whole of a `main`.
    #[must_use]
    pub fn main(&self) -> ExitCode {
        let arguments: Vec<OsString> = std::env::args_os().collect();
        match self.command().try_get_matches_from(&arguments).ok().map(|m| role(&m)) {
            Some(Role::Supervisor { findings }) => {
                // Where no second process can be started, this one does what it can.
                let ended = supervisor::supervise(&arguments, findings.as_deref());
                ended.unwrap_or_else(|_| self.run_here(&arguments).into())
            }
            Some(Role::Worker { logbook }) => {
                if let Err(error) = logbook::open(&logbook) {
                    eprintln!("error: {} cannot be opened: {error}", logbook.display());
                    return Status::Misuse.into();
                }
                interrupt::listen_to_supervisor();
                let status = self.run_here(&arguments);
                logbook::finish(status);
                status.into()
            }
            Some(Role::Alone) | None => self.run_here(&arguments).into(),
        }
    }

    fn run_here(&self, arguments: &[OsString]) -> Status {
        Console::with_standard(|console| self.run(arguments, console))
    }

    /// Does what `arguments` ask for, of which the first is the name of the program, and says how
    /// it ended.
    pub fn run(
        &self,
        arguments: impl IntoIterator<Item = impl Into<OsString>>,
        console: &mut Console<'_>,
    ) -> Status {
        let arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
        // After a fault nothing is used again but the console.
        let ended = catch_unwind(AssertUnwindSafe(|| self.obey(&arguments, console)));
        let failure = match ended {
            Ok(Ok(status)) => return status,
            Ok(Err(failure)) => failure,
            Err(panic) => Failure::Fault(message(panic.as_ref())),
        };
        let (label, status) = match failure {
            Failure::Misuse(_) => ("error", Status::Misuse),
            Failure::Output(_) => ("error", Status::Fault),
            Failure::Fault(_) => {
                ("a fault in the harness itself, or in how a system is described", Status::Fault)
            }
        };
        let _ = writeln!(console.err, "{label}: {}", failure.to_string().trim_end());
        status
    }

    /// Returns the command line: what every program has, and the tools of this one.
    fn command(&self) -> clap::Command {
        let names: Vec<_> = self.systems.iter().map(|system| system.profile().name).collect();
        let tools = self.tools.iter().map(|tool| tool.command());
        tools.fold(command::command(&names), clap::Command::subcommand)
    }

    fn obey(&self, arguments: &[OsString], console: &mut Console<'_>) -> Result<Status, Failure> {
        let matches = match self.command().try_get_matches_from(arguments) {
            Ok(matches) => matches,
            Err(error) => return tell(&error, console),
        };
        let mut out = Patient::new(console.out);
        let mut console = Console { out: &mut out, err: console.err, ..*console };
        if let Some((name, asked)) = matches.subcommand()
            && let Some(tool) = self.tools.iter().find(|tool| tool.command().get_name() == name)
        {
            let status = tool.run(asked, &mut console, asked.get_flag("json"))?;
            console.out.flush()?;
            return Ok(status);
        }
        let line = match command::Line::from_arg_matches(&matches) {
            Ok(line) => line,
            Err(error) => return tell(&error, &mut console),
        };
        let program = program(arguments.first());
        let mut session = Session { systems: &self.systems, console, style: line.style, program };
        let status = match line.command {
            Command::Run(run) => commands::run::run(&mut session, &run),
            Command::Replay(replay) => commands::replay::replay(&mut session, &replay),
            Command::Script(script) => commands::script::script(&mut session, &script),
            Command::Shrink(shrink) => commands::shrink::shrink(&mut session, &shrink),
            Command::Trace(trace) => commands::trace::trace(&mut session, &trace),
            Command::Explain(explain) => commands::explain::explain(&mut session, &explain),
            Command::Check(check) => commands::check::check(&mut session, &check),
            Command::List => commands::list::list(&mut session),
            Command::Completions { shell } => {
                let mut text = Vec::new();
                let name = Path::new(&session.program).file_stem();
                let name = name.map_or("squall".into(), OsStr::to_string_lossy);
                clap_complete::generate(shell, &mut self.command(), name, &mut text);
                session.console.out.write_all(&text)?;
                Ok(Status::Holds)
            }
        }?;
        session.console.out.flush()?;
        Ok(status)
    }
}

impl Session<'_, '_> {
    /// Returns the system called `name`.
    pub(crate) fn system(&self, name: &str) -> Result<&'static str, Failure> {
        let names: Vec<_> = self.systems.iter().map(|system| system.profile().name).collect();
        if let Some(known) = names.iter().find(|known| **known == name) {
            return Ok(known);
        }
        let meant = nearest(name, names.iter().copied());
        let meant = meant.map_or(String::new(), |meant| format!("; did you mean `{meant}`?"));
        Err(Failure::Misuse(format!(
            "there is no system `{name}`{meant}\n  systems: {}",
            names.join(", ")
        )))
    }

    /// Returns the system that is known to be called `name`.
    pub(crate) fn known(&self, name: &str) -> Result<&dyn AnySystem, Failure> {
        find(self.systems, self.system(name)?)
    }

    /// Colours for standard output.
    pub(crate) fn palette(&self) -> Palette {
        self.style.color.palette(&self.console, self.console.out_is_terminal)
    }

    /// Colours for standard error. None beside JSON, which tells of errors in the same words.
    pub(crate) fn err_palette(&self) -> Palette {
        let choice = if self.style.json { ColorChoice::Never } else { self.style.color };
        choice.palette(&self.console, self.console.err_is_terminal)
    }

    /// Prints `value` as one line of JSON.
    pub(crate) fn print_json(&mut self, value: &impl serde::Serialize) -> Result<(), Failure> {
        let text =
            serde_json::to_string(value).map_err(|error| Failure::Fault(error.to_string()))?;
        Ok(writeln!(self.console.out, "{text}")?)
    }
}

/// What this process is to a command.
enum Role {
    /// It does everything.
    Alone,
    /// It has a second process do the work.
    Supervisor {
        /// The folder in which findings are kept.
        findings: Option<PathBuf>,
    },
    /// It does the work for its supervisor.
    Worker {
        /// Where it notes what is under way.
        logbook: PathBuf,
    },
}

/// Returns the role of this process for a command line.
fn role(matches: &clap::ArgMatches) -> Role {
    let Ok(line) = command::Line::from_arg_matches(matches) else { return Role::Alone };
    match (line.place.logbook, line.command) {
        (Some(logbook), _) => Role::Worker { logbook },
        _ if line.place.in_process || cfg!(not(unix)) => Role::Alone,
        (None, Command::Check(_) | Command::Completions { .. }) => Role::Alone,
        (None, Command::Run(run)) => Role::Supervisor { findings: Some(run.findings_dir) },
        (None, _) => Role::Supervisor { findings: None },
    }
}

/// Returns the system of `systems` that is known to be called `name`.
pub(crate) fn find<'a>(
    systems: &'a [Box<dyn AnySystem>],
    name: &str,
) -> Result<&'a dyn AnySystem, Failure> {
    let system = systems.iter().find(|system| system.profile().name == name);
    system.map(AsRef::as_ref).ok_or_else(|| Failure::Fault(format!("the system `{name}` is lost")))
}

/// What clap has to say: help and the version are data, everything else is wrong use.
fn tell(error: &clap::Error, console: &mut Console<'_>) -> Result<Status, Failure> {
    let choice = ColorChoice::Auto;
    if error.use_stderr() {
        let text = error.render();
        let colored = choice.palette(console, console.err_is_terminal).on;
        let text = if colored { text.ansi().to_string() } else { text.to_string() };
        let _ = console.err.write_all(text.as_bytes());
        return Ok(Status::Misuse);
    }
    let text = error.render();
    let colored = choice.palette(console, console.out_is_terminal).on;
    let text = if colored { text.ansi().to_string() } else { text.to_string() };
    let mut out = Patient::new(console.out);
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(Status::Holds)
}

/// Returns how the program was called: as it was typed, or without the folders if it was found by
/// an absolute path.
fn program(first: Option<&OsString>) -> String {
    let path = Path::new(first.map_or("squall".as_ref(), OsString::as_os_str));
    let shown = if path.is_absolute() { path.file_stem() } else { Some(path.as_os_str()) };
    shown.map_or_else(|| "squall".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// Returns what a panic says.
fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned())
}
