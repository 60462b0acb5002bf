//! Models of the pool: no job lost or run twice, waits that end exactly when all is done, cancel and
//! shutdown in every race, joins that cannot hang.
//!
//! They stand on the contracts of the locks. Bounds: a pool is three or four threads and several locks, so hardly
//! anything here ends soon unbounded. Three forced switches with one worker, and two with two, find every seeded fault.
#![cfg(all(any(loom, threadkit_loom), feature = "loom"))]

#[path = "model/borrowing.rs"]
mod borrowing;
#[path = "model/requests.rs"]
mod requests;
#[path = "model/resting.rs"]
mod resting;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use pool_threadpool::{JobError, JobHandle, Shutdown, ThreadPool, WaitError};
use sync_core::checker::{Model, Outcomes, model, spawn};
use sync_core::thread::yield_now;
use sync_lock::Lock;

/// A time-out that the checker may let pass or not.
const SOON: Duration = Duration::from_millis(1);

/// The usual search for a pool.
fn pool_model(name: &'static str) -> Model {
    model(name).bound(2).bound(3).floor(180)
}

/// The search where a third forced switch takes minutes.
fn long_model(name: &'static str) -> Model {
    model(name).bound(1).bound(2).floor(50)
}

fn workers(count: usize) -> ThreadPool {
    ThreadPool::new(count)
}

/// Counts calls; not one of the checker's objects, so that it does not lengthen the search.
#[derive(Clone, Default)]
struct Calls(Arc<AtomicUsize>);

impl Calls {
    fn job(&self) -> impl FnOnce() + Send + 'static {
        let calls = self.0.clone();
        move || {
            calls.fetch_add(1, Relaxed);
        }
    }

    fn count(&self) -> usize {
        self.0.load(Relaxed)
    }
}

#[test]
fn wait_ends_when_all_jobs_have_run_once() {
    long_model("wait_ends_when_all_jobs_have_run_once").floor(200).passes(|| {
        let (pool, calls) = (workers(2), Calls::default());
        for _ in 0..2 {
            pool.execute(calls.job()).unwrap();
        }
        pool.wait().unwrap();
        assert_eq!(calls.count(), 2, "wait returns when all is done");
        let stats = pool.stats();
        let ended = (stats.submitted, stats.completed, stats.running, stats.queued);
        assert_eq!(ended, (2, 2, 0, 0), "wait returns when all is done");
    });
}

#[test]
fn drop_runs_what_is_queued() {
    long_model("drop_runs_what_is_queued").floor(130).passes(|| {
        let (pool, calls) = (workers(2), Calls::default());
        for _ in 0..2 {
            pool.execute(calls.job()).unwrap();
        }
        drop(pool);
        assert_eq!(calls.count(), 2);
    });
}

#[test]
fn a_job_shows_the_joiner_what_it_did() {
    pool_model("a_job_shows_the_joiner_what_it_did").passes(|| {
        let pool = workers(1);
        let text = Arc::new(Lock::new(String::new()));
        let shared = text.clone();
        let length = pool.submit(move || {
            shared.lock().push_str("done");
            shared.lock().len()
        });
        assert_eq!(length.join().unwrap(), 4);
        assert_eq!(*text.lock(), "done");
    });
}

#[test]
fn a_panic_is_the_handles_and_the_worker_goes_on() {
    pool_model("a_panic_is_the_handles_and_the_worker_goes_on").passes(|| {
        let (pool, calls) = (workers(1), Calls::default());
        // Past the hook, which would print it in every execution.
        let panics = pool.submit(|| std::panic::resume_unwind(Box::new("on purpose")));
        pool.execute(calls.job()).unwrap();
        let ended: Result<(), _> = panics.join();
        assert_eq!(ended.unwrap_err().to_string(), "the job panicked: on purpose");
        pool.wait().unwrap();
        assert_eq!(calls.count(), 1);
        assert_eq!((pool.stats().panicked, pool.stats().completed), (1, 1));
    });
}

