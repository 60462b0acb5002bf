//! Twenty-two threads on five permits, in every way in which they can be taken and given back.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use fastrand::Rng;
use sync_core::thread;
use sync_semaphore::{BoundedSemaphore, Policy};

use crate::threads::{in_threads, keep, panics_in, soon};

const PERMITS: usize = 5;

struct Shared<P: Policy> {
    semaphore: BoundedSemaphore<P>,
    inside: AtomicUsize,
}

pub(crate) fn round<P: Policy>(seed: u64) {
    let shared: &'static Shared<P> = keep(Shared {
        semaphore: BoundedSemaphore::with_policy(PERMITS),
        inside: AtomicUsize::new(0),
    });
    in_threads(22, seed, |_, random| (0..20).for_each(|_| shared.visit(random)));
    assert_eq!((shared.semaphore.available(), shared.semaphore.waiters()), (PERMITS, 0));
    assert_eq!(shared.inside.load(Relaxed), 0);
}

impl<P: Policy> Shared<P> {
    fn visit(&self, random: &mut Rng) {
        let semaphore = &self.semaphore;
        let many = random.usize(1..=PERMITS);
        let permit = match random.u8(0..10) {
            0 => semaphore.try_acquire(),
            1 => semaphore.try_acquire_for(soon(random)),
            2 => semaphore.try_acquire_many_for(many, soon(random)).expect("not too many"),
            3 => semaphore.try_acquire_many(many).expect("not too many"),
            4 => Some(semaphore.acquire_many(many).expect("not too many")),
            5 => Some(semaphore.acquire_up_to(many)),
            _ => Some(semaphore.acquire()),
        };
        let Some(mut permit) = permit else { return };
        let count = permit.count();
        let inside = self.inside.fetch_add(count, Relaxed) + count;
        assert!(inside <= PERMITS, "{inside} permits are out");
        if random.u8(0..4) == 0 {
            thread::yield_now();
        }
        self.inside.fetch_sub(count, Relaxed);
        match random.u8(0..6) {
            0 => panics_in(move || permit),
            1 => {
                permit.forget();
                semaphore.release(count).expect("they were forgotten");
            }
            2 if count > 1 => {
                let part = permit.split(1).expect("there are two");
                drop(permit);
                drop(part);
            }
            _ => drop(permit),
        }
    }
}
