//! Calls the program in this process, and shows what it wrote.

use std::path::Path;

use squall_cli::{Console, Squall, Status};

use crate::parrot::{Mood, Parrot};

/// What a call of the program left behind.
#[derive(Debug)]
pub(crate) struct Called {
    pub(crate) status: Status,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Calls the program with a parrot in `mood`. Every `{dir}` in `arguments` stands for `dir`.
pub(crate) fn call(mood: Mood, dir: &Path, arguments: &str) -> Called {
    call_in(mood, dir, arguments, &|_| None, &|| false)
}

/// As `call`, with variables of the environment, and with Ctrl-C.
pub(crate) fn call_in(
    mood: Mood,
    dir: &Path,
    arguments: &str,
    variable: &dyn Fn(&str) -> Option<String>,
    is_interrupted: &(dyn Fn() -> bool + Sync),
) -> Called {
    let dir_text = dir.display().to_string();
    let words = arguments.split_whitespace().map(|word| word.replace("{dir}", &dir_text));
    let arguments: Vec<String> = std::iter::once("squall".to_owned()).chain(words).collect();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let status = Squall::new().system(Parrot(mood)).run(
        arguments,
        &mut Console {
            out: &mut out,
            err: &mut err,
            out_is_terminal: false,
            err_is_terminal: false,
            variable,
            is_interrupted,
        },
    );
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().replace(&dir_text, "DIR");
    Called { status, out: text(out), err: text(err) }
}

impl std::fmt::Display for Called {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "status {}", self.status.code())?;
        for (name, text) in [("out", &self.out), ("err", &self.err)] {
            for line in text.lines() {
                writeln!(f, "{name} | {}", masked(line))?;
            }
        }
        Ok(())
    }
}

/// Returns a line without what differs from machine to machine.
fn masked(line: &str) -> String {
    let Some((before, rest)) = line.split_once(", in ") else {
        return line.trim_end().to_owned();
    };
    match rest.split_once(" steps/s") {
        Some((_, after)) => format!("{before}, in TIME: RATES{after}"),
        None => line.to_owned(),
    }
}
