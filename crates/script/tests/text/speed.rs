//! Reading takes time in proportion to the file, whatever is in it.
//!
//! The bounds are loose, for slow machines and builds without optimisation: they catch what is
//! quadratic, which would take minutes here.

use std::time::Duration;

use squall_script::{ScriptError, parse};

use crate::toy::Toy;

const HEADER: &str = "squall 1\nsystem synod\nseed 1\nservers 100\nclients 100\n";

/// Returns how long it takes to read `source`, and whether it is a script.
#[expect(clippy::disallowed_methods, reason = "a test of speed reads a clock")]
fn timed(source: &str) -> (Duration, Result<usize, ScriptError>) {
    let start = std::time::Instant::now();
    let script = parse(&Toy, source, "long");
    (start.elapsed(), script.map(|script| script.lines.len()))
}

fn story(lines: usize) -> String {
    let mut source = HEADER.to_owned();
    for line in 0..lines {
        let text = match line % 4 {
            0 => format!("{line}us c{} propose v{line}\n", line % 100 + 1),
            1 => format!("{line}us cut n1 n2 n3 | n4 n5, n6 > n7\n"),
            2 => format!("{line}us n3>n5#{line} takes 80ms\n"),
            _ => format!("{line}us crash n1 keep 2 torn   # a remark\n"),
        };
        source.push_str(&text);
    }
    source
}

#[test]
fn ten_thousand_lines_take_milliseconds() {
    let source = story(10_000);
    // The best of some: a machine that does something else for a moment says nothing of reading.
    let tries = (0..5).map(|_| {
        let (took, read) = timed(&source);
        assert_eq!(read, Ok(10_000));
        took
    });
    let took = tries.min().unwrap();
    assert!(took < Duration::from_millis(500), "{took:?}");
    println!("10,000 lines: {took:?}");
}

#[test]
fn three_hundred_thousand_lines_take_no_more_for_each() {
    let (took, read) = timed(&story(300_000));
    assert_eq!(read, Ok(300_000));
    assert!(took < Duration::from_secs(15), "{took:?}");
    println!("300,000 lines: {took:?}");
}

#[test]
fn no_shape_is_slow() {
    let shapes = [
        ("one long word", format!("{HEADER}1s {}", "x".repeat(1 << 23))),
        ("one long operation", format!("{HEADER}1s c1 propose {}", "x".repeat(1 << 23))),
        ("one long key", format!("{HEADER}{}", "x".repeat(1 << 23))),
        ("one long group", format!("{HEADER}1s crash{}", " n1".repeat(1 << 21))),
        ("many sides", format!("{HEADER}1s cut n1 | n2{}", ", n1 > n2".repeat(1 << 19))),
        ("one long remark", format!("{HEADER}{}", "# ".repeat(1 << 22))),
        ("many marks", format!("{HEADER}1s c1 propose {}", "a#".repeat(1 << 22))),
        ("empty lines", format!("{HEADER}{}", "\n".repeat(1 << 23))),
        ("one key again and again", format!("{HEADER}{}", "loss 3%\n".repeat(1 << 20))),
        ("one mistake again and again", format!("{HEADER}{}", "1s crsh n1\n".repeat(1 << 19))),
        ("time going back", format!("{HEADER}{}", "2s calm\n1s calm\n".repeat(1 << 18))),
    ];
    for (shape, source) in shapes {
        let (took, read) = timed(&source);
        assert!(took < Duration::from_secs(15), "{shape}: {took:?}");
        println!("{shape}: {took:?}");
        if let Err(error) = read {
            assert!(error.render(false).len() < 20_000, "{shape}");
        }
    }
}

#[test]
fn a_million_lines_are_enough() {
    let source = format!("{HEADER}{}", "0s calm\n".replace("calm", "n1 write x").repeat(1_000_001));
    let (_, read) = timed(&source);
    let error = read.unwrap_err();
    assert_eq!(error.mistakes()[0].line(), 1_000_006);
    assert_eq!(error.mistakes().len(), 1);
}
