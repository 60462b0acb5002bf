//! Waiters that are moved from the condition to the queue of their lock, and nobody who sleeps on there.
//!
//! A lock is settled here by a thread that tries for it in vain while it holds it: that is what a waiter
//! does to it, and costs the checker nothing.

use std::sync::Arc;

use sync_core::checker::{Model, Outcomes, in_threads, model};
use sync_lock::{Condition, Lock, LockGuard};

use super::{SOON, lock_settled};

/// Two threads.
fn two_threads(name: &'static str) -> Model {
    model(name).bound(2).bound(3)
}

/// Three threads. One forced switch is enough for every number of waiters to be there or not, and for each
/// of the seeded faults; two take minutes.
fn three_threads(name: &'static str) -> Model {
    model(name).bound(1)
}

#[test]
fn one_who_is_moved_wakes_when_the_notifier_lets_go() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    let name = "one_who_is_moved_wakes_when_the_notifier_lets_go";
    two_threads(name).floor(150).passes(move || {
        let shared = Arc::new((Lock::new(false), Condition::new()));
        let [_, notified] = in_threads::<2, _>(move |number| {
            let (ready, changed) = &*shared;
            if number == 0 {
                changed.wait_while(&mut ready.lock(), |ready| !*ready);
                return false;
            }
            let mut ready = lock_settled(ready);
            *ready = true;
            changed.notify_one()
        });
        seen.saw(notified);
    });
    outcomes.are([true, false]);
}

#[test]
fn all_who_are_moved_wake_one_after_the_other() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    three_threads("all_who_are_moved_wake_one_after_the_other").floor(250).passes(move || {
        let shared = Arc::new((Lock::new(false), Condition::new()));
        let [.., notified] = in_threads::<3, _>(move |number| {
            let (ready, changed) = &*shared;
            if number < 2 {
                changed.wait_while(&mut ready.lock(), |ready| !*ready);
                return 0;
            }
            let mut ready = lock_settled(ready);
            *ready = true;
            changed.notify_all()
        });
        seen.saw(notified);
    });
    outcomes.are([0, 1, 2]);
}

/// The notifier has let go, but the lock is still known to be fought for: both others may be at it.
#[test]
fn all_who_are_moved_by_one_who_has_let_go_wake_one_after_the_other() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    let name = "all_who_are_moved_by_one_who_has_let_go_wake_one_after_the_other";
    three_threads(name).floor(350).passes(move || {
        let shared = Arc::new((Lock::new(false), Condition::new()));
        let [.., notified] = in_threads::<3, _>(move |number| {
            let (ready, changed) = &*shared;
            if number < 2 {
                changed.wait_while(&mut ready.lock(), |ready| !*ready);
                return 0;
            }
            let mut guard = lock_settled(ready);
            *guard = true;
            drop(guard);
            changed.notify_all()
        });
        seen.saw(notified);
    });
    outcomes.are([0, 1, 2]);
}

/// One is moved, and its time is over while it waits for the lock: it was notified all the same.
#[test]
fn who_is_moved_and_gives_up_was_notified() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    three_threads("who_is_moved_and_gives_up_was_notified").floor(600).passes(move || {
        let shared = Arc::new((Lock::new(0), Condition::new()));
        let [timed, patient, notified] = in_threads::<3, _>(move |number| {
            let (turns, changed) = &*shared;
            if number == 2 {
                let _turns = lock_settled(turns);
                return changed.notify_one();
            }
            let mut turns = turns.lock();
            *turns += 1;
            number == 0 && changed.wait_for(&mut turns, SOON)
        });
        assert!(!patient);
        assert_eq!(timed, notified, "a notification is neither lost nor invented");
        seen.saw(timed);
    });
    outcomes.are([true, false]);
}

/// Two wait with a lock each. Whoever comes second must not be moved to the lock of the first.
#[test]
fn those_who_wait_with_two_locks_are_not_moved() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    three_threads("those_who_wait_with_two_locks_are_not_moved").floor(300).passes(move || {
        let shared = Arc::new(([Lock::new(false), Lock::new(false)], Condition::new()));
        let [.., notified] = in_threads::<3, _>(move |number| {
            let ([left, right], changed) = &*shared;
            match number {
                0 => changed.wait_while(&mut left.lock(), |ready| !*ready),
                1 => changed.wait_while(&mut right.lock(), |ready| !*ready),
                _ => {
                    let (mut left, mut right) = (lock_settled(left), lock_settled(right));
                    (*left, *right) = (true, true);
                    return changed.notify_all();
                }
            }
            0
        });
        seen.saw(notified);
    });
    outcomes.are([0, 1, 2]);
}

/// One waits for its turn; the other one, who holds a settled lock, notifies it and then lets go in its own
/// way, for which it is told whether somebody was there.
pub(super) fn notified_by_the_holder(model: Model, let_go: fn(LockGuard<'_, u32>, bool)) {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model.passes(move || {
        let shared = Arc::new((Lock::new(0), Condition::new()));
        let [_, notified] = in_threads::<2, _>(move |number| {
            let (turns, changed) = &*shared;
            if number == 0 {
                let mut turns = turns.lock();
                changed.wait_while(&mut turns, |turns| *turns == 0);
                *turns += 1;
                return false;
            }
            let mut turns = lock_settled(turns);
            *turns = 1;
            let notified = changed.notify_one();
            let_go(turns, notified);
            notified
        });
        seen.saw(notified);
    });
    outcomes.are([true, false]);
}

/// The lock is handed to one who was moved.
#[test]
fn who_is_moved_may_be_handed_the_lock() {
    let model = two_threads("who_is_moved_may_be_handed_the_lock").floor(150);
    notified_by_the_holder(model, |turns, _| LockGuard::unlock_fair(turns));
}

/// The notifier has not got the lock, and whoever has it lets go at that moment.
#[test]
fn who_is_moved_while_a_third_lets_go_is_not_forgotten() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    let name = "who_is_moved_while_a_third_lets_go_is_not_forgotten";
    model(name).bound(1).bound(2).floor(60).passes(move || {
        let shared = Arc::new((Lock::new(()), Condition::new()));
        let [notified, ..] = in_threads::<3, _>(move |number| {
            let (lock, changed) = &*shared;
            match number {
                0 => {
                    while !changed.notify_one() {
                        sync_core::thread::yield_now();
                    }
                }
                1 => changed.wait(&mut lock.lock()),
                _ => drop(lock_settled(lock)),
            }
            true
        });
        seen.saw(notified);
    });
    outcomes.are([true]);
}
