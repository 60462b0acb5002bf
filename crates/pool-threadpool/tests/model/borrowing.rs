//! Scopes and maps: a scope ends after its jobs and never sleeps beside one that it could run; a map
//! keeps the order and leaves nothing behind.

use std::sync::Arc;
use std::time::Duration;

use pool_threadpool::{Shutdown, ThreadPool};
use sync_core::cell::Witness;
use sync_core::checker::{Outcomes, model, spawn};
use sync_lock::{Condition, Lock};

use super::{Calls, long_model, pool_model, workers};

#[test]
fn a_scope_ends_after_its_jobs() {
    pool_model("a_scope_ends_after_its_jobs").passes(|| {
        let pool = workers(1);
        // Owned by the jobs, so that a fault is a fault of the model and not of the process.
        let witnesses = [(); 2].map(|()| Arc::new(Witness::new()));
        pool.scope(|s| {
            for witness in witnesses.clone() {
                s.execute(move || witness.touch());
            }
        });
        witnesses.iter().for_each(|witness| witness.touch());
    });
}

#[test]
fn a_scope_whose_closure_panics_ends_after_its_jobs() {
    pool_model("a_scope_whose_closure_panics_ends_after_its_jobs").passes(|| {
        let pool = workers(1);
        let witness = Arc::new(Witness::new());
        let shared = witness.clone();
        let panicked = sync_core::panic::catch(|| {
            pool.scope(|s| {
                s.execute(move || shared.touch());
                std::panic::resume_unwind(Box::new("on purpose"));
            });
        });
        witness.touch();
        assert_eq!(panicked.unwrap_err().message(), "on purpose");
    });
}

#[test]
fn the_only_worker_runs_the_jobs_of_its_scope() {
    pool_model("the_only_worker_runs_the_jobs_of_its_scope").passes(|| {
        let (pool, calls) = (Arc::new(workers(1)), Calls::default());
        let (inner, jobs) = (pool.clone(), [calls.job(), calls.job()]);
        let outer =
            pool.submit(move || inner.scope(|s| jobs.into_iter().for_each(|it| s.execute(it))));
        outer.join().unwrap();
        assert_eq!(calls.count(), 2);
    });
}

/// The other worker waits for what its own job has submitted, by other means than a join.
#[test]
fn a_scopes_owner_wakes_up_for_new_jobs() {
    model("a_scopes_owner_wakes_up_for_new_jobs").bound(1).bound(2).floor(100).passes(|| {
        let pool = Arc::new(workers(2));
        let inner = pool.clone();
        let owner = pool.submit(move || {
            let (steps, changed) = (Lock::new(0), Condition::new());
            let step = || {
                *steps.lock() += 1;
                changed.notify_all();
            };
            let until = |step| changed.wait_while(&mut steps.lock(), |steps| *steps < step);
            inner.scope(|s| {
                s.execute(|| {
                    step();
                    sync_core::thread::yield_now();
                    s.execute(step);
                    until(2);
                });
                until(1);
            });
        });
        owner.join().unwrap();
    });
}

#[test]
fn a_scope_whose_worker_is_dismissed_ends() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    long_model("a_scope_whose_worker_is_dismissed_ends").passes(move || {
        let (pool, calls) = (Arc::new(workers(1)), Calls::default());
        let me = sync_core::thread::current_id();
        let here = Calls::default();
        let other = pool.clone();
        let dismisser = spawn(move || other.dismiss_workers(1));
        pool.scope(|s| {
            let (calls, here) = (&calls, &here);
            s.execute(move || {
                calls.job()();
                if sync_core::thread::current_id() == me {
                    here.job()();
                }
            });
        });
        assert_eq!((calls.count(), dismisser.join().unwrap()), (1, 1));
        seen.saw(here.count());
    });
    outcomes.are([0, 1]);
}

#[test]
fn map_keeps_the_order() {
    pool_model("map_keeps_the_order").passes(|| {
        let pool = workers(1);
        assert!(pool.map([1, 2, 3], |n| 2 * n).eq([2, 4, 6]));
    });
}

#[test]
fn a_dropped_map_leaves_nothing_queued() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    pool_model("a_dropped_map_leaves_nothing_queued").passes(move || {
        let (pool, calls) = (workers(1), Calls::default());
        let counted = calls.clone();
        let mut map = pool.map([1, 2], move |n| {
            counted.job()();
            n
        });
        assert_eq!(map.next(), Some(1));
        drop(map);
        assert_eq!(pool.stats().queued, 0, "what has not started is cancelled");
        pool.wait().unwrap();
        let stats = pool.stats();
        assert_eq!(
            (stats.completed, stats.cancelled),
            (calls.count() as u64, 2 - calls.count() as u64)
        );
        seen.saw(calls.count());
    });
    outcomes.are([1, 2]);
}

/// The worker may leave before or after the other thread has begun to wait for the job.
#[test]
fn a_join_beside_a_dismissal_ends() {
    pool_model("a_join_beside_a_dismissal_ends").passes(|| {
        let pool = Arc::new(workers(1));
        let handle = pool.submit(|| 5);
        let joiner = spawn(move || handle.join().unwrap());
        pool.dismiss_workers(1);
        assert_eq!(joiner.join().unwrap(), 5);
    });
}

#[test]
fn two_joins_without_workers_end() {
    pool_model("two_joins_without_workers_end").passes(|| {
        let pool = Arc::new(workers(1));
        pool.dismiss_workers(1);
        pool.join_all_dismissed_workers().unwrap();
        let (first, second) = (pool.submit(|| 4), pool.submit(|| 5));
        let joiner = spawn(move || first.join().unwrap());
        let other = spawn(move || second.join().unwrap());
        assert_eq!((joiner.join().unwrap(), other.join().unwrap()), (4, 5));
    });
}

/// Who runs a job for want of workers is the one that others wait for, and no worker.
#[test]
fn the_end_of_the_last_runner_wakes_submitters() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    pool_model("the_end_of_the_last_runner_wakes_submitters").passes(move || {
        let pool = Arc::new(ThreadPool::builder().workers(1).queue(1).build().unwrap());
        pool.dismiss_workers(1);
        pool.join_all_dismissed_workers().unwrap();
        let inner = pool.clone();
        let first = pool.submit(move || inner.execute(|| ()).unwrap());
        let runner = spawn(move || first.join().unwrap());
        let other = pool.clone();
        let blocked = spawn(move || other.execute(|| ()).is_ok());
        runner.join().unwrap();
        seen.saw(blocked.join().unwrap());
    });
    outcomes.are([true, false]);
}

#[test]
fn a_scopes_job_in_a_closed_pool_may_submit_more() {
    model("a_scopes_job_in_a_closed_pool_may_submit_more").bound(1).bound(2).floor(50).passes(
        || {
            let (pool, calls) = (Arc::new(workers(1)), Calls::default());
            let other = pool.clone();
            let closer =
                spawn(move || other.shutdown(Shutdown::Drain, Duration::MAX).is_complete());
            pool.scope(|s| s.execute(|| s.execute(calls.job())));
            assert_eq!(calls.count(), 1);
            let _ = closer.join().unwrap();
        },
    );
}
