//! Corners where schedules may have been missed: a time-out while one is moved or handed the lock, several
//! notifiers, several locks, locks that die early, and the way back to the fast mode in between.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use sync_core::checker::{Model, Outcomes, in_threads, model, spawn};
use sync_lock::{Condition, Lock, LockGuard};

use super::requeue::notified_by_the_holder;
use super::{SOON, lock_settled};

/// One waits once with a settled lock; two notify at once, one with the lock and one without.
fn two_notifiers(model: Model) {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model.floor(20).passes(move || {
        let shared = Arc::new((Lock::new(0), Condition::new()));
        let [told, first, second] = in_threads::<3, _>(move |number| {
            let (turns, changed) = &*shared;
            match number {
                0 => usize::from(changed.wait_for(&mut lock_settled(turns), SOON)),
                1 => {
                    let _held = turns.lock();
                    usize::from(changed.notify_one())
                }
                _ => changed.notify_all(),
            }
        });
        assert_eq!(told, first + second, "each notification reaches one, and none is invented");
        seen.saw((first, second));
    });
    outcomes.are([(0, 0), (0, 1), (1, 0)]);
}

#[test]
fn two_notifiers_share_one_waiter() {
    two_notifiers(model("two_notifiers_share_one_waiter").bound(1).bound(2));
}

#[test]
fn two_notifiers_share_one_waiter_after_a_refused_fence() {
    let name = "two_notifiers_share_one_waiter_after_a_refused_fence";
    two_notifiers(model(name).bound(1).first_fence_refused());
}

#[test]
fn two_notifiers_share_one_waiter_with_full_fences() {
    let name = "two_notifiers_share_one_waiter_with_full_fences";
    two_notifiers(model(name).bound(1).symmetric_fences());
}

/// Two wait once and may give up, two notify: as many are told as were notified.
#[test]
fn two_notifiers_and_two_waiters_agree_on_the_number() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    let name = "two_notifiers_and_two_waiters_agree_on_the_number";
    model(name).bound(1).floor(100).passes(move || {
        let shared = Arc::new((Lock::new(()), Condition::new()));
        let numbers = in_threads::<4, _>(move |number| {
            let (lock, changed) = &*shared;
            match number {
                0 => usize::from(changed.wait_for(&mut lock_settled(lock), SOON)),
                1 => usize::from(changed.wait_for(&mut lock.lock(), SOON)),
                2 => {
                    let _held = lock.lock();
                    usize::from(changed.notify_one())
                }
                _ => changed.notify_all(),
            }
        });
        let [left, right, first, second] = numbers;
        assert_eq!(left + right, first + second);
        seen.saw(first + second);
    });
    outcomes.are([0, 1, 2]);
}

/// The waiter settled the lock itself, so it may be moved to the queue of a lock that it still holds:
/// then its own unlock wakes it, or hands the lock to the third, who asks for it.
fn before_it_lets_go(model: Model) {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model.floor(20).passes(move || {
        let shared = Arc::new((Lock::new(0), Condition::new()));
        let lock = shared.clone();
        let [told, notified, _] = in_threads::<3, _>(move |number| {
            let (turns, changed) = &*shared;
            match number {
                0 => {
                    let mut turns = lock_settled(turns);
                    let told = changed.wait_for(&mut turns, SOON);
                    *turns += 1;
                    told
                }
                1 => changed.notify_one(),
                _ => {
                    *turns.lock() += 1;
                    true
                }
            }
        });
        assert_eq!(told, notified);
        assert_eq!(*lock.0.lock(), 2);
        seen.saw(told);
    });
    outcomes.are([true, false]);
}

#[test]
fn who_is_moved_before_it_lets_go_wakes_itself() {
    before_it_lets_go(model("who_is_moved_before_it_lets_go_wakes_itself").bound(1).bound(2));
}

#[test]
fn who_is_moved_before_it_lets_go_wakes_itself_after_a_refused_fence() {
    let name = "who_is_moved_before_it_lets_go_wakes_itself_after_a_refused_fence";
    before_it_lets_go(model(name).bound(1).first_fence_refused());
}

