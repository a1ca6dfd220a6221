//! Stories of learners: the three paths, and those who come late.

use squall_paxos::{LearnerPath, Timer, marks};

use crate::cell::{Cell, client, configuration, server, value};

fn cell_with(path: LearnerPath) -> Cell {
    Cell::with(configuration(3, "majority", path), 1)
}

/// Runs n1's ballot until n2 was asked to accept; n1's own vote is on its way to the disk.
fn ask_n2_to_accept(cell: &mut Cell) {
    cell.ask(server(1), "propose apple");
    cell.sync(server(1));
    cell.sync(server(1));
    cell.deliver("n1>n2 prepare");
    cell.sync(server(2));
    cell.deliver("n2>n1 promise");
    cell.deliver("n1>n2 accept");
}

#[test]
fn acceptors_tell_everyone() {
    let mut cell = cell_with(LearnerPath::Everyone);
    ask_n2_to_accept(&mut cell);
    cell.sync(server(1));
    cell.sync(server(2));
    assert_eq!(cell.take("n2>n1 accepted").len(), 1, "lost; n1 will have to ask");
    assert_eq!(cell.deliver("*>n3 accepted"), 2);
    assert_eq!(cell.learned(server(3)), Some(value("apple")), "counted for itself");
    assert_eq!(cell.learned(server(1)), None);
    assert_eq!(cell.take("*>* learn").len(), 0, "no announcement");
    cell.calm();
    assert_eq!(cell.learned(server(1)), Some(value("apple")));
}

#[test]
fn a_distinguished_learner_relays() {
    let mut cell = cell_with(LearnerPath::Distinguished(server(3)));
    ask_n2_to_accept(&mut cell);
    cell.sync(server(1));
    cell.sync(server(2));
    let mut said = cell.in_the_air();
    said.retain(|text| text.contains("accepted"));
    assert_eq!(said, ["n1>n3 accepted 1.n1=apple", "n2>n3 accepted 1.n1=apple"]);
    cell.deliver("*>n3 accepted");
    assert_eq!(cell.deliver("n3>* learn apple"), 2);
    assert_eq!(cell.learned(server(1)), Some(value("apple")));
    assert_eq!(cell.learned(server(2)), Some(value("apple")));
}

/// The distinguished learner is dead. A proposer that asks for an acceptance again receives it
/// itself.
#[test]
fn the_cell_outlives_its_distinguished_learner() {
    let mut cell = cell_with(LearnerPath::Distinguished(server(3)));
    cell.crash(server(3), || false);
    let op = cell.ask(client(1), "propose apple");
    cell.settle();
    while cell.outcome(op) == "open" {
        assert!(cell.next_timer());
        cell.settle();
    }
    assert!(cell.marks.contains(marks::STOOD_IN));
    assert_eq!(cell.outcome(op), "done chosen apple");
    cell.boot(server(3));
    cell.calm();
    assert_eq!(cell.learned(server(3)), Some(value("apple")));
}

/// The distinguished learner is dead, and so is the proposer before it asks a second time.
/// Another's ballot for the same value counts as asking again: with rivals that preempt each other
/// before they resend, no process would ever hear otherwise.
#[test]
fn a_later_ballot_for_the_same_value_asks_again() {
    let mut cell = cell_with(LearnerPath::Distinguished(server(3)));
    cell.crash(server(3), || false);
    cell.ask(server(1), "propose apple");
    cell.settle();
    cell.crash(server(1), || false);
    cell.boot(server(1));
    let op = cell.ask(server(2), "propose pear");
    cell.settle();
    assert!(cell.marks.contains(marks::STOOD_IN));
    assert_eq!(cell.outcome(op), "done chosen apple");
}

#[test]
fn the_proposer_announces() {
    let mut cell = cell_with(LearnerPath::Announced);
    ask_n2_to_accept(&mut cell);
    cell.sync(server(1));
    cell.sync(server(2));
    assert_eq!(cell.deliver("n2>n1 accepted"), 1);
    assert_eq!(cell.take("n1>* learn apple").len(), 2);
}

