//! `squall script SYSTEM --seed 7`: the script that a seed becomes.

use serde::Serialize;

use crate::command::Script;
use crate::program::{Failure, Session};
use crate::status::Status;

/// What `--json` prints.
#[derive(Serialize)]
struct ScriptJson<'a> {
    system: &'a str,
    seed: u64,
    script: String,
}

pub(crate) fn script(session: &mut Session<'_, '_>, asked: &Script) -> Result<Status, Failure> {
    let script = session.known(&asked.system)?.script_text(asked.seed);
    if session.style.json {
        session.print_json(&ScriptJson { system: &asked.system, seed: asked.seed, script })?;
    } else {
        session.console.out.write_all(script.as_bytes())?;
    }
    Ok(Status::Holds)
}
