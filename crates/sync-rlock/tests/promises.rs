//! What the documentation of parking_lot's `ReentrantMutex` and std's `ReentrantLock` promises, row by row, of
//! ours.
#![cfg(not(all(any(loom, threadkit_loom), feature = "loom")))]

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use sync_lock::RawLock;
use sync_rlock::{ArcRLockGuard, MappedRLockGuard, RLock, RLockGuard, RawThreadId};

const SHORT: Duration = Duration::from_millis(20);

/// Asks from a thread of its own.
fn elsewhere<R: Send>(f: impl FnOnce() -> R + Send) -> R {
    thread::scope(|s| s.spawn(f).join().unwrap())
}

/// "A mutex which can be recursively locked by a single thread."
#[test]
fn its_owner_takes_it_again_in_every_way() {
    let lock = RLock::new(());
    let _guards = [
        Some(lock.lock()),
        lock.try_lock(),
        lock.try_lock_for(Duration::ZERO),
        lock.try_lock_until(Instant::now()),
    ]
    .map(Option::unwrap);
    assert_eq!(lock.depth(), 4);
    assert!(elsewhere(|| lock.try_lock().is_none() && !lock.is_owned() && lock.is_locked()));
    assert!(elsewhere(|| lock.try_lock_for(SHORT).is_none()));
}

/// "`ReentrantMutexGuard` does not give mutable references to the locked data. Use a `RefCell` if you need
/// this."
#[test]
fn a_cell_inside_is_changed_at_every_depth() {
    let lock = RLock::new(RefCell::new(vec![1]));
    let outer = lock.lock();
    outer.borrow_mut().push(2);
    lock.lock().borrow_mut().push(3);
    assert_eq!(*outer.borrow(), [1, 2, 3]);
    let borrowed = outer.borrow_mut();
    assert!(lock.lock().try_borrow_mut().is_err(), "an error, and no second way to the value");
    drop(borrowed);
}

/// "The data can only be accessed through the RAII guards", or with the lock itself in hand.
#[test]
fn whoever_owns_the_lock_needs_no_locking() {
    let mut lock = RLock::new(1);
    *lock.get_mut() += 1;
    assert_eq!(lock.into_inner(), 2);
}

/// "If the current thread already holds the lock, this returns at once", and nobody else sees half of what is
/// done at any depth.
#[test]
fn the_owner_is_alone_until_the_last_level_is_given_back() {
    let lock = RLock::new([const { Cell::new(0_u64) }; 4]);
    thread::scope(|s| {
        for _ in 0..4 {
            s.spawn(|| {
                for _ in 0..5_000 {
                    let all = lock.lock();
                    let next = all[0].get() + 1;
                    for one in &*lock.lock() {
                        let inner = lock.lock();
                        assert_eq!(RLockGuard::depth(&inner), 3);
                        one.set(next);
                    }
                    assert!(all.iter().all(|one| one.get() == next));
                }
            });
        }
    });
    assert!(lock.into_inner().iter().all(|one| one.get() == 20_000));
}

/// "No poisoning, the lock is released normally on panic", all its levels.
#[test]
fn a_panic_gives_all_levels_back() {
    let lock = RLock::new(());
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _both = (lock.lock(), lock.lock());
        std::panic::resume_unwind(Box::new("on purpose"));
    }));
    assert!(panicked.is_err());
    assert_eq!(lock.depth(), 0);
    assert!(elsewhere(|| lock.try_lock().is_some()));
}

/// "Can be statically initialized."
#[test]
fn a_static_needs_no_initialisation() {
    static LOCK: RLock<Cell<u8>> = RLock::new(Cell::new(0));
    let guard = LOCK.lock();
    LOCK.lock().set(1);
    assert_eq!(guard.get(), 1);
    drop(guard);
    assert_eq!(elsewhere(|| LOCK.lock().replace(2)), 1);
}

/// "Eventual fairness": someone who takes the lock again and again lets the others have their turn.
#[test]
fn nobody_starves() {
    let (lock, served) = (RLock::new(()), AtomicBool::new(false));
    thread::scope(|s| {
        for _ in 0..2 {
            s.spawn(|| {
                while !served.load(Relaxed) {
                    let _both = (lock.lock(), lock.lock());
                    thread::sleep(Duration::from_micros(50));
                }
            });
        }
        for _ in 0..5 {
            drop(lock.lock());
        }
        served.store(true, Relaxed);
    });
}

/// "Makes a new guard for a component of the locked data", which stands for one level as any other.
#[test]
fn guards_are_mapped_or_come_back() {
    let lock = RLock::new((Some(1), None::<i32>));
    let Err(outer) = RLockGuard::try_map(lock.lock(), |pair| pair.1.as_ref()) else {
        panic!("there is nothing to map to");
    };
    let Ok(part) = RLockGuard::try_map(lock.lock(), |pair| pair.0.as_ref()) else {
        panic!("there is something");
    };
    assert_eq!((*part, lock.depth()), (1, 2));
    drop(outer);
    assert!(elsewhere(|| lock.try_lock().is_none()));
    drop(part);
    assert!(elsewhere(|| lock.try_lock().is_some()));
}

/// "Releases one level of recursive locking. A fair unlock is performed only if this releases the
/// final level."
#[test]
fn a_fair_unlock_gives_back_one_level() {
    let lock = Arc::new(RLock::new(1));
    let outer = lock.lock_arc();
    let (inner, part) = (lock.lock(), RLockGuard::map(lock.lock(), |number| number));
    MappedRLockGuard::unlock_fair(part);
    assert_eq!(lock.depth(), 2);
    RLockGuard::unlock_fair(inner);
    assert_eq!(lock.depth(), 1);
    assert!(elsewhere(|| lock.try_lock().is_none()));
    ArcRLockGuard::unlock_fair(outer);
    assert!(!lock.is_owned() && elsewhere(|| lock.try_lock().is_some()));
    assert_eq!(Arc::strong_count(&lock), 1, "its share is given back");
}