/// n3 missed everything. It asks the others in turn, and one that knows answers.
#[test]
fn a_late_learner_asks() {
    let mut cell = Cell::of(3);
    cell.crash(server(3), || false);
    cell.ask(server(1), "propose apple");
    cell.settle();
    cell.boot(server(3));
    assert_eq!(cell.learned(server(3)), None);
    cell.fire(server(3), Timer::Ask);
    assert_eq!(cell.take("n3>n1 ask").len(), 1, "lost");
    cell.fire(server(3), Timer::Ask);
    assert_eq!(cell.deliver("n3>n2 ask"), 1);
    assert_eq!(cell.deliver("n2>n3 learn apple"), 1);
    assert!(cell.marks.contains(marks::LATE_LEARNER));
    assert!(cell.host(server(3)).timers.is_empty());
}

/// The proposer got apple chosen and died before it told any process. Those who voted for it ask in
/// vain, until one of them has it proposed again.
#[test]
fn a_learner_that_asks_in_vain_forces_a_round() {
    let mut cell = Cell::of(3);
    ask_n2_to_accept(&mut cell);
    cell.sync(server(1));
    cell.sync(server(2));
    cell.crash(server(1), || false);
    cell.air.clear();
    assert_eq!(cell.chosen().len(), 1, "chosen, and no process knows");
    assert_eq!(cell.learned(server(2)), None);
    cell.calm_until_idle();
    assert!(cell.marks.contains(marks::ROUND_FORCED));
    assert_eq!(cell.learned(server(2)), Some(value("apple")));
    assert_eq!(cell.learned(server(3)), Some(value("apple")));
    cell.boot(server(1));
    cell.calm();
    assert_eq!(cell.learned(server(1)), Some(value("apple")));
}

/// apple from n1 under 1.n1 and apple from n2 under 2.n3 are two votes, not two of one ballot.
#[test]
fn the_same_value_under_two_ballots_does_not_add_up() {
    let mut cell = cell_with(LearnerPath::Everyone);
    ask_n2_to_accept(&mut cell);
    cell.sync(server(1));
    // n2's vote under 1.n1 is lost with n2; n1's is durable, and told.
    cell.crash(server(2), || false);
    cell.boot(server(2));
    cell.sync(server(2));
    let first = cell.take("n1>n3 accepted 1.n1=apple");
    cell.air.clear();
    // n3 leads with n1's promise, so it adopts apple; only n2 accepts in time.
    cell.ask(server(3), "propose pear");
    cell.sync(server(3));
    cell.sync(server(3));
    cell.deliver("n3>n1 prepare");
    cell.sync(server(1));
    cell.deliver("n1>n3 promise");
    cell.deliver("n3>n2 accept 1.n3=apple");
    cell.sync(server(2));
    cell.air.extend(first);
    assert_eq!(cell.deliver("*>n3 accepted"), 2);
    assert_eq!(cell.learned(server(3)), None);
    assert!(cell.chosen().is_empty());
    cell.calm();
    assert_eq!(cell.learned(server(3)), Some(value("apple")));
}

/// A rival is told of the choice instead of being let to find out.
#[test]
fn a_proposer_is_told_of_the_choice_of_another() {
    let mut cell = Cell::of(3);
    cell.crash(server(3), || false);
    cell.ask(server(1), "propose apple");
    cell.settle();
    cell.boot(server(3));
    let op = cell.ask(server(3), "propose pear");
    cell.sync(server(3));
    cell.deliver("n3>n1 prepare");
    assert_eq!(cell.deliver("n1>n3 learn apple"), 1);
    assert!(cell.marks.contains(marks::PROPOSER_TOLD));
    assert_eq!(cell.outcome(op), "done chosen apple");
}
