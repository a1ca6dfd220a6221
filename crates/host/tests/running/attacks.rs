//! Attacks: each costs its connection, is reported once, and harms no other connection.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use squall_host::Chance;
use squall_host::disk::MemoryFolder;
use squall_host::network::frame::{Decoder, Encoder, Frame, Kind};
use squall_host::network::{Lane, NetworkSettings, Notice, Purpose, Refusal, VERSION};
use squall_process::ProcessId;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::notebook::{Book, CLUSTER, N1, N2, Note, host, owner, quick, text, until};

/// A server under attack, and an honest peer that is connected to it all the while.
struct Scene {
    server: Book,
    honest: Book,
    notices: Arc<Mutex<Vec<Notice>>>,
    asked: u32,
}

impl Scene {
    async fn set() -> Self {
        Self::set_with(quick()).await
    }

    async fn set_with(settings: NetworkSettings) -> Self {
        let notices = Arc::new(Mutex::new(Vec::new()));
        let server = host(N1).with_network(settings).watched_by({
            let notices = Arc::clone(&notices);
            move |notice| notices.lock().unwrap().push(notice)
        });
        let server = Book::start_as(server, N1, &MemoryFolder::new()).await;
        let honest = Book::start(N2).await;
        honest.knows(N1, server.address());
        server.knows(N2, honest.address());
        let mut scene = Self { server, honest, notices, asked: 0 };
        scene.serves().await;
        scene
    }

    /// The honest peer is answered.
    async fn serves(&mut self) {
        self.asked += 1;
        let number = self.asked.to_string();
        self.honest.tell(N1, Note::Echo(number.clone())).await;
        self.honest.heard(|heard| heard.ends_with(&format!("n1 {number}"))).await;
    }

    fn refusals(&self) -> Vec<Refusal> {
        let notices = self.notices.lock().unwrap();
        let refusals = notices.iter().filter_map(|notice| match notice {
            Notice::Refused { why, .. } => Some(*why),
            _ => None,
        });
        refusals.collect()
    }
}

/// What a dialer says of itself, as the protocol has it.
#[derive(Clone, Serialize, Deserialize)]
struct Hello {
    version: u16,
    echo: u64,
    cluster: u64,
    from: ProcessId,
    to: ProcessId,
    incarnation: u64,
    purpose: Purpose,
    key: u64,
}

/// A connection without a host behind it.
struct Raw {
    stream: TcpStream,
    decoder: Decoder,
    encoder: Encoder,
}

impl Raw {
    async fn dial(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        Self { stream, decoder: Decoder::new(0, 1 << 20), encoder: Encoder::new(0) }
    }

    async fn read(&mut self) -> Option<Frame> {
        loop {
            if let Some(frame) = self.decoder.next_frame().ok()? {
                return Some(frame);
            }
            let mut piece = [0; 1_024];
            match self.stream.read(&mut piece).await {
                Ok(count) if count > 0 => self.decoder.feed(&piece[..count]),
                _ => return None,
            }
        }
    }

    async fn write(&mut self, kind: Kind, payload: &[u8]) {
        let mut bytes = Vec::new();
        self.encoder.encode(kind, payload, &mut bytes);
        // The other end may be gone already.
        let _ = self.stream.write_all(&bytes).await;
    }

    /// Shakes hands with a hello that `change` changes. Returns the answer.
    async fn shake(&mut self, change: impl FnOnce(&mut Hello)) -> Option<Result<u64, Refusal>> {
        let greeting = self.read().await?;
        let (_, _, key): ([u8; 6], u16, u64) = postcard::from_bytes(&greeting.payload).unwrap();
        let mut hello = Hello {
            version: VERSION,
            echo: key,
            cluster: CLUSTER,
            from: ProcessId::server(3),
            to: N1,
            incarnation: 1,
            purpose: Purpose::Datagrams(Lane::Bulk),
            key: 5,
        };
        change(&mut hello);
        self.write(Kind::Hello, &postcard::to_stdvec(&hello).unwrap()).await;
        let welcome = self.read().await?;
        self.encoder = Encoder::new(key);
        self.decoder = Decoder::new(5, 1 << 20);
        Some(postcard::from_bytes(&welcome.payload).unwrap())
    }

    /// Waits until the other end closes the connection.
    async fn is_closed(&mut self) {
        let closed = tokio::time::timeout(Duration::from_secs(20), async {
            while self.read().await.is_some() {}
        });
        closed.await.unwrap();
    }
}

