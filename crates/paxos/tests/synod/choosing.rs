//! Stories of ballots: how a value gets chosen, and how rivals come to one.

use squall_paxos::{Claim, Configuration, Entry, LearnerPath, Timer, Tuning, marks};
use squall_process::{DiskError, Input, ProcessId, Span};

use crate::cell::{Cell, client, configuration, server, value};

const PATHS: [LearnerPath; 3] = [
    LearnerPath::Announced,
    LearnerPath::Everyone,
    LearnerPath::Distinguished(ProcessId::server(1)),
];

/// One proposer without a rival: one ballot, every server learns, and the cell falls silent.
#[test]
fn an_uncontested_value_is_chosen() {
    let mut cell = Cell::of(3);
    let op = cell.ask(server(1), "propose apple");
    assert_eq!(cell.journal(server(1)), ["round 1.n1"]);
    assert!(cell.air.is_empty(), "no process hears of a ballot whose round may be forgotten");

    cell.sync(server(1));
    assert_eq!(cell.in_the_air(), ["n1>n2 prepare 1.n1", "n1>n3 prepare 1.n1"]);
    cell.deliver("*>n2 prepare");
    cell.sync(server(2));
    assert_eq!(cell.deliver("n2>n1 promise 1.n1"), 1);
    // n1's own acceptor and n2 are two of three.
    cell.sync(server(1));
    cell.deliver("*>n2 accept 1.n1=apple");
    cell.sync(server(2));
    cell.sync(server(1));
    assert_eq!(cell.deliver("n2>n1 accepted 1.n1=apple"), 1);
    assert_eq!(cell.outcome(op), "done chosen apple");
    assert_eq!(cell.deliver("n1>* learn apple"), 2);

    cell.air.clear();
    for number in 1..=3 {
        assert_eq!(cell.learned(server(number)), Some(value("apple")));
        assert!(cell.host(server(number)).timers.is_empty(), "everything is learned");
    }
    let claims: Vec<String> =
        cell.claims.iter().map(|(id, claim)| format!("{id} {claim}")).collect();
    assert_eq!(
        claims,
        ["n1 leads 1.n1", "n1 proposes 1.n1=apple", "n1 learned apple"]
            .into_iter()
            .chain(["n2 learned apple", "n3 learned apple"])
            .collect::<Vec<_>>()
    );
}

/// A client takes its value to some server and is told when it is chosen.
#[test]
fn a_client_is_told_what_was_chosen() {
    let mut cell = Cell::of(5);
    let first = cell.ask(client(1), "propose pear");
    cell.calm();
    assert_eq!(cell.outcome(first), "done chosen pear");
    let second = cell.ask(client(1), "propose apple");
    assert_eq!(cell.outcome(second), "done chosen pear", "known, and permanent");
}

/// A server that does not answer is left for the next one.
#[test]
fn a_client_turns_to_the_next_server() {
    let mut cell = Cell::of(3);
    let op = cell.ask(client(1), "propose pear");
    let lost = cell.take("c1>* request");
    cell.fire(client(1), Timer::Request);
    let next = cell.take("c1>* request");
    assert_ne!(lost[0].message.to, next[0].message.to);
    assert!(cell.marks.contains(marks::NEXT_SERVER));
    cell.calm();
    assert_eq!(cell.outcome(op), "done chosen pear");
}

/// A client that gave up does not know whether its value was chosen; what it never sent was not.
#[test]
fn a_client_that_gives_up_says_what_it_knows() {
    let tuning = Tuning { give_up: Some(Span::from_millis(100)), ..Tuning::default() };
    let plain = configuration(3, "majority", LearnerPath::Announced);
    let configuration = Configuration::new(
        plain.cluster(),
        plain.acceptors().to_vec(),
        plain.quorums().rule().clone(),
        plain.path(),
        tuning,
    );
    let mut cell = Cell::with(configuration.unwrap(), 1);
    let sent = cell.ask(client(1), "propose pear");
    let unsent = cell.ask(client(1), "propose apple");
    cell.air.clear();
    cell.fire(client(1), Timer::GiveUp);
    assert_eq!(cell.outcome(sent), "unknown");
    assert_eq!(cell.outcome(unsent), "refused");
    assert!(cell.host(client(1)).timers.is_empty());
    assert!(cell.marks.contains(marks::GAVE_UP));
}

