//! Reads any text as the file of a finding, and compares its trace with a run (README.md). A text
//! that is not a finding is refused, and the first event that differs is one of the two runs.

#![no_main]

use libfuzzer_sys::fuzz_target;
use squall::Recorded;
use squall::trace::{Details, Line, LineKind};

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let Some(recorded) = Recorded::of(&text) else { return };
    // The new run is the recorded one without every second event.
    let kept = (1..).zip(recorded.trace.iter().step_by(2));
    let lines: Vec<Line> = kept.map(|(number, text)| line(number, text)).collect();
    let longest = recorded.trace.len() + recorded.stamps.len();
    for run in [&lines[..], &lines[..lines.len() / 2], &[]] {
        if let Some(parting) = recorded.parting(run) {
            assert!(parting.number as usize <= longest.max(run.len()), "{parting:?}");
            assert!(parting.recorded.is_some() || parting.now.is_some(), "{parting:?}");
            assert!(!parting.to_string().is_empty());
        }
    }
});

fn line(number: u64, text: &str) -> Line {
    let (kind, details, text) = (LineKind::Claimed, Details::default(), text.to_owned());
    let (process, peer, message) = (None, None, None);
    Line { number, at_ns: number, kind, process, peer, message, details, text }
}
