//! What a condition leaves behind: no lock in its word once nobody waits, and no thread that came meanwhile.

use std::sync::Arc;

use sync_core::checker::{Outcomes, in_threads, model};
use sync_core::thread::yield_now;
use sync_lock::{Condition, Lock};

use super::{SOON, lock_settled};

/// Two rounds, with a lock each that dies with its round. In each somebody waits, perhaps, and is notified,
/// perhaps moved; then another one notifies, and must not look for the lock in the word. The checker's
/// queues say so if it does, since hardware would go on with it.
fn no_lock_is_left(name: &'static str, notify: fn(&Condition) -> usize) {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model(name).bound(1).bound(2).floor(20).passes(move || {
        let changed = Arc::new(Condition::new());
        let shared = Arc::new(Lock::new(()));
        let (lock, condition) = (shared.clone(), changed.clone());
        let [told, notified] = in_threads::<2, _>(move |number| {
            if number == 0 {
                return usize::from(condition.wait_for(&mut lock.lock(), SOON));
            }
            let _held = lock_settled(&lock);
            notify(&condition)
        });
        assert_eq!(told, notified);
        let lock = Arc::into_inner(shared).expect("both have ended");
        assert!(!lock.is_locked());
        drop(lock);
        assert_eq!((changed.notify_one(), changed.notify_all()), (false, 0));
        seen.saw(notified);
    });
    outcomes.are([0, 1]);
}

#[test]
fn no_lock_is_left_by_those_who_are_moved() {
    no_lock_is_left("no_lock_is_left_by_those_who_are_moved", Condition::notify_all);
}

#[test]
fn no_lock_is_left_by_those_who_are_woken() {
    no_lock_is_left("no_lock_is_left_by_those_who_are_woken", |changed| changed.notify_many(1));
}

/// Two threads come at any moment, and a third one notifies without the lock until it has told both: a thread that
/// comes as the other one goes is not forgotten.
fn nobody_is_forgotten(name: &'static str, is_settled: bool, notify: fn(&Condition) -> usize) {
    model(name).bound(1).floor(20).passes(move || {
        let shared = Arc::new((Lock::new(()), Condition::new()));
        in_threads::<3, _>(move |number| {
            let (lock, changed) = &*shared;
            if number < 2 {
                changed.wait(&mut if is_settled { lock_settled(lock) } else { lock.lock() });
                return;
            }
            let mut told = 0;
            while told < 2 {
                told += notify(changed);
                yield_now();
            }
        });
    });
}

#[test]
fn nobody_is_forgotten_as_another_is_moved() {
    let name = "nobody_is_forgotten_as_another_is_moved";
    nobody_is_forgotten(name, true, Condition::notify_all);
}

#[test]
fn nobody_is_forgotten_as_another_is_woken() {
    let name = "nobody_is_forgotten_as_another_is_woken";
    nobody_is_forgotten(name, false, |changed| changed.notify_many(1));
}

/// Nobody notifies: what is false already is not waited for.
#[test]
fn the_first_look_comes_before_the_first_sleep() {
    model("the_first_look_comes_before_the_first_sleep").unbounded().passes(|| {
        let (lock, changed) = (Lock::new(1), Condition::new());
        changed.wait_while(&mut lock.lock(), |value| *value != 1);
        assert!(changed.wait_while_for(&mut lock.lock(), |value| *value != 1, SOON));
    });
}
