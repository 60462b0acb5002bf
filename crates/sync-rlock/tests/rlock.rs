//! What the re-entrant lock promises, on real threads. Names are those of CPython's lock tests;
//! `release_save_unacquired` has no counterpart, since waiting for a condition needs a guard.
#![cfg(not(all(any(loom, threadkit_loom), feature = "loom")))]

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use sync_lock::Condition;
use sync_rlock::{MappedRLockGuard, RLock, RLockGuard, RawRLock};

const SHORT: Duration = Duration::from_millis(20);

/// Asks from a thread of its own.
fn elsewhere<R: Send>(f: impl FnOnce() -> R + Send) -> R {
    thread::scope(|s| s.spawn(f).join().unwrap())
}

#[test]
fn constructor() {
    assert!(!RLock::new(()).is_locked() && !RawRLock::new().is_locked());
    assert_eq!((RLock::<u8>::default().into_inner(), RLock::from(5).into_inner()), (0, 5));
}

#[test]
fn acquire_destroy() {
    let lock = RLock::new(String::from("x"));
    std::mem::forget((lock.lock(), lock.lock()));
    assert_eq!(lock.depth(), 2);
    drop(lock);
}

#[test]
fn acquire_release() {
    let lock = RLock::new(Cell::new(0));
    for _ in 0..1_000 {
        let count = lock.lock();
        count.set(count.get() + 1);
    }
    assert_eq!(lock.into_inner().into_inner(), 1_000);
}

#[test]
fn try_acquire() {
    let lock = RLock::new(());
    let both = (lock.try_lock(), lock.try_lock());
    assert!(both.0.is_some() && both.1.is_some());
    assert!(elsewhere(|| lock.try_lock().is_none()));
    drop(both);
    assert!(elsewhere(|| lock.try_lock().is_some()));
}

/// Five wait while it is taken, twice by its owner; all finish once both levels are given back.
#[test]
fn acquire_contended() {
    let lock = RLock::new(Cell::new(0));
    let (arrive, arrived) = mpsc::channel();
    thread::scope(|s| {
        let (outer, inner) = (lock.lock(), lock.lock());
        for _ in 0..5 {
            let (lock, arrive) = (&lock, arrive.clone());
            s.spawn(move || {
                arrive.send(()).unwrap();
                let count = lock.lock();
                count.set(count.get() + 1);
            });
        }
        (0..5).for_each(|_| arrived.recv().unwrap());
        drop(outer);
        assert_eq!(inner.get(), 0);
        drop(inner);
    });
    assert_eq!(lock.into_inner().into_inner(), 5);
}

/// Threads come and go; none leaves anything of its own in the lock.
#[test]
fn thread_leak() {
    let lock = Arc::new(RLock::new(Cell::new(0)));
    for _ in 0..15 {
        let lock = lock.clone();
        thread::spawn(move || {
            let (outer, inner) = (lock.lock(), lock.lock());
            outer.set(inner.get() + 1);
        })
        .join()
        .unwrap();
    }
    let lock = Arc::into_inner(lock).expect("nobody else has it");
    assert!(!lock.is_locked());
    assert_eq!(lock.into_inner().into_inner(), 15);
}

#[test]
fn weakref_deleted() {
    let lock = Arc::new(RLock::new(0));
    drop((lock.lock(), lock.lock()));
    assert_eq!(Arc::strong_count(&lock), 1);
}

#[test]
fn reacquire() {
    let lock = RawRLock::new();
    lock.acquire();
    lock.acquire();
    lock.release().unwrap();
    lock.acquire();
    lock.release().unwrap();
    assert!(lock.is_locked(), "one level is left");
    lock.release().unwrap();
    assert!(!lock.is_locked());
}

#[test]
fn release_unacquired() {
    let lock = RawRLock::new();
    assert!(lock.release().is_err());
    lock.acquire();
    lock.acquire();
    lock.release().unwrap();
    lock.release().unwrap();
    let error = lock.release().unwrap_err();
    assert_eq!(error.to_string(), "this thread does not own the RLock, so it cannot release it");
    assert!(elsewhere(|| lock.try_acquire()), "nothing changed");
}

#[test]
fn recursion_count() {
    let lock = RawRLock::new();
    assert_eq!(lock.depth(), 0);
    lock.acquire();
    assert_eq!(lock.depth(), 1);
    lock.acquire();
    lock.acquire();
    assert_eq!(lock.depth(), 3);
    assert_eq!(elsewhere(|| lock.depth()), 0);
    lock.release().unwrap();
    assert_eq!(lock.depth(), 2);
    lock.release().unwrap();
    lock.release().unwrap();
    assert_eq!(lock.depth(), 0);
}

#[test]
fn different_thread() {
    let lock = RawRLock::new();
    lock.acquire();
    assert!(elsewhere(|| lock.release()).is_err());
    assert_eq!(lock.depth(), 1);
    lock.release().unwrap();
}

