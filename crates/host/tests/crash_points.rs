//! Every crash point of fixed workloads, and everything that a crash may leave there.
//!
//! A workload runs against a folder in memory until the machine stops in front of its first,
//! second, third … call. Each legal state of the disk is then opened, and what the process is told
//! is held against what it did. The number of states is printed (`cargo test -p squall-host --test
//! crash_points -- --nocapture`).

use std::collections::{BTreeMap, BTreeSet};

use squall_host::disk::{
    DiskOpenError, Drawn, Journal, JournalError, JournalSettings, MemoryFolder, Opened, Owner,
    create, open,
};
use squall_process::{ProcessId, RecordNumber, Stored};

const OWNER: Owner = Owner { cluster: 1, process: ProcessId::server(1) };

/// The first incarnation is the largest number, so that counting on wraps around.
const DRAWN: Drawn = Drawn { disk: 42, incarnation: u64::MAX };

/// The most states of one crash point. More would not be enumerated, and the test would say so.
const STATES_MAX: u64 = 1 << 14;

/// What a workload does next.
#[derive(Clone, Copy, Debug)]
enum Do {
    /// Writes a record of this length.
    Write(usize),
    Sync,
    /// Gives up all records but the last ones, this many.
    KeepLast(u64),
    /// The process is killed and starts again.
    Restart,
}
use Do::{KeepLast, Restart, Sync, Write};

/// Records that were given up.
#[derive(Clone, Copy, Debug)]
struct Trim {
    /// The first record to keep.
    keep: u64,
    /// The last record that was written before.
    since: u64,
}

/// What the process did and was told, from its point of view.
#[derive(Clone, Debug, Default)]
struct Memory {
    written: BTreeMap<u64, Vec<u8>>,
    /// The last record that a completed sync covered, or that a boot told of.
    durable: u64,
    /// What was given up.
    trims: Vec<Trim>,
    /// The incarnations so far.
    incarnations: BTreeSet<u64>,
    is_created: bool,
}

impl Memory {
    /// Holds what a boot tells against it. Returns what is wrong.
    fn check(&mut self, opened: &Opened<MemoryFolder>) -> Result<(), String> {
        let incarnation = opened.identity.incarnation;
        if !self.incarnations.insert(incarnation) {
            return Err(format!("incarnation {incarnation} comes again"));
        }
        let mut told = BTreeMap::new();
        for stored in &opened.records {
            match stored {
                Stored::Intact { number: RecordNumber(number), record } => {
                    if self.written.get(number) != Some(record) {
                        return Err(format!("r{number} was never written so"));
                    }
                    told.insert(*number, record.clone());
                }
                Stored::Torn { number: RecordNumber(number) } => {
                    if *number <= self.durable {
                        return Err(format!("r{number} was synced and is called torn"));
                    }
                }
                Stored::Rotten { number } => {
                    return Err(format!("{number} is called rotten, and nothing was damaged"));
                }
            }
        }
        let last = told.keys().last().copied().unwrap_or(0);
        for &number in self.written.keys().filter(|number| !told.contains_key(number)) {
            // A record may be given up only where all that was written before that is there.
            let is_given_up =
                self.trims.iter().any(|trim| number < trim.keep && trim.since <= last);
            if (number <= self.durable || number <= last) && !is_given_up {
                return Err(format!(
                    "r{number} is missing; synced up to r{}, told up to r{last}",
                    self.durable
                ));
            }
        }
        self.written = told;
        self.durable = last.max(self.durable);
        Ok(())
    }
}

/// Runs `workload` until it ends or the machine is gone.
fn run(workload: &[Do], folder: &MemoryFolder, settings: JournalSettings) -> Memory {
    let mut memory = Memory::default();
    let Ok(opened) = create(folder.clone(), OWNER, DRAWN, settings) else {
        return memory;
    };
    memory.is_created = true;
    memory.incarnations.insert(opened.identity.incarnation);
    let mut journal = opened.journal;
    for action in workload {
        let outcome = match action {
            Write(length) => write(&mut journal, *length, &mut memory),
            Sync => journal.sync().map(|through| memory.durable = memory.durable.max(through)),
            KeepLast(count) => {
                let before = journal.next().saturating_sub(*count).max(1);
                let since = memory.written.keys().last().copied().unwrap_or(0);
                memory.trims.push(Trim { keep: before, since });
                journal.trim(before)
            }
            Restart => {
                drop(journal);
                let Ok(opened) = open(folder.clone(), OWNER, settings) else {
                    return memory;
                };
                memory.check(&opened).expect("a kill alone loses nothing");
                journal = opened.journal;
                Ok(())
            }
        };
        if outcome.is_err() {
            return memory;
        }
    }
    memory
}

fn write(
    journal: &mut Journal<MemoryFolder>,
    length: usize,
    memory: &mut Memory,
) -> Result<(), JournalError> {
    let number = journal.next();
    let payload: Vec<u8> = (0..length).map(|place| (number as usize * 31 + place) as u8).collect();
    // A write that the crash interrupts may be there.
    memory.written.insert(number, payload.clone());
    journal.write(&payload).map(|_| ())
}

