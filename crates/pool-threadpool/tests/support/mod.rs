//! What several test files need.

use std::sync::mpsc;

use pool_threadpool::ThreadPool;

/// Keeps a worker busy until the sender is dropped; returns when the worker has begun.
pub(crate) fn occupy(pool: &ThreadPool) -> mpsc::Sender<()> {
    let (end, wait) = mpsc::channel::<()>();
    let (begin, begun) = mpsc::channel();
    pool.execute(move || {
        begin.send(()).unwrap();
        assert!(wait.recv().is_err());
    })
    .unwrap();
    begun.recv().unwrap();
    end
}
