//! Models of the lock and the condition: exclusion, waking, time-outs, hand-over, deadlocks.
//!
//! Bounds: a bound is the number of *forced* switches, those that take a thread away where it could go on;
//! switching where it waits is free. Two threads are searched without a limit where that ends, as it does for most
//! that take a lock once, and otherwise with up to four; three with up to two, or with one where each passes
//! several locks and queues, as in `barrier`, `requeue` and `corners`: another one there is a hundred times
//! the work. Deep runs go on from there; all seeded faults are found without that. What hardware counts or times is one step here:
//! patience ends with the first wake-up in vain, a lock is calm after one quiet release, and nobody spins, but in `spins`
//! and `rounds`, where all of that is the other way round.
//! A time-out may come at any point, and refused and symmetric fences have models of their own.
#![cfg(all(any(loom, threadkit_loom), feature = "loom"))]

#[path = "model/arc.rs"]
mod arc;
#[path = "model/barrier.rs"]
mod barrier;
#[path = "model/corners.rs"]
mod corners;
#[path = "model/doors.rs"]
mod doors;
#[path = "model/event.rs"]
mod event;
#[path = "model/modes.rs"]
mod modes;
#[path = "model/requeue.rs"]
mod requeue;
#[path = "model/rounds.rs"]
mod rounds;
#[path = "model/spins.rs"]
mod spins;
#[path = "model/stale.rs"]
mod stale;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use sync_core::checker::{Model, Outcomes, in_threads, model, spawn};
use sync_core::thread::yield_now;
use sync_core::time::Duration;
use sync_lock::{Condition, Lock, LockGuard};

/// A time-out that the checker may let pass or not.
const SOON: Duration = Duration::from_millis(1);

/// Takes the lock as one that has been fought for of late.
fn lock_settled<T>(lock: &Lock<T>) -> LockGuard<'_, T> {
    let guard = lock.lock();
    assert!(lock.try_lock_for(SOON).is_none());
    guard
}

/// Each of `N` threads adds its number to a list under the lock; returns the order.
fn order_of<const N: usize>() -> Vec<usize> {
    let list = Arc::new(Lock::new(Vec::new()));
    let shared = list.clone();
    in_threads::<N, _>(move |number| shared.lock().push(number));
    let order = list.lock().clone();
    assert_eq!(order.len(), N, "everybody was in");
    order
}

/// The search for two threads where it ends: every schedule, after a few that find most seeded faults at once.
fn two_threads(name: &'static str) -> Model {
    model(name).bound(2).unbounded()
}

/// The same where it ends after hundreds of thousands of executions.
fn two_threads_at_length(name: &'static str) -> Model {
    model(name).bound(2).bound(5).unbounded_when_deep()
}

/// The search for three threads. Two forced switches are enough for every order and for losing a
/// waiter, as the mutants show.
fn three_threads(name: &'static str) -> Model {
    model(name).bound(1).bound(2)
}

fn every_order_of_two(model: Model) {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model.floor(40).passes(move || seen.saw(order_of::<2>()));
    outcomes.are([vec![0, 1], vec![1, 0]]);
}

fn every_order_of_three(model: Model) {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model.floor(20).passes(move || seen.saw(order_of::<3>()));
    outcomes.are([[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]].map(Vec::from));
}

#[test]
fn two_threads_exclude_each_other() {
    every_order_of_two(two_threads("two_threads_exclude_each_other"));
}

#[test]
fn three_threads_come_in_every_order_and_none_sleeps_on() {
    every_order_of_three(three_threads("three_threads_come_in_every_order_and_none_sleeps_on"));
}

#[test]
fn a_timed_attempt_gets_the_lock_or_gives_up() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    two_threads_at_length("a_timed_attempt_gets_the_lock_or_gives_up").floor(100).passes(
        move || {
            let lock = Arc::new(Lock::new(0));
            let shared = lock.clone();
            let got = in_threads::<2, _>(move |number| match number {
                0 => shared.try_lock_for(SOON).map(|mut count| *count += 1).is_some(),
                _ => {
                    *shared.lock() += 1;
                    true
                }
            });
            assert_eq!(*lock.lock(), got.iter().filter(|&&got| got).count());
            assert!(!lock.is_locked());
            seen.saw(got[0]);
        },
    );
    outcomes.are([true, false]);
}

