//! Counts the configurations that are looked at, and asks now and then whether to go on.

use super::check::Limit;

/// How far a check has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Progress {
    /// So many configurations were looked at.
    pub nodes: u64,
    /// So many calls and returns were walked through, of so many.
    pub walked: u64,
    /// All calls and returns that say something.
    pub moments: u64,
}

/// Somebody asks after so many configurations, or a little more.
const PAUSE_EVERY: u64 = 1 << 10;

/// What a check may use, and has used.
#[derive(Clone, Copy)]
pub(super) struct Meter<'w> {
    /// So far, without what is being walked through.
    progress: Progress,
    budget: u64,
    /// After so many configurations, it is time to ask.
    pause: u64,
    goes_on: &'w dyn Fn(Progress) -> bool,
}

impl<'w> Meter<'w> {
    pub(super) fn new(budget: u64, moments: usize, goes_on: &'w dyn Fn(Progress) -> bool) -> Self {
        let progress = Progress { moments: moments as u64, ..Progress::default() };
        Self { progress, budget, pause: budget.min(PAUSE_EVERY), goes_on }
    }

    /// The same without a budget: to look again at what was looked at.
    pub(super) fn unbounded(self) -> Self {
        let pause = self.progress.nodes + PAUSE_EVERY;
        Self { budget: u64::MAX, pause, ..self }
    }

    /// One more configuration is looked at.
    #[inline]
    pub(super) fn count(&mut self) {
        self.progress.nodes += 1;
    }

    /// The next `moments` are done with.
    pub(super) fn pass(&mut self, moments: usize) {
        self.progress.walked += moments as u64;
    }

    /// Why the walk ends here, so many moments on, if it does.
    #[inline]
    pub(super) fn halt(&mut self, walked: usize) -> Result<(), Limit> {
        if self.progress.nodes > self.pause { self.ask(walked) } else { Ok(()) }
    }

    #[cold]
    fn ask(&mut self, walked: usize) -> Result<(), Limit> {
        let Progress { nodes, walked: before, .. } = self.progress;
        if nodes > self.budget {
            return Err(Limit::Budget(self.budget));
        }
        self.pause = self.budget.min(nodes + PAUSE_EVERY);
        let so_far = Progress { walked: before + walked as u64, ..self.progress };
        if (self.goes_on)(so_far) { Ok(()) } else { Err(Limit::Stopped) }
    }
}