/// Opens `folder`, whose machine is new, and holds what is told against `memory`.
fn reopen(folder: &MemoryFolder, memory: &Memory, settings: JournalSettings) -> Result<(), String> {
    let mut memory = memory.clone();
    match open(folder.clone(), OWNER, settings) {
        Ok(opened) => {
            memory.check(&opened)?;
            // What a process was told at boot, it may rely on: a loss of power changes nothing.
            drop(opened);
            let again = open(folder.after_power_loss(0), OWNER, settings);
            memory.check(&again.map_err(|error| format!("at the second boot: {error}"))?)
        }
        Err(DiskOpenError::Lost) if !memory.is_created => {
            let created = create(folder.clone(), OWNER, Drawn { disk: 43, ..DRAWN }, settings);
            created.map(|_| ()).map_err(|error| format!("cannot be created anew: {error}"))
        }
        Err(error) => Err(error.to_string()),
    }
}

/// Crashes in front of every call of `workload` and opens every state, then crashes in front of
/// every call of that opening too. Returns how many states were opened.
fn enumerate(workload: &[Do], settings: JournalSettings) -> u64 {
    let whole = MemoryFolder::new();
    run(workload, &whole, settings);
    let mut opened = 0;
    for crash in 0..=whole.calls() {
        let folder = MemoryFolder::new();
        folder.crash_at(crash);
        let memory = run(workload, &folder, settings);
        let states = folder.states();
        assert!(states <= STATES_MAX, "{states} states in front of call {crash}");
        for state in 0..states {
            let context = |what: String| format!("call {crash}, state {state}: {what}");
            reopen(&folder.after_power_loss(state), &memory, settings)
                .unwrap_or_else(|what| panic!("{}", context(what)));
            opened += 1;
        }
        for state in [0, states / 2, states - 1] {
            opened +=
                crash_while_opening(&folder.after_power_loss(state), &memory, settings, crash);
        }
    }
    opened
}

/// Crashes in front of every call of an opening. Returns how many states were opened then.
fn crash_while_opening(
    found: &MemoryFolder,
    memory: &Memory,
    settings: JournalSettings,
    first: u64,
) -> u64 {
    let whole = found.after_kill();
    let _ = open(whole.clone(), OWNER, settings);
    let mut opened = 0;
    for crash in 0..=whole.calls() {
        let folder = found.after_kill();
        folder.crash_at(crash);
        let _ = open(folder.clone(), OWNER, settings);
        let states = folder.states();
        assert!(states <= STATES_MAX, "{states} states in front of call {crash} of an opening");
        for state in 0..states {
            reopen(&folder.after_power_loss(state), memory, settings).unwrap_or_else(|what| {
                panic!("call {first}, then call {crash} of the opening, state {state}: {what}")
            });
            opened += 1;
        }
    }
    opened
}

/// Records that share blocks, in segments of a few records.
const SMALL: JournalSettings = JournalSettings { segment_length: 160, record_length_max: 4096 };
/// Records of several blocks.
const LARGE: JournalSettings = JournalSettings { segment_length: 4096, record_length_max: 4096 };

#[test]
fn no_crash_breaks_a_promise_of_the_disk() {
    let workloads: [(&str, JournalSettings, &[Do]); 6] = [
        ("one record a sync", SMALL, &[Write(9), Sync, Write(9), Sync, Write(9), Sync]),
        (
            "several records a sync",
            SMALL,
            &[Write(9), Write(30), Sync, Write(1), Write(2), Sync, Write(0), Sync],
        ),
        ("records longer than a block", LARGE, &[Write(700), Sync, Write(1100), Sync, Write(5)]),
        (
            "segments and trimming",
            SMALL,
            &[
                Write(40),
                Write(40),
                Sync,
                Write(40),
                Sync,
                KeepLast(1),
                Sync,
                Write(40),
                Write(40),
                KeepLast(2),
                Sync,
                Write(3),
                Sync,
            ],
        ),
        (
            "restarts without a sync",
            SMALL,
            &[Write(9), Restart, Write(9), Sync, Write(9), Restart, Restart, Write(9), Sync],
        ),
        (
            "trimming across a restart",
            SMALL,
            &[Write(60), Write(60), Sync, KeepLast(1), Restart, Write(60), Sync, KeepLast(1), Sync],
        ),
    ];
    let mut sum = 0;
    for (name, settings, workload) in workloads {
        let states = enumerate(workload, settings);
        println!("{states:>8} states: {name}");
        sum += states;
    }
    println!("{sum:>8} states, 0 violations");
    assert!(sum > 10_000, "fewer states than ever: {sum}");
}

#[test]
fn a_disk_that_forgets_a_synced_record_or_invents_one_is_noticed() {
    let folder = MemoryFolder::new();
    let mut memory = run(&[Write(9), Sync, Write(9)], &folder, SMALL);
    let lost = folder.after_power_loss(0);
    assert_eq!(reopen(&lost, &memory, SMALL), Ok(()), "an unsynced record may be lost");
    memory.durable = 2;
    let forgotten = reopen(&lost, &memory, SMALL).unwrap_err();
    assert_eq!(forgotten, "r2 is missing; synced up to r2, told up to r1");
    memory.durable = 1;
    memory.written.insert(1, vec![7]);
    assert_eq!(reopen(&lost, &memory, SMALL).unwrap_err(), "r1 was never written so");
}
