//! What the log does in situations that have a name.

use squall_paxos::log::{Limits, MembersError, Reply, Settings, Slot, Timing, marks};
use squall_process::{Outcome, Span};

use crate::cluster::{Cluster, c, list, n};
use crate::machine::Numbers;

fn plain(servers: u32) -> Cluster {
    let settings = Settings::majority(servers).expect("servers");
    Cluster::new(settings, servers, 2, 7)
}

fn numbers(reply: &Reply<crate::machine::List>) -> Vec<u32> {
    match reply {
        Reply::One(Numbers(numbers)) => numbers.clone(),
        other => panic!("{other}"),
    }
}

#[test]
fn a_command_is_applied_on_all_servers() {
    let mut cluster = plain(3);
    cluster.done(c(1), "put 5 1");
    cluster.done(c(2), "put 6 1");
    for mode in ["log", "confirmed", "lease", "follower", "stale-5ms"] {
        let reply = cluster.done(c(1), &format!("read {mode} all"));
        assert_eq!(numbers(&reply), [5, 6], "{mode}");
    }
    cluster.run(500);
    for name in [n(1), n(2), n(3)] {
        assert_eq!(list(&cluster, name), [5, 6]);
    }
}

#[test]
fn another_leader_carries_on_where_the_first_one_died() {
    let mut cluster = plain(3);
    cluster.done(c(1), "put 1 1");
    let first = cluster.elect();
    let open = cluster.ask(c(2), "put 2 1");
    cluster.run(3);
    cluster.crash(first);
    cluster.done(c(1), "put 3 1");
    cluster.run_until(10_000, |cluster| cluster.outcomes.contains_key(&open));
    let second = cluster.elect();
    assert_ne!(first, second);
    cluster.boot(first);
    cluster.run(1_000);
    assert_eq!(list(&cluster, first), list(&cluster, second));
    assert_eq!(list(&cluster, first).len(), 3);
}

#[test]
fn all_servers_restart_and_nothing_is_lost() {
    let mut cluster = plain(3);
    for number in 0..20 {
        cluster.done(c(1), &format!("put {number} 1"));
    }
    for name in [n(1), n(2), n(3)] {
        cluster.crash(name);
    }
    for name in [n(1), n(2), n(3)] {
        cluster.boot(name);
    }
    let reply = cluster.done(c(2), "read log all");
    assert_eq!(numbers(&reply), (0..20).collect::<Vec<_>>());
}

#[test]
fn a_replica_that_missed_a_snapshot_is_sent_it() {
    let limits = Limits { snapshot_every: 4, parts_per_write: 1, ..Limits::default() };
    let settings = Settings::majority(3).unwrap().with_limits(limits).unwrap();
    let mut cluster = Cluster::new(settings, 3, 1, 3);
    cluster.done(c(1), "put 100 1");
    let leader = cluster.elect();
    let behind = [n(1), n(2), n(3)].into_iter().find(|name| *name != leader).unwrap();
    cluster.crash(behind);
    for number in 0..30 {
        cluster.done(c(1), &format!("put {number} 1"));
    }
    cluster.boot(behind);
    cluster.run(2_000);
    assert_eq!(list(&cluster, behind), list(&cluster, leader));
    assert!(cluster.marks.contains(marks::SNAPSHOT_TAKEN));
    assert!(cluster.marks.contains(marks::SNAPSHOT_INSTALLED));
}

#[test]
fn one_server_that_reaches_a_quorum_is_enough() {
    // Quorum loss: every server reaches n1 alone. The leader, if it is another, loses its quorum.
    let mut cluster = plain(5);
    let leader = cluster.elect();
    let hub = [n(1), n(2)].into_iter().find(|name| *name != leader).unwrap();
    for one in 1..=5 {
        for other in one + 1..=5 {
            if n(one) != hub && n(other) != hub {
                cluster.cut(n(one), n(other));
            }
        }
    }
    cluster.done(c(1), "put 1 1");
    assert_eq!(cluster.leader(), Some(hub));
}

#[test]
fn a_server_that_lost_sight_of_the_leader_disturbs_nobody() {
    // Chain: the leader and one follower do not reach one another; the third reaches both.
    let mut cluster = plain(3);
    cluster.done(c(1), "put 1 1");
    let leader = cluster.elect();
    let ballot = cluster.server(leader).unwrap().leads();
    let other = [n(1), n(2), n(3)].into_iter().find(|name| *name != leader).unwrap();
    cluster.cut(leader, other);
    cluster.run(5_000);
    cluster.done(c(1), "put 2 1");
    assert_eq!(cluster.server(leader).unwrap().leads(), ballot);
    assert!(cluster.marks.contains(marks::NEIGHBOUR_CONTENT));
    // It still learns, from the one that it reaches.
    cluster.run(1_000);
    assert_eq!(list(&cluster, other), [1, 2]);
}

