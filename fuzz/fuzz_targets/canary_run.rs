//! Does the same as `synod_run`, with a Synod that sends messages before its records are durable.
//! This target must fail, or a clean `synod_run` proves nothing.

#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::{Corpus, fuzz_target};
use squall::FuzzTarget;
use squall_canary::Canary;
use squall_sims::synod::SynodFlaw;

static CANARY: Canary<SynodFlaw> = Canary(SynodFlaw::SpeaksEarly);

/// The program that knows the canary.
const PROGRAM: &str = "cargo run --release -p squall-sims --example canary --";

thread_local! {
    static TARGET: RefCell<FuzzTarget<'static>> =
        RefCell::new(squall::fuzz(&CANARY).folder("findings").program(PROGRAM));
}

fuzz_target!(|bytes: &[u8]| -> Corpus {
    match TARGET.with_borrow_mut(|target| target.check(bytes)) {
        Some(_) => Corpus::Keep,
        None => Corpus::Reject,
    }
});
