//! The nested program of the theorem, with many threads; and threads that wait for their turn with two levels.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use fastrand::Rng;
use sync_lock::Condition;
use sync_rlock::{RLock, RLockGuard};

use crate::threads::{in_threads, keep, panics_in, soon};

type Counts = RLock<(Cell<u64>, Cell<u64>)>;

pub(crate) fn round(seed: u64) {
    let lock: &'static Counts = keep(RLock::default());
    let steps = in_threads(12, seed, |_, random| (0..40).map(|_| run3(lock, random)).sum::<u64>());
    let counts = lock.lock();
    let all = steps.into_iter().sum::<u64>();
    assert_eq!((counts.0.get(), counts.1.get()), (all, all));
}

/// Takes the lock, and calls a function that takes it, which calls a third one; or gives up at the first.
fn run3(lock: &Counts, random: &mut Rng) -> u64 {
    let outer = match random.u8(0..6) {
        0 => lock.try_lock(),
        1 => lock.try_lock_for(soon(random)),
        _ => Some(lock.lock()),
    };
    let Some(mut outer) = outer else { return 0 };
    if random.u8(0..4) == 0 {
        RLockGuard::unlocked(&mut outer, sync_core::thread::yield_now).expect("the outermost");
    }
    run1(lock, random);
    assert_eq!(RLockGuard::depth(&outer), 1);
    1
}

fn run1(lock: &Counts, random: &mut Rng) {
    let counts = lock.lock();
    counts.0.set(counts.0.get() + 1);
    run2(lock);
    if random.u8(0..8) == 0 {
        panics_in(|| (lock.lock(), lock.lock()));
    }
    assert_eq!(counts.0.get(), counts.1.get(), "somebody else is inside");
}

fn run2(lock: &Counts) {
    let counts = lock.try_lock().expect("owned");
    counts.1.set(counts.1.get() + 1);
    assert_eq!(lock.depth(), 3);
}

struct Turns {
    turn: RLock<AtomicUsize>,
    changed: Condition,
}

pub(crate) fn round_with_condition(seed: u64) {
    const THREADS: usize = 8;
    let turns: &'static Turns =
        keep(Turns { turn: RLock::new(AtomicUsize::new(0)), changed: Condition::new() });
    in_threads(THREADS, seed, |me, random| {
        for _ in 0..10 {
            let is_anothers = |turn: &AtomicUsize| turn.load(Relaxed) % THREADS != me;
            let mut outer = turns.turn.lock();
            if random.bool() {
                let mut inner = turns.turn.lock();
                let waits = &turns.changed;
                while !waits.wait_while_for(&mut inner, is_anothers, soon(random)) {}
            } else {
                let waited = turns.changed.wait_outermost_while(&mut outer, is_anothers);
                waited.expect("there is one level");
            }
            assert_eq!(RLockGuard::depth(&outer), 1);
            outer.fetch_add(1, Relaxed);
            turns.changed.notify_all();
        }
    });
    assert_eq!(turns.turn.lock().load(Relaxed), 10 * THREADS);
}
