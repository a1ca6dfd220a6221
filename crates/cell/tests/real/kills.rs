//! Kill loop: real servers under load are killed, stopped and started again, and what the clients
//! saw must be linearizable.
//!
//! Five disturbances take place here by default. A long loop:
//!
//!     CELL_KILLS=2000 cargo test --release -p squall-cell --test real kills -- --nocapture

use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use squall_cell::{Client, Failure};
use squall_host::Chance;
use squall_linear::models::{Map, MapOp, RegisterOp, RegisterReply};
use squall_linear::{BUDGET, Call, Checked, History, check};
use squall_process::{ProcessId, Randomness, Span};

use super::place::{Place, leader};

/// Keys that the clients share. Few, so that they meet.
const KEYS: u64 = 3;
const CLIENTS: u32 = 3;

/// A value; 0 is none.
type Value = u64;

/// What the clients did and saw.
#[derive(Default)]
struct Record {
    history: History<MapOp<u64, Value>, RegisterReply<Value>>,
    events: u64,
}

impl Record {
    fn call(&mut self, client: u32, key: u64, op: RegisterOp<Value>) -> Call {
        self.events += 1;
        self.history.call(self.events, client, MapOp { key, op })
    }

    fn give_back(&mut self, call: Call, outcome: &Result<RegisterReply<Value>, Failure>) {
        self.events += 1;
        match outcome {
            Ok(reply) => self.history.give_back(call, self.events, *reply),
            Err(Failure::Unknown) => {}
            Err(_) => self.history.refuse(call),
        }
    }
}

/// What all clients share.
#[derive(Default)]
struct Load {
    record: Mutex<Record>,
    acknowledged: AtomicU64,
    is_over: AtomicBool,
}

/// Asks one thing after another until the load is over.
async fn work(load: Arc<Load>, client: Client, number: u32) {
    let mut chance = Chance::seeded(u64::from(number));
    let mut count = 0;
    while !load.is_over.load(Ordering::Relaxed) {
        count += 1;
        let (key, new) = (chance.below(KEYS), u64::from(number) * 1_000_000_000 + count);
        let old = u64::from(chance.below(CLIENTS.into()) as u32) * 1_000_000_000 + count;
        let op = match chance.below(4) {
            0 | 1 => RegisterOp::Read,
            2 => RegisterOp::Write(new),
            _ => RegisterOp::CompareAndSet { old, new },
        };
        let call = load.record.lock().unwrap().call(number, key, op);
        let outcome = ask(&client, key, op).await;
        load.acknowledged.fetch_add(u64::from(outcome.is_ok()), Ordering::Relaxed);
        load.record.lock().unwrap().give_back(call, &outcome);
    }
}

async fn ask(
    client: &Client,
    key: u64,
    op: RegisterOp<Value>,
) -> Result<RegisterReply<Value>, Failure> {
    let key = key.to_string();
    Ok(match op {
        RegisterOp::Read => {
            let value = client.get(&key).await?;
            RegisterReply::Value(value.map_or(0, |value| value.parse().unwrap()))
        }
        RegisterOp::Write(value) => {
            client.put(&key, &value.to_string()).await?;
            RegisterReply::Written
        }
        RegisterOp::CompareAndSet { old, new } => {
            let (old, new) = (old.to_string(), new.to_string());
            RegisterReply::Swapped(client.cas(&key, Some(&old), &new).await?)
        }
    })
}

/// The servers, each a process of the system.
struct Servers<'a> {
    place: &'a Place,
    children: Vec<Option<Child>>,
}

impl<'a> Servers<'a> {
    fn start(place: &'a Place) -> Self {
        let mut servers = Self { place, children: Vec::new() };
        for place in 0..servers.place.config.servers.len() {
            servers.children.push(None);
            servers.boot(place);
        }
        servers
    }

