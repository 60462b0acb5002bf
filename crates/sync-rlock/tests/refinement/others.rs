//! Attempts, time-outs and fair releases, and what is seen of what went on before.

use std::cell::RefCell;
use std::sync::Arc;

use sync_core::atomic::AtomicU32;
use sync_core::atomic::Ordering::Relaxed;
use sync_core::checker::{Model, in_threads, scenario};
use sync_rlock::{RLock, RLockGuard};

use super::SOON;

#[test]
fn attempts_at_a_fresh_lock() {
    scenario("attempts_at_a_fresh_lock").bound(3).shows(|| {
        let lock = Arc::new(RLock::new(()));
        in_threads::<2, _>(move |_| [0; 2].map(|_| lock.try_lock().is_some()))
    });
}

/// The one that tries beside one that waits for as long as it takes.
#[test]
fn an_attempt_beside_an_owner() {
    scenario("an_attempt_beside_an_owner").shows(|| {
        let shared = Arc::new((RLock::new(RefCell::new(Vec::new())), AtomicU32::new(0)));
        let seen = shared.clone();
        let got = in_threads::<2, _>(move |number| {
            let (lock, written) = &*shared;
            if number == 0 {
                written.store(1, Relaxed);
                let guard = lock.lock();
                guard.borrow_mut().push(number);
                lock.lock().borrow_mut().push(number);
                return (true, 0);
            }
            let guard = lock.try_lock().map(|guard| guard.borrow_mut().push(number));
            (guard.is_some(), written.load(Relaxed))
        });
        (got, seen.0.lock().borrow().clone())
    });
}

#[test]
fn one_whose_time_may_be_over_beside_an_owner() {
    let name = "one_whose_time_may_be_over_beside_an_owner";
    scenario(name).bound(2).also(Model::first_timeout_is_early).shows(|| {
        let lock = Arc::new(RLock::new(RefCell::new(Vec::new())));
        let seen = lock.clone();
        let got = in_threads::<2, _>(move |number| {
            if number == 0 {
                lock.lock().borrow_mut().push(number);
                let guard = lock.lock();
                guard.borrow_mut().push(number);
                lock.lock().borrow_mut().push(number);
                return true;
            }
            lock.try_lock_for(SOON).map(|guard| guard.borrow_mut().push(number)).is_some()
        });
        (got, seen.lock().borrow().clone())
    });
}

#[test]
fn two_whose_time_may_be_over_at_a_fresh_lock() {
    let name = "two_whose_time_may_be_over_at_a_fresh_lock";
    scenario(name).bound(2).also(Model::first_timeout_is_early).shows(|| {
        let lock = Arc::new(RLock::new(()));
        in_threads::<2, _>(move |_| lock.try_lock_for(SOON).is_some())
    });
}

#[test]
fn a_question_whether_it_is_owned() {
    scenario("a_question_whether_it_is_owned").shows(|| {
        let lock = Arc::new(RLock::new(()));
        in_threads::<2, _>(move |number| {
            if number == 0 {
                let _outer = lock.lock();
                let _inner = lock.lock();
                return (true, true, lock.depth());
            }
            (lock.is_locked(), lock.is_locked(), lock.depth())
        })
    });
}

#[test]
fn what_is_seen_by_the_next_owner() {
    scenario("what_is_seen_by_the_next_owner").shows(|| {
        let shared = Arc::new((RLock::new(RefCell::new(0)), [0; 2].map(AtomicU32::new)));
        in_threads::<2, _>(move |number| {
            let (lock, written) = &*shared;
            written[number].store(1, Relaxed);
            let guard = lock.lock();
            let before = *guard.borrow();
            guard.replace(before + 1);
            (before, written[1 - number].load(Relaxed))
        })
    });
}

#[test]
fn a_fair_release_and_one_more_visit() {
    scenario("a_fair_release_and_one_more_visit").bound(2).shows(|| {
        let lock = Arc::new(RLock::new(RefCell::new(Vec::new())));
        let seen = lock.clone();
        let again = in_threads::<2, _>(move |number| {
            let guard = lock.lock();
            guard.borrow_mut().push(number);
            RLockGuard::unlock_fair(guard);
            lock.try_lock().map(|guard| guard.borrow_mut().push(number)).is_some()
        });
        (again, seen.lock().borrow().clone())
    });
}

#[test]
fn a_bump_of_an_owner() {
    scenario("a_bump_of_an_owner").bound(1).shows(|| {
        let lock = Arc::new(RLock::new(RefCell::new(Vec::new())));
        let seen = lock.clone();
        in_threads::<2, _>(move |number| {
            let mut guard = lock.lock();
            guard.borrow_mut().push(number);
            RLockGuard::bump(&mut guard);
            guard.borrow_mut().push(number);
        });
        seen.lock().borrow().clone()
    });
}
