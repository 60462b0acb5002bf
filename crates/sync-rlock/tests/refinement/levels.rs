//! Nested levels: what the owner does with them, and when others come.

use std::cell::RefCell;
use std::sync::Arc;

use sync_core::checker::{in_threads, scenario};
use sync_rlock::{RLock, RLockGuard, RawRLock};

/// Who has been there, in which order.
type Visits = RLock<RefCell<Vec<usize>>>;

fn nested(visits: &Visits, number: usize) -> u32 {
    let outer = visits.lock();
    outer.borrow_mut().push(number);
    let inner = visits.lock();
    inner.borrow_mut().push(number);
    RLockGuard::depth(&inner)
}

#[test]
fn nested_visits_of_two() {
    scenario("nested_visits_of_two").shows(|| {
        let visits = Arc::new(Visits::default());
        let seen = visits.clone();
        let depths = in_threads::<2, _>(move |number| nested(&visits, number));
        (depths, seen.lock().borrow().clone())
    });
}

#[test]
fn nested_visits_of_two_twice() {
    scenario("nested_visits_of_two_twice").bound(2).shows(|| {
        let visits = Arc::new(Visits::default());
        let seen = visits.clone();
        in_threads::<2, _>(move |number| {
            nested(&visits, number);
            nested(&visits, number);
        });
        seen.lock().borrow().clone()
    });
}

#[test]
fn three_who_visit() {
    scenario("three_who_visit").bound(1).shows(|| {
        let visits = Arc::new(Visits::default());
        let seen = visits.clone();
        in_threads::<3, _>(move |number| visits.lock().borrow_mut().push(number));
        seen.lock().borrow().clone()
    });
}

/// Who does not own it cannot release it, whatever the owner does meanwhile.
#[test]
fn a_release_by_who_does_not_own_it() {
    scenario("a_release_by_who_does_not_own_it").shows(|| {
        let lock = Arc::new(RawRLock::new());
        in_threads::<2, _>(move |number| {
            let before = lock.release().is_ok();
            lock.acquire();
            lock.acquire();
            let depth = lock.depth();
            let (first, second) = (lock.release().is_ok(), lock.release().is_ok());
            (number, before, depth, first, second, lock.release().is_ok(), lock.is_owned())
        })
    });
}
