//! The lock's modes: fast, contended and back, with every kind of fence that a system may have.
//!
//! A late unlocker is in all of these: the checker lets the marks appear between its two looks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use sync_core::checker::{Model, Outcomes, in_threads, model, spawn};
use sync_core::thread::yield_now;
use sync_lock::{Lock, LockGuard};

use super::{SOON, every_order_of_three, every_order_of_two, three_threads, two_threads};

#[test]
fn two_threads_with_full_fences() {
    every_order_of_two(two_threads("two_threads_with_full_fences").symmetric_fences());
}

#[test]
fn two_threads_with_refused_fences() {
    every_order_of_two(two_threads("two_threads_with_refused_fences").refused_fences());
}

#[test]
fn three_threads_with_full_fences() {
    every_order_of_three(three_threads("three_threads_with_full_fences").symmetric_fences());
}

#[test]
fn three_threads_with_refused_fences() {
    // Who dozes may wake up whenever it likes, so there is much more to explore.
    let model = model("three_threads_with_refused_fences").bound(1);
    every_order_of_three(model.refused_fences());
}

/// One leaves the queue by itself, looks again and comes back asking, beside others who rely on being woken.
#[test]
fn three_threads_of_which_one_wakes_up_by_itself() {
    let name = "three_threads_of_which_one_wakes_up_by_itself";
    every_order_of_three(three_threads(name).first_sleep_may_end());
}

/// Contended, calm, and contended again.
fn two_rounds(model: Model) {
    model.floor(100).passes(|| {
        let lock = Arc::new(Lock::new(0));
        let shared = lock.clone();
        in_threads::<2, _>(move |_| {
            for _ in 0..2 {
                *shared.lock() += 1;
            }
        });
        assert_eq!(*lock.lock(), 4);
    });
}

#[test]
fn a_lock_that_calmed_down_is_as_good_as_new() {
    two_rounds(model("a_lock_that_calmed_down_is_as_good_as_new").bound(2).bound(3));
}

#[test]
fn a_lock_that_calmed_down_is_as_good_as_new_with_full_fences() {
    let name = "a_lock_that_calmed_down_is_as_good_as_new_with_full_fences";
    two_rounds(model(name).bound(2).bound(3).symmetric_fences());
}

#[test]
fn a_lock_that_calmed_down_is_as_good_as_new_with_refused_fences() {
    let name = "a_lock_that_calmed_down_is_as_good_as_new_with_refused_fences";
    two_rounds(model(name).bound(2).bound(3).refused_fences());
}

#[test]
fn a_lock_calms_down_while_one_wakes_up_by_itself() {
    let name = "a_lock_calms_down_while_one_wakes_up_by_itself";
    two_rounds(model(name).bound(2).bound(3).first_sleep_may_end());
}

/// A lock in contended mode, on which nobody waits, calms down while two come along.
#[test]
fn nobody_is_forgotten_on_the_way_back() {
    three_threads("nobody_is_forgotten_on_the_way_back").floor(100).passes(|| {
        let lock = Arc::new(Lock::new(0));
        let mut first = lock.lock_arc();
        assert!(
            lock.try_lock_for(SOON).is_none(),
            "it is held, and remembers that somebody waited"
        );
        let threads = [
            spawn(move || *first += 1),
            spawn({
                let lock = lock.clone();
                move || *lock.lock() += 1
            }),
            spawn({
                let lock = lock.clone();
                move || *lock.lock() += 1
            }),
        ];
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(*lock.lock(), 3);
    });
}

/// One of two waiters gives up: what it found out or left behind is not enough for the other one.
pub(super) fn one_gives_up(model: Model) {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model.floor(60).passes(move || {
        let lock = Arc::new(Lock::new(0));
        let shared = lock.clone();
        let got = in_threads::<3, _>(move |number| match number {
            0 => shared.try_lock_for(SOON).map(|mut count| *count += 1).is_some(),
            _ => {
                *shared.lock() += 1;
                true
            }
        });
        assert_eq!(*lock.lock(), got.iter().filter(|&&got| got).count());
        seen.saw(got[0]);
    });
    outcomes.are([true, false]);
}

#[test]
fn a_waiter_that_gives_up_leaves_the_others_their_turn() {
    one_gives_up(three_threads("a_waiter_that_gives_up_leaves_the_others_their_turn"));
}

#[test]
fn a_waiter_that_gives_up_after_a_refused_fence_leaves_the_others_their_turn() {
    let name = "a_waiter_that_gives_up_after_a_refused_fence_leaves_the_others_their_turn";
    one_gives_up(model(name).bound(1).refused_fences());
}

/// A holder that takes the lock again at once, against whom nobody who was merely woken has a chance.
#[test]
fn who_was_overtaken_is_handed_the_lock() {
    let name = "who_was_overtaken_is_handed_the_lock";
    model(name).bound(1).bound(2).no_deeper().floor(10).passes(|| {
        let shared = Arc::new((Lock::new(()), AtomicBool::new(false)));
        in_threads::<2, _>(move |number| {
            let (lock, had_its_turn) = &*shared;
            if number == 1 {
                let _held = lock.lock();
                had_its_turn.store(true, Relaxed);
                return;
            }
            for turn in 0.. {
                assert!(turn < 10, "the waiter never has its turn");
                let _held = lock.lock();
                if had_its_turn.load(Relaxed) {
                    break;
                }
                yield_now();
            }
        });
    });
}

/// A hand-over to one who asks, while another one waits who does not, or gives up.
#[test]
fn a_hand_over_leaves_the_others_in_the_queue() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    three_threads("a_hand_over_leaves_the_others_in_the_queue").floor(100).passes(move || {
        let lock = Arc::new(Lock::new(0));
        let shared = lock.clone();
        let [_, got, _] = in_threads::<3, _>(move |number| match number {
            0 => {
                let mut count = shared.lock();
                *count += 1;
                LockGuard::bump(&mut count);
                *count += 1;
                LockGuard::unlock_fair(count);
                true
            }
            1 => shared.try_lock_for(SOON).map(|mut count| *count += 1).is_some(),
            _ => {
                *shared.lock() += 1;
                true
            }
        });
        assert_eq!(*lock.lock(), 3 + usize::from(got));
        seen.saw(got);
    });
    outcomes.are([true, false]);
}