#[test]
fn a_cluster_grows_from_one_to_three_and_loses_its_founder() {
    let settings = Settings::majority(1).unwrap().with_servers(vec![n(1), n(2), n(3)]);
    let mut cluster = Cluster::new(settings, 3, 1, 11);
    cluster.done(c(1), "put 1 1");
    for name in ["n2", "n3"] {
        assert_eq!(cluster.done(c(1), &format!("members add {name}")), Reply::Changed);
        cluster.run(1_000);
    }
    let members = cluster.server(n(1)).unwrap().state().members.clone();
    assert_eq!(members.voters().len(), 3, "{members}\n{}", cluster.story());
    assert_eq!(cluster.server(n(1)).unwrap().tolerance(), Some(1));
    assert_eq!(cluster.done(c(1), "members remove n1"), Reply::Changed);
    cluster.run(500);
    cluster.crash(n(1));
    cluster.done(c(1), "put 2 1");
    assert_eq!(list(&cluster, cluster.leader().unwrap()), [1, 2]);
    assert!(cluster.marks.contains(marks::LEADER_REMOVED));
}

#[test]
fn changes_that_fit_nobody_are_refused_with_their_reason() {
    let mut cluster = plain(3);
    let unknown = Reply::NotChanged(MembersError::Unknown(n(9)));
    assert_eq!(cluster.done(c(1), "members remove n9"), unknown);
    assert_eq!(cluster.done(c(1), "transfer n9"), unknown);
    let twice = Reply::NotChanged(MembersError::Twice(n(2)));
    assert_eq!(cluster.done(c(1), "members add n2"), twice);
}

#[test]
fn a_wiped_disk_votes_only_as_another_member() {
    let mut cluster = plain(3);
    cluster.done(c(1), "put 1 1");
    let leader = cluster.elect();
    let wiped = [n(1), n(2), n(3)].into_iter().find(|name| *name != leader).unwrap();
    cluster.crash(wiped);
    cluster.replace_disk(wiped);
    cluster.boot(wiped);
    cluster.run(1_000);
    assert_eq!(cluster.server(wiped).unwrap().since(), None);
    assert_eq!(list(&cluster, wiped), [1], "it receives the log all the same");
    cluster.done(c(1), &format!("members remove {wiped}"));
    cluster.done(c(1), &format!("members add {wiped}"));
    cluster.run(1_000);
    let since = cluster.server(wiped).unwrap().since();
    assert!(since > Some(Slot::ZERO));
    let state = cluster.server(leader).unwrap().state();
    assert_eq!(state.members.voter(wiped).map(|member| member.since), since);
    // And so after a restart.
    cluster.crash(wiped);
    cluster.boot(wiped);
    assert_eq!(cluster.server(wiped).unwrap().since(), since);
}

#[test]
fn leadership_is_handed_on() {
    let mut cluster = plain(3);
    cluster.done(c(1), "put 1 1");
    let leader = cluster.elect();
    let next = [n(1), n(2), n(3)].into_iter().find(|name| *name != leader).unwrap();
    assert_eq!(cluster.done(c(1), &format!("transfer {next}")), Reply::Transferred);
    cluster.run_until(2_000, |cluster| cluster.leader() == Some(next));
    cluster.done(c(1), "put 2 1");
    assert_eq!(cluster.leader(), Some(next));
}

#[test]
fn leadership_goes_to_the_server_with_priority() {
    let settings = Settings::majority(3).unwrap().with_priorities(vec![(n(3), 1)]);
    let mut cluster = Cluster::new(settings, 3, 1, 5);
    cluster.done(c(1), "put 1 1");
    cluster.run(2_000);
    assert_eq!(cluster.leader(), Some(n(3)));
}

#[test]
fn a_pinned_client_is_served_through_its_server() {
    let mut cluster = plain(3);
    cluster.done(c(2), "put 0 1");
    let leader = cluster.elect();
    let other = [n(1), n(2), n(3)].into_iter().find(|name| *name != leader).unwrap();
    cluster.pin(c(1), other);
    for server in [n(1), n(2), n(3)] {
        if server != other {
            cluster.cut(c(1), server);
        }
    }
    cluster.done(c(1), "put 1 1");
    assert_eq!(numbers(&cluster.done(c(1), "read confirmed all")), [0, 1]);
    assert!(cluster.marks.contains(marks::PASSED_ON));
}