    fn boot(&mut self, place: usize) {
        let name = self.place.config.servers[place].name.to_string();
        let mut command = Command::new(env!("CARGO_BIN_EXE_cell"));
        command.arg("--config").arg(self.place.file()).args(["serve", &name]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        self.children[place] = Some(child);
    }

    /// Kills a server as `kill -9` does.
    fn kill(&mut self, place: usize) {
        if let Some(mut child) = self.children[place].take() {
            assert_eq!(child.try_wait().unwrap(), None, "a server stopped by itself");
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    fn signal(&self, place: usize, signal: &str) {
        let Some(child) = &self.children[place] else { return };
        let pid = child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }
}

impl Drop for Servers<'_> {
    fn drop(&mut self) {
        for child in self.children.iter_mut().flatten() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Waits until the clients were told of `more` operations more.
async fn progress(load: &Load, more: u64) {
    let enough = load.acknowledged.load(Ordering::Relaxed) + more;
    let waited = tokio::time::timeout(Duration::from_secs(120), async {
        while load.acknowledged.load(Ordering::Relaxed) < enough {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    assert!(waited.await.is_ok(), "no operation is acknowledged any more");
}

/// Disturbs the servers once, in one of five ways. All of them run again afterwards.
async fn disturb(servers: &mut Servers<'_>, load: &Load, way: u64, chance: &mut Chance) {
    let count = servers.children.len();
    let leader: Option<ProcessId> = leader(&squall_cell::status(&servers.place.config).await);
    let leading = leader.map_or(0, |leader| leader.number() as usize - 1);
    let other = (leading + 1 + chance.below(count as u64 - 1) as usize) % count;
    match way % 5 {
        // The leader dies. The others go on.
        0 => {
            servers.kill(leading);
            progress(load, 10).await;
            servers.boot(leading);
        }
        // A follower dies, and the leader while it recovers.
        1 => {
            servers.kill(other);
            progress(load, 5).await;
            servers.boot(other);
            servers.kill(leading);
            progress(load, 5).await;
            servers.boot(leading);
        }
        // All die at once.
        2 => {
            (0..count).for_each(|place| servers.kill(place));
            (0..count).for_each(|place| servers.boot(place));
        }
        // The leader stands still and wakes up when another one leads.
        3 => {
            servers.signal(leading, "-STOP");
            progress(load, 10).await;
            servers.signal(leading, "-CONT");
        }
        // A server dies twice, the second time while it starts.
        _ => {
            servers.kill(other);
            servers.boot(other);
            servers.kill(other);
            servers.boot(other);
        }
    }
    progress(load, 10).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_lose_no_acknowledged_write_and_let_no_client_read_the_past() {
    let kills = std::env::var("CELL_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(5);
    let place = Place::founded(3);
    let mut servers = Servers::start(&place);
    let load = Arc::new(Load::default());
    let mut clients = Vec::new();
    for number in 1..=CLIENTS {
        let patience = Span::from_secs(5);
        let client = Client::connect_with_patience(&place.config, patience).await.unwrap();
        clients.push(tokio::spawn(work(Arc::clone(&load), client, number)));
    }
    let mut chance = Chance::of_system().unwrap();
    progress(&load, 20).await;
    for way in 0..kills {
        disturb(&mut servers, &load, way, &mut chance).await;
    }
    load.is_over.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.unwrap();
    }
    let record = load.record.lock().unwrap();
    let acknowledged = load.acknowledged.load(Ordering::Relaxed);
    let asked = record.history.operations().len();
    println!("{kills} disturbances, {asked} operations, {acknowledged} acknowledged");
    match check(&Map::<u64, Value>::default(), &record.history, BUDGET) {
        Checked::Holds => {}
        Checked::Broken(why) => panic!("{}", why.story(record.history.operations())),
        undecided => panic!("{undecided:?}"),
    }
}

#[test]
fn a_lost_write_and_a_read_of_the_past_are_noticed() {
    // One client writes and is told so, then reads what was there before.
    let mut record = Record::default();
    let write = record.call(1, 1, RegisterOp::Write(7));
    record.give_back(write, &Ok(RegisterReply::Written));
    let read = record.call(2, 1, RegisterOp::Read);
    record.give_back(read, &Ok(RegisterReply::Value(0)));
    let checked = check(&Map::<u64, Value>::default(), &record.history, BUDGET);
    assert!(matches!(checked, Checked::Broken(_)), "{checked:?}");
}
