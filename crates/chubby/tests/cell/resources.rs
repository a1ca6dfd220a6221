//! Sequencers end to end: what a lock protects, and a holder that comes too late.

use squall_chubby::{
    Error, Executed, Highest, Op, Protection, Request, Resource, ResourceMessage, Sequencer,
};
use squall_process::{Disk, Effect, Input, ProcessId, RecordNumber, Solo, Span, Stored};

use crate::cell::{Cell, Scripted, c, h, lock, n, open, open_with};

type Fenced = Solo<Resource, Scripted>;

fn protection(cell: &Cell, fenced: bool) -> Protection {
    match fenced {
        false => Protection::Unfenced,
        true => Protection::Fenced {
            cell: cell.settings.cell().clone(),
            path: "/db".parse().expect("a path"),
            key: cell.settings.key(),
        },
    }
}

/// A resource in its first life, with an empty disk.
fn resource(cell: &Cell, fenced: bool) -> Fenced {
    let mut solo = Solo::new(n(9), Resource::new(protection(cell, fenced)), Scripted(1));
    solo.step(Input::Boot { incarnation: 1, disk: Disk::empty() });
    solo
}

/// What was carried out, refused, and written for one input.
fn texts(effects: impl Iterator<Item = Effect<Resource>>) -> Vec<String> {
    effects
        .filter_map(|effect| match effect {
            Effect::Claim(Executed { from, request }) => {
                Some(format!("executed {} of {from}", request.number))
            }
            Effect::Send { message: ResourceMessage::Answer { result: Err(e), .. }, .. } => {
                Some(format!("refused {e}"))
            }
            Effect::Write { record, .. } => Some(record.to_string()),
            Effect::Sync => Some("sync".to_owned()),
            _ => None,
        })
        .collect()
}

fn request(solo: &mut Fenced, from: ProcessId, number: u64, sequencer: &Sequencer) -> Vec<String> {
    let request = Request { number, sequencer: sequencer.clone() };
    let input = Input::Message { from, message: ResourceMessage::Request(request) };
    texts(solo.step(input))
}

fn synced(solo: &mut Fenced, through: u64) -> Vec<String> {
    texts(solo.step(Input::Synced { through: RecordNumber(through) }))
}

fn sequencer(cell: &mut Cell, client: ProcessId) -> Sequencer {
    cell.done(client, Op::GetSequencer(h(1))).parse().expect("a sequencer")
}

/// c1 holds the lock and falls asleep; c2 gets it. Returns the sequencers of both.
fn two_holders(cell: &mut Cell, delay: Span) -> (Sequencer, Sequencer) {
    cell.done(c(1), open_with(1, "/db", |options| options.lock_delay = delay));
    cell.done(c(2), open(1, "/db"));
    cell.done(c(1), lock(1));
    let first = sequencer(cell, c(1));
    cell.pause(c(1));
    cell.done(c(2), lock(1));
    (first, sequencer(cell, c(2)))
}

#[test]
fn a_paused_holder_comes_too_late_at_a_fenced_resource() {
    let mut cell = Cell::plain(2);
    let (first, second) = two_holders(&mut cell, Span::ZERO);
    let mut fenced = resource(&cell, true);
    // A higher sequencer is durable before anything under it is carried out.
    assert_eq!(request(&mut fenced, c(1), 1, &first), ["highest #4 1", "sync"]);
    assert_eq!(synced(&mut fenced, 1), ["executed 1 of c1"]);
    assert_eq!(request(&mut fenced, c(1), 2, &first), ["executed 2 of c1"]);
    assert_eq!(request(&mut fenced, c(2), 3, &second), ["highest #4 2", "sync"]);
    // The request that the sleeper had sent arrives now.
    assert_eq!(request(&mut fenced, c(1), 4, &first), ["refused sequencer-invalid"]);
    assert_eq!(synced(&mut fenced, 2), ["executed 3 of c2"]);
}

#[test]
fn a_fenced_resource_remembers_in_its_next_life() {
    let mut cell = Cell::plain(2);
    let (first, second) = two_holders(&mut cell, Span::ZERO);
    let rank = squall_chubby::Rank::of(&second);
    let record = Stored::Intact { number: RecordNumber(2), record: Highest(rank) };
    let mut fenced = resource(&cell, true);
    fenced.process = Resource::new(protection(&cell, true));
    let disk = Disk { records: vec![record], replaced: false };
    fenced.step(Input::Boot { incarnation: 2, disk });
    assert_eq!(request(&mut fenced, c(1), 1, &first), ["refused sequencer-invalid"]);
    assert_eq!(request(&mut fenced, c(2), 2, &second), ["executed 2 of c2"]);
    // What it saw last is not known: it does nothing any more.
    fenced.process = Resource::new(protection(&cell, true));
    let disk = Disk { records: vec![Stored::Rotten { number: RecordNumber(2) }], replaced: false };
    fenced.step(Input::Boot { incarnation: 3, disk });
    assert_eq!(request(&mut fenced, c(2), 3, &second), ["refused sequencer-invalid"]);
}

#[test]
fn a_new_node_outranks_every_generation_of_the_old_one() {
    let mut cell = Cell::plain(1);
    cell.done(c(1), open(1, "/db"));
    cell.done(c(1), lock(1));
    let old = sequencer(&mut cell, c(1));
    cell.done(c(1), Op::Delete(h(1)));
    cell.done(c(1), Op::Close(h(1)));
    cell.done(c(1), open(1, "/db"));
    cell.done(c(1), lock(1));
    let new = sequencer(&mut cell, c(1));
    let mut fenced = resource(&cell, true);
    request(&mut fenced, c(1), 1, &new);
    synced(&mut fenced, 1);
    assert_eq!(request(&mut fenced, c(1), 2, &old), ["refused sequencer-invalid"]);
}

#[test]
fn what_is_not_of_this_lock_is_refused() {
    let mut cell = Cell::plain(1);
    cell.done(c(1), open(1, "/other"));
    cell.done(c(1), lock(1));
    let other = sequencer(&mut cell, c(1));
    let mut fenced = resource(&cell, true);
    assert_eq!(request(&mut fenced, c(1), 1, &other), ["refused sequencer-invalid"]);
    let forged: Sequencer = other.to_string().replace("/other#", "/db#").parse().unwrap();
    assert_eq!(request(&mut fenced, c(1), 2, &forged), [format!("refused {}", Error::Forged)]);
}

#[test]
fn an_unfenced_resource_is_protected_by_the_delay_alone() {
    // The sleeper's last request was sent while it held the lock and is 800 ms under way. Without
    // a lock-delay the next holder is faster; with one of 800 ms it is not.
    for (delay, overtaken) in [(Span::ZERO, true), (Span::from_millis(800), false)] {
        let mut cell = Cell::plain(2);
        let settings_lease = cell.settings.timing().lease.as_nanos();
        cell.done(c(1), open_with(1, "/db", |options| options.lock_delay = delay));
        cell.done(c(2), open(1, "/db"));
        cell.done(c(1), lock(1));
        cell.pause(c(1));
        let holds = |cell: &Cell| {
            let now = squall_process::Instant::from_nanos(cell.now);
            cell.client(c(1)).holds(h(1), now).is_some()
        };
        let waiting = cell.ask(c(2), lock(1));
        cell.run_until(2 * settings_lease / 1_000_000, |cell| !holds(cell));
        let arrives = cell.now + 800_000_000;
        cell.wait(waiting).expect("an answer");
        assert_eq!(cell.now < arrives, overtaken, "delay {delay}");
    }
}