#[tokio::test]
async fn a_length_of_four_gibibytes_makes_no_room_and_is_refused() {
    let mut scene = Scene::set().await;
    for _ in 0..3 {
        let mut raw = Raw::dial(scene.server.address()).await;
        raw.stream.write_all(&[0xFF; 9]).await.unwrap();
        raw.is_closed().await;
        scene.serves().await;
    }
    assert_eq!(scene.refusals(), [Refusal::Stranger], "it is reported once");
    assert_eq!(scene.server.counters().refused, 3);
}

#[tokio::test]
async fn noise_is_refused() {
    let mut scene = Scene::set().await;
    let mut chance = Chance::seeded(1);
    for _ in 0..50 {
        let mut raw = Raw::dial(scene.server.address()).await;
        let noise: Vec<u8> = (0..400).map(|_| chance.number() as u8).collect();
        let _ = raw.stream.write_all(&noise).await;
        raw.is_closed().await;
    }
    scene.serves().await;
    assert_eq!(scene.server.counters().refused, 50);
}

#[tokio::test]
async fn a_hello_for_elsewhere_is_refused_and_says_why() {
    let mut scene = Scene::set().await;
    let address = scene.server.address();
    type Change = fn(&mut Hello);
    let changes: [(Change, Refusal); 4] = [
        (|hello| hello.cluster = 8, Refusal::Cluster),
        (|hello| hello.version = 2, Refusal::Version),
        (|hello| hello.to = N2, Refusal::Receiver),
        (|hello| hello.echo ^= 1, Refusal::Replayed),
    ];
    for (change, expected) in changes {
        let mut raw = Raw::dial(address).await;
        assert_eq!(raw.shake(change).await, Some(Err(expected)));
        raw.is_closed().await;
        scene.serves().await;
    }
    let expected = [Refusal::Cluster, Refusal::Version, Refusal::Receiver, Refusal::Replayed];
    assert_eq!(scene.refusals(), expected);
}

#[tokio::test]
async fn a_host_of_another_cluster_learns_that_it_is_refused() {
    let mut scene = Scene::set().await;
    let notices = Arc::new(Mutex::new(Vec::new()));
    let other = squall_host::disk::Owner { cluster: CLUSTER + 1, ..owner(N2) };
    let running = squall_host::Host::new(other, Chance::seeded(1))
        .with_network(quick())
        .with_peers([(N1, scene.server.address())])
        .watched_by({
            let notices = Arc::clone(&notices);
            move |notice: Notice| notices.lock().unwrap().push(notice.to_string())
        })
        .start_without_disk(super::notebook::Notebook::default())
        .await
        .unwrap();
    let stranger = Book { running };
    stranger.tell(N1, text("let me in")).await;
    until("three attempts", || stranger.counters().dials_failed >= 3).await;
    let said = notices.lock().unwrap().join("; ");
    assert_eq!(said, "n1 refuses this process: it belongs to another cluster");
    scene.serves().await;
    assert_eq!(scene.refusals(), [Refusal::Cluster]);
    assert!(!scene.server.ask(super::notebook::Ask::Heard).await.contains("let me in"));
}

/// Passes one connection on to `to`, and returns what the dialer wrote.
async fn recorded(listener: TcpListener, to: SocketAddr) -> Vec<u8> {
    let (mut dialer, _) = listener.accept().await.unwrap();
    let mut server = TcpStream::connect(to).await.unwrap();
    let mut record = Vec::new();
    let (mut up, mut down) = ([0; 4_096], [0; 4_096]);
    loop {
        tokio::select! {
            count = dialer.read(&mut up) => match count {
                Ok(count) if count > 0 => {
                    record.extend_from_slice(&up[..count]);
                    server.write_all(&up[..count]).await.unwrap();
                }
                _ => return record,
            },
            count = server.read(&mut down) => match count {
                Ok(count) if count > 0 => dialer.write_all(&down[..count]).await.unwrap(),
                _ => return record,
            },
        }
    }
}

