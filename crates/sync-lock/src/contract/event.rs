//! What an event promises.
//!
//! Whoever waits goes on once it is set, even if it is cleared right afterwards. A wait with a time-out fails only if
//! the event was not set when it came, nor since then.
//!
//! # Memory ordering
//!
//! Setting and clearing *happen before* whatever sees them afterwards, and that is each other, too. A look that is not a
//! wait may see what was a moment ago. Finding that the time is over is Relaxed.

use sync_core::atomic::AtomicU8;
use sync_core::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use sync_core::contract::Queue;
use sync_core::time::Deadline;

const CLEAR: u8 = 0;
const SET: u8 = 1;

pub(crate) struct Event {
    state: AtomicU8,
    queue: Queue,
}

impl Event {
    pub(crate) fn new() -> Self {
        Self { state: AtomicU8::new(CLEAR), queue: Queue::new() }
    }

    #[track_caller]
    pub(crate) fn is_set(&self) -> bool {
        self.state.load(Acquire) == SET
    }

    #[track_caller]
    pub(crate) fn set(&self) {
        let both = if sync_core::mutant!("contract-event-set-relaxed") { Relaxed } else { AcqRel };
        self.state.swap(SET, both);
        self.queue.take(usize::MAX).wake(());
    }

    #[track_caller]
    pub(crate) fn clear(&self) {
        self.state.swap(CLEAR, AcqRel);
    }

    /// Waits until the event is set; `false` when the time was over.
    #[track_caller]
    pub(crate) fn wait(&self, deadline: Deadline) -> bool {
        // A read-modify-write, so that what it finds is not old.
        let is_set = self.state.fetch_or(CLEAR, Acquire) == SET;
        if is_set || deadline.is_over() {
            return is_set;
        }
        let looks = || {
            self.state.fetch_or(CLEAR, Relaxed);
        };
        let woken = self.queue.wait(self.queue.enter(()), deadline, looks).is_some();
        woken && (self.is_set() || !sync_core::mutant!("contract-event-looks-again"))
    }
}
