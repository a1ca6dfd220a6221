//! `squall script SYSTEM --seed 7` and `squall script FILE`: a script as it is printed, or with all
//! its luck in lines.

use serde::Serialize;

use crate::command::Script;
use crate::program::{Failure, Session, find};
use crate::status::Status;

/// What `--json` prints.
#[derive(Serialize)]
struct ScriptJson<'a> {
    system: &'a str,
    seed: u64,
    script: String,
}

pub(crate) fn script(session: &mut Session<'_, '_>, asked: &Script) -> Result<Status, Failure> {
    let source = session.subject(&asked.subject, asked.seed)?;
    let system = find(session.systems, source.system)?;
    let printed = system.print(&source.text, &source.name, asked.materialise);
    let printed = printed.map_err(|error| session.unplayable(&error))?;
    if session.style.json {
        let (system, seed) = (source.system, printed.seed);
        session.print_json(&ScriptJson { system, seed, script: printed.text })?;
    } else {
        session.console.out.write_all(printed.text.as_bytes())?;
    }
    Ok(Status::Holds)
}
