//! What is printed reads back as the same script, and prints the same again.

use proptest::prelude::*;
use squall_process::{Instant, ProcessId};
use squall_script::{Action, Operation, check, parse, system_of};

use crate::strategies::script;
use crate::toy::{Request, Toy};

/// The example of the design.
const DESIGN: &str = "\
squall 1
system synod
seed 4711
servers 5
clients 2
delay 1ms..10ms
loss 3%

0ms      c1 propose apple
0ms      c2 propose pear
12ms     crash n1
15.2ms   cut n1 n2 | n3 n4 n5
40ms     boot n1
60ms     n3>n5#4 lost
2s       calm
";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_printed_script_reads_back(script in script()) {
        prop_assert_eq!(check(&script, &Toy), Ok(()));
        let text = script.to_string();
        let read = match parse(&Toy, &text, "drawn") {
            Ok(read) => read,
            Err(error) => return Err(TestCaseError::fail(error.render(false))),
        };
        prop_assert_eq!(read.to_string(), text.clone());
        prop_assert_eq!(read, script);
        prop_assert_eq!(system_of(&text, "drawn"), Ok("synod".to_owned()));
    }

    #[test]
    fn blanks_comments_and_line_ends_mean_nothing(script in script()) {
        let text = script.to_string();
        let spread: Vec<String> = text
            .lines()
            .map(|line| format!("\t {line}  # a remark\r\n\r\n# another, with n1 > n2\r\n"))
            .collect();
        let spread = format!("\u{feff}# a story\n{}", spread.concat());
        prop_assert_eq!(parse(&Toy, &spread, "spread").map_err(|e| e.render(false)), Ok(script));
    }
}

#[test]
fn the_example_of_the_design_reads_and_prints() {
    let script = parse(&Toy, DESIGN, "design").unwrap();
    assert_eq!(script.seed, 4711);
    assert_eq!((script.servers, script.clients), (5, 2));
    assert_eq!(script.calm_at(), Some(Instant::from_millis(2_000)));
    assert_eq!(
        script.lines[0].action,
        Action::Ask {
            process: ProcessId::client(1),
            op: Operation::new(Request::Propose("apple".to_owned())),
        }
    );
    // The design sets its lines out by hand: blanks apart, they are printed as they stand.
    let words = |text: &str| text.split_ascii_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(&script.to_string()), words(DESIGN));
}

#[test]
fn lines_are_aligned_and_the_header_says_only_what_is_unusual() {
    let script = parse(&Toy, DESIGN, "design").unwrap();
    insta::assert_snapshot!(script, @"
    squall 1
    system synod
    seed 4711
    servers 5
    clients 2
    delay 1ms..10ms
    loss 3%

    0ms       c1 propose apple
    0ms       c2 propose pear
    12ms      crash n1
    15.2ms    cut n1 n2 | n3 n4 n5
    40ms      boot n1
    60ms      n3>n5#4 lost
    2s        calm
    ");
}

#[test]
fn the_header_may_come_in_any_order_and_say_defaults() {
    let source = "squall 1\nknob retry 100ms\nend 10s\nservers 3\ndelay 1ms\nsteps 1000000\n\
                  judge all\nseed 007\nknob backoff double  with   noise\nsystem synod\n";
    let script = parse(&Toy, source, "header").unwrap();
    insta::assert_snapshot!(script, @"
    squall 1
    system synod
    seed 7
    servers 3
    clients 0
    knob backoff double with noise
    end 10s
    ");
}

#[test]
fn blanks_around_marks_are_free() {
    let header = "squall 1\nsystem synod\nseed 1\nservers 5\n";
    let tight = parse(&Toy, &format!("{header}1s cut n1 n2|n3,n4>n5"), "tight").unwrap();
    let wide = parse(&Toy, &format!("{header}1s  cut  n1  n2 |  n3 , n4\t> n5 "), "wide").unwrap();
    assert_eq!(tight, wide);
}
