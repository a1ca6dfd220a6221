//! The route: from the agenda to the process, and back with its effects.

use squall_fault::Luck;
use squall_process::{Clocks, Input, Process, ProcessId, Randomness, Surroundings};
use squall_trace::{Event, EventKind, Observer};

use crate::blueprint::Blueprint;
use crate::choices::Choices;
use crate::due::{Due, SyncUnderWay};
use crate::host::{Mode, OwnLuck};
use crate::timeline::Timeline;
use crate::world::World;

impl<P: Process, B: Blueprint<P>> World<P, B> {
    #[inline]
    pub(super) fn happen<O: Observer<P>>(&mut self, due: Due<P>, watch: &mut O) {
        match due {
            Due::Message { envelope, message } => self.arrive(envelope, message, watch),
            Due::Timer { host, token } => self.ring(host as usize, token, watch),
            Due::Sync(sync) => self.sync_ends(sync, watch),
            Due::SyncEnded(SyncUnderWay { host, incarnation, .. })
            | Due::WriteFailed { host, incarnation, .. } => {
                if self.hosts[host as usize].incarnation == incarnation {
                    self.tell_host(host as usize, due, watch);
                }
            }
            Due::Session { shipment } => self.session_due(shipment, watch),
            Due::Asked { host, .. } => self.tell_host(host as usize, due, watch),
            Due::Next { host, incarnation } => {
                self.next_waiting(host as usize, incarnation, watch);
            }
            Due::Restart { host, incarnation } => {
                let place = host as usize;
                if self.hosts[place].mode == Mode::Down
                    && self.hosts[place].incarnation == incarnation
                    && self.hosts[place].supervised
                    && !self.hosts[place].condemned
                {
                    self.boot(place, watch);
                }
            }
        }
    }

    /// Hands one input to one process and carries out its effects.
    #[inline]
    pub(super) fn give<O: Observer<P>>(&mut self, place: usize, input: Input<P>, watch: &mut O) {
        self.time.steps += 1;
        let now = self.time.now;
        let host = &mut self.hosts[place];
        host.steps += 1;
        host.inbox.begin_step(now);
        let local = host.clock.monotonic(now);
        let clocks = Clocks { monotonic: local, wall: host.clock.wall_at(local) };
        let Some(process) = &mut host.process else {
            return;
        };
        let mut randomness = HostRandomness {
            choices: &mut self.choices,
            id: host.id,
            luck: &mut host.luck,
            time: &self.time,
        };
        let surroundings = Surroundings {
            id: host.id,
            clocks,
            randomness: &mut randomness,
            record_next: &mut host.disk.record_next,
        };
        self.driver.step(process, input, surroundings);
        let state = EventKind::Stepped { process: host.id, state: process };
        watch.event(&Event { number: self.time.events, at: now, what: state });
        self.carry_out(place, watch);
    }
}

/// The chance that a process is given: its own draws, one after the other.
struct HostRandomness<'a> {
    choices: &'a mut Choices,
    id: ProcessId,
    luck: &'a mut OwnLuck,
    time: &'a Timeline,
}

impl Randomness for HostRandomness<'_> {
    fn below(&mut self, bound: u64) -> u64 {
        let OwnLuck { drawn, draws } = self.luck;
        *drawn += 1;
        let number = *drawn;
        let value = self.choices.random_below(draws, self.id, number - 1, bound.max(1));
        if self.choices.is_recording() {
            let luck = Luck::Random { process: self.id, number, value };
            self.choices.note(self.time.now, self.time.events, luck);
        }
        value
    }
}
