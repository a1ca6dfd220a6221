//! Stories of messages between processes.

use std::time::Duration;

use squall_host::Chance;
use squall_host::disk::MemoryFolder;
use squall_host::network::{NetworkSettings, QueueLimits};
use squall_host::{Host, Running};
use squall_process::ProcessId;
use tokio::net::TcpListener;

use super::notebook::{Ask, Book, N1, N2, Note, Notebook, host, owner, pair, quick, text, until};

#[tokio::test]
async fn messages_of_one_lane_arrive_once_and_in_order() {
    let [one, other] = pair().await;
    for number in 0..500 {
        one.tell(N2, text(&number.to_string())).await;
    }
    let heard = other.heard(|heard| heard.ends_with(" 499")).await;
    let expected: Vec<_> = (0..500).map(|number| format!("n1 {number}")).collect();
    assert_eq!(heard, expected.join(", "));
    assert_eq!(one.counters().sent, 500);
    assert_eq!(other.counters().received, 500);
}

#[tokio::test]
async fn a_peer_that_restarts_is_found_again() {
    let [one, other] = pair().await;
    one.tell(N2, text("before")).await;
    other.heard(|heard| heard == "n1 before").await;
    let address = other.address();
    other.running.stop().await;
    // Nothing listens. What is sent meanwhile waits, or is lost with the connection that broke.
    one.tell(N2, text("meanwhile")).await;
    let again = host(N2).listening_on(address);
    let other = Book::start_as(again, N2, &MemoryFolder::new()).await;
    tokio::time::timeout(Duration::from_secs(20), async {
        while !other.ask(Ask::Heard).await.contains("n1 after") {
            one.tell(N2, text("after")).await;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();
}

/// A process with no address of its own.
async fn client(number: u32, server: &Book) -> Running<Notebook> {
    Host::new(owner(ProcessId::client(number)), Chance::of_system().unwrap())
        .with_network(quick())
        .with_peers([(N1, server.address())])
        .start_without_disk(Notebook::default())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_client_is_answered_on_the_connection_that_it_dialled() {
    let server = Book::start(N1).await;
    let client = Book { running: client(1, &server).await };
    client.tell(N1, Note::Echo("hello".into())).await;
    client.heard(|heard| heard == "n1 hello").await;
    // A client that is not connected has no address, and a message to it is lost.
    server.tell(ProcessId::client(2), text("anyone?")).await;
    assert_eq!(server.counters().lost_unreachable, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_urgent_does_not_wait_behind_bulk() {
    let room = NetworkSettings { inbox_bytes_max: 3 << 19, ..quick() };
    let other = Book::start_as(host(N2).with_network(room), N2, &MemoryFolder::new()).await;
    let one = Book::start(N1).await;
    one.knows(N2, other.address());
    // n2 is held up, and has room for one bulk message and a half.
    let (release, held) = std::sync::mpsc::channel::<()>();
    let handle = other.running.handle();
    let holding = tokio::spawn(async move { handle.inspect(move |_| held.recv()).await });
    for _ in 0..15 {
        one.tell(N2, Note::Bulk(vec![7; 1 << 20])).await;
    }
    one.tell(N2, Note::Beat(1)).await;
    // The second bulk message waits for room, the others in the connection and behind it.
    until("two bulk messages and the beat arrive", || other.counters().received == 3).await;
    release.send(()).unwrap();
    assert!(holding.await.unwrap().is_some());
    let heard = other.heard(|heard| heard.matches("bulk").count() == 15).await;
    assert!(heard.starts_with("n1 beat 1, n1 bulk"), "{heard}");
}

#[tokio::test]
async fn a_queue_that_overflows_loses_its_oldest_and_counts_them() {
    let limits = QueueLimits { messages_max: 10, bytes_max: 1 << 20 };
    let settings = NetworkSettings { queue: limits, ..quick() };
    let one = Book::start_as(host(N1).with_network(settings), N1, &MemoryFolder::new()).await;
    let other = Book::start(N2).await;
    // Nothing listens where n2 is said to be.
    one.knows(N2, ([127, 0, 0, 1], 1).into());
    for number in 0..30 {
        one.tell(N2, text(&number.to_string())).await;
    }
    assert_eq!(one.counters().lost_overflow, 20);
    one.knows(N2, other.address());
    let heard = other.heard(|heard| heard.ends_with("29")).await;
    assert!(heard.starts_with("n1 20, n1 21"), "{heard}");
}

#[tokio::test]
async fn a_message_that_fits_in_no_frame_is_lost_and_counted() {
    let settings = NetworkSettings { frame_max: 1_000, ..quick() };
    let one = Book::start_as(host(N1).with_network(settings), N1, &MemoryFolder::new()).await;
    let other = Book::start(N2).await;
    one.knows(N2, other.address());
    one.tell(N2, Note::Bulk(vec![7; 1_001])).await;
    one.tell(N2, text("short")).await;
    assert_eq!(other.heard(|heard| !heard.is_empty()).await, "n1 short");
    assert_eq!(one.counters().lost_too_long, 1);
}

#[tokio::test]
async fn a_peer_that_is_half_open_is_given_up_and_dialled_again() {
    // It takes connections and says nothing, as a machine does whose power is gone.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let one = Book::start(N1).await;
    one.knows(N2, silent.local_addr().unwrap());
    one.tell(N2, text("hello")).await;
    until("two dials", || one.counters().dials_failed >= 2).await;
    let other = Book::start(N2).await;
    one.knows(N2, other.address());
    assert_eq!(other.heard(|heard| !heard.is_empty()).await, "n1 hello");
}