/// n2 overtakes n1 between its phases. n1 is nacked, waits, and comes back above n2; each wait may
/// be longer than the one before.
#[test]
fn duelling_proposers_back_off() {
    let mut cell = Cell::of(3);
    cell.ask(server(1), "propose apple");
    cell.ask(server(2), "propose pear");
    for number in [1, 2] {
        cell.sync(server(number));
        cell.sync(server(number));
    }
    // n3 promises 1.n1, then the higher 1.n2.
    cell.deliver("n1>n3 prepare");
    cell.sync(server(3));
    cell.deliver("n2>n3 prepare");
    cell.sync(server(3));
    cell.deliver("n3>* promise");
    assert!(cell.claims.contains(&leads(1, "1.n1")) && cell.claims.contains(&leads(2, "1.n2")));

    cell.deliver("n1>n3 accept");
    assert_eq!(cell.deliver("n3>n1 nack 1.n1 promised 1.n2"), 1);
    assert!(cell.marks.contains(marks::PREEMPTED));
    // Phase 1 is refused like phase 2.
    cell.deliver("n1>n2 prepare");
    assert_eq!(cell.take("n2>n1 nack 1.n1 promised 1.n2").len(), 1);
    // A second nack of the same ballot finds no ballot under way.
    cell.deliver("n1>n2 accept");
    cell.deliver("n2>n1 nack");
    // The rival is alive: n1 waits anew.
    let due = cell.host(server(1)).timers["round"].1;
    cell.now += Span::from_millis(15);
    cell.deliver("n2>n1 accept");
    assert!(cell.marks.contains(marks::GAVE_WAY));
    assert_ne!(cell.host(server(1)).timers["round"].1, due);

    cell.fire(server(1), Timer::Round);
    assert!(cell.journal(server(1)).contains(&"round 2.n1".to_owned()));
    cell.calm();
    assert_eq!(cell.chosen().len(), 1);
}

fn leads(number: u32, ballot: &str) -> (ProcessId, Claim<squall_paxos::Value>) {
    let ballot = ballot.parse().expect("a ballot");
    (server(number), Claim::Leads { ballot })
}

/// n1 has pear from 1.n1, n2 has apple from 1.n2. n3's quorum hears of apple first and of pear
/// last: the highest ballot counts, not the last promise.
#[test]
fn the_value_of_the_highest_ballot_is_adopted() {
    let mut cell = Cell::of(5);
    cell.ask(server(1), "propose pear");
    cell.sync(server(1));
    cell.deliver("n1>n4 prepare");
    cell.deliver("n1>n5 prepare");
    for number in [1, 4, 5] {
        cell.sync(server(number));
    }
    cell.deliver("*>n1 promise");
    cell.sync(server(1));
    cell.air.clear();

    cell.ask(server(2), "propose apple");
    cell.sync(server(2));
    cell.deliver("n2>n4 prepare");
    cell.deliver("n2>n5 prepare");
    for number in [2, 4, 5] {
        cell.sync(server(number));
    }
    cell.deliver("*>n2 promise");
    cell.sync(server(2));
    cell.air.clear();

    cell.ask(server(3), "propose plum");
    cell.sync(server(3));
    cell.deliver("n3>* prepare 1.n3");
    for number in 1..=3 {
        cell.sync(server(number));
    }
    assert_eq!(cell.deliver("n2>n3 promise 1.n3 accepted 1.n2=apple"), 1);
    assert_eq!(cell.deliver("n1>n3 promise 1.n3 accepted 1.n1=pear"), 1);
    let proposes = cell.claims.last().map(|(_, claim)| claim.to_string());
    assert_eq!(proposes.as_deref(), Some("proposes 1.n3=apple"));
    assert!(cell.marks.contains(marks::ADOPTED));
    assert!(cell.marks.contains(marks::ADOPTED_HIGHEST));
    cell.calm();
    assert!(cell.chosen().contains(&value("apple")));
}

/// Promises for another ballot, and a second one from the same acceptor, do not count.
#[test]
fn a_quorum_is_of_distinct_acceptors_that_answer_this_ballot() {
    let mut cell = Cell::of(5);
    cell.ask(server(1), "propose apple");
    cell.sync(server(1));
    cell.deliver("n1>n2 prepare");
    cell.sync(server(2));
    let promise = cell.take("n2>n1 promise")[0].clone();
    for _ in 0..4 {
        cell.air.push(promise.clone());
    }
    cell.deliver("n2>n1 promise");
    cell.sync(server(1));
    assert!(cell.claims.is_empty(), "two of five are no quorum, however often they say so");
}

