//! Messages on their way, for runners whose peer carries bytes or text.
//!
//! The message stays here and its ticket travels, so that no peer is charged for an encoding that
//! the others do without. What the network loses stays until the world ends.

/// Messages by ticket.
#[derive(Debug)]
pub struct Depot<M> {
    messages: Vec<Option<M>>,
    vacant: Vec<u32>,
}

impl<M> Default for Depot<M> {
    fn default() -> Self {
        Self { messages: Vec::new(), vacant: Vec::new() }
    }
}

impl<M> Depot<M> {
    /// Leaves `message` for the ticket that is returned.
    pub fn leave(&mut self, message: M) -> u32 {
        if let Some(ticket) = self.vacant.pop() {
            self.messages[ticket as usize] = Some(message);
            return ticket;
        }
        self.messages.push(Some(message));
        u32::try_from(self.messages.len() - 1).expect("fewer than 2^32 messages")
    }

    /// Collects the message of `ticket`. Panics if it was collected before: no peer repeats
    /// messages here.
    pub fn collect(&mut self, ticket: u32) -> M {
        self.vacant.push(ticket);
        let message = self.messages[ticket as usize].take();
        message.expect("a message is delivered once")
    }
}
