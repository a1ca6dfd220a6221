//! Turns bytes into a script of the Synod, and runs and judges it. A coverage-guided fuzzer thereby
//! looks for schedules that break a rule.

#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::{Corpus, fuzz_target};
use squall::FuzzTarget;
use squall_sims::synod::Synod;

thread_local! {
    static TARGET: RefCell<FuzzTarget<'static>> =
        RefCell::new(squall::fuzz(&Synod).folder("findings"));
}

fuzz_target!(|bytes: &[u8]| -> Corpus {
    match TARGET.with_borrow_mut(|target| target.check(bytes)) {
        Some(_) => Corpus::Keep,
        None => Corpus::Reject,
    }
});