#[test]
fn _is_owned() {
    let lock = RawRLock::new();
    assert!(!lock.is_owned());
    lock.acquire();
    assert!(lock.is_owned());
    lock.acquire();
    assert!(lock.is_owned());
    assert!(!elsewhere(|| lock.is_owned()));
    lock.release().unwrap();
    assert!(lock.is_owned());
    lock.release().unwrap();
    assert!(!lock.is_owned());
}

#[test]
fn locked_repr() {
    let lock = RLock::new(5);
    assert_eq!(format!("{lock:?}"), "RLock { data: 5 }");
    let guard = lock.lock();
    assert_eq!(format!("{lock:?} {guard:?} {guard}"), "RLock { data: 5 } 5 5");
    assert_eq!(elsewhere(|| format!("{lock:?}")), "RLock { data: <locked> }");
    assert_eq!(format!("{:?}", RawRLock::default()), "RawRLock { locked: false, depth: 0 }");
}

#[test]
fn try_acquire_contended() {
    let lock = RLock::new(0);
    let _guard = lock.lock();
    assert!(lock.try_lock().is_some(), "the owner may");
    assert!(elsewhere(|| lock.try_lock().is_none()), "nobody else may");
}

#[test]
fn timeout() {
    let lock = RLock::new(());
    let _guard = lock.lock();
    assert!(lock.try_lock_for(Duration::ZERO).is_some(), "the owner needs no time");
    assert!(lock.try_lock_until(Instant::now()).is_some());
    let waited = elsewhere(|| {
        let start = Instant::now();
        assert!(lock.try_lock_for(SHORT).is_none());
        assert!(lock.try_lock_until(Instant::now() + SHORT).is_none());
        start.elapsed()
    });
    assert!(waited >= 2 * SHORT);
}

#[test]
fn with_releases_on_panic() {
    let lock = RLock::new(Cell::new(0));
    let panicked = thread::scope(|s| {
        s.spawn(|| {
            let _outer = lock.lock();
            let inner = lock.lock();
            inner.set(1);
            panic!("on purpose");
        })
        .join()
    });
    assert!(panicked.is_err());
    assert_eq!(lock.try_lock().expect("both levels were given back").get(), 1);
}

/// The tutorial's program: `run3` takes the lock and calls `run1`, which takes it and adds 1, and
/// `run2`, which takes it and adds 1.
#[test]
fn five_threads_run_the_nested_program() {
    static NUM: RLock<Cell<u32>> = RLock::new(Cell::new(0));
    fn add_one() {
        let num = NUM.lock();
        assert_eq!(RLockGuard::depth(&num), 2);
        num.set(num.get() + 1);
    }
    thread::scope(|s| {
        for _ in 0..5 {
            s.spawn(|| {
                for _ in 0..1_000 {
                    let _outer = NUM.lock();
                    add_one();
                    add_one();
                }
            });
        }
    });
    assert_eq!(NUM.lock().get(), 10_000);
}

#[test]
fn guards_may_be_dropped_in_any_order() {
    let lock = RLock::new(RefCell::new(vec![1]));
    let outer = lock.lock();
    let inner = RLockGuard::map(lock.lock(), |list| list);
    drop(outer);
    inner.borrow_mut().push(2);
    assert!(elsewhere(|| lock.try_lock().is_none()));
    let innermost = MappedRLockGuard::map(inner, |list| list);
    assert_eq!(lock.depth(), 1);
    drop(innermost);
    assert!(!lock.is_locked());
    assert_eq!(lock.into_inner().into_inner(), [1, 2]);
}

#[test]
fn a_guard_made_while_unlocked_keeps_its_level() {
    let lock = RLock::new(());
    let mut outer = lock.lock();
    let escaped = RLockGuard::unlocked(&mut outer, || lock.lock()).unwrap();
    assert_eq!(lock.depth(), 2);
    drop((outer, escaped));
    assert!(!lock.is_locked());
}

#[test]
fn unlocked_takes_the_lock_again_even_after_a_panic() {
    let lock = RLock::new(());
    let mut guard = lock.lock();
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        RLockGuard::unlocked(&mut guard, || panic!("on purpose"))
    }));
    assert!(caught.is_err());
    assert_eq!(RLockGuard::depth(&guard), 1);
}

#[test]
fn a_condition_lets_others_in_from_any_depth() {
    let (lock, changed) = (RLock::new(AtomicBool::new(false)), Condition::new());
    let (ready, is_ready) = mpsc::channel();
    thread::scope(|s| {
        let (lock, changed) = (&lock, &changed);
        s.spawn(move || {
            let outer = lock.lock();
            let mut inner = lock.lock();
            ready.send(()).unwrap();
            changed.wait_while(&mut inner, |flag| !flag.load(Relaxed));
            assert_eq!(RLockGuard::depth(&outer), 2);
        });
        is_ready.recv().unwrap();
        lock.lock().store(true, Relaxed);
        changed.notify_all();
    });
}

