//! What the documentation of std's and parking_lot's `Mutex`, `Condvar` and std's `Barrier` promises, row by
//! row, of ours. Left out is poisoning, which we do not have.
#![cfg(not(all(any(loom, threadkit_loom), feature = "loom")))]

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use sync_lock::{Barrier, Condition, Event, Lock, LockGuard, MappedLockGuard};

const SHORT: Duration = Duration::from_millis(20);

fn until(happened: impl Fn() -> bool) {
    while !happened() {
        thread::yield_now();
    }
}

/// "Upon returning, the thread is the only thread with the lock held." A value that is torn if two are inside.
#[test]
fn the_holder_is_alone() {
    let lock = Lock::new([0_u64; 8]);
    thread::scope(|s| {
        for _ in 0..4 {
            s.spawn(|| {
                for _ in 0..20_000 {
                    let mut all = lock.lock();
                    let next = all[0] + 1;
                    all.iter_mut().for_each(|one| *one = next);
                }
            });
        }
        for _ in 0..2_000 {
            let seen = *lock.lock();
            assert_eq!(seen, [seen[0]; 8]);
        }
    });
    assert_eq!(lock.into_inner(), [80_000; 8]);
}

/// "The data can only be accessed through the guards", or with the lock itself in hand.
#[test]
fn whoever_owns_the_lock_needs_no_locking() {
    let mut lock = Lock::new(String::from("a"));
    lock.get_mut().push('b');
    assert_eq!(lock.into_inner(), "ab");
}

/// "This function does not block."
#[test]
fn an_attempt_does_not_block() {
    let lock = Arc::new(Lock::new(0));
    let guard = lock.lock();
    assert!(lock.try_lock().is_none() && lock.try_lock_arc().is_none());
    assert!(lock.try_lock_for(Duration::ZERO).is_none());
    assert!(lock.try_lock_until(Instant::now()).is_none());
    assert_eq!(*guard, 0);
}

/// "No poisoning, the lock is released normally on panic."
#[test]
fn a_panic_leaves_the_value_as_it_was_then() {
    let lock = Lock::new(vec![1]);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let mut list = lock.lock();
        list.push(2);
        std::panic::resume_unwind(Box::new("on purpose"));
    }));
    assert!(panicked.is_err());
    assert_eq!(*lock.try_lock().unwrap(), [1, 2]);
}

/// "Can be statically initialized", both.
#[test]
fn statics_need_no_initialisation() {
    static READY: Lock<bool> = Lock::new(false);
    static CHANGED: Condition = Condition::new();
    static SEEN: Event = Event::new();
    static MET: Barrier = Barrier::new(2);
    let waiter = thread::spawn(|| {
        CHANGED.wait_while(&mut READY.lock(), |ready| !*ready);
        SEEN.set();
        MET.wait().unwrap();
    });
    *READY.lock() = true;
    CHANGED.notify_one();
    SEEN.wait();
    MET.wait().unwrap();
    waiter.join().unwrap();
}

