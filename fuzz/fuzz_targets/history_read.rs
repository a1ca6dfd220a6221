//! Reads any text as a history of every model, in the format that its first entry indicates and in
//! every format by name. The reader reports what is wrong, or the history can be judged.

#![no_main]

use libfuzzer_sys::fuzz_target;
use squall_history::{Format, Options, ProcessName, Value, Vocabulary, read};
use squall_linear::models::{Counter, Lock, Log, Map, Queue, Register, Set, Texts};
use squall_linear::{Budget, Checked, check};

/// Few configurations are searched, because reading is under test here, not the verdict.
const BUDGET: Budget = Budget { nodes: 1_000, ..squall_linear::BUDGET };

fuzz_target!(|bytes: &[u8]| {
    for format in [None, Some(Format::Edn), Some(Format::Json), Some(Format::Lines)] {
        hold::<Register<Value>>(bytes, format);
        hold::<Map<Value, Value>>(bytes, format);
        hold::<Lock<ProcessName>>(bytes, format);
        hold::<Queue<Value>>(bytes, format);
        hold::<Log<Value>>(bytes, format);
        hold::<Counter>(bytes, format);
        hold::<Set<Value>>(bytes, format);
        hold::<Texts<Value>>(bytes, format);
    }
});

fn hold<M: Vocabulary + Default>(bytes: &[u8], format: Option<Format>) {
    match read::<M>(bytes, "fuzz", Options { format, ..Options::default() }) {
        Ok(recorded) => {
            let operations = recorded.history.operations();
            assert!(!operations.is_empty());
            if let Checked::Broken(why) = check(&M::default(), &recorded.history, BUDGET) {
                assert!(!why.story(operations).is_empty());
                assert!(recorded.place(operations[why.last].called) > 0);
            }
        }
        Err(error) => {
            assert!(error.render(false).contains("fuzz"));
            assert!(!error.render(true).is_empty());
        }
    }
}
