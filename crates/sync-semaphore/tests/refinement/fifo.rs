//! In order: who has permits, and what is seen of what went on before they were released.

use std::sync::Arc;

use sync_core::atomic::AtomicU32;
use sync_core::atomic::Ordering::Relaxed;
use sync_core::checker::{Model, in_threads, scenario, spawn};
use sync_semaphore::{BoundedSemaphore, Permit, Semaphore};

use super::{SOON, a_wait_beside_a_release, visits_of_three};

#[test]
fn one_permit_and_three_threads() {
    scenario("one_permit_and_three_threads").shows(|| visits_of_three(Semaphore::new(1)));
}

#[test]
fn one_permit_twice() {
    scenario("one_permit_twice").bound(3).shows(|| {
        let shared = Arc::new((Semaphore::new(1), AtomicU32::new(0)));
        in_threads::<2, _>(move |_| {
            let (semaphore, visits) = &*shared;
            [0; 2].map(|_| {
                let _permit = semaphore.acquire();
                visits.fetch_add(1, Relaxed)
            })
        })
    });
}

/// A permit from two releases shows what was done before both, and no more.
#[test]
fn permits_of_two_releases() {
    scenario("permits_of_two_releases").bound(3).shows(|| {
        let shared = Arc::new((Semaphore::new(0), [0; 2].map(AtomicU32::new)));
        in_threads::<3, _>(move |number| {
            let (semaphore, written) = &*shared;
            if let Some(mine) = written.get(number) {
                mine.store(1, Relaxed);
                semaphore.release(1);
                return [written[1 - number].load(Relaxed), 0];
            }
            semaphore.acquire_many(2).unwrap().forget();
            [0, 1].map(|number| written[number].load(Relaxed))
        })
    });
}

#[test]
fn an_attempt_beside_a_release() {
    scenario("an_attempt_beside_a_release").bound(3).shows(|| {
        let shared = Arc::new((Semaphore::new(0), AtomicU32::new(0)));
        in_threads::<2, _>(move |number| {
            let (semaphore, written) = &*shared;
            if number == 0 {
                written.store(1, Relaxed);
                semaphore.release(1);
                written.store(2, Relaxed);
                return (true, 0);
            }
            let got = semaphore.try_acquire().map(Permit::forget).is_some();
            (got, written.load(Relaxed))
        })
    });
}

#[test]
fn time_that_may_be_over_before_a_release() {
    let scenario = scenario("time_that_may_be_over_before_a_release").bound(3);
    scenario
        .also(Model::first_timeout_is_early)
        .shows(|| a_wait_beside_a_release(Semaphore::new(0)));
}

/// One asks for many and may give up; what was kept for it is for the one behind it.
#[test]
fn many_and_few() {
    scenario("many_and_few").bound(1).also(Model::first_timeout_is_early).shows(|| {
        let semaphore = Arc::new(Semaphore::new(1));
        let seen = semaphore.clone();
        let got = in_threads::<3, _>(move |number| match number {
            0 => semaphore.try_acquire_many_for(2, SOON).unwrap().map(Permit::forget).is_some(),
            1 => {
                semaphore.acquire().forget();
                true
            }
            _ => {
                let got = semaphore.try_acquire().is_some();
                semaphore.release(2);
                got
            }
        });
        (got, seen.available(), seen.waiters())
    });
}

/// What is kept for one that waits for more is for nobody else.
#[test]
fn who_comes_passes_nobody() {
    scenario("who_comes_passes_nobody").bound(3).shows(|| {
        let semaphore = Arc::new(Semaphore::new(1));
        in_threads::<2, _>(move |number| {
            if number == 0 {
                drop(semaphore.acquire_many(2).unwrap());
                return (0, true);
            }
            let waiting = semaphore.waiters();
            let got = semaphore.try_acquire().is_some();
            semaphore.release(1);
            (waiting, got)
        })
    });
}

#[test]
fn up_to_so_many() {
    scenario("up_to_so_many").bound(2).also(Model::first_timeout_is_early).shows(|| {
        let semaphore = Arc::new(Semaphore::new(0));
        in_threads::<2, _>(move |number| {
            if number == 0 {
                semaphore.release(1);
                semaphore.release(2);
                return [0, 0];
            }
            let take = |permit: Option<Permit<'_>>| {
                permit.map_or(0, |permit| {
                    let count = permit.count();
                    permit.forget();
                    count
                })
            };
            let first = take(semaphore.try_acquire_up_to_for(3, SOON));
            [first, take(semaphore.try_acquire_up_to(3))]
        })
    });
}

/// An order that can be seen: the first has asked before the second comes.
#[test]
fn first_come_first_served() {
    scenario("first_come_first_served").bound(1).shows(|| {
        let semaphore = Arc::new(Semaphore::new(0));
        in_threads::<3, _>(move |number| {
            if number == 0 {
                semaphore.release(1);
                let waiting = semaphore.waiters();
                semaphore.release(1);
                return (true, waiting);
            }
            let waiting = semaphore.waiters();
            let permit = semaphore.acquire();
            permit.forget();
            (true, waiting)
        })
    });
}

#[test]
fn a_permit_is_sent_away() {
    scenario("a_permit_is_sent_away").shows(|| {
        let shared = Arc::new((Arc::new(BoundedSemaphore::new(1)), AtomicU32::new(0)));
        let (mine, yours) = (shared.clone(), shared);
        let first = spawn(move || {
            let permit = mine.0.acquire_arc();
            spawn(move || {
                let before = mine.1.fetch_add(1, Relaxed);
                drop(permit);
                before
            })
        });
        let second = spawn(move || {
            let _permit = yours.0.acquire();
            (yours.1.fetch_add(1, Relaxed), yours.0.release(1).is_ok())
        });
        (first.join().unwrap().join().unwrap(), second.join().unwrap())
    });
}

/// What was forgotten may be released, once.
#[test]
fn two_release_what_was_forgotten() {
    scenario("two_release_what_was_forgotten").bound(3).shows(|| {
        let semaphore = Arc::new(BoundedSemaphore::new(1));
        let seen = semaphore.clone();
        semaphore.acquire().forget();
        let released = in_threads::<2, _>(move |_| semaphore.release(1).is_ok());
        (released, seen.available())
    });
}

#[test]
fn more_than_can_be_counted() {
    scenario("more_than_can_be_counted").bound(3).shows(|| {
        let semaphore = Arc::new(Semaphore::new(u32::MAX as usize));
        in_threads::<2, _>(move |number| {
            if number == 0 {
                semaphore.acquire().forget();
                return true;
            }
            sync_core::panic::catch(|| semaphore.release(1)).is_ok()
        })
    });
}
