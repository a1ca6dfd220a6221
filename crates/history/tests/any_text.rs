//! Every text is a history, or is refused with a reason. No text ends the program.

use proptest::prelude::*;
use proptest::sample::select;
use squall_history::{Options, Value, read};
use squall_linear::models::{Map, Register};

/// Pieces of both formats, and pieces of neither.
const PIECES: [&str; 60] = [
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "#{",
    "#",
    "#_",
    "##",
    "#:",
    "#:a{",
    "#'",
    "^",
    "\"",
    "\\",
    "\\\"",
    "\\u",
    "\\u12",
    "\\ud83d",
    "\\ude00",
    "\\newline",
    "\\é",
    ":",
    ":a",
    ":a/b",
    "::",
    ",",
    ";",
    "\n",
    " ",
    "1",
    "-",
    "+",
    "1N",
    "1.5M",
    "0x",
    "0x1f",
    "2/3",
    "1e",
    "1e400",
    "nil",
    "null",
    "true",
    "é",
    "\u{1}",
    "\u{feff}",
    "a",
    ":type",
    ":invoke",
    ":ok",
    ":process 0",
    ":f :read",
    ":f :write",
    ":value",
    "\"type\":",
    "\"call\"",
    "\"process\": 0",
    "\"op\": \"read\"",
    "\"value\":",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn no_text_ends_the_program(
        pieces in prop::collection::vec(select(&PIECES[..]), 0..40),
        is_entry in any::<bool>(),
    ) {
        let middle = pieces.concat();
        let entry = format!("{{:type :invoke, :f :write, :process 0, :value {middle}}}");
        let text = if is_entry { entry } else { middle };
        let options = Options::default();
        for error in [
            read::<Register<Value>>(text.as_bytes(), "any", options).err(),
            read::<Map<Value, Value>>(text.as_bytes(), "any", options).err(),
        ] {
            let told = error.map_or_else(|| "a history".to_owned(), |error| error.render(false));
            prop_assert!(!told.is_empty());
        }
    }
}