/// The same by a notifier that tries until it succeeds, in two threads and every schedule.
#[test]
fn who_is_moved_before_it_lets_go_does_not_sleep_on() {
    let name = "who_is_moved_before_it_lets_go_does_not_sleep_on";
    model(name).unbounded().floor(800).passes(|| {
        let shared = Arc::new((Lock::new(0), Condition::new()));
        in_threads::<2, _>(move |number| {
            let (turns, changed) = &*shared;
            if number == 0 {
                changed.wait(&mut lock_settled(turns));
            } else {
                while changed.notify_all() == 0 {
                    sync_core::thread::yield_now();
                }
            }
        });
    });
}

/// Moved, then handed the lock at the moment when its time is over, with a third who wants it, too.
#[test]
fn a_hand_over_meets_the_time_out_of_one_who_was_moved() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    let name = "a_hand_over_meets_the_time_out_of_one_who_was_moved";
    model(name).bound(1).floor(100).passes(move || {
        let shared = Arc::new((Lock::new(0), Condition::new()));
        let lock = shared.clone();
        let [told, notified, _] = in_threads::<3, _>(move |number| {
            let (turns, changed) = &*shared;
            let mut turns = turns.lock();
            *turns += 1;
            match number {
                0 => {
                    let told = changed.wait_for(&mut turns, SOON);
                    *turns += 1;
                    told
                }
                1 => {
                    assert!(shared.0.try_lock_for(SOON).is_none());
                    let notified = changed.notify_all() == 1;
                    LockGuard::unlock_fair(turns);
                    notified
                }
                _ => {
                    LockGuard::unlock_fair(turns);
                    true
                }
            }
        });
        assert_eq!(told, notified);
        assert_eq!(*lock.0.lock(), 4);
        seen.saw(told);
    });
    outcomes.are([true, false]);
}

/// A bump lets one who was moved have its turn, unless that was woken meanwhile by its own late unlock; then
/// it comes as soon as it is there.
#[test]
fn a_bump_goes_to_one_who_was_moved() {
    let model = model("a_bump_goes_to_one_who_was_moved").bound(2).bound(3).no_deeper().floor(50);
    notified_by_the_holder(model, |mut turns, notified| {
        let mut bumps = 0;
        while notified && *turns == 1 {
            bumps += 1;
            assert!(bumps < 10, "the waiter never has its turn");
            LockGuard::bump(&mut turns);
            sync_core::thread::yield_now();
        }
    });
}

/// The lock becomes free at the moment of a notification for all, and one of two gives up meanwhile.
fn freed_at_that_moment(model: Model) {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model.floor(50).passes(move || {
        let shared = Arc::new((Lock::new(false), Condition::new()));
        let [told, ..] = in_threads::<3, _>(move |number| {
            let (ready, changed) = &*shared;
            match number {
                0 => return changed.wait_while_for(&mut ready.lock(), |ready| !*ready, SOON),
                1 => changed.wait_while(&mut ready.lock(), |ready| !*ready),
                _ => {
                    *lock_settled(ready) = true;
                    changed.notify_all();
                }
            }
            true
        });
        seen.saw(told);
    });
    outcomes.are([true, false]);
}

/// One forced switch and no more: with two the checker takes the lock's holder away and lets the other two
/// doze by turns for ever, since it need not be fair to who could run.
#[test]
fn a_lock_freed_at_the_moment_of_the_notification_is_taken() {
    let name = "a_lock_freed_at_the_moment_of_the_notification_is_taken";
    freed_at_that_moment(model(name).bound(1));
}

#[test]
fn a_lock_freed_at_the_moment_of_the_notification_is_taken_after_a_refused_fence() {
    let name = "a_lock_freed_at_the_moment_of_the_notification_is_taken_after_a_refused_fence";
    freed_at_that_moment(model(name).bound(1).first_fence_refused());
}

/// All are moved while a fourth goes through a settled lock and back to the fast mode.
#[test]
fn all_who_are_moved_while_another_lets_go_are_not_forgotten() {
    let name = "all_who_are_moved_while_another_lets_go_are_not_forgotten";
    model(name).bound(1).floor(20).passes(|| {
        let shared = Arc::new((Lock::new(()), Condition::new()));
        in_threads::<4, _>(move |number| {
            let (lock, changed) = &*shared;
            match number {
                0 => {
                    let mut told = 0;
                    while told < 2 {
                        told += changed.notify_all();
                        sync_core::thread::yield_now();
                    }
                }
                1 => drop(lock_settled(lock)),
                _ => changed.wait(&mut lock.lock()),
            }
        });
    });
}

