//! Stories of sessions over real connections.

use squall_host::disk::MemoryFolder;
use squall_host::network::{NetworkSettings, QueueLimits};
use squall_process::{Closed, Span};
use tokio::net::TcpListener;

use super::notebook::{Ask, Book, N1, N2, Note, closed, host, pair, quick, session, text, until};

const SECOND: Span = Span::from_secs(1);

#[tokio::test]
async fn what_is_sent_on_a_session_arrives_once_in_order_and_before_its_close() {
    let [one, other] = pair().await;
    let id = session(1);
    one.ask(Ask::Open(id, SECOND)).await;
    // It need not wait for the answer.
    for number in 0..50 {
        one.ask(Ask::SendOn(id, text(&number.to_string()))).await;
    }
    one.ask(Ask::SendOn(id, Note::Echo("last".into()))).await;
    let heard = one.heard(|heard| heard.contains("last")).await;
    assert_eq!(heard, format!("{id} opened, {id} arrives Text(\"last\")"));
    one.ask(Ask::Close(id)).await;
    let heard = other.heard(|heard| heard.contains("closed")).await;
    let mut expected = vec![format!("{id} incoming")];
    expected.extend((0..50).map(|number| format!("{id} arrives Text(\"{number}\")")));
    expected.push(format!("{id} arrives Echo(\"last\")"));
    expected.push(closed(id, Closed::Peer));
    assert_eq!(heard, expected.join(", "));
    // The end that closed is told nothing, and may use the name again.
    one.ask(Ask::Open(id, SECOND)).await;
    one.heard(|heard| heard.matches("opened").count() == 2).await;
    assert!(!one.ask(Ask::Heard).await.contains("closed"));
}

#[tokio::test]
async fn a_session_to_where_nothing_listens_is_refused() {
    let [one, other] = pair().await;
    other.running.stop().await;
    one.ask(Ask::Open(session(1), SECOND)).await;
    one.heard(|heard| heard == "n1>n2~1 refused").await;
    // So is one that finds another process there.
    let third = Book::start(squall_process::ProcessId::server(3)).await;
    one.knows(N2, third.address());
    one.ask(Ask::Open(session(2), SECOND)).await;
    one.heard(|heard| heard.ends_with("n1>n2~2 refused")).await;
}

#[tokio::test]
async fn a_session_that_is_not_answered_is_closed_by_its_deadline() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let one = Book::start(N1).await;
    one.knows(N2, silent.local_addr().unwrap());
    one.ask(Ask::Open(session(1), Span::from_millis(20))).await;
    one.heard(|heard| heard == closed(session(1), Closed::Deadline)).await;
}

#[tokio::test]
async fn a_session_ends_with_the_process_at_its_other_end() {
    let [one, other] = pair().await;
    one.ask(Ask::Open(session(1), SECOND)).await;
    one.heard(|heard| heard == "n1>n2~1 opened").await;
    drop(other.running);
    one.heard(|heard| heard.ends_with(&closed(session(1), Closed::Reset))).await;
}

#[tokio::test]
async fn a_name_that_is_used_again_resets_the_end_that_is_left_over() {
    let [one, other] = pair().await;
    one.ask(Ask::Open(session(1), SECOND)).await;
    other.heard(|heard| heard == "n1>n2~1 incoming").await;
    // n1 is killed and starts again. Its new life opens the same name.
    drop(one.running);
    let one = Book::start(N1).await;
    one.knows(N2, other.address());
    one.ask(Ask::Open(session(1), SECOND)).await;
    let heard = other.heard(|heard| heard.matches("incoming").count() == 2).await;
    let reset = closed(session(1), Closed::Reset);
    assert_eq!(heard, format!("n1>n2~1 incoming, {reset}, n1>n2~1 incoming"));
}

#[tokio::test]
async fn a_session_that_overflows_breaks_and_loses_nothing_in_its_middle() {
    let limits = QueueLimits { messages_max: 4, bytes_max: 1 << 20 };
    let settings = NetworkSettings { queue: limits, ..quick() };
    let one = Book::start_as(host(N1).with_network(settings), N1, &MemoryFolder::new()).await;
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    one.knows(N2, silent.local_addr().unwrap());
    one.ask(Ask::Open(session(1), SECOND)).await;
    for number in 0..6 {
        one.ask(Ask::SendOn(session(1), text(&number.to_string()))).await;
    }
    one.heard(|heard| heard == closed(session(1), Closed::Reset)).await;
    until("all are lost", || one.counters().lost_overflow == 6).await;
}
