//! Corners that the model checker cannot express: real fences, destructors of thread-locals, dead threads.
#![cfg(not(all(any(loom, threadkit_loom), feature = "loom")))]

use std::cell::{Cell, RefCell};
use std::mem;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use sync_lock::Condition;
use sync_rlock::{RLock, RLockGuard, RawRLock};

const SHORT: Duration = Duration::from_millis(20);

/// Many fresh locks, each fought for at the moment of its bias: the first owner comes and goes at two levels
/// while another revokes. The counts are plain memory, so a lost one shows two owners.
#[test]
fn fresh_locks_are_fought_for_at_the_moment_of_their_bias() {
    const LOCKS: usize = 2_000;
    const ROUNDS: u32 = 20;
    let locks: Vec<_> = (0..LOCKS).map(|_| RLock::new(Cell::new(0))).collect();
    let at = AtomicU32::new(0);
    thread::scope(|s| {
        for _ in 0..2 {
            s.spawn(|| {
                for (number, lock) in (1..).zip(&locks) {
                    // Both at the same lock, as near as can be.
                    at.fetch_add(1, Relaxed);
                    while at.load(Relaxed) < 2 * number {
                        thread::yield_now();
                    }
                    for _ in 0..ROUNDS {
                        let outer = lock.lock();
                        let inner = lock.lock();
                        drop(outer);
                        inner.set(inner.get() + 1);
                    }
                }
            });
        }
    });
    assert!(locks.into_iter().all(|lock| lock.into_inner().get() == 2 * ROUNDS));
}

/// A level by the bias, and one in the ordinary way, go back in the destructor of a thread-local; the thread
/// has never used a lock before that, too.
#[test]
fn works_in_the_destructor_of_a_thread_local() {
    struct AtTheEnd(Box<dyn Fn()>);
    impl Drop for AtTheEnd {
        fn drop(&mut self) {
            self.0();
        }
    }
    thread_local! {
        static LAST: RefCell<Option<AtTheEnd>> = const { RefCell::new(None) };
        static KEPT: RefCell<Option<RLockGuard<'static, ()>>> = const { RefCell::new(None) };
    }
    static LOCK: RLock<()> = RLock::new(());
    static OTHER: RLock<()> = RLock::new(());

    thread::spawn(|| {
        LAST.set(Some(AtTheEnd(Box::new(|| {
            let outer = LOCK.lock();
            assert_eq!((LOCK.depth(), RLockGuard::depth(&outer)), (1, 1));
            assert!(OTHER.try_lock_for(Duration::MAX).is_some());
        }))));
    })
    .join()
    .unwrap();
    for _ in 0..2 {
        // The first of these has the bias of the other lock, or the thread above has.
        thread::spawn(|| KEPT.set(Some(OTHER.lock()))).join().unwrap();
        assert!(OTHER.try_lock_for(Duration::MAX).is_some(), "the guard was dropped in the end");
    }
    assert!(LOCK.try_lock_for(Duration::MAX).is_some());
}

/// What a thread has taken when it dies stays taken, by the bias or not, and others keep their time.
#[test]
fn a_dead_thread_keeps_its_levels() {
    let lock = RawRLock::new();
    thread::scope(|s| s.spawn(|| (0..2).for_each(|_| lock.acquire())).join().unwrap());
    assert!(!lock.try_acquire());
    assert!(!lock.try_acquire_for(SHORT));
    assert!(!lock.try_acquire());
    assert!(lock.release().is_err());
    assert_eq!((lock.is_locked(), lock.depth()), (true, 0));
}

/// A lock whose first owner is dead, without levels, is had at once.
#[test]
fn a_dead_first_owner_holds_up_nobody() {
    let lock = RLock::new(Cell::new(0));
    thread::scope(|s| s.spawn(|| lock.lock().set(1)).join().unwrap());
    assert_eq!(lock.try_lock().unwrap().get(), 1);
}

/// A lock may be moved with a forgotten level: the bias and the owner move with it.
#[test]
fn a_lock_is_moved_with_a_forgotten_level() {
    let lock = Box::new(RLock::new(5));
    mem::forget(lock.lock());
    let mut lock = *lock;
    assert_eq!((lock.depth(), lock.is_locked()), (1, true));
    *lock.get_mut() += 1;
    let guard = lock.lock();
    assert_eq!((RLockGuard::depth(&guard), *guard), (2, 6));
    drop(guard);
    thread::scope(|s| s.spawn(|| assert!(lock.try_lock().is_none())).join().unwrap());
    assert_eq!(lock.into_inner(), 6);
}

/// One condition for two locks, of which one is biased and the other was revoked, and two levels of each.
#[test]
fn one_condition_for_a_biased_lock_and_a_shared_one() {
    let (biased, shared) = (RLock::new(AtomicU32::new(0)), RLock::new(AtomicU32::new(0)));
    let changed = Condition::new();
    drop(shared.lock());
    thread::scope(|s| {
        for lock in [&biased, &shared] {
            s.spawn(|| {
                let outer = lock.lock();
                let mut inner = lock.lock();
                while lock.lock().load(Relaxed) == 0 {
                    let _notified: bool = changed.wait_for(&mut inner, SHORT);
                    assert_eq!(RLockGuard::depth(&outer), 2);
                }
            });
        }
        for lock in [&shared, &biased] {
            lock.lock().store(1, Relaxed);
            changed.notify_all();
        }
    });
}
