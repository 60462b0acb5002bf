//! What `Lock` promises, on real threads. Names in the first part are those of CPython's lock tests;
//! `at_fork_reinit` has no counterpart.
#![cfg(not(all(any(loom, threadkit_loom), feature = "loom")))]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use sync_lock::{ArcLockGuard, Lock, LockGuard, MappedLockGuard, RawLock};

const SHORT: Duration = Duration::from_millis(20);

#[test]
fn constructor() {
    assert!(!Lock::new(()).is_locked() && !RawLock::new().is_locked());
    assert_eq!((Lock::<u8>::default().into_inner(), Lock::from(5).into_inner()), (0, 5));
}

#[test]
fn acquire_release() {
    let lock = Lock::new(0);
    for _ in 0..1_000 {
        *lock.lock() += 1;
    }
    assert_eq!(lock.into_inner(), 1_000);
}

#[test]
fn try_acquire() {
    let lock = Lock::new(());
    let guard = lock.try_lock();
    assert!(guard.is_some());
    assert!(lock.try_lock().is_none());
    drop(guard);
    assert!(lock.try_lock().is_some());
}

#[test]
fn locked_repr() {
    let lock = Lock::new(5);
    assert_eq!(format!("{lock:?}"), "Lock { data: 5 }");
    let _guard = lock.lock();
    assert_eq!(format!("{lock:?}"), "Lock { data: <locked> }");
    assert_eq!(format!("{:?}", RawLock::new()), "RawLock { locked: false }");
}

#[test]
fn acquire_destroy() {
    let lock = Lock::new(String::from("x"));
    std::mem::forget(lock.lock());
    assert!(lock.is_locked());
    drop(lock);
}

#[test]
fn try_acquire_contended() {
    let lock = Lock::new(());
    let _guard = lock.lock();
    thread::scope(|s| assert!(s.spawn(|| lock.try_lock().is_none()).join().unwrap()));
}

#[test]
fn acquire_contended() {
    let lock = Lock::new(());
    let finished = AtomicUsize::new(0);
    let (arrive, arrived) = mpsc::channel();
    thread::scope(|s| {
        let guard = lock.lock();
        for _ in 0..5 {
            let arrive = arrive.clone();
            let (lock, finished) = (&lock, &finished);
            s.spawn(move || {
                arrive.send(()).unwrap();
                let _guard = lock.lock();
                finished.fetch_add(1, Ordering::Relaxed);
            });
        }
        (0..5).for_each(|_| arrived.recv().unwrap());
        assert_eq!(finished.load(Ordering::Relaxed), 0);
        drop(guard);
    });
    assert_eq!(finished.load(Ordering::Relaxed), 5);
}

/// Threads come and go; none leaves anything of its own in the lock.
#[test]
fn thread_leak() {
    let lock = Arc::new(Lock::new(0));
    for _ in 0..15 {
        let lock = lock.clone();
        thread::spawn(move || *lock.lock() += 1).join().unwrap();
    }
    let lock = Arc::into_inner(lock).expect("nobody else has it");
    assert!(!lock.is_locked());
    assert_eq!(lock.into_inner(), 15);
}

#[test]
fn with_releases_on_panic() {
    let lock = Lock::new(1);
    let panicked = thread::scope(|s| {
        s.spawn(|| {
            let mut guard = lock.lock();
            *guard = 2;
            panic!("on purpose");
        })
        .join()
    });
    assert!(panicked.is_err());
    assert_eq!(*lock.try_lock().expect("no poisoning, no holder"), 2);
}

#[test]
fn timeout() {
    let lock = Lock::new(());
    assert!(lock.try_lock_for(Duration::MAX).is_some());
    assert!(lock.try_lock_until(Instant::now()).is_some(), "a free lock needs no time");
    let _guard = lock.lock();
    let start = Instant::now();
    assert!(lock.try_lock_for(SHORT).is_none());
    assert!(start.elapsed() >= SHORT);
    let moment = Instant::now() + SHORT;
    assert!(lock.try_lock_until(moment).is_none());
    assert!(Instant::now() >= moment);
}

#[test]
fn weakref_deleted() {
    let lock = Arc::new(Lock::new(0));
    drop(lock.lock_arc());
    assert_eq!(Arc::strong_count(&lock), 1);
}

#[test]
fn reacquire() {
    let lock = Arc::new(Lock::new(0));
    let first = lock.lock_arc();
    let (arrive, arrived) = mpsc::channel();
    let second = {
        let lock = lock.clone();
        thread::spawn(move || {
            let _first = arrived.recv().unwrap();
            // The same thread owns `_first` by now and waits until somebody else lets go.
            assert!(lock.try_lock_for(SHORT).is_none());
            drop(_first);
            *lock.lock() += 1;
        })
    };
    arrive.send(first).unwrap();
    second.join().unwrap();
    assert_eq!(*lock.lock(), 1);
}

