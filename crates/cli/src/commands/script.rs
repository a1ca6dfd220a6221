//! `squall script SYSTEM --seed 7`, `squall script SYSTEM --bytes FILE` and `squall script FILE`: a
//! script as it is printed, or with all its luck in lines.

use std::path::Path;

use serde::Serialize;
use squall_hunt::DecodeError;

use crate::command::Script;
use crate::commands::source::{Source, unreadable};
use crate::program::{Failure, Session, find};
use crate::status::Status;
use squall::read_bytes;

/// What `--json` prints.
#[derive(Serialize)]
struct ScriptJson<'a> {
    system: &'a str,
    seed: u64,
    script: String,
}

pub(crate) fn script(session: &mut Session<'_, '_>, asked: &Script) -> Result<Status, Failure> {
    if asked.as_bytes {
        return print_bytes(session, asked);
    }
    let source = match &asked.bytes {
        Some(path) => of_bytes(session, &asked.subject, path)?,
        None => session.subject(&asked.subject, asked.seed)?,
    };
    let system = find(session.systems, source.system)?;
    let printed = squall::play::print(system, &source.text, &source.name, asked.materialise);
    let printed = printed.map_err(|error| session.unplayable(&error))?;
    if session.style.json {
        let (system, seed) = (source.system, printed.seed);
        session.print_json(&ScriptJson { system, seed, script: printed.text })?;
    } else {
        session.console.out.write_all(printed.text.as_bytes())?;
    }
    Ok(Status::Holds)
}

/// Writes the choices that make the script of a seed.
fn print_bytes(session: &mut Session<'_, '_>, asked: &Script) -> Result<Status, Failure> {
    if session.style.json {
        let message = "bytes are no JSON: leave out --json or --as-bytes";
        return Err(Failure::Misuse(message.to_owned()));
    }
    let system = session.known(&asked.subject.to_string_lossy())?;
    let bytes = squall::play::seed_bytes(system, asked.seed.unwrap_or_default());
    session.console.out.write_all(&bytes)?;
    Ok(Status::Holds)
}

/// Returns the script of the system `subject` that the bytes in the file `path` stand for.
fn of_bytes(session: &Session<'_, '_>, subject: &Path, path: &Path) -> Result<Source, Failure> {
    let system = session.system(&subject.to_string_lossy())?;
    let bytes = read_bytes(path).map_err(|error| unreadable(&error))?;
    let name = path.display().to_string();
    let text = squall::play::text_of_bytes(session.known(system)?, &bytes, &name);
    let text = text.map_err(|error| match error {
        DecodeError::Script(error) => session.wrong(&error),
        error => Failure::Misuse(format!("{name}: {error}")),
    })?;
    Ok(Source { name, text, system })
}
