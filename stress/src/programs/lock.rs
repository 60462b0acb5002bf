//! Fifty threads on one lock, in every way in which it can be taken and given back.

use fastrand::Rng;
use sync_core::thread;
use sync_lock::{Lock, LockGuard};

use crate::threads::{in_threads, keep, panics_in, soon};

/// Two numbers that are equal unless two threads are inside.
#[derive(Default)]
struct Pair {
    left: u64,
    right: u64,
}

impl Pair {
    fn step(&mut self, random: &mut Rng) {
        assert_eq!(self.left, self.right, "somebody else is inside");
        self.left += 1;
        if random.u8(0..4) == 0 {
            thread::yield_now();
        }
        self.right += 1;
    }
}

pub(crate) fn round(seed: u64) {
    let lock: &'static Lock<Pair> = keep(Lock::default());
    let steps = in_threads(50, seed, |_, random| {
        let mut steps = 0;
        for _ in 0..20 {
            let guard = match random.u8(0..8) {
                0 => lock.try_lock(),
                1 | 2 => lock.try_lock_for(soon(random)),
                _ => Some(lock.lock()),
            };
            let Some(mut guard) = guard else { continue };
            guard.step(random);
            steps += 1;
            match random.u8(0..10) {
                0 => LockGuard::unlock_fair(guard),
                1 => {
                    LockGuard::bump(&mut guard);
                    guard.step(random);
                    steps += 1;
                }
                2 => {
                    LockGuard::unlocked(&mut guard, thread::yield_now);
                    guard.step(random);
                    steps += 1;
                }
                3 => panics_in(move || guard),
                _ => {}
            }
        }
        steps
    });
    assert!(!lock.is_locked());
    assert_eq!(lock.lock().left, steps.into_iter().sum::<u64>());
}