/// A value that is not `Sync`: one level may wait with it, two may not.
#[test]
fn a_condition_waits_with_the_outermost_guard_of_any_value() {
    let (lock, changed) = (RLock::new(Cell::new(0)), Condition::new());
    let past = Instant::now();
    let mut alone = lock.lock();
    assert_eq!(changed.wait_outermost_for(&mut alone, SHORT), Ok(false));
    assert_eq!(changed.wait_outermost_until(&mut alone, past), Ok(false));
    assert_eq!(changed.wait_outermost_while_for(&mut alone, |_| true, SHORT), Ok(false));
    assert_eq!(changed.wait_outermost_while_until(&mut alone, |_| true, past), Ok(false));
    assert_eq!(
        changed.wait_outermost_while_for(&mut alone, |value| value.get() != 0, SHORT),
        Ok(true)
    );
    drop(alone);
    thread::scope(|s| {
        let waiter = s.spawn(|| {
            let mut guard = lock.lock();
            changed.wait_outermost_while(&mut guard, |value| value.get() == 0).unwrap();
            assert_eq!((guard.get(), RLockGuard::depth(&guard)), (1, 1));
        });
        while !waiter.is_finished() {
            lock.lock().set(1);
            changed.notify_all();
        }
        waiter.join().unwrap();
    });
    let outer = lock.lock();
    let mut inner = lock.lock();
    let nested = changed.wait_outermost(&mut inner).unwrap_err();
    assert_eq!(
        nested.to_string(),
        "this thread has taken the RLock 2 times, so one guard cannot release it"
    );
    assert_eq!(RLockGuard::depth(&outer), 2, "nothing was given back");
    drop(outer);
    // What is asked may take the lock once more, and keep it: then there is no waiting.
    let mut kept = None;
    let keep = |_: &Cell<i32>| kept.replace(lock.lock()).is_none();
    assert!(changed.wait_outermost_while(&mut inner, keep).is_err());
    drop(kept);
    assert_eq!(RLockGuard::depth(&inner), 1);
}

/// As above, with guards that own their share of the lock.
#[test]
fn a_condition_waits_with_owning_guards() {
    let shared = Arc::new(RLock::new(AtomicU32::new(0)));
    let changed = Condition::new();
    let (mut outer, mut inner) = (shared.lock_arc(), shared.lock_arc());
    assert!(!changed.wait_for(&mut inner, Duration::from_millis(1)));
    assert!(changed.wait_outermost(&mut inner).is_err(), "there is another level");
    thread::scope(|s| {
        s.spawn(|| {
            shared.lock_arc().store(1, Relaxed);
            changed.notify_one();
        });
        changed.wait_while(&mut inner, |value| value.load(Relaxed) == 0);
    });
    assert_eq!(shared.depth(), 2);
    drop(inner);
    thread::scope(|s| {
        s.spawn(|| {
            shared.lock_arc().store(2, Relaxed);
            changed.notify_one();
        });
        changed.wait_outermost_while(&mut outer, |value| value.load(Relaxed) == 1).unwrap();
    });
    assert_eq!((shared.depth(), outer.load(Relaxed)), (1, 2));
}

#[test]
fn the_raw_verbs_are_refused_to_a_stranger() {
    let lock = RawRLock::new();
    lock.acquire();
    lock.acquire();
    assert!(elsewhere(|| lock.release_fair().is_err() && lock.bump().is_err()));
    assert_eq!((lock.bump(), lock.depth()), (Ok(()), 2));
    assert_eq!((lock.release_fair(), lock.depth()), (Ok(()), 1));
    assert_eq!((lock.bump(), lock.depth()), (Ok(()), 1));
    assert_eq!(lock.release_fair(), Ok(()));
    assert!(lock.release_fair().is_err() && lock.bump().is_err());
}

/// The lock was shared, so whoever waits may be moved to its queue; all levels come back all the same.
#[test]
fn a_condition_restores_all_levels_of_a_lock_that_is_fought_for() {
    let (lock, changed) = (RLock::new(AtomicU32::new(0)), Condition::new());
    thread::scope(|s| {
        for _ in 0..4 {
            s.spawn(|| {
                for round in 1..=200 {
                    let outer = lock.lock();
                    let mut inner = lock.lock();
                    if inner.fetch_add(1, Relaxed) % 4 == 3 {
                        assert!(changed.notify_all() <= 3);
                    }
                    changed.wait_while(&mut inner, |count| count.load(Relaxed) < 4 * round);
                    assert_eq!((RLockGuard::depth(&outer), lock.is_owned()), (2, true));
                }
            });
        }
    });
    assert_eq!(lock.into_inner().into_inner(), 800);
}

#[test]
fn values_without_a_size_and_exclusive_access() {
    let mut lock = RLock::from([1, 2, 3]);
    lock.get_mut()[0] = 9;
    let unsized_lock: &RLock<[i32]> = &lock;
    assert_eq!(unsized_lock.lock()[0], 9);
    assert_eq!(RLock::<Option<u8>>::default().into_inner(), None);
}
