//! Scenarios for the contract: what the algorithm shows must be among what the contract does.
#![cfg(all(any(loom, threadkit_loom), feature = "loom"))]

#[path = "refinement/fifo.rs"]
mod fifo;
#[path = "refinement/greedy.rs"]
mod greedy;
#[path = "refinement/looks.rs"]
mod looks;

use std::sync::Arc;
use std::time::Duration;

use sync_core::atomic::AtomicU32;
use sync_core::atomic::Ordering::Relaxed;
use sync_core::checker::in_threads;
use sync_semaphore::{Permit, Policy, Semaphore};

/// A time that may be over at any point, or not.
const SOON: Duration = Duration::from_millis(1);

/// In which order three threads come to one permit.
fn visits_of_three<P: Policy + Send + Sync + 'static>(semaphore: Semaphore<P>) -> [u32; 3] {
    let shared = Arc::new((semaphore, AtomicU32::new(0)));
    in_threads::<3, _>(move |_| {
        let (semaphore, visits) = &*shared;
        let _permit = semaphore.acquire();
        let before = visits.load(Relaxed);
        visits.store(before + 1, Relaxed);
        before
    })
}

/// One releases a permit, which the other one gets, or has no more time for; and what is left then.
fn a_wait_beside_a_release<P: Policy + Send + Sync + 'static>(
    semaphore: Semaphore<P>,
) -> ([(bool, u32); 2], usize, usize) {
    let shared = Arc::new((semaphore, AtomicU32::new(0)));
    let seen = shared.clone();
    let got = in_threads::<2, _>(move |number| {
        let (semaphore, written) = &*shared;
        if number == 0 {
            written.store(1, Relaxed);
            semaphore.release(1);
            return (true, 0);
        }
        let got = semaphore.try_acquire_for(SOON).map(Permit::forget).is_some();
        (got, written.load(Relaxed))
    });
    (got, seen.0.available(), seen.0.waiters())
}
