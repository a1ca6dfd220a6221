//! Stories of operating a cell.

use squall_cell::{Failure, NewDisk, ServeError, Server, make_disk};
use squall_paxos::log::Change;

use super::place::{N1, N2, N3, N4, Place};

#[tokio::test]
async fn a_cell_of_three_goes_on_without_its_leader_and_takes_it_back() {
    let place = Place::founded(3);
    let mut servers = Vec::new();
    for name in [N1, N2, N3] {
        servers.push((name, place.start(name).await));
    }
    let client = place.client().await;
    client.put("greeting", "hello").await.unwrap();
    assert!(client.cas("greeting", Some("hello"), "good day").await.unwrap());
    assert!(!client.cas("greeting", Some("hello"), "good night").await.unwrap());
    // The leader stops.
    let leader = place.leader().await;
    let at = servers.iter().position(|(name, _)| *name == leader).unwrap();
    servers.remove(at).1.stop().await;
    assert_eq!(client.get("greeting").await.unwrap().as_deref(), Some("good day"));
    client.put("greeting", "good evening").await.unwrap();
    // It comes back with its disk and catches up.
    servers.push((leader, place.start(leader).await));
    place
        .until("all have applied the same", |all| {
            let applied = |status: &Option<_>| status.as_ref().map(applied);
            all.iter().all(|(_, status)| applied(status).is_some_and(|count| count > 0))
                && all.windows(2).all(|pair| applied(&pair[0].1) == applied(&pair[1].1))
        })
        .await;
    assert!(client.delete("greeting").await.unwrap());
    assert_eq!(client.get("greeting").await.unwrap(), None);
    // All stop, and all is there when they start again.
    client.put("kept", "yes").await.unwrap();
    for (_, server) in servers {
        server.stop().await;
    }
    let _servers = [place.start(N1).await, place.start(N2).await];
    assert_eq!(client.get("kept").await.unwrap().as_deref(), Some("yes"));
}

fn applied(status: &squall_cell::Status) -> u64 {
    status.applied
}

#[tokio::test]
async fn a_member_is_replaced_by_a_server_that_catches_up_first() {
    // n4 is described from the beginning, and is no founder.
    let mut place = Place::new(4);
    place.config.servers[3].founder = false;
    for name in [N1, N2, N3] {
        make_disk(&place.config, name, NewDisk::OfNewMember).unwrap();
    }
    let mut servers = vec![place.start(N1).await, place.start(N2).await, place.start(N3).await];
    let client = place.client().await;
    for number in 0..50 {
        client.put(&format!("key {number}"), "value").await.unwrap();
    }
    make_disk(&place.config, N4, NewDisk::OfNewMember).unwrap();
    servers.push(place.start(N4).await);
    // A server that is not described is refused.
    let stranger = squall_process::ProcessId::server(9);
    let refused = client.change_members(Change::Add(stranger)).await.unwrap_err();
    assert_eq!(refused, Failure::Refused);
    client.change_members(Change::Replace { old: N1, new: N4 }).await.unwrap();
    let members = |all: &[(_, Option<squall_cell::Status>)]| {
        let n4 = all.iter().find(|(name, _)| *name == N4);
        n4.and_then(|(_, status)| status.clone()).map(|status| status.voters)
    };
    place.until("n4 votes", |all| members(all) == Some(vec![N2, N3, N4])).await;
    // The one that was replaced can go. A member that is none any more cannot be removed.
    drop(servers.remove(0));
    assert_eq!(client.get("key 49").await.unwrap().as_deref(), Some("value"));
    let refused = client.change_members(Change::Remove(N1)).await.unwrap_err();
    assert!(matches!(refused, Failure::Members(_)), "{refused}");
}

#[tokio::test]
async fn a_server_without_its_disk_does_not_start_and_says_what_to_do() {
    let place = Place::founded(1);
    std::fs::remove_dir_all(place.folder.path().join("n1")).unwrap();
    let error = Server::start(&place.config, N1).await.err().unwrap().to_string();
    assert!(error.contains("if the disk of a member was lost, replace the member"), "{error}");
    // Nor does one with the disk of another.
    let mut other = Place::founded(2);
    other.config.servers[0].data = "n2".into();
    let error = Server::start(&other.config, N1).await.err().unwrap();
    assert!(matches!(error, ServeError::Disk { .. }));
    let said = "the disk belongs to n2 of cluster 0000000000000007, not to n1";
    assert!(error.to_string().contains(said), "{error}");
}

#[tokio::test]
async fn a_server_whose_disk_was_lost_votes_again_once_it_is_added_anew() {
    let place = Place::founded(3);
    let _others = [place.start(N2).await, place.start(N3).await];
    let client = place.client().await;
    client.put("a", "1").await.unwrap();
    std::fs::remove_dir_all(place.folder.path().join("n1")).unwrap();
    make_disk(&place.config, N1, NewDisk::InPlaceOfLost).unwrap();
    let _one = place.start(N1).await;
    let n1 = |all: &[(_, Option<squall_cell::Status>)]| all[0].1.clone();
    // It receives the log, and is not taken for the member that it was.
    place.until("n1 runs", |all| n1(all).is_some_and(|status| !status.member)).await;
    client.change_members(Change::Remove(N1)).await.unwrap();
    client.change_members(Change::Add(N1)).await.unwrap();
    let votes = |status: squall_cell::Status| status.member && status.voters.contains(&N1);
    place.until("n1 votes", |all| n1(all).is_some_and(votes)).await;
}

#[tokio::test]
async fn a_cell_without_a_majority_answers_nothing_and_loses_nothing() {
    let place = Place::founded(3);
    let servers = [place.start(N1).await, place.start(N2).await];
    let client = place.client().await;
    client.put("a", "1").await.unwrap();
    let [_one, other] = servers;
    other.stop().await;
    let hasty = squall_process::Span::from_millis(300);
    let alone = squall_cell::Client::connect_with_patience(&place.config, hasty).await.unwrap();
    assert!(alone.put("a", "2").await.is_err());
    let _other = place.start(N2).await;
    let value = client.get("a").await.unwrap();
    assert!(value.as_deref() == Some("1") || value.as_deref() == Some("2"), "{value:?}");
}
