//! The record of the luck that a run had, from which lines of fixed luck are made.
//!
//! Luck is noted where it occurs, as the fixed luck that would reproduce it: the time of a message
//! or of a sync is that on a link or a disk which is not slow, because slowness is a line of its
//! own. Usual luck is not noted ([`Luck::is_usual`]).

use squall_fault::{Drawn, Luck, MessageLuck};
use squall_process::Process;
use squall_trace::{Fate, Link};

use crate::blueprint::Blueprint;
use crate::world::World;

impl<P: Process, B: Blueprint<P>> World<P, B> {
    /// Keeps a record of the luck of this run, from before the start on.
    pub fn record(&mut self) {
        self.choices.record();
    }

    /// Returns the recorded luck that is not usual.
    pub fn recorded(&mut self) -> Vec<Drawn> {
        self.choices.recorded()
    }

    /// Notes luck that came to pass now.
    #[cold]
    pub(crate) fn note(&mut self, luck: Luck) {
        self.choices.note(self.time.now, self.time.events, luck);
    }

    /// Notes the luck of a message: what it would be on a link that is not slow.
    #[cold]
    pub(crate) fn note_fate(&mut self, link: Link, number: u32, fate: Fate) {
        let more = self.network.slowness(link);
        let fate = match fate {
            Fate::Lost => MessageLuck::Lost,
            Fate::Takes(_) if link.from == link.to => return,
            Fate::Takes(span) => MessageLuck::Takes(span - more),
            Fate::Twice(first, second) => MessageLuck::Twice(first - more, second - more),
            Fate::Cut | Fate::Held | Fate::Overflow => return,
        };
        self.note(Luck::Message { link, number, fate });
    }
}
