//! Who comes may take what is free, also while others wait; nobody sleeps beside it.

use std::sync::Arc;

use sync_core::atomic::AtomicU32;
use sync_core::atomic::Ordering::Relaxed;
use sync_core::checker::{Model, in_threads, scenario};
use sync_semaphore::{Permit, Semaphore};

use super::{a_wait_beside_a_release, visits_of_three};

#[test]
fn greedy_threads_at_one_permit() {
    let scenario = scenario("greedy_threads_at_one_permit").bound(1).also(Model::spins);
    scenario.shows(|| visits_of_three(Semaphore::greedy(1)));
}

/// After the first time in vain the other one waits in order.
#[test]
fn one_that_takes_its_permit_back() {
    let name = "one_that_takes_its_permit_back";
    scenario(name).bound(3).also(Model::first_sleep_may_end).shows(|| {
        let semaphore = Arc::new(Semaphore::greedy(0));
        let seen = semaphore.clone();
        let got = in_threads::<2, _>(move |number| {
            if number == 0 {
                semaphore.acquire().forget();
                return [(0, true); 2];
            }
            let turns = [0; 2].map(|_| {
                let waiting = semaphore.waiters();
                semaphore.release(1);
                (waiting, semaphore.try_acquire().map(Permit::forget).is_some())
            });
            semaphore.release(1);
            turns
        });
        (got, seen.available(), seen.waiters())
    });
}

#[test]
fn a_greedy_wait_that_may_be_over() {
    let scenario = scenario("a_greedy_wait_that_may_be_over").bound(2);
    scenario
        .also(Model::first_timeout_is_early)
        .shows(|| a_wait_beside_a_release(Semaphore::greedy(0)));
}

/// A request for many is served in order also here, and one for a single permit waits behind it.
#[test]
fn greedy_many_and_few() {
    scenario("greedy_many_and_few").bound(1).shows(|| {
        let semaphore = Arc::new(Semaphore::greedy(1));
        let seen = semaphore.clone();
        let got = in_threads::<3, _>(move |number| match number {
            0 => {
                semaphore.acquire_many(2).unwrap().forget();
                true
            }
            1 => semaphore.try_acquire().is_some(),
            _ => {
                semaphore.release(2);
                drop(semaphore.acquire());
                true
            }
        });
        (got, seen.available(), seen.waiters())
    });
}

#[test]
fn two_patient_ones_and_two_permits() {
    scenario("two_patient_ones_and_two_permits").bound(1).shows(|| {
        let shared = Arc::new((Semaphore::greedy(0), AtomicU32::new(0)));
        in_threads::<3, _>(move |number| {
            let (semaphore, written) = &*shared;
            if number > 0 {
                semaphore.acquire().forget();
                return written.load(Relaxed);
            }
            written.store(1, Relaxed);
            semaphore.release(1);
            written.store(2, Relaxed);
            semaphore.release(1);
            0
        })
    });
}
