//! A small key-value service: what the systems around consensus libraries share.
//!
//! * [`Op`] and [`Reply`]: operations and their replies, as text.
//! * [`Store`]: the state machine, which every server feeds with the same commands in the same
//!   order. It carries out each command once, even if the command arrives several times.
//! * [`Client`]: takes one operation at a time to the servers until one answers.
//! * [`Journal`]: the disk of a server, and what waits for it.
//! * [`Claim`]: what a server states about itself, and [`kv_panel`]: the judges that read it.
//! * [`Participant`]: a [`Server`] or a client, which is the process of a system.
//!
//! An adapter of a library implements [`Server`], which connects the library to the messages of
//! other servers, the messages of clients, and the records of its journal.

mod claim;
mod client;
mod codec;
mod hash;
mod history;
mod journal;
mod op;
mod participant;
mod rules;
mod store;
mod talk;

pub use claim::Claim;
pub use client::{ANSWER, Client, GIVE_UP, Patience, Wait};
pub use codec::{decode_call, decode_store, encode_call, encode_store};
pub use hash::hash_of;
pub use history::{KvLinearizable, Words, kv_linearizable};
pub use journal::{Chained, Journal, Kept};
pub use op::{Change, Held, Key, Op, ParseOpError, Reply};
pub use participant::{Cluster, Message, Participant, Server, ServerContext, Timer};
pub use rules::{KvPanel, kv_panel};
pub use store::{Freshness, Store};
pub use talk::{Answer, Call, Session, Talk};

use squall_process::ProcessId;
use squall_world::Draw;

/// The keys of a generated workload. They are few, so that clients conflict.
const KEYS: [char; 3] = ['x', 'y', 'z'];

/// Returns an operation of a generated workload: reads and writes in equal parts, sometimes a
/// compare-and-set, and rarely a change of members or of the leader, among `servers` servers.
///
/// Values increase with the number of the request, so that each write can be recognised.
pub fn draw_op(draw: &mut Draw, servers: u32, number: u32) -> Op {
    let key = Key::new(*draw.pick(&KEYS)).unwrap_or_default();
    let value = number + 1;
    match draw.below(32) {
        0..=13 => Op::Get(key),
        14..=23 => Op::Put(key, value),
        24..=28 => {
            // Usually a value that the key may have.
            let expected = draw.below(u64::from(value)) as u32;
            Op::CompareAndSet(key, (expected > 0).then_some(expected), value)
        }
        29 => Op::Lead(ProcessId::server(draw.between(1, servers.into()) as u32)),
        _ => Op::Change(draw_change(draw, servers)),
    }
}

fn draw_change(draw: &mut Draw, servers: u32) -> Change {
    let mut server = || ProcessId::server(draw.between(1, servers.into()) as u32);
    let (one, other) = (server(), server());
    match draw.below(3) {
        0 => Change::Add(one),
        1 => Change::Remove(one),
        _ if one == other => Change::Add(one),
        _ => Change::Replace(one, other),
    }
}
