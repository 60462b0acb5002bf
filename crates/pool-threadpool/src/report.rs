//! Counts: what became of every job.

/// What a pool has done so far, all of one moment.
///
/// The counts balance: `submitted` is the sum of `queued`, `running`, `completed`, `panicked` and
/// `cancelled`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Workers that are alive.
    pub workers: usize,
    /// Jobs the pool took.
    pub submitted: u64,
    /// Jobs that wait for a worker.
    pub queued: u64,
    /// Jobs that have started and not ended.
    pub running: u64,
    /// Jobs that ended by returning.
    pub completed: u64,
    /// Jobs that ended by panicking.
    pub panicked: u64,
    /// Jobs that were taken out of the queue before they started.
    pub cancelled: u64,
    /// Jobs the pool did not take; not among those submitted.
    pub rejected: u64,
    /// Requests that have ended and whose callback has not begun.
    pub unanswered: u64,
}

/// How far a shutdown got.
#[must_use = "it says whether everything ended in time"]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShutdownReport {
    /// The counts when the call returned.
    pub stats: Stats,
    /// How many queued jobs this call cancelled.
    pub cancelled_now: u64,
}

impl ShutdownReport {
    /// Tells whether every job and every worker has ended.
    ///
    /// If not, the workers that are left go on with what is queued and then end.
    pub fn is_complete(&self) -> bool {
        let Stats { queued, running, workers, .. } = self.stats;
        queued == 0 && running == 0 && workers == 0
    }
}
