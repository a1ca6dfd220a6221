//! A process that runs code under test can be ended by it: by `exit`, by `abort`, by a stack that
//! overflows, by the memory that it asks for. So a command that runs a system is carried out by a
//! second process, and the first one waits for it: status 0 means that the second process finished
//! and reported its work, and nothing else does.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitCode, ExitStatus, Stdio};

use crate::interrupt;
use crate::logbook::Entries;
use crate::status::Status;

/// A process that works, and the file in which it notes what is under way.
struct Worker {
    child: Child,
    input: ChildStdin,
    logbook: tempfile::NamedTempFile,
}

/// How a process ended that did not finish its work.
struct Ended {
    by: ExitStatus,
    entries: Entries,
}

/// Has a process like this one carry out `arguments`, and returns how it ended. `findings` is the
/// folder in which it keeps what it finds.
///
/// # Errors
///
/// What the operating system says when the process cannot be started.
pub(crate) fn supervise(arguments: &[OsString], findings: Option<&Path>) -> io::Result<ExitCode> {
    // Before the second process starts: a signal that comes now is for both.
    interrupt::pass_on();
    let Worker { mut child, input, logbook } = start(arguments, Stdio::inherit)?;
    interrupt::pass_on_to(input);
    let by = child.wait()?;
    let entries = Entries::read(logbook.path())?;
    if let Some(code) = entries.finished {
        return Ok(code.into());
    }
    let has_begun = !entries.subject.is_empty();
    if interrupt::passed_on() > u32::from(has_begun) {
        return Ok(interrupt::ENDED_BY_SIGNAL.into());
    }
    tell(&Ended { by, entries }, arguments, findings);
    Ok(Status::Fault.into())
}

/// Starts this program once more.
fn start(arguments: &[OsString], stream: fn() -> Stdio) -> io::Result<Worker> {
    let logbook = tempfile::NamedTempFile::with_prefix("squall-")?;
    let mut command = Command::new(std::env::current_exe()?);
    if let Some(name) = arguments.first() {
        call_as(&mut command, name);
    }
    command.arg("--logbook").arg(logbook.path()).args(arguments.iter().skip(1));
    command.stdin(Stdio::piped()).stdout(stream()).stderr(stream());
    let mut child = command.spawn()?;
    let input = child.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
    Ok(Worker { child, input, logbook })
}

/// The second process says its name as the first one was called.
#[cfg(unix)]
fn call_as(command: &mut Command, name: &OsString) {
    std::os::unix::process::CommandExt::arg0(command, name);
}

#[cfg(not(unix))]
fn call_as(_: &mut Command, _: &OsString) {}

/// Says on standard error what ended the process.
fn tell(ended: &Ended, arguments: &[OsString], findings: Option<&Path>) {
    let Ended { by, entries } = ended;
    let (subject, mut seeds) = (&entries.subject, entries.seeds.clone());
    if seeds.len() > 1 {
        let guilty: Vec<u64> = seeds.iter().copied().filter(|seed| ends(subject, *seed)).collect();
        if !guilty.is_empty() {
            seeds = guilty;
        }
    }
    let mut err = io::stderr();
    let under_way = match seeds.as_slice() {
        [] if subject.is_empty() => "a command".to_owned(),
        [] => subject.clone(),
        [seed] => format!("{subject}, seed {seed}"),
        seeds => {
            let seeds: Vec<String> = seeds.iter().map(ToString::to_string).collect();
            format!("{subject}, one of the seeds {}", seeds.join(", "))
        }
    };
    let _ = writeln!(err, "error: {under_way}: the process ended before the run did: {by}");
    let program = PathBuf::from(arguments.first().cloned().unwrap_or_default());
    let program = program.file_name().map_or("squall".into(), |name| name.to_string_lossy());
    if let [seed] = seeds.as_slice() {
        let _ = writeln!(err, "  {program} trace {subject} --seed {seed}");
    }
    if let Some(folder) = findings.filter(|folder| folder.is_dir()) {
        let folder = folder.display();
        let _ = writeln!(err, "  no report can be made; what was found before is in {folder}");
    }
}

/// Whether `seed` of `system` ends a process that runs it alone.
fn ends(system: &str, seed: u64) -> bool {
    let Ok(folder) = tempfile::tempdir() else { return false };
    let words = ["squall", "run", system, "--threads", "1", "--no-repeat", "--no-shrink"];
    let mut arguments: Vec<OsString> = words.into_iter().map(Into::into).collect();
    let seeds = format!("{seed}..{}", seed.saturating_add(1));
    arguments.extend(["--seeds".into(), seeds.into(), "--findings-dir".into()]);
    arguments.push(folder.path().into());
    // The input stays open until the process ended: its end asks for an end.
    let ended = start(&arguments, Stdio::null).and_then(|mut worker| {
        worker.child.wait()?;
        let entries = Entries::read(worker.logbook.path());
        drop(worker.input);
        entries
    });
    ended.is_ok_and(|entries| entries.finished.is_none())
}
