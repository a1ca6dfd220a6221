//! `squall check FILE --model MODEL`: a history that was recorded elsewhere, held against a model.

mod page;
mod picture;
mod report;

use std::fs::File;
use std::io::{BufReader, Write as _};
use std::path::Path;

use squall_history::{HistoryError, Recorded, Vocabulary};
use squall_judge::linear::models::{Lock, Log, Map, Queue, Register};
use squall_judge::linear::{self, Checked};

use crate::command::{Check, ModelName};
use crate::program::{Failure, Session};
use crate::status::Status;
use report::Report;

pub(crate) fn check(session: &mut Session<'_, '_>, asked: &Check) -> Result<Status, Failure> {
    let initial = asked.initial.clone();
    match asked.model {
        ModelName::Register => hold(session, asked, &Register { initial }),
        ModelName::Map => hold(session, asked, &Map::holding(initial)),
        ModelName::Lock => hold(session, asked, &Lock),
        ModelName::Queue => hold(session, asked, &Queue::default()),
        ModelName::Log => hold(session, asked, &Log::default()),
    }
}

/// Reads the history, holds it against `model`, and tells what came of it.
fn hold<M: Vocabulary>(
    session: &mut Session<'_, '_>,
    asked: &Check,
    model: &M,
) -> Result<Status, Failure> {
    let name = asked.file.display().to_string();
    let recorded = read::<M>(session, asked, &name)?;
    let checked = linear::check(model, &recorded.history, asked.budget);
    let status = match &checked {
        Checked::Holds => Status::Holds,
        Checked::Broken(_) => Status::Broken,
        Checked::Unknown(_) => Status::Unknown,
    };
    let report = Report::of(&name, status, &recorded, &checked);
    if let Some(path) = &asked.html {
        write_page(path, &report)?;
    }
    if session.style.json {
        session.print_json(&report)?;
    } else {
        let palette = session.palette();
        report.print(&mut session.console.out, palette)?;
    }
    Ok(status)
}

fn read<M: Vocabulary>(
    session: &Session<'_, '_>,
    asked: &Check,
    name: &str,
) -> Result<Recorded<M>, Failure> {
    if asked.file.is_dir() {
        return Err(Failure::Misuse(format!("{name} is a directory\n  name one history in it")));
    }
    let file = File::open(&asked.file).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Failure::Misuse(format!("there is no file {name}")),
        _ => Failure::Misuse(format!("cannot read {name}: {error}")),
    })?;
    let input = BufReader::with_capacity(1 << 18, file);
    squall_history::read::<M>(input, name, asked.format.map(Into::into)).map_err(|error| {
        let text = error.render(session.err_palette().on);
        Failure::Misuse(match error {
            HistoryError::Mistake(_) => format!("a mistake in {name}\n{text}"),
            _ => text,
        })
    })
}

fn write_page(path: &Path, report: &Report) -> Result<(), Failure> {
    let refused = |error| Failure::Misuse(format!("cannot write {}: {error}", path.display()));
    let mut file = File::create(path).map_err(refused)?;
    file.write_all(page::page(report).as_bytes()).map_err(refused)
}
