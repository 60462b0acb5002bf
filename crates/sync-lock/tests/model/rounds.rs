//! A lock that goes through all of its modes while somebody is on its way into the queue: fought for, calm, and
//! in its fast mode again, with fences that are no longer to be had by then.

use std::sync::Arc;

use sync_core::checker::{Model, Outcomes, model, spawn};
use sync_core::thread::yield_now;
use sync_lock::Lock;

use super::{SOON, every_order_of_three};

/// One is about to settle the lock while the holder lets go, calms it down and comes once more in its fast mode.
#[test]
fn who_settles_while_the_lock_calms_down_is_not_forgotten() {
    let name = "who_settles_while_the_lock_calms_down_is_not_forgotten";
    model(name).bound(1).bound(2).floor(20).passes(|| {
        let lock = Arc::new(Lock::new(0));
        let mut first = lock.lock_arc();
        let [again, waiting] = [(); 2].map(|()| lock.clone());
        let holder = spawn(move || {
            *first += 1;
            drop(first);
            *again.lock() += 1;
            *again.lock() += 1;
        });
        let waiter = spawn(move || *waiting.lock() += 1);
        holder.join().unwrap();
        waiter.join().unwrap();
        assert_eq!(*lock.lock(), 4);
    });
}

/// Whoever takes the lock after having been woken, but only on a second look, says so all the same: it is woken
/// the next time, too.
#[test]
fn who_is_woken_and_looks_twice_is_woken_again() {
    let name = "who_is_woken_and_looks_twice_is_woken_again";
    model(name).bound(1).bound(2).spins().floor(20).passes(|| {
        let lock = Arc::new(Lock::new(0));
        let mut first = lock.lock_arc();
        assert!(lock.try_lock_for(SOON).is_none(), "it is settled now");
        let [again, waiting] = [(); 2].map(|()| lock.clone());
        let holder = spawn(move || {
            *first += 1;
            drop(first);
            *again.lock() += 1;
            yield_now();
            let mut last = again.lock();
            yield_now();
            *last += 1;
        });
        let waiter = spawn(move || {
            *waiting.lock() += 1;
            yield_now();
            *waiting.lock() += 1;
        });
        holder.join().unwrap();
        waiter.join().unwrap();
        assert_eq!(*lock.lock(), 5);
    });
}

/// One has found the lock settled and is about to sleep, while the holder calms it down and another one, for
/// whom no fence is left, marks it again and gives up.
fn one_is_late(model: Model) {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model.floor(50).passes(move || {
        let lock = Arc::new(Lock::new(0));
        let mut first = lock.lock_arc();
        assert!(lock.try_lock_for(SOON).is_none(), "it is settled now");
        let [again, waiting, trying] = [(); 3].map(|()| lock.clone());
        let waiter = spawn(move || *waiting.lock() += 1);
        let holder = spawn(move || {
            *first += 1;
            drop(first);
            *again.lock() += 1;
            *again.lock() += 1;
        });
        let other = spawn(move || trying.try_lock_for(SOON).map(|mut count| *count += 1).is_some());
        holder.join().unwrap();
        waiter.join().unwrap();
        let got = other.join().unwrap();
        assert_eq!(*lock.lock(), 4 + usize::from(got));
        seen.saw(got);
    });
    outcomes.are([true, false]);
}

/// The system grants everything, but the process has used up what it may spend: one fence, and one way back.
#[test]
fn who_is_late_does_not_rely_on_a_fence_of_long_ago() {
    one_is_late(
        model("who_is_late_does_not_rely_on_a_fence_of_long_ago").bound(2).affordable_fences(2),
    );
}

/// Nobody may spend anything from the beginning: all doze.
#[test]
fn three_threads_that_cannot_afford_a_fence() {
    let model = model("three_threads_that_cannot_afford_a_fence").bound(1);
    every_order_of_three(model.affordable_fences(0));
}

/// The first one settles the lock, and nobody may bring it back to its fast mode.
#[test]
fn three_threads_that_can_afford_one_fence() {
    let model = model("three_threads_that_can_afford_one_fence").bound(1).bound(2);
    every_order_of_three(model.affordable_fences(1));
}