#[test]
fn fair_unlocks_lose_nobody() {
    model("fair_unlocks_lose_nobody").bound(2).bound(4).floor(220).passes(|| {
        let lock = Arc::new(Lock::new(0));
        let shared = lock.clone();
        in_threads::<2, _>(move |_| {
            let mut count = shared.lock();
            *count += 1;
            LockGuard::unlock_fair(count);
        });
        assert_eq!(*lock.lock(), 2);
    });
    three_threads("fair_unlocks_lose_nobody").floor(100).passes(|| {
        let lock = Arc::new(Lock::new(0));
        let shared = lock.clone();
        in_threads::<3, _>(move |number| {
            let mut count = shared.lock();
            *count += 1;
            if number == 0 {
                LockGuard::bump(&mut count);
                *count += 1;
            }
            LockGuard::unlock_fair(count);
        });
        assert_eq!(*lock.lock(), 4);
    });
}

#[test]
fn a_second_lock_in_the_same_thread_waits_for_ever() {
    model("a_second_lock_in_the_same_thread_waits_for_ever").unbounded().finds(
        "deadlock; threads = [",
        || {
            let lock = Lock::new(());
            let _first = lock.lock();
            let _second = lock.lock();
        },
    );
}

/// Two threads that take two locks, the second thread in the order that `second` says.
fn two_locks(second_in_order: bool) {
    let locks = Arc::new((Lock::new(0), Lock::new(0)));
    in_threads::<2, _>(move |number| {
        let (first, second) = &*locks;
        let (first, second) =
            if number == 0 || second_in_order { (first, second) } else { (second, first) };
        let mut outer = first.lock();
        let mut inner = second.lock();
        *outer += 1;
        *inner += 1;
    });
}

#[test]
fn two_locks_in_opposite_order_deadlock() {
    model("two_locks_in_opposite_order_deadlock")
        .bound(2)
        .finds("deadlock; threads = [", || two_locks(false));
}

#[test]
fn two_locks_in_one_order_do_not() {
    two_threads_at_length("two_locks_in_one_order_do_not").floor(50).passes(|| two_locks(true));
}

#[test]
fn a_panic_releases_the_lock() {
    two_threads_at_length("a_panic_releases_the_lock").floor(40).passes(|| {
        let lock = Arc::new(Lock::new(0));
        let shared = lock.clone();
        in_threads::<2, _>(move |number| {
            let critical = || {
                let mut count = shared.lock();
                *count += 1;
                if number == 0 {
                    // Past the hook, which would print it in every execution.
                    resume_unwind(Box::new("on purpose"));
                }
            };
            assert_eq!(catch_unwind(AssertUnwindSafe(critical)).is_err(), number == 0);
        });
        assert_eq!(*lock.lock(), 2);
    });
}

#[test]
fn a_guard_may_be_released_by_another_thread() {
    two_threads("a_guard_may_be_released_by_another_thread").floor(15).passes(|| {
        let lock = Arc::new(Lock::new(0));
        let mut guard = lock.lock_arc();
        let releaser = spawn(move || *guard += 1);
        let shared = lock.clone();
        let waiter = spawn(move || *shared.lock() += 1);
        releaser.join().unwrap();
        waiter.join().unwrap();
        assert_eq!(*lock.lock(), 2);
    });
}

#[test]
fn no_notification_is_lost() {
    two_threads_at_length("no_notification_is_lost").floor(40).passes(|| {
        let shared = Arc::new((Lock::new(false), Condition::new()));
        in_threads::<2, _>(move |number| {
            let (ready, changed) = &*shared;
            if number == 0 {
                changed.wait_while(&mut ready.lock(), |ready| !*ready);
            } else {
                *ready.lock() = true;
                changed.notify_one();
            }
        });
    });
}

