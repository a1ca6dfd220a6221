//! The recipes, each on a cell.

use squall_chubby::database::LockMode;
use squall_chubby::recipes::{
    Barrier, Election, ElectionReport, LockReport, Membership, MembershipReport, ReadWriteLock,
    Recipe, Rendezvous, Scheduler, SchedulerReport,
};
use squall_chubby::{Contents, Op};
use squall_process::{OpId, ProcessId, Span};

use crate::cell::{Cell, c, h, open, open_with};

/// A recipe at a client: makes its calls one after another.
struct Player<R: Recipe> {
    client: ProcessId,
    recipe: R,
    pending: Vec<(OpId, Op)>,
    reports: Vec<R::Report>,
}

impl<R: Recipe> Player<R> {
    fn new(cell: &mut Cell, client: u32, mut recipe: R) -> Self {
        let calls = recipe.begin();
        let (client, pending, reports) = (c(client), Vec::new(), Vec::new());
        let mut player = Self { client, recipe, pending, reports };
        player.make(cell, calls);
        player
    }

    fn make(&mut self, cell: &mut Cell, calls: Vec<Op>) {
        for op in calls {
            let id = cell.ask(self.client, op.clone());
            self.pending.push((id, op));
        }
    }

    /// Hands over the outcomes that are there.
    fn look(&mut self, cell: &mut Cell) {
        while let Some(at) = self.pending.iter().position(|(id, _)| cell.outcomes.contains_key(id))
        {
            let (id, op) = self.pending.remove(at);
            let next = self.recipe.on_outcome(&op, &cell.outcomes[&id]);
            self.reports.extend(next.report);
            self.make(cell, next.calls);
        }
    }
}

/// Lets time pass, and the players act.
fn play<R: Recipe>(cell: &mut Cell, players: &mut [Player<R>], millis: u64) {
    for _ in 0..millis / 5 {
        cell.run(5);
        for player in players.iter_mut() {
            if cell.is_up(player.client) {
                player.look(cell);
            }
        }
    }
}

#[test]
fn one_of_two_candidates_is_elected_and_the_other_when_it_dies() {
    let mut cell = Cell::plain(2);
    let candidate = |number: u32| {
        let identity = Contents::from(format!("c{number}").as_str());
        Election::new(h(1), "/ls/local/primary", identity, Span::from_millis(200))
    };
    let mut players = [1, 2].map(|number| Player::new(&mut cell, number, candidate(number)));
    play(&mut cell, &mut players, 1_500);
    let first = players.iter().position(|player| !player.reports.is_empty()).expect("a primary");
    let other = 1 - first;
    assert!(players[other].reports.is_empty());
    let ElectionReport::Elected(old) = &players[first].reports[0] else { panic!("not elected") };
    let old = squall_chubby::Rank::of(old);
    // The primary is cut off. It is told that it may not act before the other is elected.
    cell.isolate(players[first].client);
    play(&mut cell, &mut players, 3_000);
    assert_eq!(players[first].reports[1], ElectionReport::Suspended);
    let ElectionReport::Elected(new) = &players[other].reports[0] else { panic!("not elected") };
    assert!(squall_chubby::Rank::of(new) > old, "its requests outrank those of the first");
    // It comes back as a candidate.
    cell.heal();
    play(&mut cell, &mut players, 1_000);
    assert_eq!(players[first].reports[2], ElectionReport::Lost);
    cell.crash(players[other].client);
    play(&mut cell, &mut players, 3_000);
    assert!(matches!(players[first].reports[3], ElectionReport::Elected(_)));
}