/// One is moved while another goes through the lock twice, the second time perhaps in its fast mode.
#[test]
fn who_is_moved_on_the_way_back_is_not_forgotten() {
    let name = "who_is_moved_on_the_way_back_is_not_forgotten";
    model(name).bound(1).bound(2).floor(20).passes(|| {
        let shared = Arc::new((Lock::new(()), Condition::new()));
        in_threads::<3, _>(move |number| {
            let (lock, changed) = &*shared;
            match number {
                0 => {
                    while changed.notify_all() == 0 {
                        sync_core::thread::yield_now();
                    }
                }
                1 => changed.wait(&mut lock.lock()),
                _ => {
                    drop(lock_settled(lock));
                    drop(lock.lock());
                }
            }
        });
    });
}

/// Waits once with a lock of its own, which dies as soon as that is over.
fn waits_with_its_last_lock(changed: &Condition, lock: Box<Lock<()>>) -> bool {
    changed.wait_for(&mut lock_settled(&lock), SOON)
}

/// Each waiter has a lock that dies with its wait. The notifier may know the lock of one who is gone; under
/// a sanitizer it must not touch it. All locks are made first: whether the word still says the same would
/// depend on the allocator otherwise.
#[test]
fn a_lock_may_die_with_its_waiter() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model("a_lock_may_die_with_its_waiter").bound(1).bound(2).floor(100).passes(move || {
        let changed = Arc::new(Condition::new());
        let waiters = [(); 2].map(|()| Box::new(Lock::new(()))).map(|lock| {
            let changed = changed.clone();
            spawn(move || waits_with_its_last_lock(&changed, lock))
        });
        let notifier = spawn(move || changed.notify_all());
        let told = waiters.map(|waiter| usize::from(waiter.join().unwrap()));
        assert_eq!(told[0] + told[1], notifier.join().unwrap());
        seen.saw(told);
    });
    outcomes.are([[0, 0], [0, 1], [1, 0], [1, 1]]);
}

/// The same with a single waiter, which comes twice, with two notifications for one each. The notifier
/// begins with a lock of its own, since loom ends early if a thread begins with a load (tokio-rs/loom#392).
#[test]
fn a_lock_may_die_between_two_waits() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model("a_lock_may_die_between_two_waits").unbounded().floor(19_000).passes(move || {
        let changed = Arc::new(Condition::new());
        let locks = [(); 2].map(|()| Box::new(Lock::new(())));
        let shared = changed.clone();
        let waiter = spawn(move || {
            locks.map(|lock| usize::from(waits_with_its_last_lock(&shared, lock))).iter().sum()
        });
        let notifier = spawn(move || {
            drop(Lock::new(()).lock());
            usize::from(changed.notify_one()) + usize::from(changed.notify_one())
        });
        let told: usize = waiter.join().unwrap();
        assert_eq!(told, notifier.join().unwrap());
        seen.saw(told);
    });
    // Never both: loom does not come back to one who gave way while another can go on.
    outcomes.are([0, 1]);
}

/// One waits with the left lock and may give up, one with the right one: the word goes from one lock to
/// several and back, or from one to the other, while a notifier who holds the right one reads it.
#[test]
fn a_second_lock_comes_as_the_first_goes() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model("a_second_lock_comes_as_the_first_goes").bound(1).bound(2).floor(100).passes(move || {
        let shared = Arc::new((Lock::new(()), Lock::new(false), Condition::new()));
        let [told, ..] = in_threads::<3, _>(move |number| {
            let (left, right, changed) = &*shared;
            match number {
                0 => return changed.wait_for(&mut lock_settled(left), SOON),
                1 => changed.wait_while(&mut right.lock(), |ready| !*ready),
                _ => {
                    let mut ready = lock_settled(right);
                    *ready = true;
                    changed.notify_all();
                }
            }
            true
        });
        seen.saw(told);
    });
    outcomes.are([true, false]);
}

/// Two conditions with one lock: those who wait meet in its queue.
#[test]
fn two_conditions_move_to_one_lock() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model("two_conditions_move_to_one_lock").bound(1).floor(100).passes(move || {
        let shared = Arc::new((Lock::new(0), [Condition::new(), Condition::new()]));
        let [.., notified] = in_threads::<3, _>(move |number| {
            let (turns, changed) = &*shared;
            if number < 2 {
                let mut turns = turns.lock();
                changed[number].wait_while(&mut turns, |turns| *turns == 0);
                *turns += 1;
                return 0;
            }
            let mut turns = lock_settled(turns);
            *turns = 1;
            let notified = changed[0].notify_all() + usize::from(changed[1].notify_one());
            LockGuard::unlock_fair(turns);
            notified
        });
        seen.saw(notified);
    });
    outcomes.are([0, 1, 2]);
}

