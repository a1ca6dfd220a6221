//! `squall check FILE --model MODEL`: a history that was recorded elsewhere, held against a model.

mod judging;
mod page;
mod picture;
mod reading;
mod report;

use std::fs::File;
use std::io::{self, BufReader, Read, Write as _};
use std::path::Path;

use squall_history::{HistoryError, NilReads, Options, ProcessName, Recorded, Value, Vocabulary};
use squall_linear::models::{Counter, Lock, Log, Map, Queue, Register, Set, Texts};
use squall_linear::{Budget, Checked, Limit};

use crate::command::{Check, ModelName, NilReadsName};
use crate::course::shown;
use crate::program::{Failure, Session};
use crate::status::Status;
use judging::Judging;
use reading::{Reading, Watched};
use report::Report;

pub(crate) fn check(session: &mut Session<'_, '_>, asked: &Check) -> Result<Status, Failure> {
    let has_initial = matches!(
        asked.model,
        ModelName::Register | ModelName::Map | ModelName::Kv | ModelName::Counter
    );
    if asked.initial.is_some() && !has_initial {
        let why = "--initial is for a register, for each key of a map, or for a counter\n  a \
                   lock is free at first, and all else is empty";
        return Err(Failure::Misuse(why.to_owned()));
    }
    if let Some(page) = &asked.html {
        refuse_page(page, &asked.file)?;
    }
    let initial = asked.initial.clone().unwrap_or_default();
    match asked.model {
        ModelName::Register => check_against(session, asked, &Register { initial }),
        ModelName::Map | ModelName::Kv => check_against(session, asked, &Map::holding(initial)),
        ModelName::Lock => check_against(session, asked, &Lock::<ProcessName>::default()),
        ModelName::Queue => check_against(session, asked, &Queue::default()),
        ModelName::Counter => {
            check_against(session, asked, &Counter { initial: beginning(&initial)? })
        }
        ModelName::Set => check_against(session, asked, &Set::default()),
        ModelName::Texts => check_against(session, asked, &Texts::default()),
        ModelName::Log => check_against(session, asked, &Log::default()),
    }
}

/// Returns the value of a counter at first.
fn beginning(initial: &Value) -> Result<i64, Failure> {
    match initial {
        Value::Nil => Ok(0),
        Value::Int(number) => Ok(*number),
        other => {
            let why = format!("--initial {other} is no value of a counter\n  it is a whole number");
            Err(Failure::Misuse(why))
        }
    }
}

/// Reads the history, checks it against `model`, and reports the result.
fn check_against<M: Vocabulary>(
    session: &mut Session<'_, '_>,
    asked: &Check,
    model: &M,
) -> Result<Status, Failure> {
    let name = match is_standard_input(&asked.file) {
        true => "standard input".to_owned(),
        false => asked.file.display().to_string(),
    };
    let Some(recorded) = read::<M>(session, asked, &name)? else {
        let _ = writeln!(session.console.err, "interrupted: {name} was not read to its end");
        return Ok(Status::NothingRun);
    };
    let checked = judge(session, asked, model, &recorded);
    let status = match &checked {
        Checked::Unknown(Limit::Stopped) => {
            let _ = writeln!(session.console.err, "interrupted: {name} was not judged to its end");
            return Ok(Status::NothingRun);
        }
        Checked::Holds => Status::Holds,
        Checked::Broken(_) => Status::Broken,
        Checked::Unknown(_) => Status::Unknown,
    };
    let report = Report::of(&name, status, &recorded, &checked);
    if session.style.json {
        session.print_json(&report)?;
    } else {
        let palette = session.palette();
        report.print(&mut session.console.out, palette)?;
        report.draw(&mut session.console.out, palette)?;
    }
    // Last, so that the verdict is there even if the page cannot be.
    if let Some(path) = &asked.html {
        session.console.out.flush()?;
        write_page(path, &report)?;
    }
    Ok(status)
}