/// "Eventual fairness": someone who takes the lock again and again lets the others have their turn.
#[test]
fn nobody_starves() {
    let (lock, served) = (Lock::new(()), AtomicBool::new(false));
    thread::scope(|s| {
        for _ in 0..2 {
            s.spawn(|| {
                while !served.load(Relaxed) {
                    let _guard = lock.lock();
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

/// "Unlocks the mutex using a fair unlock protocol": who waits has the lock next, however fast the other is.
#[test]
fn a_fair_unlock_hands_the_lock_over() {
    let lock = Arc::new(Lock::new(0));
    for turn in 1..=50 {
        let mut guard = lock.lock();
        let (arrive, arrived) = mpsc::channel();
        let waiter = thread::spawn({
            let lock = lock.clone();
            move || {
                arrive.send(()).unwrap();
                *lock.lock() += 1;
            }
        });
        arrived.recv().unwrap();
        // It may still be on its way to the queue, so it is given its turn until it had it.
        while *guard < turn {
            LockGuard::unlock_fair(guard);
            guard = lock.lock();
        }
        drop(guard);
        waiter.join().unwrap();
    }
}

/// "Temporarily unlocks the mutex": others get in, and it is taken again afterwards.
#[test]
fn unlocked_lets_others_in() {
    let lock = Lock::new(1);
    let mut guard = lock.lock();
    let seen = LockGuard::unlocked(&mut guard, || {
        thread::scope(|s| s.spawn(|| std::mem::replace(&mut *lock.lock(), 2)).join().unwrap())
    });
    assert_eq!((seen, *guard), (1, 2));
    assert!(lock.try_lock().is_none());
}

/// "Makes a new `MappedMutexGuard` for a component of the locked data"; the original guard comes back if
/// there is none.
#[test]
fn guards_are_mapped_or_come_back() {
    let lock = Lock::new((Some(1), None::<i32>));
    let guard = lock.lock();
    let Err(guard) = LockGuard::try_map(guard, |pair| pair.1.as_mut()) else {
        panic!("there is nothing to map to");
    };
    let Ok(mut part) = LockGuard::try_map(guard, |pair| pair.0.as_mut()) else {
        panic!("there is something");
    };
    *part += 1;
    assert!(lock.try_lock().is_none());
    MappedLockGuard::unlock_fair(part);
    assert_eq!(lock.into_inner(), (Some(2), None));
}

/// "Atomically unlock the mutex and block": nothing is missed by whoever changes the value under the lock.
#[test]
fn no_notification_falls_between_unlocking_and_sleeping() {
    let (lock, changed) = (Lock::new(0), Condition::new());
    thread::scope(|s| {
        for me in 0..2 {
            let (lock, changed) = (&lock, &changed);
            s.spawn(move || {
                for _ in 0..2_000 {
                    let mut turn = lock.lock();
                    changed.wait_while(&mut turn, |turn| *turn % 2 != me);
                    *turn += 1;
                    changed.notify_one();
                }
            });
        }
    });
    assert_eq!(lock.into_inner(), 4_000);
}

/// "`notify_one` and `notify_all` are not buffered in any way."
#[test]
fn a_notification_is_not_kept_for_those_who_come_later() {
    let condition = Condition::new();
    assert!(!condition.notify_one());
    assert_eq!((condition.notify_many(3), condition.notify_all()), (0, 0));
    assert!(!condition.wait_for(&mut Lock::new(()).lock(), SHORT));
}

/// "Returns whether a thread was woken up", and how many.
#[test]
fn notifying_tells_how_many_were_woken() {
    let (lock, condition) = (Lock::new(0), Condition::new());
    thread::scope(|s| {
        for number in 1..=4 {
            s.spawn(|| {
                let mut present = lock.lock();
                *present += 1;
                condition.wait(&mut present);
            });
            until(|| *lock.lock() == number);
        }
        assert!(condition.notify_one());
        assert_eq!(condition.notify_all(), 3);
        assert!(!condition.notify_one());
    });
}

/// With std and parking_lot a condition belongs to one mutex, or it panics. Ours may be shared.
#[test]
fn one_condition_for_two_locks() {
    let (locks, condition) = ([Lock::new(false), Lock::new(false)], Condition::new());
    thread::scope(|s| {
        for lock in &locks {
            s.spawn(|| condition.wait_while(&mut lock.lock(), |ready| !*ready));
        }
        for lock in &locks {
            *lock.lock() = true;
            condition.notify_all();
        }
    });
}

/// "Once `n` threads have called `wait`": one of them is special, in every round.
#[test]
fn a_barrier_has_one_last_party_in_each_round() {
    let (barrier, last) = (Barrier::new(4), AtomicUsize::new(0));
    thread::scope(|s| {
        for _ in 0..4 {
            s.spawn(|| {
                for _ in 0..25 {
                    if barrier.wait().unwrap() == 3 {
                        last.fetch_add(1, Relaxed);
                    }
                }
            });
        }
    });
    assert_eq!(last.into_inner(), 25);
}

/// In the destructors of thread-local values all of it works, also waiting.
#[test]
fn works_in_the_destructor_of_a_thread_local() {
    struct AtTheEnd(Box<dyn Fn()>);
    impl Drop for AtTheEnd {
        fn drop(&mut self) {
            self.0();
        }
    }
    thread_local!(static LAST: RefCell<Option<AtTheEnd>> = const { RefCell::new(None) });

    let shared = Arc::new((Lock::new(0), Condition::new(), Event::new(), Barrier::new(2)));
    let waiter = thread::spawn({
        let shared = shared.clone();
        let wait = move || {
            let (lock, changed, event, barrier) = &*shared;
            assert!(lock.try_lock_for(Duration::from_secs(30)).is_some());
            let mut value = lock.lock();
            changed.wait_while(&mut value, |value| *value == 0);
            drop(value);
            event.wait();
            barrier.wait().unwrap();
        };
        || LAST.set(Some(AtTheEnd(Box::new(wait))))
    });
    let (lock, changed, event, barrier) = &*shared;
    let mut value = lock.lock();
    thread::sleep(SHORT);
    *value = 1;
    drop(value);
    changed.notify_all();
    event.set();
    barrier.wait().unwrap();
    waiter.join().unwrap();
}

/// Waiters are kept in a table by address; things that are neighbours in memory keep theirs apart.
#[test]
fn neighbours_do_not_wake_each_other() {
    let both = (Lock::new(()), Event::new(), Event::new(), Condition::new());
    let (lock, first, second, condition) = &both;
    thread::scope(|s| {
        let waiter = s.spawn(|| second.wait_for(Duration::from_secs(30)));
        for _ in 0..1_000 {
            first.set();
            first.clear();
            condition.notify_all();
            drop(lock.lock());
        }
        assert!(!waiter.is_finished());
        second.set();
        assert!(waiter.join().unwrap());
    });
}
