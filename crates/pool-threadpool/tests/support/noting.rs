//! Requests that note when they are answered.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use pool_threadpool::{ThreadPool, WorkRequest};
use sync_lock::Lock;

pub(crate) const SHORT: Duration = Duration::from_millis(20);

/// What callbacks have noted, in order.
pub(crate) type Notes<T> = Arc<Lock<Vec<T>>>;

pub(crate) fn notes<T>() -> Notes<T> {
    Arc::new(Lock::new(Vec::new()))
}

/// A request that notes its number when it is answered.
pub(crate) fn noting(notes: &Notes<u64>, number: u64) -> WorkRequest<u64> {
    let notes = notes.clone();
    WorkRequest::new(move || number).callback(move |_, number| notes.lock().push(number))
}

/// Waits until the pool has that many answers to give.
pub(crate) fn until_answers(pool: &ThreadPool, count: u64) {
    while pool.stats().unanswered < count {
        thread::yield_now();
    }
}

/// A pool whose only worker was dismissed.
pub(crate) fn without_workers() -> ThreadPool {
    let pool = ThreadPool::new(1);
    assert_eq!(pool.dismiss_workers(1), 1);
    pool.join_all_dismissed_workers().unwrap();
    pool
}
