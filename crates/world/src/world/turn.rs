//! Other luck from some moment on: one run up to there, another one after it.

use crate::blueprint::Blueprint;
use crate::world::World;
use squall_process::Process;

impl<P: Process, B: Blueprint<P>> World<P, B> {
    /// From here on, all luck that is not drawn yet is that of `seed`, and no draw is fixed. What
    /// is drawn stays: a message under way arrives when it would have.
    pub fn turn(&mut self, seed: u64) {
        self.choices.reset(seed);
        self.network.forget_luck();
        for host in self.hosts.iter_mut() {
            host.luck.draws.forget();
        }
    }
}
