//! Models of workers that rest, and are started again.
//!
//! Each start is a thread of its own, and the checker has but four.

use std::sync::Arc;
use std::time::Duration;

use pool_threadpool::ThreadPool;
use sync_core::checker::{Outcomes, model};
use sync_core::thread::yield_now;
use sync_lock::{Condition, Lock};

use super::{Calls, SOON};

/// Two workers, of whom one rests when both have been without work for so long.
fn resting(keep_alive: Duration) -> ThreadPool {
    ThreadPool::builder().workers(2).keep_alive(keep_alive).build().unwrap()
}

/// Closed until somebody opens it.
#[derive(Clone, Default)]
struct Gate(Arc<(Lock<bool>, Condition)>);

impl Gate {
    fn open(&self) {
        let (open, opened) = &*self.0;
        *open.lock() = true;
        opened.notify_all();
    }

    fn wait(&self) {
        let (open, opened) = &*self.0;
        opened.wait_while(&mut open.lock(), |open| !*open);
    }
}

/// The first waits for the second, so it takes two workers, of whom one is at rest.
#[test]
fn jobs_that_need_two_workers_get_them() {
    model("jobs_that_need_two_workers_get_them").bound(1).bound(2).floor(50).passes(|| {
        let (pool, gate) = (resting(Duration::ZERO), Gate::default());
        while pool.stats().workers > 1 {
            yield_now();
        }
        let inside = gate.clone();
        pool.execute(move || inside.wait()).unwrap();
        pool.execute(move || gate.open()).unwrap();
        pool.wait().unwrap();
    });
}

#[test]
fn one_worker_stays() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model("one_worker_stays").bound(1).bound(2).floor(50).passes(move || {
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

/// Who is being started again may fail, so it is not the one that stays.
#[test]
fn a_start_that_fails_costs_no_job() {
    model("a_start_that_fails_costs_no_job").bound(1).bound(2).floor(50).passes(|| {
        let (first, starts) = (Gate::default(), Gate::default());
        let (inside, held) = (first.clone(), starts.clone());
        let builder = ThreadPool::builder().workers(2).keep_alive(Duration::ZERO);
        let fails_again = move |number| match number {
            0 | 1 => Ok(()),
            _ => {
                held.wait();
                Err("not again")
            }
        };
        let pool = builder.on_start(fails_again).build().unwrap();
        let one = pool.submit(move || inside.wait());
        // If the other one is at rest, it is started again for this.
        let two = pool.submit(|| ());
        first.open();
        one.join().unwrap();
        two.join().unwrap();
        pool.execute(|| ()).unwrap();
        starts.open();
        assert_eq!(pool.wait(), Ok(()), "somebody is there to run them");
    });
}

#[test]
fn a_drop_beside_a_rest_runs_what_is_queued() {
    model("a_drop_beside_a_rest_runs_what_is_queued").bound(1).bound(2).floor(50).passes(|| {
        let (pool, calls) = (resting(SOON), Calls::default());
        pool.execute(calls.job()).unwrap();
        pool.execute(calls.job()).unwrap();
        drop(pool);
        assert_eq!(calls.count(), 2, "each job has run once");
    });
}
