//! Writes a long history of a register with five clients, to measure the cost of `squall check`:
//!
//!     cargo run --release -p squall-history --example long_history -- edn 5000000 > long.edn
//!     squall check long.edn --model register
//!
//! The format is `edn`, `json` or `lines`. The number is the number of operations, each of which
//! takes two lines.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let asked = match arguments.as_slice() {
        [format, number] => number.parse().ok().map(|number: u64| (format.clone(), number)),
        _ => None,
    };
    let Some((format, number)) = asked else {
        eprintln!("say a format (edn, json or lines) and a number of operations");
        return ExitCode::from(2);
    };
    match write_history(&mut BufWriter::new(io::stdout().lock()), &format, number) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Writes and reads in turn, so that each read returns the value written last.
fn write_history(out: &mut impl Write, format: &str, number: u64) -> io::Result<()> {
    for nth in 0..number {
        let (process, value) = (nth % 5, nth / 2 % 7);
        let (op, is_write) = if nth % 2 == 0 { ("write", true) } else { ("read", false) };
        let nothing = if format == "edn" { "nil" } else { "null" };
        let called = if is_write { value.to_string() } else { nothing.to_owned() };
        for (turn, value) in [(("invoke", "call"), called), (("ok", "done"), value.to_string())] {
            match format {
                "edn" => writeln!(
                    out,
                    "{{:type :{}, :f :{op}, :value {value}, :process {process}, :time {nth}}}",
                    turn.0
                ),
                "json" => writeln!(
                    out,
                    "{{\"type\": \"{}\", \"f\": \"{op}\", \"value\": {value}, \
                     \"process\": {process}, \"time\": {nth}}}",
                    turn.0
                ),
                _ => writeln!(
                    out,
                    "{{\"process\": {process}, \"type\": \"{}\", \"op\": \"{op}\", \
                     \"value\": {value}}}",
                    turn.1
                ),
            }?;
        }
    }
    out.flush()
}