#[test]
fn a_job_is_cancelled_or_run_never_both() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    pool_model("a_job_is_cancelled_or_run_never_both").passes(move || {
        let (pool, calls) = (workers(1), Calls::default());
        let handle = pool.submit(calls.job());
        let cancelled = handle.cancel();
        match handle.join() {
            Ok(()) => assert!(!cancelled && calls.count() == 1),
            Err(JobError::Cancelled) => assert!(cancelled && calls.count() == 0),
            Err(other) => panic!("{other}"),
        }
        drop(pool);
        seen.saw(cancelled);
    });
    outcomes.are([true, false]);
}

#[test]
fn shutdown_accounts_for_every_job() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    pool_model("shutdown_accounts_for_every_job").passes(move || {
        let (pool, calls) = (workers(1), Calls::default());
        let handles = [pool.submit(calls.job()), pool.submit(calls.job())];
        let report = pool.shutdown(Shutdown::Cancel, Duration::MAX);
        assert!(report.is_complete());
        let cancelled =
            handles.map(|handle| handle.join().is_err()).into_iter().filter(|&is| is).count();
        assert_eq!(report.cancelled_now as usize, cancelled);
        assert_eq!(
            (calls.count(), report.stats.completed as usize),
            (2 - cancelled, 2 - cancelled)
        );
        seen.saw(cancelled);
    });
    outcomes.are([0, 1, 2]);
}

#[test]
fn a_job_that_comes_during_shutdown_runs_or_comes_back() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    pool_model("a_job_that_comes_during_shutdown_runs_or_comes_back").passes(move || {
        let (pool, calls) = (Arc::new(workers(1)), Calls::default());
        let (submitter, job) = (pool.clone(), calls.job());
        let taken = spawn(move || submitter.execute(job).is_ok());
        let _ = pool.shutdown(Shutdown::Drain, Duration::MAX);
        let taken = taken.join().unwrap();
        assert_eq!(calls.count(), usize::from(taken));
        seen.saw(taken);
    });
    outcomes.are([true, false]);
}

#[test]
fn a_shutdown_that_gives_up_leaves_the_rest_running() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    pool_model("a_shutdown_that_gives_up_leaves_the_rest_running").passes(move || {
        let (pool, calls) = (workers(1), Calls::default());
        pool.execute(calls.job()).unwrap();
        let report = pool.shutdown(Shutdown::Drain, SOON);
        seen.saw(report.is_complete());
        drop(pool);
        assert_eq!(calls.count(), 1);
    });
    outcomes.are([true, false]);
}

#[test]
fn a_full_queue_lets_the_submitter_in_when_there_is_room() {
    pool_model("a_full_queue_lets_the_submitter_in_when_there_is_room").passes(|| {
        let pool = ThreadPool::builder().workers(1).queue(1).build().unwrap();
        let calls = Calls::default();
        for _ in 0..3 {
            pool.execute(calls.job()).unwrap();
        }
        pool.wait().unwrap();
        assert_eq!(calls.count(), 3);
    });
}

#[test]
fn a_submitter_that_waits_for_room_is_told_of_the_shutdown() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    pool_model("a_submitter_that_waits_for_room_is_told_of_the_shutdown").passes(move || {
        let pool = Arc::new(ThreadPool::builder().workers(1).queue(1).build().unwrap());
        let calls = Calls::default();
        let gate = Arc::new(Lock::new(()));
        let held = gate.lock();
        let inner = gate.clone();
        // The worker stays busy, so that it is the shutdown alone that can tell the submitter.
        let first = calls.job();
        pool.execute(move || drop((inner.lock(), first()))).unwrap();
        while pool.stats().queued > 0 {
            yield_now();
        }
        let (submitter, jobs) = (pool.clone(), [calls.job(), calls.job()]);
        let taken = spawn(move || jobs.map(|job| submitter.execute(job).is_ok()));
        let cancelled = pool.shutdown(Shutdown::Cancel, SOON).cancelled_now as usize;
        let taken = taken.join().unwrap().into_iter().filter(|&taken| taken).count();
        drop(held);
        assert!(pool.shutdown(Shutdown::Drain, Duration::MAX).is_complete());
        assert_eq!(calls.count() + cancelled, 1 + taken);
        seen.saw(taken);
    });
    outcomes.are([0, 1]);
}