#[test]
fn different_thread() {
    let lock = Lock::new(0);
    let guard = lock.lock();
    thread::scope(|s| {
        s.spawn(move || drop(guard));
    });
    assert!(!lock.is_locked());
}

#[test]
fn state_after_timeout() {
    let lock = Lock::new(());
    let guard = lock.lock();
    thread::scope(|s| {
        assert!(s.spawn(|| lock.try_lock_for(SHORT).is_none()).join().unwrap());
    });
    drop(guard);
    assert!(!lock.is_locked());
    assert!(lock.try_lock().is_some());
}

#[test]
fn fifty_threads_count_exactly() {
    static NUM: Lock<u64> = Lock::new(0);
    thread::scope(|s| {
        for _ in 0..50 {
            s.spawn(|| (0..2_000).for_each(|_| *NUM.lock() += 1));
        }
    });
    assert_eq!(*NUM.lock(), 100_000);
}

/// The holder never lets go but through `bump`, so the others get in by hand-over or not at all.
#[test]
fn a_bump_hands_the_lock_to_those_who_wait() {
    let count = Lock::new(0);
    thread::scope(|s| {
        let mut guard = count.lock();
        for _ in 0..3 {
            s.spawn(|| *count.lock() += 1);
        }
        while *guard < 3 {
            LockGuard::bump(&mut guard);
            thread::yield_now();
        }
    });
    assert!(!count.is_locked());
}

#[test]
fn unlocked_takes_the_lock_again_even_after_a_panic() {
    let lock = Lock::new(1);
    let mut guard = lock.lock();
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        LockGuard::unlocked(&mut guard, || {
            *lock.lock() = 2;
            panic!("on purpose");
        })
    }));
    assert!(result.is_err());
    assert!(lock.is_locked());
    assert_eq!(*guard, 2);
    LockGuard::bump(&mut guard);
    assert!(lock.is_locked());
}

#[test]
fn mapped_guards_hold_the_lock_and_reach_the_part() {
    let lock = Lock::new((String::from("a"), [1, 2, 3]));
    let numbers = LockGuard::map(lock.lock(), |pair| &mut pair.1);
    let mut last = MappedLockGuard::map(numbers, |numbers| &mut numbers[2]);
    *last = 7;
    assert!(lock.is_locked());
    assert_eq!(format!("{last} {last:?}"), "7 7");
    MappedLockGuard::unlock_fair(last);
    assert_eq!(lock.lock().1, [1, 2, 7]);
    let part = LockGuard::try_map(lock.lock(), |pair| pair.1.first_mut());
    assert_eq!(*part.unwrap(), 1);
    assert!(!lock.is_locked());
}

#[test]
fn owning_guards_outlive_the_borrow() {
    fn lock_somewhere(lock: &Arc<Lock<i32>>) -> ArcLockGuard<i32> {
        lock.try_lock_arc_for(SHORT).or_else(|| lock.try_lock_arc()).unwrap()
    }
    let lock = Arc::new(Lock::from(3));
    let guard = lock_somewhere(&lock);
    assert!(lock.try_lock_arc_until(Instant::now()).is_none());
    assert_eq!(format!("{guard} {guard:?}"), "3 3");
    let mut guard = guard;
    ArcLockGuard::unlocked(&mut guard, || *lock.lock() += 1);
    ArcLockGuard::bump(&mut guard);
    assert_eq!(*guard, 4);
    ArcLockGuard::unlock_fair(guard);
    assert!(!lock.is_locked());
    assert_eq!(Arc::strong_count(&lock), 1, "its share is given back");
}

#[test]
fn a_lock_may_hold_a_type_without_a_size() {
    let lock: Arc<Lock<[i32]>> = Arc::new(Lock::new([1, 2, 3]));
    lock.lock()[0] = 9;
    assert_eq!(*lock.lock(), [9, 2, 3]);
    assert_eq!(Lock::<Vec<i32>>::default().get_mut().len(), 0);
}

#[test]
fn every_crate_that_is_generic_over_raw_mutexes_can_use_it() {
    let mutex = lock_api::Mutex::<RawLock, _>::new(1);
    let mut guard = mutex.lock();
    assert!(mutex.is_locked());
    assert!(mutex.try_lock().is_none());
    assert!(mutex.try_lock_for(SHORT).is_none());
    assert!(mutex.try_lock_until(Instant::now()).is_none());
    *guard += 1;
    lock_api::MutexGuard::bump(&mut guard);
    lock_api::MutexGuard::unlock_fair(guard);
    assert_eq!(mutex.into_inner(), 2);
}
