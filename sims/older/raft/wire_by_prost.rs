//! The library's generation by the only version of `protobuf` that it accepts, and a later one by
//! `prost`: that of 0.6.0, which builds without more tools. Today's sim needs nothing newer.

use prost::Message as _;
use protobuf::Message as _;
use published::eraftpb as then;
use raft_proto::eraftpb as later;

use super::early::Wire;

/// The type of a priority in messages.
pub type Priority = u64;

/// Implements `Wire` for both generations of a message.
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
