//! Counts: what became of every message.

use crate::engine::Counts;

/// What a pool has done so far.
///
/// The counts of messages are all of one moment, and balance: `sent` is the sum of `queued`, `waiting`,
/// `running`, `completed`, `dead` and `cancelled`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Workers that are alive.
    pub workers: usize,
    /// Messages the pool took, and those of senders that wait for room.
    pub sent: u64,
    /// Messages that wait for a worker, or with their senders for room.
    pub queued: u64,
    /// Messages that wait for another attempt.
    pub waiting: u64,
    /// Messages that are being handled.
    pub running: u64,
    /// Messages that were handled.
    pub completed: u64,
    /// Messages that were given up.
    pub dead: u64,
    /// Messages that a shutdown ended before their turn came.
    pub cancelled: u64,
    /// Messages the pool did not take; not among those sent.
    pub rejected: u64,
    /// How often a message was put back for another attempt.
    pub retried: u64,
    /// Results and dead letters that wait, after a shutdown, for room in their channel.
    pub undelivered: u64,
}

impl Stats {
    pub(crate) fn new(workers: usize, counts: Counts, undelivered: u64) -> Self {
        let Counts { sent, queued, waiting, running, .. } = counts;
        let Counts { completed, dead, cancelled, rejected, retried, .. } = counts;
        Self {
            workers,
            sent,
            queued,
            waiting,
            running,
            completed,
            dead,
            cancelled,
            rejected,
            retried,
            undelivered,
        }
    }
}

/// How far a shutdown got.
#[must_use = "it says whether everything ended in time"]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShutdownReport {
    /// The counts when the call returned.
    pub stats: Stats,
    /// How many messages this call cancelled. Workers may cancel more that they come upon.
    pub cancelled_now: u64,
}

impl ShutdownReport {
    /// Tells whether every message has ended and every worker has left.
    ///
    /// If not, the workers that are left go on with what is queued and then end. Results and dead
    /// letters may still be [undelivered](Stats::undelivered): they reach whoever reads the channels.
    pub fn is_complete(&self) -> bool {
        let Stats { queued, waiting, running, workers, .. } = self.stats;
        (queued, waiting, running, workers) == (0, 0, 0, 0)
    }
}
