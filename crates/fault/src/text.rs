//! The text of actions, conditions and luck: the notation of scripts, traces, tests and documents.
//!
//! Every value has one text: the shortest exact one. The `script` crate parses it back. The
//! notation of each form is in the doc comment of its variant.

use std::fmt::{self, Display, Formatter};

use crate::{
    Action, Chance, Condition, Delay, Fault, Group, Keep, Kept, KeptRecords, Links, Luck,
    MessageLuck, Sides, SpanRange, SyncLuck, Tail,
};
use squall_process::Span;

impl<O: Display> Display for Action<O> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ask { process, op } => write!(f, "{process} {op}"),
            Self::Fault(fault) => fault.fmt(f),
            Self::Luck(luck) => luck.fmt(f),
            Self::Calm(None) => f.write_str("calm"),
            Self::Calm(Some(healed)) => {
                f.write_str("calm ")?;
                write_list(f, healed, " ")
            }
        }
    }
}

impl Display for Fault {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cut(links) => write!(f, "cut {links}"),
            Self::Heal(links) => write!(f, "heal {links}"),
            Self::Clog(links) => write!(f, "clog {links}"),
            Self::Release(links) => write!(f, "release {links}"),
            Self::Reset(links) => write!(f, "reset {links}"),
            Self::Refuse(links) => write!(f, "refuse {links}"),
            Self::Hang(links) => write!(f, "hang {links}"),
            Self::Accept(links) => write!(f, "accept {links}"),
            Self::Stop(group) => write!(f, "stop {group}"),
            Self::Start(group) => write!(f, "start {group}"),
            Self::Slow(links, span) => write!(f, "slow {links} {span}"),
            Self::Crash(group, None) => write!(f, "crash {group}"),
            Self::Crash(group, Some(kept)) => write!(f, "crash {group} {kept}"),
            Self::Boot(group) => write!(f, "boot {group}"),
            Self::Replace(group) => write!(f, "replace {group}"),
            Self::Pause(group) => write!(f, "pause {group}"),
            Self::Suspend(group) => write!(f, "suspend {group}"),
            Self::Resume(group) => write!(f, "resume {group}"),
            Self::Lag(group, span) => write!(f, "lag {group} {span}"),
            Self::ClockOffset(group, nanos) => {
                let sign = if *nanos < 0 { "-" } else { "" };
                let span = Span::from_nanos(nanos.unsigned_abs());
                write!(f, "clock {group} offset {sign}{span}")
            }
            Self::ClockDrift(group, millionths) => write!(f, "clock {group} drift {millionths}ppm"),
            Self::DiskFull(group) => write!(f, "disk {group} full"),
            Self::DiskSlow(group, span) => write!(f, "disk {group} slow {span}"),
            Self::DiskStalls(group) => write!(f, "disk {group} stalls"),
            Self::DiskWorks(group) => write!(f, "disk {group} works"),
            Self::DiskRots(group, None) => write!(f, "disk {group} rots"),
            Self::DiskRots(group, Some(record)) => write!(f, "disk {group} rots {record}"),
            Self::Condition(condition) => condition.fmt(f),
        }
    }
}

impl Display for Group {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Processes(processes) => write_list(f, processes, " "),
            Self::All => f.write_str("all"),
            Self::Rest => f.write_str("rest"),
            Self::Role(role) => write!(f, "@{role}"),
        }
    }
}

impl Display for Sides {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let between = if self.both { '|' } else { '>' };
        write!(f, "{} {between} {}", self.left, self.right)
    }
}

impl Display for Links {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Between(pairs) => write_list(f, pairs, ", "),
        }
    }
}

impl Display for Kept {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("keep ")?;
        match &self.records {
            KeptRecords::First(count) => count.fmt(f)?,
            KeptRecords::These(records) => write_list(f, records, " ")?,
        }
        f.write_str(if self.torn { " torn" } else { "" })
    }
}

impl Display for Condition {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delay(delay) => write!(f, "delay {delay}"),
            Self::Tail(tail) => write!(f, "tail {tail}"),
            Self::Loss(chance) => write!(f, "loss {chance}"),
            Self::Duplicate(chance) => write!(f, "duplicate {chance}"),
            Self::InOrder(true) => f.write_str("order kept"),
            Self::InOrder(false) => f.write_str("order free"),
            Self::Queue(None) => f.write_str("queue any"),
            Self::Queue(Some(limit)) => write!(f, "queue {limit}"),
            Self::Sync(range) => write!(f, "sync {range}"),
            Self::WriteError(chance) => write!(f, "write-error {chance}"),
            Self::SyncError(chance) => write!(f, "sync-error {chance}"),
            Self::Keep(keep) => write!(f, "keep {keep}"),
            Self::Torn(chance) => write!(f, "torn {chance}"),
            Self::Late(tail) => write!(f, "late {tail}"),
            Self::Restart(span) => write!(f, "restart {span}"),
        }
    }
}

impl Display for Chance {
    /// Writes the chance as a percentage: `3%`, `0.0001%`.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (percent, rest) = (self.millionths() / 10_000, self.millionths() % 10_000);
        if rest == 0 {
            return f.pad(&format!("{percent}%"));
        }
        let decimals = format!("{rest:04}");
        f.pad(&format!("{percent}.{}%", decimals.trim_end_matches('0')))
    }
}

impl Display for SpanRange {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.low() == self.high() {
            self.low().fmt(f)
        } else {
            f.pad(&format!("{}..{}", self.low(), self.high()))
        }
    }
}

impl Display for Delay {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uniform(range) => range.fmt(f),
            Self::Exponential { floor, mean } => write!(f, "{floor} + exp {mean}"),
        }
    }
}

impl Display for Tail {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.chance, self.high)
    }
}

impl Display for Keep {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::All => "all",
            Self::None => "none",
            Self::Prefix => "prefix",
            Self::Subset => "subset",
        })
    }
}

impl Display for Luck {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message { link, number, fate } => write!(f, "{link}#{number} {fate}"),
            Self::Random { process, number, value } => {
                write!(f, "{process} random#{number} is {value}")
            }
            Self::Sync { process, number, end } => write!(f, "{process} sync#{number} {end}"),
            Self::WriteFails { process, record } => write!(f, "{process} write {record} fails"),
            Self::Late { process, number, by } => write!(f, "{process} timer#{number} late {by}"),
            Self::Crash { process, number, kept } => write!(f, "{process} crash#{number} {kept}"),
            Self::Rot { process, number, record } => {
                write!(f, "{process} rot#{number} is {record}")
            }
        }
    }
}

impl Display for MessageLuck {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost => f.write_str("lost"),
            Self::Takes(span) => write!(f, "takes {span}"),
            Self::Twice(first, second) => write!(f, "twice {first} {second}"),
        }
    }
}

impl Display for SyncLuck {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Takes(span) => write!(f, "takes {span}"),
            Self::Fails => f.write_str("fails"),
            Self::FailsAfter(span) => write!(f, "fails after {span}"),
        }
    }
}

fn write_list<T: Display>(f: &mut Formatter<'_>, items: &[T], between: &str) -> fmt::Result {
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            f.write_str(between)?;
        }
        item.fmt(f)?;
    }
    Ok(())
}
