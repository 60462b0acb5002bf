//! What a condition promises.
//!
//! Waiting gives the lock up and is in the queue for notifications in one step. Notifications wake in order of arrival,
//! so many as they say, and nobody wakes without one but when its time is over.
//!
//! # Memory ordering
//!
//! A notification *happens before* the end of the wait that it ends. Apart from that only the lock orders anything, so
//! the steps are Relaxed.

use sync_core::atomic::AtomicUsize;
use sync_core::atomic::Ordering::Relaxed;
use sync_core::contract::Queue;
use sync_core::time::Deadline;

use crate::wait::{Waitable, Wakeup};

pub(crate) struct Condition {
    /// Changed by whoever looks at the queue, so that their order matters.
    step: AtomicUsize,
    queue: Queue,
}

impl Condition {
    pub(crate) fn new() -> Self {
        Self { step: AtomicUsize::new(0), queue: Queue::new() }
    }

    #[track_caller]
    fn step(&self) {
        self.step.fetch_add(1, Relaxed);
    }

    /// Waits once; `false` when the time was over.
    #[track_caller]
    pub(crate) fn sleep<G: Waitable>(&self, guard: &mut G, deadline: Deadline) -> bool {
        self.step();
        let place = self.queue.enter(());
        // SAFETY: `reacquire` follows, with nothing using the guard in between.
        let saved = unsafe { guard.release() };
        let deadline = if sync_core::mutant!("contract-condition-never-gives-up") {
            Deadline::NEVER
        } else {
            deadline
        };
        let notified = self.queue.wait(place, deadline, || self.step()).is_some();
        // SAFETY: it is what `release` returned, and the thread was in no other queue.
        unsafe { guard.reacquire(saved, Wakeup::ToLock) };
        notified
    }

    #[track_caller]
    pub(crate) fn notify_one(&self) -> usize {
        self.notify_many(1)
    }

    #[track_caller]
    pub(crate) fn notify_all(&self) -> usize {
        self.notify_many(usize::MAX)
    }

    #[track_caller]
    pub(crate) fn notify_many(&self, count: usize) -> usize {
        self.step();
        let one_more = usize::from(sync_core::mutant!("contract-condition-wakes-one-more"));
        let woken = self.queue.take(count.saturating_add(one_more));
        let count = woken.len();
        woken.wake(());
        count
    }

    #[track_caller]
    pub(crate) fn is_waited_for(&self) -> bool {
        self.step();
        !self.queue.is_empty()
    }
}
