//! The library's generation by the only `protobuf` that it takes, and a later one by `prost`: that
//! of 0.6.0, which is built without more. The sim of today needs nothing that came after it.

use prost::Message as _;
use protobuf::Message as _;
use published::eraftpb as then;
use raft_proto::eraftpb as later;

use super::early::Wire;

/// What a priority is in its messages.
pub type Priority = u64;

/// Both generations of what a name stands for.
macro_rules! wire {
    ($($name:ident)*) => {$(
        impl Wire for later::$name {
            fn bytes(&self) -> Vec<u8> {
                let mut bytes = Vec::new();
                self.encode(&mut bytes).expect("a vector takes any length");
                bytes
            }

            fn of(bytes: &[u8]) -> Self {
                Self::decode(bytes).expect("the generations agree on the wire")
            }
        }

        impl Wire for then::$name {
            fn bytes(&self) -> Vec<u8> {
                self.write_to_bytes().expect("a message that was built is whole")
            }

            fn of(bytes: &[u8]) -> Self {
                protobuf::parse_from_bytes(bytes).expect("the generations agree on the wire")
            }
        }
    )*};
}

wire! { ConfChange ConfState Entry HardState Message Snapshot }
