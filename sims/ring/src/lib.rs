//! `squall ring`: what every scheme of consistent hashing makes of a list of nodes: a table, a
//! picture of the ring, a page.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use clap::{Args, FromArgMatches};
use squall_cli::{Console, Course, Failure, Status, Tool, part, shown};
use squall_ring::draw::{page, parse_nodes, ring_picture, table};
use squall_ring::{Node, Ring, SurveyError, Surveying, VirtualNodes, Weight, survey};

/// The command.
#[derive(Clone, Copy, Debug)]
pub struct RingTool;

const AFTER_HELP: &str = "\
A list of nodes is JSON (names, or objects with name, weight and zone), or text with a node on each
line: name, weight, zone, of which the last two may be missing.

Examples:
  squall ring sims/ring/nodes.json
  squall ring sims/ring/nodes.txt --keys 1000000 --html ring.html
  printf 'a 1\\nb 2\\n' | squall ring -";

/// A survey places every key by every scheme, several times.
const KEYS_MAX: u64 = 100_000_000;

#[derive(Args, Debug)]
struct Asked {
    /// A list of nodes, JSON or text; `-` reads standard input
    #[arg(value_name = "FILE")]
    nodes: PathBuf,
    /// How many keys are placed
    #[arg(long, value_name = "N", default_value_t = 200_000)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=KEYS_MAX))]
    keys: u64,
    /// Write a page with the ring and every node's share
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write a picture of the ring
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

impl Tool for RingTool {
    fn command(&self) -> clap::Command {
        let command = clap::Command::new("ring")
            .about("Show what each scheme of consistent hashing makes of a list of nodes")
            .after_help(AFTER_HELP);
        Asked::augment_args(command)
    }

    fn run(
        &self,
        arguments: &clap::ArgMatches,
        console: &mut Console<'_>,
        json: bool,
    ) -> Result<Status, Failure> {
        let asked = Asked::from_arg_matches(arguments);
        let asked = asked.map_err(|error| Failure::Misuse(error.to_string()))?;
        let name = if asked.nodes == *"-" {
            "standard input".to_owned()
        } else {
            asked.nodes.display().to_string()
        };
        let refused = |why: String| Failure::Misuse(format!("{name}: {why}"));
        let text = read(&asked.nodes).map_err(|error| refused(error.to_string()))?;
        let nodes = parse_nodes(&text).map_err(|error| refused(error.to_string()))?;
        let is_drawn = asked.svg.is_some() || asked.html.is_some();
        let picture = if is_drawn { picture(&nodes).map_err(refused)? } else { String::new() };
        let (is_interrupted, placing) = (console.is_interrupted, Placing::default());
        let goes_on = |surveying: Surveying<'_>| {
            placing.note(&surveying);
            !is_interrupted()
        };
        let surveyed = shown(console, arguments.get_flag("quiet"), &placing, || {
            survey(&nodes, asked.keys, &goes_on)
        });
        let survey = match surveyed {
            Ok(survey) => survey,
            Err(SurveyError::Stopped) => {
                writeln!(console.err, "interrupted: there is no survey")?;
                return Ok(Status::NothingRun);
            }
            Err(error) => return Err(refused(error.to_string())),
        };
        if json {
            let text = serde_json::to_string(&survey);
            let text = text.map_err(|error| Failure::Fault(error.to_string()))?;
            writeln!(console.out, "{text}")?;
        } else {
            console.out.write_all(table(&survey).as_bytes())?;
        }
        if let Some(path) = &asked.svg {
            write(path, &picture, console)?;
        }
        if let Some(path) = &asked.html {
            write(path, &page(&survey, &picture), console)?;
        }
        Ok(Status::Holds)
    }
}

/// The keys that are placed, as they are shown.
#[derive(Default)]
struct Placing {
    placed: AtomicU64,
    all: AtomicU64,
    scheme: Mutex<String>,
}

impl Placing {
    fn note(&self, surveying: &Surveying<'_>) {
        self.placed.store(surveying.placed, Ordering::Relaxed);
        self.all.store(surveying.all, Ordering::Relaxed);
        let mut scheme = self.scheme.lock().unwrap_or_else(PoisonError::into_inner);
        if *scheme != surveying.scheme {
            surveying.scheme.clone_into(&mut scheme);
        }
    }
}

impl Course for Placing {
    fn name(&self) -> &str {
        "ring"
    }

    fn thousandths(&self, _: Duration) -> u64 {
        let placed = self.placed.load(Ordering::Relaxed);
        part(placed.into(), self.all.load(Ordering::Relaxed).into())
    }

    fn text(&self, _: Duration) -> String {
        let (placed, all) = (self.placed.load(Ordering::Relaxed), self.all.load(Ordering::Relaxed));
        let scheme = self.scheme.lock().unwrap_or_else(PoisonError::into_inner);
        format!("{placed} of {all} keys placed, by {scheme} now")
    }
}

/// Returns the ring of these nodes, drawn.
fn picture(nodes: &[(Node, Weight)]) -> Result<String, String> {
    let ring = Ring::with_nodes(VirtualNodes::default(), nodes.iter().cloned());
    ring.map(|ring| ring_picture(&ring)).map_err(|why| format!("no picture of the ring: {why}"))
}

fn read(path: &Path) -> io::Result<String> {
    if path == "-" { io::read_to_string(io::stdin()) } else { std::fs::read_to_string(path) }
}

/// Writes a file that was asked for, and says so.
fn write(path: &Path, text: &str, console: &mut Console<'_>) -> Result<(), Failure> {
    let name = path.display();
    std::fs::write(path, text)
        .map_err(|error| Failure::Misuse(format!("{name} cannot be written: {error}")))?;
    Ok(writeln!(console.err, "written: {name}")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_how_many_keys_are_placed_and_by_which_scheme() {
        let placing = Placing::default();
        assert_eq!(placing.thousandths(Duration::ZERO), 0);
        placing.note(&Surveying { scheme: "maglev", placed: 2_500, all: 10_000 });
        assert_eq!(placing.text(Duration::ZERO), "2500 of 10000 keys placed, by maglev now");
        assert_eq!(placing.thousandths(Duration::ZERO), 250);
    }
}
