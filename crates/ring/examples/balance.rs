//! What every scheme makes of a list of nodes: a table, a picture of the ring, a page.
//!
//! `cargo run --release -p squall-ring --example balance -- crates/ring/examples/nodes.json`
//!
//! Options: `--keys N` (200,000 unless told), `--json` (the survey, and nothing else, on standard
//! output), `--html FILE` (`target/balance.html` unless told), `--svg FILE` (the ring alone).

use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use squall_ring::draw::{page, parse_nodes, ring_picture, table};
use squall_ring::{Ring, VirtualNodes, survey};

struct Wanted {
    nodes: PathBuf,
    keys: u64,
    json: bool,
    html: PathBuf,
    svg: Option<PathBuf>,
}

fn main() {
    if let Err(error) = wanted(std::env::args().skip(1)).and_then(|wanted| run(&wanted)) {
        eprintln!("balance: {error}");
        std::process::exit(2);
    }
}

fn wanted(mut words: impl Iterator<Item = String>) -> Result<Wanted, Box<dyn Error>> {
    let mut nodes = None;
    let (mut keys, mut json, mut svg) = (200_000, false, None);
    let mut html = PathBuf::from("target/balance.html");
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} wants a value"));
        match word.as_str() {
            "--json" => json = true,
            "--keys" => keys = value()?.parse()?,
            "--html" => html = value()?.into(),
            "--svg" => svg = Some(value()?.into()),
            _ if nodes.is_none() && !word.starts_with("--") => nodes = Some(word.into()),
            _ => return Err(format!("{word:?} is not understood").into()),
        }
    }
    let usage = "usage: balance [--keys N] [--json] [--html FILE] [--svg FILE] NODES";
    Ok(Wanted { nodes: nodes.ok_or(usage)?, keys, json, html, svg })
}

fn run(wanted: &Wanted) -> Result<(), Box<dyn Error>> {
    let text = std::fs::read_to_string(&wanted.nodes)
        .map_err(|error| format!("{}: {error}", wanted.nodes.display()))?;
    let nodes = parse_nodes(&text)?;
    let survey = survey(&nodes, wanted.keys)?;
    let picture = ring_picture(&Ring::with_nodes(VirtualNodes::default(), nodes)?);
    if let Some(path) = &wanted.svg {
        std::fs::write(path, &picture)?;
    }
    if wanted.json {
        return say(&(serde_json::to_string_pretty(&survey)? + "\n"));
    }
    say(&table(&survey))?;
    if let Some(folder) = wanted.html.parent().filter(|folder| *folder != Path::new("")) {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(&wanted.html, page(&survey, &picture))?;
    say(&format!("the ring and every node's share: {}\n", wanted.html.display()))
}

/// Prints, and takes a reader who has seen enough for no error.
fn say(text: &str) -> Result<(), Box<dyn Error>> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        result => Ok(result?),
    }
}
