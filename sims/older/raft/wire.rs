//! Both generations of the protocol, by `protobuf`.

use protobuf::Message;

use super::early::Wire;

/// The type of a priority in messages.
pub type Priority = i64;

impl<T: Message> Wire for T {
    fn bytes(&self) -> Vec<u8> {
        self.write_to_bytes().expect("a message that was built is whole")
    }

    fn of(bytes: &[u8]) -> Self {
        Self::parse_from_bytes(bytes).expect("the generations agree on the wire")
    }
}
