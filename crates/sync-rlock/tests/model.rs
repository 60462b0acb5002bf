//! The theorem of this project, and the models of the re-entrant lock.
//!
//! The nested program, `run3`, takes a lock and calls `run1`, which takes it and calls `run2`, which
//! takes it. With a plain `Lock` the checker finds the deadlock. With `RLock`, and not a letter
//! changed, it explores the program to the end within the stated bounds and finds none.
//!
//! Bounds: a bound is the number of *forced* switches, those that take a thread away where it could go on.
//! The nested program is three levels deep, so each thread has a dozen places to be taken away at: two
//! threads are searched with up to three, in two rounds with two (an owner that is never cleared shows in
//! the second), three threads with one; deep runs go on from there. Everything begins with a bias; the
//! ends of it, in `bias`, take few steps and are searched further. All seeded faults are found within that.
#![cfg(all(any(loom, threadkit_loom), feature = "loom"))]

#[path = "model/bias.rs"]
mod bias;
#[path = "model/corners.rs"]
mod corners;
#[path = "model/fair.rs"]
mod fair;
#[path = "model/refusals.rs"]
mod refusals;
#[path = "model/settled.rs"]
mod settled;
#[path = "model/times.rs"]
mod times;

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;

use sync_core::cell::Witness;
use sync_core::checker::{Outcomes, in_threads, model};
use sync_core::time::Duration;
use sync_lock::{Condition, Lock};
use sync_rlock::{NotOwner, RLock, RLockGuard, RawRLock};

/// A time-out that the checker may let pass or not.
const SOON: Duration = Duration::from_millis(1);

/// What the program counts, and the evidence that whoever holds the outermost level is alone: `Cell`s
/// alone would not show it, since access through `&T` is no race.
#[derive(Default)]
struct Counts {
    num: Cell<u32>,
    num2: Cell<u32>,
    alone: Witness,
}

/// What the nested program asks of a lock; the two locks differ in nothing else.
trait Protects: Send + Sync + 'static {
    fn around(counts: Counts) -> Self;
    fn with_lock(&self, f: impl FnOnce(&Counts));
}

impl Protects for Lock<Counts> {
    fn around(counts: Counts) -> Self {
        Self::new(counts)
    }

    #[track_caller]
    fn with_lock(&self, f: impl FnOnce(&Counts)) {
        f(&self.lock());
    }
}

impl Protects for RLock<Counts> {
    fn around(counts: Counts) -> Self {
        Self::new(counts)
    }

    #[track_caller]
    fn with_lock(&self, f: impl FnOnce(&Counts)) {
        f(&self.lock());
    }
}

fn run3(lock: &impl Protects) {
    lock.with_lock(|counts| {
        run1(lock);
        counts.alone.touch();
    });
}

fn run1(lock: &impl Protects) {
    lock.with_lock(|counts| {
        counts.num.set(counts.num.get() + 1);
        run2(lock);
        counts.alone.touch();
    });
}

fn run2(lock: &impl Protects) {
    lock.with_lock(|counts| counts.num2.set(counts.num2.get() + 1));
}

/// `THREADS` threads run the nested program `ROUNDS` times each; the counts must come out right.
///
/// Two rounds, because with one round an owner that is never cleared goes unnoticed.
fn nested_program<L: Protects, const THREADS: usize, const ROUNDS: u32>() {
    let lock = Arc::new(L::around(Counts::default()));
    let shared = lock.clone();
    in_threads::<THREADS, _>(move |_| {
        for _ in 0..ROUNDS {
            run3(&*shared);
        }
    });
    let all = THREADS as u32 * ROUNDS;
    lock.with_lock(|counts| assert_eq!((counts.num.get(), counts.num2.get()), (all, all)));
}

type Plain = Lock<Counts>;
type ReEntrant = RLock<Counts>;

/// The theorem for one number of threads and rounds: the deadlock with `Lock` is found within each
/// of the bounds, and the same program with `RLock` is explored to the end within each of them.
macro_rules! theorem {
    ($($name:ident: $program:ident::<_, $($size:literal),+>, $(.$bound:ident($($limit:literal)?))+;)+) => {$(
        mod $name {
            use super::*;

            #[test]
            fn plain_lock_deadlocks() {
                let name = concat!(stringify!($name), "::plain_lock_deadlocks");
                let found = model(name)$(.$bound($($limit)?))+
                    .finds("deadlock; threads = [", $program::<Plain, $($size),+>);
                assert!(found.contains("tests/model.rs"), "points at the program's line: {found}");
            }

            #[test]
            fn rlock_never_does() {
                let name = concat!(stringify!($name), "::rlock_never_does");
                model(name)$(.$bound($($limit)?))+
                    .passes($program::<ReEntrant, $($size),+>);
            }
        }
    )+};
}

// Unbounded where that ends in reasonable time; otherwise as far as the time goes.
theorem! {
    one_thread_two_rounds: nested_program::<_, 1, 2>, .unbounded();
    two_threads: nested_program::<_, 2, 1>, .bound(1).bound(2).bound(3).floor(500);
    two_threads_two_rounds: nested_program::<_, 2, 2>, .bound(1).bound(2).floor(2_000);
    three_threads: nested_program::<_, 3, 1>, .bound(1).floor(20_000);
    three_threads_two_rounds: nested_program::<_, 3, 2>, .bound(0).floor(5);
}

