//! What `Condition` promises, on real threads. Names are those of CPython's condition tests;
//! `unacquired_wait` and `unacquired_notify` have no counterpart, since a wait needs a guard.
#![cfg(not(all(any(loom, threadkit_loom), feature = "loom")))]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use sync_lock::wait::Waitable as _;
use sync_lock::{Condition, Lock};

const SHORT: Duration = Duration::from_millis(20);

/// Five threads wait twice each. Exactly as many wake as are notified, in order of arrival, and only once the
/// notifier has released the lock. All that is done twice: nobody wakes who was not notified.
#[test]
fn notify() {
    let (lock, condition) = (Lock::new(()), Condition::new());
    for _ in 0..2 {
        let (awake, woken) = mpsc::channel();
        thread::scope(|s| {
            for number in 0..5 {
                let (ready, is_ready) = mpsc::channel();
                let (lock, condition, awake) = (&lock, &condition, awake.clone());
                s.spawn(move || {
                    let mut guard = lock.lock();
                    ready.send(()).unwrap();
                    for time in 1..=2 {
                        condition.wait(&mut guard);
                        awake.send((time, number)).unwrap();
                    }
                });
                is_ready.recv().unwrap();
                // Free again means that the thread is in the queue.
                drop(lock.lock());
            }
            assert_eq!(format!("{condition:?}"), "Condition { waited_for: true }");
            let woken_by = |notify: &dyn Fn() -> usize| {
                let guard = lock.lock();
                let count = notify();
                assert!(
                    woken.recv_timeout(SHORT).is_err(),
                    "nobody goes on while the notifier has the lock"
                );
                drop(guard);
                let mut woken: Vec<_> = woken.iter().take(count).collect();
                drop(lock.lock());
                woken.sort_unstable();
                woken
            };
            assert_eq!(woken_by(&|| condition.notify_many(3)), [(1, 0), (1, 1), (1, 2)]);
            assert!(woken.recv_timeout(SHORT).is_err(), "three were notified and no more");
            let all = woken_by(&|| condition.notify_many(5));
            assert_eq!(all, [(1, 3), (1, 4), (2, 0), (2, 1), (2, 2)]);
            assert_eq!(woken_by(&|| condition.notify_one().into()).len(), 1);
            assert_eq!(woken_by(&|| condition.notify_all()).len(), 1);
        });
        assert_eq!(condition.notify_all(), 0);
        assert!(!condition.notify_one());
    }
}

/// With a given lock it is that lock which is given up and taken again. (There is no default one.)
#[test]
fn acquire() {
    let (lock, condition) = (Lock::new(false), Condition::new());
    let mut guard = lock.lock();
    assert!(lock.try_lock().is_none());
    thread::scope(|s| {
        s.spawn(|| {
            *lock.lock() = true;
            condition.notify_one();
        });
        condition.wait_while(&mut guard, |taken| !*taken);
    });
    assert!(lock.try_lock().is_none(), "taken again");
}

/// Five wait, and nobody notifies them.
#[test]
fn timeout() {
    let (lock, condition) = (Lock::new(()), Condition::default());
    thread::scope(|s| {
        for _ in 0..5 {
            s.spawn(|| {
                let start = Instant::now();
                assert!(!condition.wait_for(&mut lock.lock(), SHORT));
                assert!(start.elapsed() >= SHORT);
            });
        }
    });
    assert!(!condition.wait_until(&mut lock.lock(), Instant::now()));
    let moment = Instant::now() + SHORT;
    assert!(!condition.wait_until(&mut lock.lock(), moment));
    assert!(Instant::now() >= moment);
    assert_eq!(format!("{condition:?}"), "Condition { waited_for: false }");
}

#[test]
fn waitfor() {
    let (state, changed) = (Lock::new(0), Condition::new());
    thread::scope(|s| {
        s.spawn(|| {
            let mut state = state.lock();
            changed.wait_while(&mut state, |state| *state != 4);
            assert_eq!(*state, 4);
        });
        for _ in 0..4 {
            *state.lock() += 1;
            changed.notify_one();
        }
    });
}

#[test]
fn waitfor_timeout() {
    let (state, changed) = (Lock::new(0), Condition::new());
    thread::scope(|s| {
        let waiter = s.spawn(|| {
            let start = Instant::now();
            let became_true = changed.wait_while_for(&mut state.lock(), |state| *state != 4, SHORT);
            assert!(start.elapsed() >= SHORT, "wake-ups on the way do not end the wait");
            became_true
        });
        for _ in 0..3 {
            *state.lock() += 1;
            changed.notify_one();
        }
        assert!(!waiter.join().unwrap());
    });
    let mut state = state.lock();
    assert!(changed.wait_while_until(&mut state, |state| *state != 3, Instant::now()));
    let moment = Instant::now() + SHORT;
    assert!(!changed.wait_while_until(&mut state, |state| *state == 3, moment));
    assert!(Instant::now() >= moment);
}

