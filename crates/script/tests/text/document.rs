//! The document of the notation cannot rot: every example in it is read here.

use proptest::prelude::*;
use squall_script::{Script, parse};

use crate::strategies::{condition, fault};
use crate::toy::Toy;

const DOCUMENT: &str = include_str!("../../../../docs/script.md");

/// Returns the examples in the tables below the heading `## title`: what stands between backticks
/// in the last column.
fn examples(title: &str) -> Vec<String> {
    let section = DOCUMENT.split("\n## ").find(|section| section.starts_with(title));
    let rows = section.unwrap().lines().filter(|line| line.starts_with("| `"));
    // A bar inside a table is written `\|`; it does not end a column.
    let columns = rows.map(|row| row.replace("\\|", "\u{0}"));
    columns
        .flat_map(|row| {
            let last = row.trim_end_matches([' ', '|']).rsplit('|').next().unwrap().to_owned();
            let quoted = last.split('`').skip(1).step_by(2);
            quoted.map(|text| text.replace('\u{0}', "|")).collect::<Vec<_>>()
        })
        .collect()
}

fn read(source: &str) -> Script {
    match parse(&Toy, source, "docs/script.md") {
        Ok(script) => script,
        Err(error) => panic!("{source}\n{}", error.render(false)),
    }
}

#[test]
fn every_header_line_of_the_document_reads() {
    let examples = examples("The header");
    assert!(examples.len() >= 21, "{examples:?}");
    for example in examples {
        let key = example.split(' ').next().unwrap();
        let must = ["system synod", "seed 1", "servers 5", "clients 2"];
        let others = must.iter().filter(|line| !line.starts_with(key));
        let others: Vec<String> = others.map(ToString::to_string).collect();
        read(&format!("squall 1\n{}\n{example}\n", others.join("\n")));
    }
}

#[test]
fn every_action_of_the_document_reads_and_prints_as_it_stands() {
    let titles = ["Requests", "Faults", "Conditions on a line", "Fixed luck", "Calm"];
    let examples: Vec<String> = titles.into_iter().flat_map(examples).collect();
    assert!(examples.len() >= 50, "{}", examples.len());
    for example in examples {
        let header = "squall 1\nsystem synod\nseed 1\nservers 5\nclients 2\n";
        let script = read(&format!("{header}1s {example}\n"));
        assert_eq!(script.lines[0].action.to_string(), example);
    }
}

#[test]
fn every_script_of_the_document_reads() {
    let scripts = DOCUMENT.split("```").skip(1).step_by(2);
    let mut count = 0;
    for block in scripts.filter_map(|block| block.strip_prefix("text\n")) {
        read(block);
        count += 1;
    }
    assert!(count > 0);
}

proptest! {
    #[test]
    fn no_fault_is_missing_in_the_document(fault in fault((3, 1)), condition in condition()) {
        let (faults, conditions) = (examples("Faults"), examples("Conditions on a line"));
        let begins = |text: String, examples: &[String]| {
            let word = text.split(' ').next().unwrap().to_owned();
            examples.iter().any(|example| example.split(' ').next() == Some(&word))
        };
        let fault = fault.to_string();
        prop_assert!(begins(condition.to_string(), &conditions), "{condition}");
        prop_assert!(begins(fault.clone(), &faults) || begins(fault.clone(), &conditions), "{fault}");
    }
}
