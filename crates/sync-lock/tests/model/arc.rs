//! Waiting with a guard that owns its share of the lock.
//!
//! The lock has no other owner than the guards, so whatever is touched after the last of them is
//! gone is a use after free.

use std::sync::Arc;

use sync_core::checker::{Outcomes, in_threads, model};
use sync_lock::{ArcLockGuard, Condition, Lock};

use super::SOON;

/// Takes the lock as one that has been fought for of late.
fn lock_arc_settled<T>(lock: &Arc<Lock<T>>) -> ArcLockGuard<T> {
    let guard = lock.lock_arc();
    assert!(lock.try_lock_for(SOON).is_none());
    guard
}

/// The wait begins before the notification or needs none, and ends with the lock.
#[test]
fn an_owning_guard_is_notified() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model("an_owning_guard_is_notified").bound(2).bound(3).floor(100).passes(move || {
        let shared = (Arc::new(Lock::new(0)), Arc::new(Condition::new()));
        let [_, notified] = in_threads::<2, _>(move |number| {
            let (turns, changed) = shared.clone();
            let mut turns = turns.lock_arc();
            if number == 0 {
                changed.wait_while(&mut turns, |turns| *turns == 0);
                *turns += 1;
                return false;
            }
            *turns += 1;
            drop(turns);
            changed.notify_one()
        });
        seen.saw(notified);
    });
    outcomes.are([true, false]);
}

/// The time may be over at any point. A notification is neither lost nor invented.
#[test]
fn an_owning_guard_gives_up_or_is_notified() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    let name = "an_owning_guard_gives_up_or_is_notified";
    model(name).bound(2).bound(3).floor(1_000).passes(move || {
        let shared = (Arc::new(Lock::new(0)), Arc::new(Condition::new()));
        let [got, notified] = in_threads::<2, _>(move |number| {
            let (turns, changed) = shared.clone();
            if number == 0 {
                let mut turns = turns.lock_arc();
                let got = changed.wait_for(&mut turns, SOON);
                *turns += 1;
                got
            } else {
                let _turns = lock_arc_settled(&turns);
                changed.notify_one()
            }
        });
        assert_eq!(got, notified);
        seen.saw(got);
    });
    outcomes.are([true, false]);
}

/// The lock has been fought for, and its holder moves those who wait to its queue: they go on one
/// after the other as it becomes free. One forced switch, as in `requeue`.
#[test]
fn owning_guards_are_moved_to_the_queue_of_their_lock() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    let name = "owning_guards_are_moved_to_the_queue_of_their_lock";
    model(name).bound(1).floor(250).passes(move || {
        let shared = (Arc::new(Lock::new(0)), Arc::new(Condition::new()));
        let lock = shared.0.clone();
        let [.., notified] = in_threads::<3, _>(move |number| {
            let (turns, changed) = shared.clone();
            if number < 2 {
                let mut turns = turns.lock_arc();
                changed.wait_while(&mut turns, |turns| *turns == 0);
                *turns += 1;
                return 0;
            }
            let mut turns = lock_arc_settled(&turns);
            *turns = 1;
            changed.notify_all()
        });
        assert_eq!(*lock.lock(), 3);
        seen.saw(notified);
    });
    outcomes.are([0, 1, 2]);
}

/// As above, with the lock handed over to the first of them.
#[test]
fn an_owning_guard_is_handed_the_lock() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    let name = "an_owning_guard_is_handed_the_lock";
    model(name).bound(2).bound(3).floor(200).passes(move || {
        let shared = (Arc::new(Lock::new(0)), Arc::new(Condition::new()));
        let [_, notified] = in_threads::<2, _>(move |number| {
            let (turns, changed) = shared.clone();
            if number == 0 {
                let mut turns = turns.lock_arc();
                changed.wait_while(&mut turns, |turns| *turns == 0);
                *turns += 1;
                return false;
            }
            let mut turns = lock_arc_settled(&turns);
            *turns = 1;
            let notified = changed.notify_one();
            ArcLockGuard::unlock_fair(turns);
            notified
        });
        seen.saw(notified);
    });
    outcomes.are([true, false]);
}