/// The notifier panics with the lock in its hands, after it has moved somebody to its queue.
#[test]
fn a_panic_wakes_who_was_moved() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model("a_panic_wakes_who_was_moved").bound(2).bound(3).floor(50).passes(move || {
        let shared = Arc::new((Lock::new(false), Condition::new()));
        let [_, notified] = in_threads::<2, _>(move |number| {
            let (ready, changed) = &*shared;
            if number == 0 {
                changed.wait_while(&mut ready.lock(), |ready| !*ready);
                return false;
            }
            let mut notified = false;
            let critical = || {
                let mut ready = lock_settled(ready);
                *ready = true;
                notified = changed.notify_one();
                // Past the hook, which would print it in every execution.
                resume_unwind(Box::new("on purpose"));
            };
            assert!(catch_unwind(AssertUnwindSafe(critical)).is_err());
            notified
        });
        seen.saw(notified);
    });
    outcomes.are([true, false]);
}

/// One asks to be handed the lock and gives up, beside one who has all the time of the world.
fn one_asks_and_gives_up(model: Model) {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model.floor(100).passes(move || {
        let lock = Arc::new(Lock::new(0));
        let shared = lock.clone();
        let [_, got, _] = in_threads::<3, _>(move |number| match number {
            0 => {
                for _ in 0..3 {
                    *shared.lock() += 1;
                }
                true
            }
            1 => shared.try_lock_for(SOON).map(|mut count| *count += 1).is_some(),
            _ => {
                let mut count = shared.lock();
                *count += 1;
                LockGuard::unlock_fair(count);
                true
            }
        });
        assert_eq!(*lock.lock(), 4 + usize::from(got));
        seen.saw(got);
    });
    outcomes.are([true, false]);
}

#[test]
fn who_asks_and_gives_up_leaves_no_debt() {
    one_asks_and_gives_up(model("who_asks_and_gives_up_leaves_no_debt").bound(1).bound(2));
}

#[test]
fn who_asks_and_gives_up_leaves_no_debt_after_a_refused_fence() {
    let name = "who_asks_and_gives_up_leaves_no_debt_after_a_refused_fence";
    one_asks_and_gives_up(model(name).bound(1).first_fence_refused());
}

#[test]
fn who_asks_and_gives_up_leaves_no_debt_when_one_wakes_up_by_itself() {
    let name = "who_asks_and_gives_up_leaves_no_debt_when_one_wakes_up_by_itself";
    one_asks_and_gives_up(model(name).bound(1).bound(2).first_sleep_may_end());
}

/// One is late with its unlock while the other two fight, calm down and fight again.
#[test]
fn a_late_unlocker_after_the_way_back_forgets_nobody() {
    let name = "a_late_unlocker_after_the_way_back_forgets_nobody";
    model(name).bound(1).bound(2).floor(100).passes(|| {
        let lock = Arc::new(Lock::new(0));
        let shared = lock.clone();
        in_threads::<3, _>(move |number| {
            for _ in 0..if number == 1 { 2 } else { 1 } {
                *shared.lock() += 1;
            }
        });
        assert_eq!(*lock.lock(), 4);
    });
}

/// Gives the lock up for a moment with somebody in its queue who was moved there.
#[test]
fn who_was_moved_may_come_while_the_lock_is_given_up() {
    let name = "who_was_moved_may_come_while_the_lock_is_given_up";
    model(name).bound(2).bound(3).floor(50).passes(|| {
        let shared = Arc::new((Lock::new(0), Condition::new()));
        in_threads::<2, _>(move |number| {
            let (turns, changed) = &*shared;
            if number == 0 {
                let mut turns = turns.lock();
                changed.wait_while(&mut turns, |turns| *turns == 0);
                *turns += 1;
                return;
            }
            let mut turns = lock_settled(turns);
            *turns += 1;
            changed.notify_all();
            LockGuard::unlocked(&mut turns, || changed.notify_one());
            *turns += 1;
        });
    });
}
