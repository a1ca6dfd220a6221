//! A program of its own with the system `parrot`, for what only a process can show: how it ends.
//! The variable PARROT says in which mood the bird is.

#![allow(dead_code, reason = "the tests use more of the parrot than this program does")]

mod parrot;

use std::process::ExitCode;

use parrot::{Mood, Parrot};
use squall_cli::Squall;

fn main() -> ExitCode {
    let name = std::env::var("PARROT").unwrap_or_default();
    let moods = [Mood::Honest, Mood::Lying, Mood::Leaving, Mood::Aborting, Mood::Stuck];
    let mood = moods.into_iter().find(|mood| format!("{mood:?}") == name);
    Squall::new().system(Parrot(mood.unwrap_or(Mood::Honest))).main()
}
