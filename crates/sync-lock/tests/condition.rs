//! What `Condition` promises, on real threads. Names are those of CPython's condition tests.
#![cfg(not(all(any(loom, threadkit_loom), feature = "loom")))]

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use sync_lock::{Condition, Lock};

const SHORT: Duration = Duration::from_millis(20);

/// Five threads wait; exactly as many wake as are notified, in order of arrival, and only once the
/// notifier has released the lock.
#[test]
fn notify() {
    let (lock, condition) = (Lock::new(()), Condition::new());
    let (awake, woken) = mpsc::channel();
    thread::scope(|s| {
        for number in 0..5 {
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
        assert_eq!(format!("{condition:?}"), "Condition { waited_for: true }");
        let guard = lock.lock();
        assert_eq!(condition.notify_many(3), 3);
        assert!(
            woken.recv_timeout(SHORT).is_err(),
            "nobody goes on while the notifier has the lock"
        );
        drop(guard);
        let mut first: Vec<_> = woken.iter().take(3).collect();
        first.sort_unstable();
        assert_eq!(first, [0, 1, 2]);
        assert!(woken.recv_timeout(SHORT).is_err(), "three were notified and no more");
        assert!(condition.notify_one());
        assert_eq!(woken.recv().unwrap(), 3);
        assert_eq!(condition.notify_all(), 1);
        assert_eq!(woken.recv().unwrap(), 4);
    });
    assert_eq!(condition.notify_all(), 0);
    assert!(!condition.notify_one());
}

#[test]
fn timeout() {
    let (lock, condition) = (Lock::new(()), Condition::default());
    let start = Instant::now();
    assert!(!condition.wait_for(&mut lock.lock(), SHORT));
    assert!(start.elapsed() >= SHORT);
    assert!(!condition.wait_until(&mut lock.lock(), Instant::now()));
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
}
