//! Whole programs on all that ships, from the pools down to the locks' algorithms: nothing here stands on a contract.
//!
//! Two and three forced switches.
#![cfg(all(any(loom, threadkit_loom), feature = "loom"))]

use std::cell::Cell;
use std::sync::Arc;

use sync_core::checker::{in_threads, model};
use threadkit::{
    BoundedSemaphore, Condition, Event, Job, Lock, QueuePool, RLock, Shutdown, ThreadPool, thread,
};

/// Takes the lock, and calls what takes it, which calls what takes it.
fn run3(count: &RLock<Cell<u32>>) {
    let outer = count.lock();
    run1(count);
    outer.set(outer.get() + 1);
}

fn run1(count: &RLock<Cell<u32>>) {
    let _again = count.lock();
    run2(count);
}

fn run2(count: &RLock<Cell<u32>>) {
    let inner = count.lock();
    inner.set(inner.get() + 10);
}

#[test]
fn nested_calls_of_two_threads() {
    model("nested_calls_of_two_threads").bound(2).bound(3).floor(5_000).passes(|| {
        let count = Arc::new(RLock::new(Cell::new(0)));
        let shared = count.clone();
        in_threads::<2, _>(move |_| run3(&shared));
        assert_eq!(count.lock().get(), 22);
    });
}

#[test]
fn a_permit_and_then_a_lock() {
    model("a_permit_and_then_a_lock").bound(2).bound(3).floor(110).passes(|| {
        let shared = Arc::new((BoundedSemaphore::new(1), Lock::new(0)));
        let seen = shared.clone();
        in_threads::<2, _>(move |_| {
            let _permit = shared.0.acquire();
            *shared.1.try_lock().expect("one at a time") += 1;
        });
        assert_eq!(*seen.1.lock(), 2);
    });
}

#[test]
fn a_thread_waits_for_what_another_does() {
    model("a_thread_waits_for_what_another_does").bound(2).bound(3).floor(190).passes(|| {
        let shared = Arc::new((Lock::new(0), Condition::new(), Event::new()));
        let theirs = shared.clone();
        let waits = thread::spawn(move || {
            let (value, changed, seen) = &*theirs;
            changed.wait_while(&mut value.lock(), |&value| value == 0);
            seen.set();
        });
        let (value, changed, seen) = &*shared;
        *value.lock() = 1;
        changed.notify_one();
        seen.wait();
        waits.join().unwrap();
    });
}

#[test]
fn a_pool_runs_a_job_under_a_lock() {
    model("a_pool_runs_a_job_under_a_lock").bound(2).bound(3).floor(2_600).passes(|| {
        let count = Arc::new(Lock::new(0));
        let pool = ThreadPool::new(1);
        let shared = count.clone();
        let job = pool.submit(move || *shared.lock() += 1);
        *count.lock() += 1;
        job.join().unwrap();
        drop(pool);
        assert_eq!(*count.lock(), 2);
    });
}

#[test]
fn a_queue_pool_handles_a_message() {
    model("a_queue_pool_handles_a_message").bound(2).bound(3).floor(1_200).passes(|| {
        let sum = Arc::new(Lock::new(0));
        let shared = sum.clone();
        let handler = move |_: &Job<'_>, number: &u32| {
            *shared.lock() += number;
            Ok(())
        };
        let pool = QueuePool::builder(handler).workers(1).capacity(1).build().unwrap();
        pool.send(7).unwrap();
        let report = pool.shutdown(Shutdown::Drain, std::time::Duration::MAX);
        assert!(report.is_complete());
        assert_eq!(*sum.lock(), 7);
    });
}
