//! No bytes break the reader: it says what is wrong, or reads.

use proptest::prelude::*;
use squall_script::{ScriptError, check, parse, system_of};

use crate::strategies::script;
use crate::toy::Toy;

/// Reads `source`; a mistake must render and have a place in the file, and a script must be sound
/// and print.
fn survives(source: &str) {
    let _ = system_of(source, "any");
    match parse(&Toy, source, "any") {
        Ok(script) => {
            assert_eq!(check(&script, &Toy), Ok(()));
            let printed = script.to_string();
            assert_eq!(parse(&Toy, &printed, "printed").as_ref(), Ok(&script), "{printed}");
        }
        Err(error) => {
            assert!(!error.mistakes().is_empty());
            assert!(error.mistakes().len() <= ScriptError::MISTAKES_MAX);
            for mistake in error.mistakes() {
                let line = source.split('\n').nth(mistake.line() - 1).unwrap_or_default();
                assert!(mistake.column() <= line.chars().count() + 1);
            }
            assert!(!error.render(false).contains('\u{1b}'));
            assert!(error.render(true).contains(error.name()));
        }
    }
}

/// Words of the notation and near misses, in no order.
fn babble() -> impl Strategy<Value = String> {
    let words = "squall|system|synod|seed|servers|clients|knob|retry|loss|delay|cut|heal|crash|keep|\
                 torn|disk|rots|slow|clock|offset|drift|calm|all|rest|@leader|n1|n2|c1|n9|n1>n2#1|\
                 sync#2|random#1|timer#3|write|r7|fails|takes|twice|lost|is|late|5|1|0ms|1ms|2s|\
                 1ms..5ms|5ms..1ms|-3s|3%|101%|-200ppm|propose|apple|\\||>|,|#| |\t|\n|\r\n|é|+|exp";
    let words: Vec<String> =
        words.split("\\|").flat_map(|part| part.split('|')).map(str::to_owned).collect();
    let word = proptest::sample::select(words);
    let between = proptest::sample::select(vec![" ", " ", " ", "\n", ""]);
    proptest::collection::vec((word, between), 0..60)
        .prop_map(|parts| parts.iter().map(|(word, between)| format!("{word}{between}")).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn any_text(source in "\\PC*|(?s).{0,200}") {
        survives(&source);
    }

    #[test]
    fn any_words(words in babble()) {
        survives(&words);
        survives(&format!("squall 1\nsystem synod\nseed 1\nservers 5\nclients 1\n{words}"));
        survives(&format!("squall 1\nsystem synod\nseed 1\nservers 5\nclients 1\n1s {words}"));
    }

    #[test]
    fn any_script_with_a_wound(
        script in script(),
        wounds in proptest::collection::vec((any::<prop::sample::Index>(), 0..4_u8, any::<char>()), 1..4),
    ) {
        let mut letters: Vec<char> = script.to_string().chars().collect();
        for (place, kind, letter) in wounds {
            if letters.is_empty() {
                break;
            }
            let place = place.index(letters.len());
            match kind {
                0 => letters[place] = letter,
                1 => letters.insert(place, letter),
                2 => { letters.remove(place); }
                _ => letters.truncate(place + 1),
            }
        }
        survives(&letters.into_iter().collect::<String>());
    }
}
