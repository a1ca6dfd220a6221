//! The scene: three servers on machines that can lose their power, and two clients.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use madsim::rand::{Rng, thread_rng};
use madsim::runtime::{Handle, NodeHandle};
use squall_cell::store::{Command, Query, Reply, Store};
use squall_host::disk::{Drawn, JournalSettings, MemoryFolder, Owner, create, open};
use squall_host::{Chance, Ended, Host, Observation};
use squall_linear::models::{RegisterOp, RegisterReply};
use squall_paxos::log::{
    Body, Message, Op, Operation, Participant, ReadMode, Reply as Answer, Settings, Timing,
};
use squall_process::{Outcome, ProcessId, Span};

use crate::record::{Record, Value};

const CLUSTER: u64 = 7;
pub(crate) const SERVERS: u32 = 3;
const CLIENTS: u32 = 2;
const KEYS: u64 = 2;

/// Small segments, so that they turn often.
const JOURNAL: JournalSettings =
    JournalSettings { segment_length: 2_000, record_length_max: 1 << 20 };

/// All that takes part in a run.
pub(crate) struct Scene {
    pub(crate) record: Arc<Mutex<Record>>,
    /// The disk of each server, as its next life finds it.
    pub(crate) disks: Vec<Arc<Mutex<MemoryFolder>>>,
    pub(crate) servers: Vec<NodeHandle>,
    /// Kept, so that the clients run.
    _clients: Vec<NodeHandle>,
    pub(crate) is_over: Arc<Mutex<bool>>,
}

fn address(server: u32) -> SocketAddr {
    ([10, 0, 0, server as u8], 4_000).into()
}

fn peers() -> impl Iterator<Item = (ProcessId, SocketAddr)> {
    (1..=SERVERS).map(|number| (ProcessId::server(number), address(number)))
}

fn settings(give_up: Option<Span>) -> Arc<Settings> {
    let timing = Timing { give_up, ..Timing::default() };
    let settings = Settings::majority(SERVERS).expect("three servers");
    Arc::new(settings.with_timing(timing).expect("delays"))
}

fn chance() -> Chance {
    Chance::seeded(thread_rng().gen_range(0..u64::MAX))
}

const fn is_urgent(message: &Message<Store>) -> bool {
    matches!(
        message.body,
        Body::Ping { .. } | Body::Pong { .. } | Body::Confirm(_) | Body::Confirmed(_)
    )
}

impl Scene {
    /// Starts the servers and the clients.
    pub(crate) fn set() -> Self {
        let record = Arc::new(Mutex::new(Record::default()));
        let is_over = Arc::new(Mutex::new(false));
        let handle = Handle::current();
        let (mut disks, mut servers, mut clients) = (Vec::new(), Vec::new(), Vec::new());
        for number in 1..=SERVERS {
            let disk = Arc::new(Mutex::new(MemoryFolder::new()));
            let (record, folder) = (Arc::clone(&record), Arc::clone(&disk));
            let node = handle.create_node().name(format!("n{number}"));
            servers.push(
                node.ip(address(number).ip())
                    .init(move || serve(number, Arc::clone(&folder), Arc::clone(&record)))
                    .build(),
            );
            disks.push(disk);
        }
        for number in 1..=CLIENTS {
            let (record, is_over) = (Arc::clone(&record), Arc::clone(&is_over));
            let ip = [10, 0, 1, number as u8];
            let node = handle.create_node().name(format!("c{number}")).ip(ip.into()).build();
            node.spawn(work(number, record, is_over));
            clients.push(node);
        }
        Self { record, disks, servers, _clients: clients, is_over }
    }
}

/// One life of a server after another, as a supervisor lives them, until its machine stops.
async fn serve(number: u32, disk: Arc<Mutex<MemoryFolder>>, record: Arc<Mutex<Record>>) {
    let process = ProcessId::server(number);
    let owner = Owner { cluster: CLUSTER, process };
    loop {
        let folder = disk.lock().expect("no panic").clone();
        let opened = open(folder.clone(), owner, JOURNAL).or_else(|_| {
            // Only a disk that was never made can be made.
            let mut chance = chance();
            let drawn = Drawn { disk: chance.number(), incarnation: chance.number() };
            create(folder, owner, drawn, JOURNAL)
        });
        let opened = match opened {
            Ok(opened) => opened,
            Err(error) => return record.lock().expect("no panic").fail(error.to_string()),
        };
        let seen = Arc::clone(&record);
        let started = Host::new(owner, chance())
            .listening_on(address(number))
            .with_peers(peers().filter(|(peer, _)| *peer != process))
            .with_urgent(is_urgent)
            .observed_by(move |observation| {
                if let Observation::Claims(claim) = observation {
                    seen.lock().expect("no panic").claim(process, claim);
                }
            })
            .start(Participant::server(settings(None)), opened)
            .await;
        match started {
            Ok(mut running) => {
                let ended = running.ended().await;
                if ended == Ended::Panicked {
                    record.lock().expect("no panic").fail(format!("{process} panicked"));
                }
            }
            Err(error) => record.lock().expect("no panic").fail(error.to_string()),
        }
        madsim::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A client that asks one thing after another.
async fn work(number: u32, record: Arc<Mutex<Record>>, is_over: Arc<Mutex<bool>>) {
    let owner = Owner { cluster: CLUSTER, process: ProcessId::client(number) };
    let running = Host::new(owner, chance())
        .with_peers(peers())
        .start_without_disk(Participant::<Store>::client(settings(Some(Span::from_secs(3)))))
        .await
        .expect("a client needs nothing");
    let handle = running.handle();
    let mut count = 0;
    while !*is_over.lock().expect("no panic") {
        count += 1;
        let new = u64::from(number) * 1_000_000 + count;
        let key = thread_rng().gen_range(0..KEYS);
        let op = match thread_rng().gen_range(0..3) {
            0 => RegisterOp::Read,
            _ => RegisterOp::Write(new),
        };
        let call = record.lock().expect("no panic").call(number, key, op);
        let outcome = handle.ask(asked(key, op)).await;
        record.lock().expect("no panic").give_back(call, &told(outcome));
        let pause = thread_rng().gen_range(1..30);
        madsim::time::sleep(Duration::from_millis(pause)).await;
    }
}

fn asked(key: u64, op: RegisterOp<Value>) -> Op<Store> {
    let key = key.to_string();
    match op {
        RegisterOp::Write(value) => {
            let value = value.to_string();
            Op::Apply(Operation::One(Command::Put { key, value }))
        }
        _ => Op::Read { mode: ReadMode::Confirmed, query: Query::Get { key } },
    }
}

fn told(outcome: Outcome<Answer<Store>>) -> Outcome<RegisterReply<Value>> {
    match outcome {
        Outcome::Done(Answer::One(Reply::Value(value))) => {
            let value = value.map_or(0, |value| value.parse().expect("the clients write numbers"));
            Outcome::Done(RegisterReply::Value(value))
        }
        Outcome::Done(_) => Outcome::Done(RegisterReply::Written),
        Outcome::Refused => Outcome::Refused,
        Outcome::Unknown => Outcome::Unknown,
    }
}