#[tokio::test]
async fn a_recorded_connection_cannot_be_played_again() {
    let mut scene = Scene::set().await;
    let address = scene.server.address();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let between = listener.local_addr().unwrap();
    let recording = tokio::spawn(recorded(listener, address));
    let victim = Book::start(ProcessId::server(3)).await;
    victim.knows(N1, between);
    victim.tell(N1, text("pay 5")).await;
    scene.server.heard(|heard| heard.contains("n3 pay 5")).await;
    victim.running.stop().await;
    let record = recording.await.unwrap();
    // The whole of what the victim wrote, once more.
    let mut raw = Raw::dial(address).await;
    let _ = raw.stream.write_all(&record).await;
    raw.is_closed().await;
    scene.serves().await;
    assert_eq!(scene.refusals(), [Refusal::Replayed]);
    // And its message alone, on a connection whose handshake is the attacker's own.
    let mut raw = Raw::dial(address).await;
    assert!(matches!(raw.shake(|_| {}).await, Some(Ok(_))));
    let _ = raw.stream.write_all(&record[record.len() - 24..]).await;
    raw.is_closed().await;
    let heard = scene.server.ask(super::notebook::Ask::Heard).await;
    assert_eq!(heard.matches("pay 5").count(), 1);
}

#[tokio::test]
async fn a_message_that_cannot_be_decoded_costs_its_connection() {
    let mut scene = Scene::set().await;
    for kind in [Kind::Message, Kind::Hello] {
        let mut raw = Raw::dial(scene.server.address()).await;
        assert!(matches!(raw.shake(|_| {}).await, Some(Ok(_))));
        raw.write(kind, &[0xFF; 10]).await;
        raw.is_closed().await;
    }
    scene.serves().await;
    let notices = scene.notices.lock().unwrap();
    let nonsense = notices.iter().filter(|notice| matches!(notice, Notice::Nonsense { .. }));
    assert_eq!(nonsense.count(), 2);
}

#[tokio::test]
async fn a_frame_that_never_ends_costs_its_connection() {
    let mut scene = Scene::set().await;
    let mut raw = Raw::dial(scene.server.address()).await;
    assert!(matches!(raw.shake(|_| {}).await, Some(Ok(_))));
    // Its header says a mebibyte, and one byte comes from time to time.
    raw.stream.write_all(&(1_u32 << 20).to_le_bytes()).await.unwrap();
    raw.stream.write_all(&[0, 0, 0, 0, 1]).await.unwrap();
    let (mut reading, mut writing) = raw.stream.into_split();
    let dripping = tokio::spawn(async move {
        while writing.write_all(&[7]).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let mut rest = Vec::new();
    let closed = reading.read_to_end(&mut rest);
    let _ = tokio::time::timeout(Duration::from_secs(20), closed).await.unwrap();
    dripping.await.unwrap();
    scene.serves().await;
}

#[tokio::test]
async fn five_hundred_sockets_that_say_nothing_keep_no_honest_peer_out() {
    let settings = NetworkSettings { handshakes_max: 16, ..quick() };
    let mut scene = Scene::set_with(settings).await;
    let address = scene.server.address();
    let mut silent = Vec::new();
    for number in 0..500 {
        silent.push(TcpStream::connect(address).await.unwrap());
        if number % 100 == 50 {
            // A peer that was not connected before is taken at once.
            let late = Book::start(ProcessId::server(10 + number)).await;
            late.knows(N1, address);
            late.tell(N1, Note::Echo("hello".into())).await;
            scene.server.knows(ProcessId::server(10 + number), late.address());
            scene.server.heard(|heard| heard.contains(&format!("n{} hello", 10 + number))).await;
            scene.serves().await;
        }
    }
    // All of them go by and by: pushed out, or by their deadline.
    until("all are refused", || scene.server.counters().refused == 500).await;
    scene.serves().await;
    assert_eq!(scene.refusals(), [Refusal::Slow]);
}

#[tokio::test]
async fn connections_beyond_the_limit_are_refused_and_there_is_room_again() {
    let mut scene = Scene::set_with(NetworkSettings { connections_max: 3, ..quick() }).await;
    let address = scene.server.address();
    let mut raws = Vec::new();
    // The honest peer has dialled one.
    for number in 0..2 {
        let mut raw = Raw::dial(address).await;
        let taken = raw.shake(|hello| hello.from = ProcessId::server(3 + number)).await;
        assert!(matches!(taken, Some(Ok(_))));
        raws.push(raw);
    }
    Raw::dial(address).await.is_closed().await;
    assert_eq!(scene.refusals(), [Refusal::Full]);
    scene.serves().await;
    raws.clear();
    until("the places are free", || scene.server.counters().broken >= 2).await;
    assert!(matches!(Raw::dial(address).await.shake(|_| {}).await, Some(Ok(_))));
}