/// Exclusion: the witness in the raw lock fails the model if two threads own it at once; `Cell`
/// access through `&T` alone would be no race.
#[test]
fn flat_rounds_exclude_each_other() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model("flat_rounds_exclude_each_other").bound(1).bound(2).floor(300).passes(move || {
        let list = Arc::new(RLock::new(Cell::new(Vec::new())));
        let shared = list.clone();
        in_threads::<2, _>(move |number| {
            for _ in 0..2 {
                let list = shared.lock();
                let mut order = list.take();
                order.push(number);
                list.set(order);
            }
        });
        let order = list.lock().take();
        assert_eq!(order.len(), 4);
        seen.saw(order);
    });
    outcomes.are(
        [[0, 0, 1, 1], [0, 1, 0, 1], [0, 1, 1, 0], [1, 0, 0, 1], [1, 0, 1, 0], [1, 1, 0, 0]]
            .map(Vec::from),
    );
}

#[test]
fn a_timed_attempt_gets_the_lock_or_gives_up() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model("a_timed_attempt_gets_the_lock_or_gives_up").bound(2).bound(3).floor(3_000).passes(
        move || {
            let lock = Arc::new(RLock::new(Cell::new(0)));
            let shared = lock.clone();
            let got = in_threads::<2, _>(move |number| {
                let guard =
                    if number == 0 { shared.try_lock_for(SOON) } else { Some(shared.lock()) };
                guard.is_some_and(|count| {
                    // What is owned needs no time, whatever the others do.
                    let inner = shared.try_lock_for(SOON).expect("owned already");
                    assert_eq!(RLockGuard::depth(&inner), 2);
                    inner.set(inner.get() + 1);
                    drop(count);
                    assert_eq!(RLockGuard::depth(&inner), 1);
                    true
                })
            });
            let count = lock.lock();
            assert_eq!(count.get(), got.iter().filter(|&&got| got).count());
            assert_eq!(lock.depth(), 1);
            seen.saw(got[0]);
        },
    );
    outcomes.are([true, false]);
}

#[test]
fn a_release_by_another_thread_changes_nothing() {
    model("a_release_by_another_thread_changes_nothing").unbounded().floor(25).passes(|| {
        let lock = Arc::new(RawRLock::new());
        let shared = lock.clone();
        in_threads::<2, _>(move |number| {
            if number == 0 {
                shared.acquire();
                assert!(shared.is_owned() && shared.depth() == 1, "still the owner's");
                assert_eq!(shared.release(), Ok(()));
            } else {
                assert!(shared.release().is_err(), "a stranger must not release");
                assert!(!shared.is_owned());
            }
        });
        assert!(!lock.is_locked());
        assert_ne!(lock.release(), Ok::<(), NotOwner>(()));
    });
}

#[test]
fn opposite_orders_deadlock_with_rlocks_too() {
    model("opposite_orders_deadlock_with_rlocks_too").bound(2).finds(
        "deadlock; threads = [",
        || {
            let locks = Arc::new((RLock::new(()), RLock::new(())));
            in_threads::<2, _>(move |number| {
                let (first, second) =
                    if number == 0 { (&locks.0, &locks.1) } else { (&locks.1, &locks.0) };
                let _outer = first.lock();
                let _inner = second.lock();
            });
        },
    );
}

#[test]
fn a_condition_releases_every_level_and_restores_them() {
    model("a_condition_releases_every_level_and_restores_them").bound(2).floor(2_500).passes(
        || {
            // A plain atomic of std: the lock orders it, and the checker need not look at it.
            let shared = Arc::new((RLock::new(AtomicU32::new(0)), Condition::new()));
            in_threads::<2, _>(move |number| {
                let (ready, changed) = &*shared;
                let outer = ready.lock();
                if number == 0 {
                    let mut inner = ready.lock();
                    changed.wait_while(&mut inner, |ready| ready.load(Relaxed) == 0);
                    assert_eq!(RLockGuard::depth(&outer), 2);
                } else {
                    outer.store(1, Relaxed);
                    changed.notify_one();
                }
            });
        },
    );
}

/// A third thread fights for the lock, so the waiter may be moved to the queue of the lock: all its levels
/// come back from there too. One forced switch, since there are three threads.
#[test]
fn a_condition_restores_the_levels_of_one_who_is_moved() {
    model("a_condition_restores_the_levels_of_one_who_is_moved").bound(1).floor(15_000).passes(
        || {
            let shared = Arc::new((RLock::new(AtomicU32::new(0)), Condition::new()));
            in_threads::<3, _>(move |number| {
                let (ready, changed) = &*shared;
                if number == 2 {
                    drop(ready.try_lock_for(SOON));
                    return;
                }
                let outer = ready.lock();
                if number == 0 {
                    let mut inner = ready.lock();
                    changed.wait_while(&mut inner, |ready| ready.load(Relaxed) == 0);
                    assert_eq!(RLockGuard::depth(&outer), 2);
                } else {
                    outer.store(1, Relaxed);
                    changed.notify_one();
                }
            });
        },
    );
}
