//! Waiting for a condition: all levels are given up, and taken again.

use std::cell::RefCell;
use std::sync::Arc;

use sync_core::atomic::AtomicU32;
use sync_core::atomic::Ordering::Relaxed;
use sync_core::checker::{Model, in_threads, scenario};
use sync_lock::{Condition, Lock};
use sync_rlock::{RLock, RLockGuard};

use super::SOON;

#[test]
fn a_wait_with_two_levels() {
    scenario("a_wait_with_two_levels").bound(1).shows(|| {
        let shared = Arc::new((RLock::new(AtomicU32::new(0)), Condition::new()));
        in_threads::<2, _>(move |number| {
            let (lock, changed) = &*shared;
            let outer = lock.lock();
            if number == 0 {
                outer.store(1, Relaxed);
                return (changed.notify_one(), 0);
            }
            let mut inner = lock.lock();
            let waits = inner.load(Relaxed) == 0;
            if waits {
                changed.wait(&mut inner);
            }
            (waits, RLockGuard::depth(&inner))
        })
    });
}

#[test]
fn an_outermost_wait_that_may_be_over() {
    let name = "an_outermost_wait_that_may_be_over";
    scenario(name).bound(1).also(Model::first_timeout_is_early).shows(|| {
        let shared = Arc::new((RLock::new(RefCell::new(0)), Condition::new()));
        in_threads::<2, _>(move |number| {
            let (lock, changed) = &*shared;
            if number == 0 {
                lock.lock().replace(1);
                return (changed.notify_all() == 1, 0);
            }
            let mut guard = lock.lock();
            let told = changed.wait_outermost_for(&mut guard, SOON).unwrap();
            let value = *guard.borrow();
            (told, value)
        })
    });
}

/// One waits with either kind of lock, and all are told.
#[test]
fn one_condition_and_both_locks() {
    let name = "one_condition_and_both_locks";
    scenario(name).bound(1).also(Model::first_timeout_is_early).shows(|| {
        let shared = Arc::new((Lock::new(()), RLock::new(()), Condition::new()));
        in_threads::<3, _>(move |number| {
            let (lock, rlock, changed) = &*shared;
            match number {
                0 => usize::from(changed.wait_for(&mut lock.lock(), SOON)),
                1 => usize::from(changed.wait_for(&mut rlock.lock(), SOON)),
                _ => changed.notify_all(),
            }
        })
    });
}
