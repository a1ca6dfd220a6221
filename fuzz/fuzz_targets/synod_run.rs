//! Bytes become a script of the Synod, which is run and judged: a fuzzer that is guided by coverage
//! looks for schedules that break it.

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