/// Reads the history. Returns `None` if the user interrupts it.
fn read<M: Vocabulary>(
    session: &mut Session<'_, '_>,
    asked: &Check,
    name: &str,
) -> Result<Option<Recorded<M>>, Failure> {
    let (file, size) = open(&asked.file, name)?;
    let reading = Reading::new(size);
    let is_interrupted = session.console.is_interrupted;
    let watched = Watched { file, reading: &reading, is_interrupted };
    let input = BufReader::with_capacity(1 << 18, watched);
    let nil_reads = match asked.nil_reads {
        NilReadsName::Value => NilReads::Value,
        NilReadsName::Unknown => NilReads::Unknown,
    };
    let format = asked.format.map(Into::into);
    let options = Options { format, nil_reads, ..Options::default() };
    let quiet = session.style.quiet;
    let recorded = shown(&mut session.console, quiet, &reading, || {
        squall_history::read::<M>(input, name, options)
    });
    match recorded {
        Ok(recorded) => Ok(Some(recorded)),
        Err(HistoryError::Input { .. }) if is_interrupted() => Ok(None),
        Err(error) => {
            let text = error.render(session.err_palette().on);
            Err(Failure::Misuse(match error {
                HistoryError::Mistake(_) => format!("a mistake in {name}\n{text}"),
                _ => text,
            }))
        }
    }
}

fn is_standard_input(file: &Path) -> bool {
    file == Path::new("-")
}

/// Returns the file and its size, 0 if that is unknown.
fn open(path: &Path, name: &str) -> Result<(Box<dyn Read>, u64), Failure> {
    if is_standard_input(path) {
        return Ok((Box::new(io::stdin()), 0));
    }
    if path.is_dir() {
        return Err(Failure::Misuse(format!("{name} is a directory\n  name one history in it")));
    }
    let file = File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Failure::Misuse(format!("there is no file {name}")),
        _ => Failure::Misuse(format!("cannot read {name}: {error}")),
    })?;
    let size = file.metadata().map_or(0, |data| data.len());
    Ok((Box::new(file), size))
}

/// Checks the history against `model`, until the user interrupts it.
fn judge<M: Vocabulary>(
    session: &mut Session<'_, '_>,
    asked: &Check,
    model: &M,
    recorded: &Recorded<M>,
) -> Checked {
    let judging = Judging::default();
    let is_interrupted = session.console.is_interrupted;
    let goes_on = |progress| {
        judging.note(progress);
        !is_interrupted()
    };
    let budget = Budget { nodes: asked.budget, bytes: asked.memory.saturating_mul(1 << 20) };
    let quiet = session.style.quiet;
    shown(&mut session.console, quiet, &judging, || {
        squall_linear::check_while(model, &recorded.history, budget, &goes_on)
    })
}

/// Refuses a page that would take the place of the history, or go where it cannot.
fn refuse_page(page: &Path, history: &Path) -> Result<(), Failure> {
    if is_standard_input(page) {
        return Err(Failure::Misuse("--html names a file, and a page cannot go to `-`".to_owned()));
    }
    let is_same = match (page.canonicalize(), history.canonicalize()) {
        (Ok(page), Ok(history)) => page == history,
        _ => false,
    };
    if is_same {
        let page = page.display();
        return Err(Failure::Misuse(format!("--html {page} would take the place of the history")));
    }
    Ok(())
}

fn write_page(path: &Path, report: &Report) -> Result<(), Failure> {
    let refused = |error| Failure::Misuse(format!("cannot write {}: {error}", path.display()));
    let mut file = File::create(path).map_err(refused)?;
    file.write_all(page::page(report).as_bytes()).map_err(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dash_is_standard_input_of_which_nobody_knows_the_size() {
        let opened = open(Path::new("-"), "standard input");
        assert_eq!(opened.map(|(_, size)| size).ok(), Some(0));
        assert!(open(Path::new("./-"), "./-").is_err(), "and there is no such file");
    }
}
