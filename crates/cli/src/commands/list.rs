//! `squall list`: the systems, with their sizes, rules and knobs.

use std::io;
use std::ops::RangeInclusive;

use serde::Serialize;
use squall_script::{Domain, Knob};

use crate::program::{Failure, Session};
use crate::status::Status;
use squall::play::{Described, described};

/// What `--json` prints: a list of these.
#[derive(Serialize)]
struct SystemJson {
    name: &'static str,
    about: &'static str,
    /// Servers of a generated run, least and most.
    servers: [u32; 2],
    /// The most servers that a script may name.
    servers_max: u32,
    clients: [u32; 2],
    ops: [u32; 2],
    example: &'static str,
    roles: &'static [&'static str],
    marks: &'static [&'static str],
    rules: Vec<RuleJson>,
    knobs: Vec<KnobJson>,
}

#[derive(Serialize)]
struct RuleJson {
    name: &'static str,
    sentence: &'static str,
    /// Whether it is due only after `calm`.
    progress: bool,
}

#[derive(Serialize)]
struct KnobJson {
    name: &'static str,
    about: &'static str,
    default: String,
    values: String,
}

pub(crate) fn list(session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let profiles: Vec<_> = session.systems.iter().map(|system| described(&**system)).collect();
    if session.style.json {
        let systems: Vec<_> = profiles.iter().map(json).collect();
        session.print_json(&systems)?;
        return Ok(Status::Holds);
    }
    for (place, profile) in profiles.iter().enumerate() {
        if place > 0 {
            writeln!(session.console.out)?;
        }
        print(session, profile)?;
    }
    Ok(Status::Holds)
}

fn print(session: &mut Session<'_, '_>, described: &Described) -> io::Result<()> {
    let Described { profile, rules } = described;
    let palette = session.palette();
    let out = &mut session.console.out;
    writeln!(out, "{}  {}", palette.strong(profile.name), profile.about)?;
    let sizes = &profile.sizes;
    writeln!(
        out,
        "  {} (up to {} by script), {}, {} such as `{}`",
        range(&sizes.servers, "server"),
        sizes.servers_max,
        range(&sizes.clients, "client"),
        range(&sizes.ops, "operation"),
        profile.example
    )?;
    let longest = |names: &mut dyn Iterator<Item = &str>| names.map(str::len).max().unwrap_or(0);
    writeln!(out, "  rules")?;
    let width = longest(&mut rules.iter().map(|rule| rule.name));
    for rule in rules {
        let when = if rule.progress { palette.faint(" (progress)") } else { String::new() };
        writeln!(out, "    {:<width$}  {}{when}", rule.name, rule.sentence)?;
    }
    if !profile.knobs.is_empty() {
        writeln!(out, "  knobs")?;
    }
    let width = longest(&mut profile.knobs.iter().map(|knob| knob.name));
    for knob in profile.knobs {
        writeln!(out, "    {:<width$}  {}: {}", knob.name, knob.about, values(knob))?;
    }
    Ok(())
}

fn range(amount: &RangeInclusive<u32>, thing: &str) -> String {
    let [least, most] = ends(amount);
    match (least, most) {
        (1, 1) => format!("1 {thing}"),
        _ if least == most => format!("{least} {thing}s"),
        _ => format!("{least} to {most} {thing}s"),
    }
}

/// Returns the least and the most.
fn ends(amount: &RangeInclusive<u32>) -> [u32; 2] {
    [*amount.start(), *amount.end()]
}

fn values(knob: &Knob) -> String {
    match knob.domain {
        Domain::Choice(_) => knob.domain.to_string(),
        Domain::Span { .. } | Domain::Number { .. } => {
            format!("{} ({})", knob.default(), knob.domain)
        }
    }
}

fn json(described: &Described) -> SystemJson {
    let Described { profile, rules } = described;
    let rules = rules.iter().map(|rule| RuleJson {
        name: rule.name,
        sentence: rule.sentence,
        progress: rule.progress,
    });
    let knobs = profile.knobs.iter().map(|knob| KnobJson {
        name: knob.name,
        about: knob.about,
        default: knob.default().to_string(),
        values: knob.domain.to_string(),
    });
    SystemJson {
        name: profile.name,
        about: profile.about,
        servers: ends(&profile.sizes.servers),
        servers_max: profile.sizes.servers_max,
        clients: ends(&profile.sizes.clients),
        ops: ends(&profile.sizes.ops),
        example: profile.example,
        roles: profile.roles,
        marks: profile.marks,
        rules: rules.collect(),
        knobs: knobs.collect(),
    }
}