#[test]
fn a_command_above_the_limit_is_refused() {
    let limits = Limits { command_bytes: 10, batch_bytes: 4, ..Limits::default() };
    let settings = Settings::majority(3).unwrap().with_limits(limits).unwrap();
    let mut cluster = Cluster::new(settings, 3, 1, 5);
    let id = cluster.ask(c(1), "put 1 11");
    assert_eq!(cluster.outcomes.get(&id), Some(&Outcome::Refused));
    cluster.done(c(1), "put 2 10");
}

#[test]
fn a_guarded_operation_is_one_step() {
    let mut cluster = plain(3);
    let reply = cluster.done(c(1), "if all is [] then put 1 1, put 2 1 else put 9 1");
    assert!(matches!(&reply, Reply::Guarded { held: true, replies } if replies.len() == 2));
    let reply = cluster.done(c(2), "if all is [] then put 3 1 else");
    assert_eq!(reply, Reply::Guarded { held: false, replies: Vec::new() });
    let epoch = cluster.server(cluster.leader().unwrap()).unwrap().state().epoch;
    let reply = cluster.done(c(2), &format!("if epoch is {epoch} then put 4 1 else"));
    assert!(matches!(reply, Reply::Guarded { held: true, .. }));
    let leader = cluster.leader().unwrap();
    cluster.crash(leader);
    let reply = cluster.done(c(2), &format!("if epoch is {epoch} then put 5 1 else"));
    assert!(matches!(reply, Reply::Guarded { held: false, .. }));
}

#[test]
fn a_client_gives_up_and_says_that_it_does_not_know() {
    let timing = Timing { give_up: Some(Span::from_millis(400)), ..Timing::default() };
    let settings = Settings::majority(3).unwrap().with_timing(timing).unwrap();
    let mut cluster = Cluster::new(settings, 3, 1, 5);
    cluster.done(c(1), "put 1 1");
    for name in [n(1), n(2), n(3)] {
        cluster.isolate(name);
    }
    let sent = cluster.ask(c(1), "put 2 1");
    let behind = cluster.ask(c(1), "put 3 1");
    cluster.run(1_000);
    assert_eq!(cluster.outcomes.get(&sent), Some(&Outcome::Unknown));
    assert_eq!(cluster.outcomes.get(&behind), Some(&Outcome::Refused));
    cluster.heal();
    cluster.done(c(1), "put 4 1");
}

#[test]
fn rot_in_a_vote_is_repaired_from_the_others() {
    let mut cluster = plain(3);
    for number in 0..5 {
        cluster.done(c(1), &format!("put {number} 1"));
    }
    let leader = cluster.elect();
    let damaged = [n(1), n(2), n(3)].into_iter().find(|name| *name != leader).unwrap();
    cluster.run(500);
    cluster.crash(damaged);
    let text = "put 2 1";
    let rotten = cluster.rot(damaged, |record| record.to_string().contains(text));
    assert!(rotten.is_some());
    cluster.boot(damaged);
    cluster.run(1_000);
    assert!(cluster.marks.contains(marks::VOTE_DAMAGED));
    assert_eq!(list(&cluster, damaged), [0, 1, 2, 3, 4]);
    // It counts again: the leader is gone, and the two others go on.
    cluster.crash(leader);
    cluster.done(c(1), "put 5 1");
}

#[test]
fn a_leader_proposes_for_the_process_around_it() {
    let mut cluster = plain(3);
    cluster.done(c(1), "put 0 1");
    let leader = cluster.elect();
    assert_eq!(numbers(&cluster.done(leader, "put 1 1")), [2]);
    // A follower takes none: nothing was proposed.
    let follower = [n(1), n(2), n(3)].into_iter().find(|name| *name != leader).unwrap();
    let refused = cluster.ask(follower, "put 2 1");
    assert_eq!(cluster.outcomes.get(&refused), Some(&Outcome::Refused));
    // A leader that is cut off cannot know what becomes of its proposal. The others go on.
    cluster.isolate(leader);
    let open = cluster.ask(leader, "put 3 1");
    cluster.run(1_000);
    cluster.heal();
    cluster.run_until(10_000, |cluster| cluster.outcomes.contains_key(&open));
    assert_eq!(cluster.outcomes.get(&open), Some(&Outcome::Unknown));
    cluster.done(c(1), "put 4 1");
    cluster.run(1_000);
    assert_eq!(list(&cluster, leader), [0, 1, 4]);
}
