//! Calls and stores as bytes, for libraries whose log entries and snapshots are bytes.
//!
//! The encoding is a sequence of little-endian integers. Other bytes decode to `None`; the caller
//! knows what it wrote.

use squall_process::ProcessId;

use super::{Call, Change, Key, Op, Reply, Session, Store};

/// Returns `call` as bytes.
#[must_use]
pub fn encode_call(call: &Call) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(22);
    put_session(&mut bytes, call.session);
    put(&mut bytes, call.number);
    match call.op {
        Op::Get(key) => bytes.extend([0, key.byte()]),
        Op::Put(key, value) => {
            bytes.extend([1, key.byte()]);
            put(&mut bytes, value);
        }
        Op::CompareAndSet(key, expected, value) => {
            bytes.extend([2, key.byte()]);
            put_option(&mut bytes, expected);
            put(&mut bytes, value);
        }
        Op::Change(Change::Add(server)) => {
            bytes.push(3);
            put(&mut bytes, server.number());
        }
        Op::Change(Change::Remove(server)) => {
            bytes.push(4);
            put(&mut bytes, server.number());
        }
        Op::Change(Change::Replace(old, new)) => {
            bytes.push(5);
            put(&mut bytes, old.number());
            put(&mut bytes, new.number());
        }
        Op::Lead(server) => {
            bytes.push(6);
            put(&mut bytes, server.number());
        }
    }
    bytes
}

/// Returns the call that `bytes` encode.
#[must_use]
pub fn decode_call(bytes: &[u8]) -> Option<Call> {
    let mut reader = Reader(bytes);
    let (session, number) = (reader.session()?, reader.number()?);
    let op = match reader.byte()? {
        0 => Op::Get(reader.key()?),
        1 => Op::Put(reader.key()?, reader.number()?),
        2 => Op::CompareAndSet(reader.key()?, reader.option()?, reader.number()?),
        3 => Op::Change(Change::Add(reader.server()?)),
        4 => Op::Change(Change::Remove(reader.server()?)),
        5 => Op::Change(Change::Replace(reader.server()?, reader.server()?)),
        6 => Op::Lead(reader.server()?),
        _ => return None,
    };
    reader.0.is_empty().then_some(Call { session, number, op })
}

/// Returns `store` as bytes.
#[must_use]
pub fn encode_store(store: &Store) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(8 + store.pairs().len() * 5 + store.sessions().len() * 18);
    put(&mut bytes, store.pairs().len() as u32);
    for (key, value) in store.pairs() {
        bytes.push(key.byte());
        put(&mut bytes, *value);
    }
    put(&mut bytes, store.sessions().len() as u32);
    for (session, number, reply) in store.sessions() {
        put_session(&mut bytes, session);
        put(&mut bytes, number);
        match reply {
            Reply::Value(value) => {
                bytes.push(0);
                put_option(&mut bytes, value);
            }
            Reply::Written => bytes.push(1),
            Reply::Swapped => bytes.push(2),
            Reply::Kept => bytes.push(3),
            Reply::Changed => bytes.push(4),
        }
    }
    bytes
}

/// Returns the store that `bytes` encode.
#[must_use]
pub fn decode_store(bytes: &[u8]) -> Option<Store> {
    let mut reader = Reader(bytes);
    let mut pairs = Vec::new();
    for _ in 0..reader.number()? {
        pairs.push((reader.key()?, reader.number()?));
    }
    let mut sessions = Vec::new();
    for _ in 0..reader.number()? {
        let (session, number) = (reader.session()?, reader.number()?);
        let reply = match reader.byte()? {
            0 => Reply::Value(reader.option()?),
            1 => Reply::Written,
            2 => Reply::Swapped,
            3 => Reply::Kept,
            4 => Reply::Changed,
            _ => return None,
        };
        sessions.push((session, number, reply));
    }
    reader.0.is_empty().then(|| Store::of(pairs, sessions))
}

fn put(bytes: &mut Vec<u8>, number: u32) {
    bytes.extend(number.to_le_bytes());
}

fn put_option(bytes: &mut Vec<u8>, number: Option<u32>) {
    bytes.push(u8::from(number.is_some()));
    put(bytes, number.unwrap_or(0));
}

fn put_session(bytes: &mut Vec<u8>, session: Session) {
    put(bytes, session.client.number());
    put(bytes, session.incarnation);
}

/// The bytes that are left to read.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn number(&mut self) -> Option<u32> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_le_bytes(*first))
    }

    fn option(&mut self) -> Option<Option<u32>> {
        let (is_some, number) = (self.byte()? == 1, self.number()?);
        Some(is_some.then_some(number))
    }

    fn key(&mut self) -> Option<Key> {
        Key::new(char::from(self.byte()?))
    }

    fn process_number(&mut self) -> Option<u32> {
        self.number().filter(|number| (1..=ProcessId::NUMBER_MAX).contains(number))
    }

    fn server(&mut self) -> Option<ProcessId> {
        self.process_number().map(ProcessId::server)
    }

    fn session(&mut self) -> Option<Session> {
        let client = ProcessId::client(self.process_number()?);
        Some(Session { client, incarnation: self.number()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(text: &str) -> Call {
        let session = Session { client: ProcessId::client(2), incarnation: 1 };
        Call { session, number: 7, op: text.parse().unwrap() }
    }

    #[test]
    fn calls_and_stores_come_back_as_they_were() {
        let mut store = Store::default();
        let texts = ["get x", "put y 3", "cas z nothing 2", "cas z 2 4", "add n4", "remove n1"];
        for (place, text) in
            texts.into_iter().chain(["replace n2 n4", "lead n1", "get y"]).enumerate()
        {
            let call = Call { number: place as u32 + 1, ..call(text) };
            assert_eq!(decode_call(&encode_call(&call)), Some(call), "{text}");
            store.apply(&call);
            assert_eq!(decode_store(&encode_store(&store)).as_ref(), Some(&store), "{text}");
        }
    }

    #[test]
    fn bytes_cut_short_are_nothing() {
        let bytes = encode_call(&call("cas z 2 4"));
        for length in 0..bytes.len() {
            assert_eq!(decode_call(&bytes[..length]), None, "{length}");
        }
    }
}