/// "Temporarily yields the mutex to a waiting thread if there is one." The owner never lets go in
/// another way.
#[test]
fn a_bump_hands_the_lock_to_those_who_wait() {
    let lock = RLock::new(Cell::new(0));
    thread::scope(|s| {
        let mut guard = lock.lock();
        for _ in 0..3 {
            s.spawn(|| {
                let count = lock.lock();
                count.set(count.get() + 1);
            });
        }
        while guard.get() < 3 {
            RLockGuard::bump(&mut guard);
            assert_eq!(RLockGuard::depth(&guard), 1);
            thread::yield_now();
        }
    });
    assert!(!lock.is_locked());
}

/// With other levels there is no turn to give: the value stays as it was.
#[test]
fn a_bump_at_depth_two_lets_nobody_in() {
    let lock = Arc::new(RLock::new(Cell::new(0)));
    let (mut outer, mut inner) = (lock.lock_arc(), lock.lock());
    thread::scope(|s| {
        s.spawn(|| lock.lock().set(1));
        for _ in 0..1_000 {
            RLockGuard::bump(&mut inner);
            assert_eq!((inner.get(), lock.depth()), (0, 2));
        }
        drop(inner);
        while outer.get() == 0 {
            ArcRLockGuard::bump(&mut outer);
            thread::yield_now();
        }
        drop(outer);
    });
}

/// "An RAII mutex guard returned by the `Arc` locking operations", which keeps the lock alive.
#[test]
fn owning_guards_outlive_the_borrow() {
    fn lock_somewhere(lock: &Arc<RLock<i32>>) -> ArcRLockGuard<i32> {
        lock.try_lock_arc_for(SHORT).or_else(|| lock.try_lock_arc()).unwrap()
    }
    let lock = Arc::new(RLock::from(3));
    let mut guard = lock_somewhere(&lock);
    assert_eq!(format!("{guard} {guard:?}"), "3 3");
    let inner = lock.try_lock_arc_until(Instant::now()).unwrap();
    assert!(ArcRLockGuard::unlocked(&mut guard, || unreachable!()).is_err());
    drop(inner);
    let others_get_in = ArcRLockGuard::unlocked(&mut guard, || {
        elsewhere(|| lock.try_lock_arc().is_some() && lock.try_lock_arc_for(SHORT).is_some())
    });
    assert_eq!(others_get_in, Ok(true));
    assert!(elsewhere(|| lock.try_lock_arc().is_none()));
    let weak = Arc::downgrade(&lock);
    drop(lock);
    assert_eq!(ArcRLockGuard::lock(&guard).depth(), 1);
    drop(guard);
    assert!(weak.upgrade().is_none(), "the guard was the last owner");
}

/// lock_api's own re-entrant mutex, on our raw lock and with our threads' numbers.
#[test]
fn the_reentrant_mutex_of_lock_api_can_be_built_of_ours() {
    type Mutex<T> = lock_api::ReentrantMutex<RawLock, RawThreadId, T>;

    let mutex: Mutex<_> = Mutex::new(Cell::new(0));
    thread::scope(|s| {
        for _ in 0..4 {
            s.spawn(|| {
                for _ in 0..1_000 {
                    let outer = mutex.lock();
                    let mut inner = mutex.try_lock_for(Duration::ZERO).expect("owned already");
                    inner.set(inner.get() + 1);
                    drop(outer);
                    lock_api::ReentrantMutexGuard::bump(&mut inner);
                    lock_api::ReentrantMutexGuard::unlock_fair(inner);
                }
            });
        }
    });
    let guard = mutex.lock();
    assert_eq!(guard.get(), 4_000);
    assert!(mutex.is_owned_by_current_thread());
    assert!(elsewhere(|| mutex.try_lock().is_none() && !mutex.is_owned_by_current_thread()));
}

/// A thread that has ended without giving its levels back is not taken for one that comes later.
#[test]
fn the_levels_of_a_thread_that_is_gone_are_nobodys() {
    let lock = RLock::new(());
    elsewhere(|| std::mem::forget((lock.lock(), lock.lock())));
    for _ in 0..20 {
        assert!(elsewhere(|| lock.try_lock().is_none() && lock.depth() == 0));
    }
    assert!(lock.is_locked());
}

/// In the destructors of thread-local values it works, also waiting and for its owner.
#[test]
fn works_in_the_destructor_of_a_thread_local() {
    struct AtTheEnd(Box<dyn Fn()>);
    impl Drop for AtTheEnd {
        fn drop(&mut self) {
            self.0();
        }
    }
    thread_local!(static LAST: RefCell<Option<AtTheEnd>> = const { RefCell::new(None) });

    let lock = Arc::new(RLock::new(Cell::new(0)));
    let guard = lock.lock();
    let (arrive, arrived) = mpsc::channel();
    let waiter = thread::spawn({
        let lock = lock.clone();
        let wait = move || {
            assert!(lock.try_lock_for(SHORT).is_none());
            arrive.send(()).unwrap();
            let (outer, inner) = (lock.lock(), lock.lock());
            assert_eq!(RLockGuard::depth(&inner), 2);
            outer.set(1);
        };
        || LAST.set(Some(AtTheEnd(Box::new(wait))))
    });
    arrived.recv().unwrap();
    drop(guard);
    waiter.join().unwrap();
    assert_eq!(lock.lock().get(), 1);
}