/// Every request is asked again until it is answered; acceptors answer again, from what they are
/// now.
#[test]
fn duplicates_are_re_acknowledged() {
    let mut cell = Cell::of(3);
    cell.ask(server(1), "propose apple");
    cell.sync(server(1));
    let prepare = cell.take("n1>n2 prepare")[0].clone();
    cell.air.extend([prepare.clone(), prepare]);
    cell.deliver("n1>n2 prepare");
    assert!(cell.marks.contains(marks::REPEATED_DURING_SYNC));
    assert_eq!(cell.host(server(2)).syncs.len(), 1, "one record, one sync");
    cell.sync(server(2));
    assert_eq!(cell.take("n2>n1 promise 1.n1").len(), 1, "lost on the way");

    cell.fire(server(1), Timer::Round);
    cell.deliver("n1>n2 prepare");
    assert!(cell.marks.contains(marks::PROMISE_REPEATED));
    assert!(cell.host(server(2)).syncs.is_empty(), "it is durable already");
    cell.sync(server(1));
    assert_eq!(cell.deliver("n2>n1 promise 1.n1"), 1);

    cell.deliver("n1>n2 accept");
    cell.sync(server(2));
    assert_eq!(cell.take("n2>n1 accepted").len(), 1, "lost on the way");
    cell.fire(server(1), Timer::Round);
    cell.deliver("n1>n2 accept");
    assert!(cell.marks.contains(marks::ACCEPTED_REPEATED));
    assert!(cell.host(server(2)).syncs.is_empty());
    assert_eq!(cell.journal(server(2)), ["promised 1.n1", "accepted 1.n1=apple"]);
    cell.calm();
    assert_eq!(cell.learned(server(3)), Some(value("apple")));
}

/// n1 is killed with its prepares answered. What reaches its next incarnation is not for it.
#[test]
fn answers_to_a_dead_incarnation_are_ignored() {
    let mut cell = Cell::of(3);
    cell.ask(server(1), "propose apple");
    cell.sync(server(1));
    cell.deliver("n1>* prepare");
    cell.sync(server(2));
    cell.sync(server(3));
    cell.crash(server(1), || false);
    cell.boot(server(1));
    cell.sync(server(1));
    cell.ask(server(1), "propose pear");
    cell.sync(server(1));
    assert_eq!(cell.deliver("*>n1 promise 1.n1"), 2);
    assert!(cell.marks.contains(marks::DEAD_INCARNATION));
    assert!(cell.claims.is_empty());
    assert_eq!(cell.take("n1>n2 prepare 2.n1").len(), 1, "and its ballot is a new one");
    cell.calm();
    assert_eq!(cell.learned(server(1)), Some(value("pear")));
}

/// Mail from another cell, for another server, or under a borrowed ballot moves nothing.
#[test]
fn strange_mail_is_ignored() {
    let mut cell = Cell::of(3);
    cell.ask(server(1), "propose apple");
    cell.sync(server(1));
    cell.sync(server(1));
    let prepare = cell.take("n1>n2 prepare")[0].clone();
    cell.air.clear();

    let mut foreign = prepare.clone();
    foreign.message.cluster.0 += 1;
    let mut misdirected = prepare.clone();
    misdirected.message.to = server(3);
    let mut borrowed = prepare.clone();
    borrowed.from = server(3);
    for envelope in [foreign, misdirected, borrowed] {
        let (from, message) = (envelope.from, envelope.message);
        cell.step(server(2), Input::Message { from, message });
        assert!(cell.journal(server(2)).is_empty() && cell.air.is_empty());
    }
    let (from, message) = (prepare.from, prepare.message);
    cell.step(server(2), Input::Message { from, message });
    assert_eq!(cell.journal(server(2)), ["promised 1.n1"]);
}

/// In its last round a proposer stops, and says that the value was not proposed.
#[test]
fn there_is_nothing_after_the_last_round() {
    let mut cell = Cell::of(3);
    cell.ask(server(1), "propose apple");
    let last = squall_paxos::Ballot::new(u32::MAX, server(1)).unwrap();
    cell.host_mut(server(1)).journal[0].record.entry = Entry::Round(last);
    cell.crash(server(1), || true);
    cell.boot(server(1));
    let op = cell.ask(server(1), "propose pear");
    assert_eq!(cell.outcome(op), "refused");
    assert!(!cell.marks.contains(marks::ROUND_REFUSED));
    cell.calm_until_idle();
    let elsewhere = cell.ask(server(2), "propose plum");
    cell.calm();
    assert_eq!(cell.outcome(elsewhere), "done chosen plum");
    assert_eq!(cell.learned(server(1)), Some(value("plum")));
}

/// Who asks before anything was proposed is told so, by a ballot that started after the question.
#[test]
fn a_question_may_be_answered_with_nothing() {
    let mut cell = Cell::of(3);
    let early = cell.ask(server(1), "ask");
    let ours = cell.ask(client(1), "ask");
    cell.settle();
    assert_eq!(cell.outcome(early), "done nothing");
    assert_eq!(cell.outcome(ours), "done nothing");
    assert!(cell.marks.contains(marks::NOTHING_CHOSEN));
    assert!(cell.votes.is_empty());
}

