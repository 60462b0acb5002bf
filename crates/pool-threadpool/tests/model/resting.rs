//! Models of workers that rest, and are started again.
//!
//! Each start is a thread of its own, and the checker has but four.

use std::sync::Arc;
use std::time::Duration;

use pool_threadpool::ThreadPool;
use sync_core::checker::{Outcomes, model};
use sync_lock::{Condition, Lock};

use super::{Calls, SOON};

/// Two workers, of whom one rests when both have been without work for so long.
fn resting(keep_alive: Duration) -> ThreadPool {
    ThreadPool::builder().workers(2).keep_alive(keep_alive).build().unwrap()
}

/// The first waits for the second, so it takes two workers, of whom one may be at rest.
#[test]
fn jobs_that_need_two_workers_get_them() {
    model("jobs_that_need_two_workers_get_them").bound(1).bound(2).floor(50).passes(|| {
        let pool = resting(Duration::ZERO);
        let gate = Arc::new((Lock::new(false), Condition::new()));
        let (first, second) = (gate.clone(), gate);
        pool.execute(move || {
            let (open, opened) = &*first;
            opened.wait_while(&mut open.lock(), |open| !*open);
        })
        .unwrap();
        pool.execute(move || {
            let (open, opened) = &*second;
            *open.lock() = true;
            opened.notify_all();
        })
        .unwrap();
        pool.wait().unwrap();
    });
}

#[test]
fn one_worker_stays() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model("one_worker_stays").bound(1).deep_bound(2).floor(50).passes(move || {
        let (pool, calls) = (resting(SOON), Calls::default());
        pool.execute(calls.job()).unwrap();
        pool.wait().unwrap();
        let workers = pool.stats().workers;
        assert!(workers > 0, "somebody stays");
        seen.saw(workers);
        drop(pool);
        assert_eq!(calls.count(), 1, "the job has run once");
    });
    outcomes.are([1, 2]);
}

#[test]
fn a_drop_beside_a_rest_runs_what_is_queued() {
    model("a_drop_beside_a_rest_runs_what_is_queued").bound(1).deep_bound(2).floor(50).passes(
        || {
            let (pool, calls) = (resting(SOON), Calls::default());
            pool.execute(calls.job()).unwrap();
            pool.execute(calls.job()).unwrap();
            drop(pool);
            assert_eq!(calls.count(), 2, "each job has run once");
        },
    );
}
