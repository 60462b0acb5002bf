//! Waiting until so many jobs have counted themselves.

use std::sync::Mutex;
use std::sync::atomic::Ordering::Release;
use std::sync::atomic::{AtomicU64, Ordering::AcqRel, Ordering::Acquire, Ordering::Relaxed};
use std::thread::{self, Thread};

/// Counts down from a number and adds up who has counted.
#[derive(Debug)]
pub(crate) struct Latch {
    jobs: AtomicU64,
    left: AtomicU64,
    sum: AtomicU64,
    waiting: Mutex<Option<Thread>>,
}

impl Latch {
    pub(crate) const fn new() -> Self {
        Self {
            jobs: AtomicU64::new(0),
            left: AtomicU64::new(0),
            sum: AtomicU64::new(0),
            waiting: Mutex::new(None),
        }
    }

    /// Prepares for so many jobs; the calling thread is the one that will wait.
    pub(crate) fn arm(&self, jobs: u64) {
        *self.waiting.lock().expect("nobody panics") = Some(thread::current());
        self.sum.store(0, Relaxed);
        self.jobs.store(jobs, Relaxed);
        self.left.store(jobs, Release);
    }

    /// A job with this number is done.
    #[inline]
    pub(crate) fn count(&self, number: u64) {
        if number != 0 {
            self.sum.fetch_add(number, Relaxed);
        }
        if self.left.fetch_sub(1, AcqRel) == 1 {
            self.wake();
        }
    }

    #[cold]
    fn wake(&self) {
        if let Some(thread) = self.waiting.lock().expect("nobody panics").as_ref() {
            thread.unpark();
        }
    }

    /// Waits until all have counted.
    pub(crate) fn wait(&self) {
        while self.left.load(Acquire) > 0 {
            thread::park();
        }
    }

    /// Asserts that each job was run, and once.
    pub(crate) fn check_count(&self) {
        assert_eq!(self.left.load(Acquire), 0, "jobs were lost or run twice");
    }

    /// The same, by the jobs' numbers from 0 on, too.
    pub(crate) fn check(&self) {
        self.check_count();
        let jobs = self.jobs.load(Relaxed);
        assert_eq!(
            self.sum.load(Relaxed),
            jobs * jobs.saturating_sub(1) / 2,
            "other jobs were run"
        );
    }
}
