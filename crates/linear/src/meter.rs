//! Counts the configurations that are searched and the bytes that are remembered, and asks the
//! caller now and then whether to go on.

use crate::check::Limit;

/// What a check may use. Both bounds are counted, not measured: they end a check at the same place
/// on every machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Budget {
    /// The largest number of configurations that are searched. A configuration that is compared
    /// with a large number of other ones counts as several, so this bounds the time as well. If an
    /// object is searched several times, only the last attempt counts.
    pub nodes: u64,
    /// The largest number of bytes that are remembered at once, on top of the history: the
    /// configurations, and the states with what they hold ([`Model::heap`](crate::Model::heap)).
    pub bytes: u64,
}

/// The default budget: some seconds of work, and 2 GiB.
pub const BUDGET: Budget = Budget { nodes: 50_000_000, bytes: 2 << 30 };

/// The progress of a check.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Progress {
    /// How many configurations were searched, in all attempts.
    pub nodes: u64,
    /// How many calls and returns were walked through.
    pub walked: u64,
    /// How many calls and returns there are to walk through.
    pub moments: u64,
}

/// This many comparisons of configurations take about as long as searching one.
const COMPARISONS: u64 = 16;

/// The caller is asked after this many configurations, or a little more.
const PAUSE_EVERY: u64 = 1 << 10;

/// This many configurations take some milliseconds.
pub(crate) const SOON: u64 = 1 << 16;

/// What a check may use, and has used.
#[derive(Clone, Copy)]
pub(crate) struct Meter<'w> {
    /// The progress so far, without the present walk.
    progress: Progress,
    budget: Budget,
    /// The walk ends after this many configurations.
    until: u64,
    /// Comparisons that do not yet count as a configuration.
    compared: u64,
    /// The bytes that another walk keeps meanwhile.
    pub(crate) elsewhere: u64,
    /// After this many configurations, the caller is asked.
    pause: u64,
    goes_on: &'w dyn Fn(Progress) -> bool,
}

impl<'w> Meter<'w> {
    pub(crate) fn new(
        budget: Budget,
        moments: usize,
        goes_on: &'w dyn Fn(Progress) -> bool,
    ) -> Self {
        let progress = Progress { moments: moments as u64, ..Progress::default() };
        let pause = budget.nodes.min(PAUSE_EVERY);
        Self { progress, budget, until: budget.nodes, compared: 0, elsewhere: 0, pause, goes_on }
    }

    /// Returns how many configurations were searched, in all attempts.
    pub(crate) fn nodes(&self) -> u64 {
        self.progress.nodes
    }

    /// Returns the limit of a search that has used up the budget.
    pub(crate) fn budget_limit(&self) -> Limit {
        Limit::Budget(self.budget.nodes)
    }

    /// Allows `nodes` more configurations.
    pub(crate) fn grant(&mut self, nodes: u64) {
        self.until = self.progress.nodes.saturating_add(nodes);
        self.pause = self.until.min(self.progress.nodes + PAUSE_EVERY);
    }

    /// Returns the same meter without a bound on configurations, to repeat a search.
    pub(crate) fn unbounded(mut self) -> Self {
        self.grant(u64::MAX);
        self
    }

    /// Returns the same meter with as many configurations as were searched so far, or with
    /// [`SOON`]: work that follows a verdict costs no more than the verdict.
    pub(crate) fn as_much_again(mut self) -> Self {
        self.grant(self.progress.nodes.max(SOON));
        self
    }

    /// Counts a configuration.
    #[inline]
    pub(crate) fn count(&mut self) {
        self.progress.nodes += 1;
    }

    /// Counts comparisons of configurations, beyond the few that each configuration needs anyway.
    #[inline]
    pub(crate) fn count_comparisons(&mut self, comparisons: u64) {
        self.compared += comparisons;
        self.progress.nodes += self.compared / COMPARISONS;
        self.compared %= COMPARISONS;
    }

    /// Counts `moments` as walked through.
    pub(crate) fn pass(&mut self, moments: usize) {
        self.progress.walked += moments as u64;
    }

    /// Returns whether the caller must be asked.
    #[inline]
    pub(crate) fn is_due(&self) -> bool {
        self.progress.nodes > self.pause
    }

    /// Returns an error if the walk must end here, after `walked` moments and with `bytes`
    /// remembered.
    #[cold]
    pub(crate) fn ask(&mut self, walked: usize, bytes: u64) -> Result<(), Limit> {
        let Progress { nodes, walked: before, .. } = self.progress;
        if nodes > self.until {
            return Err(self.budget_limit());
        }
        if self.elsewhere + bytes > self.budget.bytes {
            return Err(Limit::Memory(self.budget.bytes));
        }
        self.pause = self.until.min(nodes + PAUSE_EVERY);
        let so_far = Progress { walked: before + walked as u64, ..self.progress };
        if (self.goes_on)(so_far) { Ok(()) } else { Err(Limit::Stopped) }
    }
}