/// n3's ballot is under way and finds nothing. While its promises travel, n2 gets pear chosen. Who
/// asked n3 before the ballot may be told "nothing"; who asked later may not.
#[test]
fn an_answer_of_nothing_is_for_those_who_asked_before_the_ballot() {
    let mut cell = Cell::of(3);
    let early = cell.ask(server(3), "ask");
    cell.sync(server(3));
    cell.deliver("n3>n1 prepare 1.n3");
    cell.sync(server(1));
    let promise = cell.take("n1>n3 promise 1.n3");

    let pear = cell.ask(server(2), "propose pear");
    while cell.outcome(pear) == "open" {
        cell.take("*>n3 ");
        cell.take("n3>* ");
        cell.sync(server(1));
        cell.sync(server(2));
        match cell.air.is_empty() {
            true => cell.fire(server(2), Timer::Round),
            false => cell.deliver_at(0),
        }
    }
    assert_eq!(cell.outcome(pear), "done chosen pear");
    let late = cell.ask(server(3), "ask");
    cell.take("*>n3 ");
    cell.sync(server(3));
    cell.air.extend(promise);
    assert_eq!(cell.deliver("n1>n3 promise 1.n3"), 1);
    assert_eq!(cell.outcome(early), "done nothing", "true when it was asked");
    assert_eq!(cell.outcome(late), "open", "no longer true when this was asked");
    cell.calm();
    assert_eq!(cell.outcome(late), "done chosen pear");
}

/// Every quorum system gets to a choice, with as many servers down as it bears.
#[test]
fn every_quorum_system_chooses() {
    let systems = [
        ("majority", 5, vec![4, 5]),
        ("counted 4 2", 5, vec![5]),
        ("counted 2 4", 5, vec![5]),
        ("grid 2x3", 6, vec![]),
        ("grid 1x3", 3, vec![]),
        ("weighted 3 1 1 1 1", 5, vec![4, 5]),
        ("joint 1,2,3 3,4,5", 5, vec![1, 5]),
    ];
    for (rule, servers, down) in systems {
        for path in PATHS {
            let mut cell = Cell::with(configuration(servers, rule, path), 1);
            for number in &down {
                cell.crash(server(*number), || false);
            }
            let op = cell.ask(client(1), "propose fig");
            cell.calm_until_idle();
            for number in &down {
                cell.boot(server(*number));
            }
            cell.calm();
            assert_eq!(cell.outcome(op), "done chosen fig", "{rule}");
        }
    }
}

/// What the papers allow and majorities do not show: two phase-2 quorums that do not meet.
#[test]
fn a_grid_needs_a_row_to_lead_and_a_column_to_choose() {
    let mut cell = Cell::with(configuration(4, "grid 2x2", LearnerPath::Announced), 0);
    cell.ask(server(1), "propose fig");
    cell.sync(server(1));
    cell.sync(server(1));
    cell.deliver("n1>n3 prepare");
    cell.sync(server(3));
    cell.deliver("n3>n1 promise");
    assert!(cell.claims.is_empty(), "n1 and n3 are a column");
    cell.deliver("n1>n2 prepare");
    cell.sync(server(2));
    cell.deliver("n2>n1 promise");
    assert_eq!(cell.claims.len(), 2, "n1 and n2 are a row");
    cell.sync(server(1));
    cell.deliver("n1>n2 accept");
    cell.sync(server(2));
    cell.deliver("n2>n1 accepted");
    assert!(cell.chosen().is_empty(), "a row does not choose");
    cell.deliver("n1>n3 accept");
    cell.sync(server(3));
    cell.deliver("n3>n1 accepted");
    assert_eq!(cell.learned(server(1)), Some(value("fig")));
}

/// A write refused to a proposer: its ballot was never used, and it tries another later.
#[test]
fn a_refused_round_is_not_used() {
    let mut cell = Cell::of(3);
    let op = cell.ask(server(1), "propose apple");
    cell.refuse_writes(server(1));
    assert!(cell.marks.contains(marks::ROUND_REFUSED));
    assert!(cell.air.is_empty());
    let number = squall_process::RecordNumber(99);
    cell.step(server(1), Input::WriteFailed { number, error: DiskError::Failed });
    cell.calm();
    assert_eq!(cell.outcome(op), "done chosen apple");
    assert!(!cell.journal(server(1)).contains(&"round 1.n1".to_owned()));
}
