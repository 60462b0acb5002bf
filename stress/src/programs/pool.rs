//! A pool of eight, with jobs that panic, that are cancelled, and that submit more.

use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use pool_threadpool::{Shutdown, ThreadPool};

use crate::threads::panics_in;

const JOBS: u64 = 200;

pub(crate) fn round(seed: u64) {
    let random = &mut Rng::with_seed(seed);
    let pool = Arc::new(ThreadPool::new(8));
    let mut handles = Vec::new();
    for number in 0..JOBS {
        let inner = pool.clone();
        let handle = match random.u8(0..6) {
            0 => pool.submit(move || -> u64 { std::panic::resume_unwind(Box::new(number)) }),
            1 => pool.submit(move || inner.submit(move || number).join().expect("it returns")),
            2 => pool.submit(move || {
                panics_in(|| inner);
                number
            }),
            _ => pool.submit(move || number),
        };
        if random.u8(0..8) == 0 {
            handle.cancel();
        }
        handles.push((number, handle));
    }
    for (number, handle) in handles {
        if let Ok(result) = handle.join() {
            assert_eq!(result, number);
        }
    }
    let how = if random.bool() { Shutdown::Drain } else { Shutdown::Cancel };
    assert!(pool.shutdown(how, Duration::MAX).is_complete());
    let stats = pool.stats();
    assert_eq!(stats.submitted, stats.completed + stats.panicked + stats.cancelled, "{stats:?}");
    assert_eq!((stats.queued, stats.running), (0, 0));
}