#[test]
fn notify_all_wakes_everybody() {
    three_threads("notify_all_wakes_everybody").floor(30).passes(|| {
        let shared = Arc::new((Lock::new(false), Condition::new()));
        in_threads::<3, _>(move |number| {
            let (ready, changed) = &*shared;
            if number < 2 {
                changed.wait_while(&mut ready.lock(), |ready| !*ready);
            } else {
                *ready.lock() = true;
                changed.notify_all();
            }
        });
    });
}

#[test]
fn as_many_notifications_as_waiters_wake_them_all() {
    three_threads("as_many_notifications_as_waiters_wake_them_all").floor(100).passes(|| {
        let shared = Arc::new((Lock::new(0), Condition::new()));
        in_threads::<3, _>(move |number| {
            let (tickets, changed) = &*shared;
            if number < 2 {
                let mut tickets = tickets.lock();
                changed.wait_while(&mut tickets, |tickets| *tickets == 0);
                *tickets -= 1;
            } else {
                for _ in 0..2 {
                    *tickets.lock() += 1;
                    changed.notify_one();
                }
            }
        });
    });
}

#[test]
fn a_timed_wait_takes_a_last_look() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model("a_timed_wait_takes_a_last_look").bound(2).bound(4).floor(270).passes(move || {
        let shared = Arc::new((Lock::new(false), Condition::new()));
        let [told, _] = in_threads::<2, _>(move |number| {
            let (ready, changed) = &*shared;
            if number == 1 {
                *ready.lock() = true;
                changed.notify_one();
                return true;
            }
            let mut ready = ready.lock();
            let told = changed.wait_while_for(&mut ready, |ready| !*ready, SOON);
            assert_eq!(told, *ready, "the answer is what the value says");
            told
        });
        seen.saw(told);
    });
    outcomes.are([true, false]);
}

/// A woken waiter, one that still sleeps, and an attempt that comes between.
#[test]
fn an_attempt_between_waking_and_locking_keeps_the_sleepers() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    three_threads("an_attempt_between_waking_and_locking_keeps_the_sleepers").floor(40).passes(
        move || {
            let lock = Arc::new(Lock::new(0));
            let shared = lock.clone();
            let [again, ..] = in_threads::<3, _>(move |number| {
                *shared.lock() += 1;
                number == 0 && shared.try_lock().map(|mut count| *count += 1).is_some()
            });
            assert_eq!(*lock.lock(), 3 + usize::from(again));
            seen.saw(again);
        },
    );
    outcomes.are([true, false]);
}

#[test]
fn a_bump_always_lets_the_waiter_have_its_turn() {
    let name = "a_bump_always_lets_the_waiter_have_its_turn";
    model(name).bound(1).bound(2).bound(3).no_deeper().floor(10).passes(|| {
        let lock = Arc::new(Lock::new(0));
        let shared = lock.clone();
        in_threads::<2, _>(move |number| {
            let mut count = shared.lock();
            if number == 1 {
                *count += 1;
                return;
            }
            let mut turns = 0;
            while *count == 0 {
                turns += 1;
                assert!(turns < 40, "the waiter never has its turn");
                LockGuard::bump(&mut count);
                yield_now();
            }
        });
        assert!(!lock.is_locked());
    });
}

#[test]
fn a_wait_that_gives_up_leaves_the_others_their_notification() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    three_threads("a_wait_that_gives_up_leaves_the_others_their_notification").floor(50).passes(
        move || {
            let shared = Arc::new((Lock::new(false), Condition::new()));
            let [told, ..] = in_threads::<3, _>(move |number| {
                let (ready, changed) = &*shared;
                match number {
                    0 => return changed.wait_while_for(&mut ready.lock(), |ready| !*ready, SOON),
                    1 => changed.wait_while(&mut ready.lock(), |ready| !*ready),
                    _ => {
                        *ready.lock() = true;
                        changed.notify_all();
                    }
                }
                true
            });
            seen.saw(told);
        },
    );
    outcomes.are([true, false]);
}
