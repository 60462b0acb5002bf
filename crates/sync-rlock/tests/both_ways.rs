//! What the re-entrant lock promises whichever way it is owned: by its bias, or in the ordinary way.
#![cfg(not(all(any(loom, threadkit_loom), feature = "loom")))]

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use sync_lock::Condition;
use sync_lock::wait::Waitable as _;
use sync_rlock::{RLock, RLockGuard, RawRLock};

const SHORT: Duration = Duration::from_millis(20);
/// No test lasts as long.
const LONG: Duration = Duration::from_secs(30);

/// Asks from a thread of its own.
fn elsewhere<R: Send>(f: impl FnOnce() -> R + Send) -> R {
    thread::scope(|s| s.spawn(f).join().unwrap())
}

/// A lock that the calling thread takes by its bias, and one that another thread had before.
fn both_ways() -> [RawRLock; 2] {
    let locks = [(); 2].map(|()| RawRLock::new());
    elsewhere(|| {
        locks[1].acquire();
        locks[1].release().unwrap();
    });
    for lock in &locks {
        lock.acquire();
        lock.release().unwrap();
    }
    locks
}

#[test]
fn its_owner_and_its_depth_are_known() {
    for lock in both_ways() {
        let is = |locked, depth| {
            assert_eq!((lock.is_locked(), lock.depth()), (locked, depth));
            assert_eq!(lock.is_owned(), depth > 0);
            let other = elsewhere(|| (lock.is_locked(), lock.is_owned(), lock.depth()));
            assert_eq!(other, (locked, false, 0), "what others know of it");
        };
        is(false, 0);
        for depth in 1..=3 {
            lock.acquire();
            is(true, depth);
        }
        for depth in [2, 1] {
            lock.release().unwrap();
            is(true, depth);
        }
        assert!(lock.try_acquire() && lock.try_acquire_for(Duration::ZERO));
        is(true, 3);
        (0..3).for_each(|_| lock.release().unwrap());
        is(false, 0);
    }
}

#[test]
fn a_release_by_a_stranger_changes_nothing() {
    for lock in both_ways() {
        lock.acquire();
        lock.acquire();
        assert!(elsewhere(|| lock.release()).is_err());
        assert_eq!((lock.depth(), lock.is_locked()), (2, true));
        assert!(elsewhere(|| !lock.try_acquire()));
        lock.release().unwrap();
        lock.release().unwrap();
        assert!(lock.release().is_err());
        assert!(elsewhere(|| lock.try_acquire()), "free");
    }
}

#[test]
fn a_timed_attempt_keeps_its_time() {
    for lock in both_ways() {
        lock.acquire();
        elsewhere(|| {
            let start = Instant::now();
            assert!(!lock.try_acquire_for(SHORT));
            assert!(start.elapsed() >= SHORT);
            let moment = Instant::now() + SHORT;
            assert!(!lock.try_acquire_until(moment));
            assert!(Instant::now() >= moment);
        });
        thread::scope(|s| {
            let (ready, is_ready) = mpsc::channel();
            let lock = &lock;
            let waiter = s.spawn(move || {
                ready.send(()).unwrap();
                lock.try_acquire_until(Instant::now() + LONG)
            });
            is_ready.recv().unwrap();
            lock.release().unwrap();
            assert!(waiter.join().unwrap(), "free in time");
        });
    }
}

/// One waits for the first owner to leave, with all the time of the world; another one comes behind it, and has
/// to give up although it is not the one that waits for the bias to end.
#[test]
fn a_timed_attempt_keeps_its_time_behind_one_that_revokes() {
    let lock = RawRLock::new();
    lock.acquire();
    thread::scope(|s| {
        let patient = s.spawn(|| lock.try_acquire_for(LONG));
        for _ in 0..3 {
            assert!(elsewhere(|| !lock.try_acquire_for(SHORT)));
        }
        lock.release().unwrap();
        assert!(patient.join().unwrap());
    });
}

/// A guard that is shared says of each thread how often that has taken the lock.
#[test]
fn the_depth_of_a_shared_guard_is_the_asking_threads() {
    let lock = RLock::new(AtomicU32::new(0));
    let (outer, inner) = (lock.lock(), lock.lock());
    assert_eq!(RLockGuard::depth(&outer), 2);
    assert_eq!(elsewhere(|| RLockGuard::depth(&outer)), 0);
    assert_eq!(elsewhere(|| outer.fetch_add(1, Relaxed)), 0);
    assert_eq!(inner.load(Relaxed), 1);
}

/// A thread that waits with a biased lock must be woken; with a shared one it may be moved to its queue.
#[test]
fn who_waits_with_a_shared_lock_may_be_moved() {
    let lock = RLock::new(AtomicU32::new(0));
    if sync_core::fence::is_asymmetric() {
        assert!(lock.lock().queue().is_none(), "its first owner would not go there");
    }
    elsewhere(|| drop(lock.lock()));
    assert!(lock.lock().queue().is_some());
}

/// A value that is not `Sync` is waited for in the same ways as any other.
#[test]
fn a_wait_with_the_outermost_guard_looks_first_and_last_and_keeps_its_time() {
    let (lock, changed) = (RLock::new(std::cell::Cell::new(0)), Condition::new());
    let mut guard = lock.lock();
    let moment = Instant::now() + SHORT;
    assert_eq!(changed.wait_outermost_until(&mut guard, moment), Ok(false));
    assert!(Instant::now() >= moment);
    let moment = Instant::now() + SHORT;
    assert_eq!(changed.wait_outermost_while_until(&mut guard, |_| true, moment), Ok(false));
    assert!(Instant::now() >= moment);
    // True at the first look, and false at the one after the time is over.
    let mut looks = 0;
    let once = |_: &_| {
        looks += 1;
        looks == 1
    };
    assert_eq!(changed.wait_outermost_while_for(&mut guard, once, SHORT), Ok(true));
    assert_eq!(looks, 2);
}
