//! Reads any text as a script of every system that the program has (README.md). The reader reports
//! what is wrong, or the script prints as a text that reads the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use squall::script::system_of;
use squall::play::PlayError;
use squall_cli::Squall;

thread_local! {
    static PROGRAM: Squall = squall_sims::program();
}

fuzz_target!(|bytes: &[u8]| PROGRAM.with(|program| read(program, bytes)));

fn read(program: &Squall, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Err(error) = system_of(&text, "fuzz") {
        assert!(!error.render(false).is_empty());
    }
    for system in program.systems() {
        match squall::play::print(system, &text, "fuzz", false) {
            Ok(printed) => {
                let again = squall::play::print(system, &printed.text, "printed", false);
                assert_eq!(again.map(|again| again.text).ok(), Some(printed.text));
            }
            Err(PlayError::Refused { .. }) => panic!("nothing is run"),
            Err(PlayError::Script(error)) => {
                assert!(!error.mistakes().is_empty());
                assert!(!error.render(false).contains('\u{1b}'));
                assert!(error.render(true).contains(error.name()));
            }
        }
    }
}
