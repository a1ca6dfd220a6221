//! The text of a script, the system that it is for, and what is wrong with either.

use std::error::Error;
use std::path::Path;

use miette::Diagnostic;
use squall_script::{ScriptError, system_of};

use squall::{ReadError, read};

use crate::logbook;
use crate::program::{Failure, Session};
use squall::play::{self, PlayError};

/// The text of a script and where it is from.
pub(crate) struct Source {
    /// The name of the file, for errors.
    pub(crate) name: String,
    /// Its text.
    pub(crate) text: String,
    /// The system that it names.
    pub(crate) system: &'static str,
}

impl Session<'_, '_> {
    /// Reads the script in the file `path`.
    pub(crate) fn read(&self, path: &Path) -> Result<Source, Failure> {
        let name = path.display().to_string();
        let text = read(path).map_err(|error| unreadable(&error))?;
        let system = system_of(&text, &name).map_err(|error| self.wrong(&error))?;
        let system = self.system(&system).map_err(|failure| match failure {
            Failure::Misuse(text) => Failure::Misuse(format!(
                "{name}: {text}\n  a script names a system of the program that wrote it: another \
                 program may have it"
            )),
            other => other,
        })?;
        logbook::subject(&name);
        Ok(Source { name, text, system })
    }

    /// Returns the script in the file `subject`, or the one that a seed of the system `subject`
    /// becomes.
    pub(crate) fn subject(&self, subject: &Path, seed: Option<u64>) -> Result<Source, Failure> {
        let Some(seed) = seed else {
            let name = subject.to_string_lossy();
            if !subject.exists() && self.system(&name).is_ok() {
                let text = format!("which seed of the system `{name}`? say --seed N");
                return Err(Failure::Misuse(text));
            }
            return self.read(subject);
        };
        let system = self.system(&subject.to_string_lossy())?;
        let name = format!("seed {seed} of {system}");
        logbook::subject(&name);
        let text = play::script_text(self.known(system)?, seed);
        Ok(Source { name, text, system })
    }

    /// Returns a script that is wrong, as a failure.
    pub(crate) fn unplayable(&self, error: &PlayError) -> Failure {
        match error {
            PlayError::Script(error) => self.wrong(error),
            PlayError::Refused { .. } => Failure::Misuse(error.to_string()),
        }
    }

    /// Returns the mistakes of a script, as a failure.
    pub(crate) fn wrong(&self, error: &ScriptError) -> Failure {
        let count = error.mistakes().len();
        let mistakes = if count == 1 { "a mistake" } else { "mistakes" };
        let text = error.render(self.err_palette().on);
        Failure::Misuse(format!("{mistakes} in {}\n{text}", error.name()))
    }
}

/// Returns why a file could not be read, as a failure.
pub(crate) fn unreadable(error: &ReadError) -> Failure {
    let mut text = error.to_string();
    if let Some(cause) = error.source() {
        text.push_str(&format!(": {cause}"));
    }
    if let Some(help) = error.help() {
        text.push_str(&format!("\n  {help}"));
    }
    Failure::Misuse(text)
}