#[test]
fn workers_end_each_task_once() {
    let mut cell = Cell::plain(3);
    cell.done(c(3), open_with(1, "/tasks", |o| o.kind = squall_chubby::database::Kind::Directory));
    for task in ["a", "b", "c", "d"] {
        let name = format!("/tasks/{task}");
        cell.done(c(3), open_with(2, &name, |o| o.contents = Contents::from(task)));
        cell.done(c(3), Op::Close(h(2)));
    }
    let worker = || Scheduler::new(h(1), h(2), "/ls/local/tasks", Span::from_millis(100));
    let mut players = [1, 2].map(|number| Player::new(&mut cell, number, worker()));
    let mut ended: Vec<String> = Vec::new();
    for round in 0..200 {
        play(&mut cell, &mut players, 20);
        for player in &mut players {
            for report in std::mem::take(&mut player.reports) {
                let calls = match report {
                    // A worker dies with its first task.
                    SchedulerReport::Run { .. } if player.client == c(1) => {
                        cell.crash(c(1));
                        Vec::new()
                    }
                    SchedulerReport::Run { .. } => player.recipe.done(),
                    SchedulerReport::Ended(task) => {
                        ended.push(task);
                        player.recipe.look()
                    }
                    SchedulerReport::Idle if round < 180 => player.recipe.look(),
                    SchedulerReport::Idle => Vec::new(),
                    SchedulerReport::Failed(error) => panic!("{error}"),
                };
                if cell.is_up(player.client) {
                    player.make(&mut cell, calls);
                }
            }
        }
    }
    ended.sort();
    assert_eq!(ended, ["a", "b", "c", "d"]);
}

#[test]
fn a_value_is_found_when_it_is_written() {
    let mut cell = Cell::plain(2);
    let looking = Rendezvous::looking(h(1), "/ls/local/address");
    let mut players = [Player::new(&mut cell, 2, looking)];
    play(&mut cell, &mut players, 1_000);
    assert!(players[0].reports.is_empty());
    let writing = Rendezvous::announcing(h(1), "/ls/local/address", Contents::from("c1:80"));
    let mut writers = [Player::new(&mut cell, 1, writing)];
    play(&mut cell, &mut writers, 500);
    play(&mut cell, &mut players, 500);
    assert_eq!(players[0].reports, [Ok(Contents::from("c1:80"))]);
}

#[test]
fn a_member_that_dies_is_none() {
    let mut cell = Cell::plain(2);
    let member = |number: u32| {
        let (name, address) = (format!("c{number}"), Contents::from("here"));
        Membership::new(h(1), h(2), "/ls/local/group", &name, address)
    };
    let mut players = [1, 2].map(|number| Player::new(&mut cell, number, member(number)));
    play(&mut cell, &mut players, 1_000);
    let members = |names: &[&str]| {
        MembershipReport::Members(names.iter().map(|name| (*name).to_owned()).collect())
    };
    assert_eq!(players[0].reports.last(), Some(&members(&["c1", "c2"])));
    // Ephemeral files of the dead go at once, now that the first fail-over is long past.
    cell.run(4_000);
    cell.crash(c(2));
    play(&mut cell, &mut players, 2_000);
    assert_eq!(players[0].reports.last(), Some(&members(&["c1"])), "{}", cell.story());
}

#[test]
fn readers_go_together_and_a_writer_alone() {
    let mut cell = Cell::plain(3);
    let claim = |mode| ReadWriteLock::new(h(1), "/ls/local/table", mode, Span::ZERO);
    let modes = [LockMode::Shared, LockMode::Shared, LockMode::Exclusive];
    let mut players: Vec<Player<ReadWriteLock>> = Vec::new();
    for (number, mode) in (1..).zip(modes) {
        players.push(Player::new(&mut cell, number, claim(mode)));
        play(&mut cell, &mut players, 800);
    }
    let held =
        |player: &Player<ReadWriteLock>| matches!(player.reports.last(), Some(LockReport::Held(_)));
    assert!(held(&players[0]) && held(&players[1]) && !held(&players[2]));
    for player in &mut players[..2] {
        let calls = player.recipe.release();
        player.make(&mut cell, calls);
    }
    play(&mut cell, &mut players, 500);
    assert_eq!(players[0].reports.last(), Some(&LockReport::Released));
    assert!(held(&players[2]));
}

#[test]
fn no_party_passes_a_barrier_before_the_last_has_come() {
    let mut cell = Cell::plain(3);
    cell.done(c(3), open(9, "/warm"));
    let party = |number: u32| Barrier::new(h(1), h(2), "/ls/local/gate", &format!("c{number}"), 3);
    let mut players = vec![];
    for number in 1..=2 {
        players.push(Player::new(&mut cell, number, party(number)));
    }
    play(&mut cell, &mut players, 1_000);
    // One of them dies; it has come all the same.
    cell.crash(c(2));
    assert!(players.iter().all(|player| player.reports.is_empty()));
    players.push(Player::new(&mut cell, 3, party(3)));
    play(&mut cell, &mut players, 1_500);
    assert_eq!(players[0].reports, [Ok(())]);
    assert_eq!(players[2].reports, [Ok(())]);
}