/// One after the other is notified, with the lock or without: each time it is the one that has waited longest. The
/// lock is held in vain now and then, so some are moved to its queue. In the end nobody is left in the condition.
#[test]
fn one_at_a_time_is_notified_in_order_of_arrival() {
    const WAITERS: usize = 6;
    let (lock, condition) = (Lock::new(()), Condition::new());
    let (awake, woken) = mpsc::channel();
    thread::scope(|s| {
        for number in 0..WAITERS {
            let (ready, is_ready) = mpsc::channel();
            let (lock, condition, awake) = (&lock, &condition, awake.clone());
            s.spawn(move || {
                let mut guard = lock.lock();
                ready.send(()).unwrap();
                condition.wait(&mut guard);
                awake.send(number).unwrap();
            });
            is_ready.recv().unwrap();
            // Free again means that the thread is in the queue.
            drop(lock.lock());
        }
        for number in 0..WAITERS {
            let guard = lock.lock();
            if number % 3 == 1 {
                let is_free = || lock.try_lock_for(SHORT).is_some();
                assert!(!thread::scope(|s| s.spawn(is_free).join().unwrap()));
            }
            let guard = (number % 3 > 0).then_some(guard);
            assert!(condition.notify_one());
            drop(guard);
            assert_eq!(woken.recv().unwrap(), number);
        }
    });
    assert_eq!(format!("{condition:?}"), "Condition { waited_for: false }");
    assert!(!condition.notify_one());
}

/// A guard of a lock says to whose queue its thread may be moved.
#[test]
fn who_waits_with_a_lock_may_be_moved() {
    assert!(Lock::new(()).lock().queue().is_some());
}

/// With a guard that owns its share of the lock, which nobody else keeps alive during the wait.
#[test]
fn an_owning_guard_waits() {
    let changed = Arc::new(Condition::new());
    let lock = Arc::new(Lock::new(0));
    let weak = Arc::downgrade(&lock);
    let mut guard = lock.lock_arc();
    let notifier = thread::spawn({
        let changed = changed.clone();
        move || {
            *lock.lock_arc() = 1;
            drop(lock);
            changed.notify_one();
        }
    });
    changed.wait_while(&mut guard, |turn| *turn == 0);
    notifier.join().unwrap();
    assert!(weak.upgrade().unwrap().try_lock().is_none(), "taken again");
    drop(guard);
    assert!(weak.upgrade().is_none(), "the guard was the last owner");
}

#[test]
fn an_owning_guard_waits_until_the_time_is_over() {
    let (lock, changed) = (Arc::new(Lock::new(0)), Condition::new());
    let mut guard = lock.lock_arc();
    assert!(!changed.wait_for(&mut guard, Duration::from_millis(1)));
    assert!(!changed.wait_until(&mut guard, Instant::now()));
    assert!(!changed.wait_while_for(&mut guard, |turn| *turn == 0, Duration::from_millis(1)));
    assert!(lock.try_lock().is_none(), "taken again");
    *guard = 1;
    drop(guard);
    assert_eq!(*lock.lock(), 1);
}

/// Two hand the lock to and fro, each asking for it while the other has it. One that was moved to the queue of
/// the lock sleeps there and cannot ask.
#[test]
fn who_was_moved_is_not_passed_over_by_those_who_ask() {
    const ROUNDS: u32 = 40;
    let (lock, condition) = (Lock::new(()), Condition::new());
    let came_back = AtomicBool::new(false);
    thread::scope(|s| {
        let (ready, is_ready) = mpsc::channel();
        let (lock, condition, came_back) = (&lock, &condition, &came_back);
        s.spawn(move || {
            let mut guard = lock.lock();
            ready.send(()).unwrap();
            condition.wait(&mut guard);
            came_back.store(true, Relaxed);
        });
        is_ready.recv().unwrap();
        let rounds = [3, ROUNDS].map(|notifies| {
            s.spawn(move || {
                let still_waits = |round: &u32| {
                    let _guard = lock.lock();
                    if *round == notifies {
                        condition.notify_one();
                    }
                    thread::sleep(Duration::from_millis(2));
                    !came_back.load(Relaxed)
                };
                (0..ROUNDS).take_while(still_waits).count() as u32
            })
        });
        assert!(rounds.map(|it| it.join().unwrap()).iter().all(|&rounds| rounds < ROUNDS));
    });
}
