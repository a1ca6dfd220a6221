//! The disasters of sessions (N15, N16), and clients that come and go (P3), in runs of a system
//! that talks by sessions.

use squall_process::ProcessId;
use squall_world::{Fault, Links, Sides};

use super::{Storm, only};

/// The most resets of one run.
const RESETS_MAX: u64 = 4;

impl Storm<'_> {
    /// Draws which of these disasters this run has, and lets each strike.
    pub(super) fn draw_session_faults(&mut self) {
        if self.draw.coin() {
            for _ in 0..=self.draw.below(RESETS_MAX) {
                let Some(links) = self.draw_ends() else { break };
                let at = self.moment();
                self.fault(at, Fault::Reset(links));
            }
        }
        for block in [Fault::Refuse, Fault::Hang] {
            if self.draw.coin()
                && let Some(links) = self.draw_ends()
            {
                self.spell(block(links.clone()), Fault::Accept(links));
            }
        }
        if self.draw.coin() && self.script.clients > 0 {
            let who = only(self.client());
            self.spell(Fault::Stop(who.clone()), Fault::Start(who));
        }
    }

    /// The links between a server and a client, or between two servers, in one direction or both.
    fn draw_ends(&mut self) -> Option<Links> {
        let has_client = self.script.clients > 0 && (self.script.servers < 2 || self.draw.coin());
        let ends: (ProcessId, ProcessId) =
            if has_client { (self.server(), self.client()) } else { self.two_servers()? };
        let (left, right) = if self.draw.coin() { ends } else { (ends.1, ends.0) };
        let both = self.draw.coin();
        Some(Links::Between(vec![Sides { left: only(left), right: only(right), both }]))
    }
}