#[test]
fn a_cancelled_job_makes_room() {
    pool_model("a_cancelled_job_makes_room").passes(|| {
        let pool = Arc::new(ThreadPool::builder().workers(1).queue(1).build().unwrap());
        let calls = Calls::default();
        let gate = Arc::new(Lock::new(()));
        let held = gate.lock();
        let (inner, first) = (gate.clone(), calls.job());
        let at_the_gate = move || {
            drop(inner.lock());
            first();
        };
        pool.execute(at_the_gate).unwrap();
        // Submitted once the worker has the first job; the third one finds the queue full.
        let handle = pool.submit(calls.job());
        let (submitter, job) = (pool.clone(), calls.job());
        let taken = spawn(move || submitter.execute(job).is_ok());
        assert!(handle.cancel());
        assert!(taken.join().unwrap(), "only the cancelled one can have made room");
        drop(held);
        pool.wait().unwrap();
        assert!(matches!(handle.join(), Err(JobError::Cancelled)));
        assert_eq!(calls.count(), 2);
    });
}

#[test]
fn a_wait_ends_when_the_last_job_is_cancelled() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    pool_model("a_wait_ends_when_the_last_job_is_cancelled").passes(move || {
        let (pool, calls) = (Arc::new(workers(1)), Calls::default());
        let handle = pool.submit(calls.job());
        let waiter = pool.clone();
        let waited = spawn(move || waiter.wait());
        let cancelled = handle.cancel();
        waited.join().unwrap().unwrap();
        assert_eq!(calls.count(), usize::from(!cancelled));
        seen.saw(cancelled);
    });
    outcomes.are([true, false]);
}

#[test]
fn a_timed_wait_tells_whether_all_is_done() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    pool_model("a_timed_wait_tells_whether_all_is_done").passes(move || {
        let (pool, calls) = (workers(1), Calls::default());
        pool.execute(calls.job()).unwrap();
        let result = pool.wait_for(SOON);
        match result {
            Ok(()) => assert_eq!(calls.count(), 1),
            Err(error) => assert_eq!(error, WaitError::TimedOut),
        }
        seen.saw(result.is_ok());
    });
    outcomes.are([true, false]);
}

#[test]
fn the_only_worker_runs_the_job_it_waits_for() {
    pool_model("the_only_worker_runs_the_job_it_waits_for").passes(|| {
        let pool = Arc::new(workers(1));
        let inner = pool.clone();
        let outer = pool.submit(move || {
            assert_eq!(inner.wait(), Err(WaitError::WouldDeadlock));
            inner.submit(|| 20).join().unwrap() + 1
        });
        assert_eq!(outer.join().unwrap(), 21);
    });
}

/// Two jobs on two workers, each of which gets the handle of the other and joins it.
#[test]
fn two_jobs_that_join_each_other_are_told() {
    long_model("two_jobs_that_join_each_other_are_told").floor(200).passes(|| {
        let pool = workers(2);
        let handles = Arc::new(Lock::new([None, None]));
        let swap = |number: usize| {
            let handles = handles.clone();
            move || {
                let other: Option<JobHandle<()>> = handles.lock()[1 - number].take();
                if let Some(Err(error)) = other.map(JobHandle::join) {
                    assert!(matches!(error, JobError::WouldDeadlock), "{error}");
                }
            }
        };
        let mut both = handles.lock();
        *both = [Some(pool.submit(swap(0))), Some(pool.submit(swap(1)))];
        drop(both);
        pool.wait().unwrap();
        assert_eq!(pool.stats().completed, 2);
    });
}

#[test]
fn the_last_owner_may_be_a_job_of_the_pool() {
    pool_model("the_last_owner_may_be_a_job_of_the_pool").passes(|| {
        let (pool, calls) = (Arc::new(workers(1)), Calls::default());
        let (owner, job) = (pool.clone(), calls.job());
        let handle = pool.submit(move || {
            owner.execute(job).unwrap();
            drop(owner);
        });
        drop(pool);
        handle.join().unwrap();
        // The worker is on its own now; it runs the other job before it ends, and the model ends with it.
    });
}
