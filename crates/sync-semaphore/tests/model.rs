//! Models of the semaphores: never over the limit, no permit lost or doubled, nobody asleep beside
//! free permits, everything seen that went on before a release.
//!
//! Bounds: a bound is the number of *forced* switches, those that take a thread away where it could go on.
//! One permit and two threads are searched without a limit, since that ends, and so are a few with three; the
//! others of three with up to two, which is enough for every order of coming, giving up and being served, as the
//! seeded faults show; four threads with none. Deep runs go on from there. There are three permits at most: what
//! is true of one that is left over is true of many. Patience ends with the first wake-up in vain, and a time-out
//! may come at any point.
#![cfg(all(any(loom, threadkit_loom), feature = "loom"))]

#[path = "model/corners.rs"]
mod corners;
#[path = "model/greedy.rs"]
mod greedy;
#[path = "model/spins.rs"]
mod spins;

use std::sync::Arc;

use sync_core::atomic::AtomicU32;
use sync_core::atomic::Ordering::Relaxed;
use sync_core::cell::{UnsafeCell, Witness};
use sync_core::checker::{Outcomes, in_threads, model};
use sync_core::time::Duration;
use sync_semaphore::{BoundedSemaphore, Semaphore};

/// A time-out that the checker may let pass or not.
const SOON: Duration = Duration::from_millis(1);

#[test]
fn one_permit_is_a_lock() {
    model("one_permit_is_a_lock").unbounded().floor(90).passes(|| {
        let shared = Arc::new((BoundedSemaphore::new(1), Witness::new()));
        in_threads::<2, _>(move |_| {
            let _permit = shared.0.acquire();
            shared.1.touch();
        });
    });
}

#[test]
fn three_threads_share_two_permits() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model("three_threads_share_two_permits").bound(1).bound(2).floor(700).passes(move || {
        let shared = Arc::new((BoundedSemaphore::new(2), AtomicU32::new(0)));
        let semaphore = shared.clone();
        let inside = in_threads::<3, _>(move |_| {
            let (slots, inside) = &*shared;
            let _permit = slots.acquire();
            let others = inside.fetch_add(1, Relaxed);
            inside.fetch_sub(1, Relaxed);
            others + 1
        });
        assert!(inside.iter().all(|&inside| inside <= 2), "never more than two inside");
        assert_eq!((semaphore.0.available(), semaphore.0.waiters()), (2, 0));
        seen.saw(inside.into_iter().max());
    });
    outcomes.are([Some(1), Some(2)]);
}

#[test]
fn one_release_of_two_wakes_both_waiters() {
    model("one_release_of_two_wakes_both_waiters").bound(1).bound(2).floor(200).passes(|| {
        let semaphore = Arc::new(Semaphore::new(0));
        let shared = semaphore.clone();
        in_threads::<3, _>(move |number| match number {
            0 => shared.release(2),
            _ => shared.acquire().forget(),
        });
        assert_eq!((semaphore.available(), semaphore.waiters()), (0, 0));
    });
}

#[test]
fn a_time_out_neither_loses_nor_doubles_a_permit() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model("a_time_out_neither_loses_nor_doubles_a_permit").unbounded().floor(200).passes(
        move || {
            let semaphore = Arc::new(BoundedSemaphore::new(1));
            let shared = semaphore.clone();
            let got = in_threads::<2, _>(move |number| match number {
                0 => shared.try_acquire_for(SOON).is_some(),
                _ => {
                    let _permit = shared.acquire();
                    true
                }
            });
            assert_eq!((semaphore.available(), semaphore.waiters()), (1, 0), "all are back");
            seen.saw(got[0]);
        },
    );
    outcomes.are([true, false]);
}

/// One permit is free and stays so. The first thread wants two of them and gives up; the second wants
/// one and must get it, whichever of them was first in the queue.
#[test]
fn a_head_that_gives_up_lets_the_next_one_have_what_is_free() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model("a_head_that_gives_up_lets_the_next_one_have_what_is_free")
        .unbounded()
        .floor(260)
        .passes(move || {
            let semaphore = Arc::new(BoundedSemaphore::new(2));
            let shared = semaphore.clone();
            semaphore.acquire().forget();
            let got = in_threads::<2, _>(move |number| match number {
                0 => shared.try_acquire_many_for(2, SOON).unwrap().is_some(),
                _ => {
                    let _permit = shared.acquire();
                    true
                }
            });
            assert_eq!((semaphore.available(), semaphore.waiters()), (1, 0));
            seen.saw(got[0]);
        });
    outcomes.are([false]);
}

/// A request for two waits; a single one that comes later does not take a permit away from it.
#[test]
fn many_are_granted_at_once_and_not_overtaken() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model("many_are_granted_at_once_and_not_overtaken").bound(1).bound(2).floor(600).passes(
        move || {
            let semaphore = Arc::new(BoundedSemaphore::new(2));
            semaphore.acquire_many(2).unwrap().forget();
            let shared = semaphore.clone();
            let [_, overtaken, _] = in_threads::<3, _>(move |number| match number {
                0 => {
                    shared.release(1).unwrap();
                    shared.release(1).unwrap();
                    false
                }
                1 => {
                    shared.acquire_many(2).unwrap().forget();
                    shared.release(2).unwrap();
                    false
                }
                _ => {
                    let waiting = shared.waiters();
                    let got = shared.try_acquire();
                    // Whoever waited before that look still waits, or was served: nobody is robbed.
                    got.is_some() && waiting > 0 && shared.waiters() > 0
                }
            });
            assert!(!overtaken, "a permit was taken while somebody waited for it");
            assert_eq!(semaphore.available(), 2, "every permit is back once");
            seen.saw(overtaken);
        },
    );
    outcomes.are([false]);
}

/// Two threads write and release one permit each; whoever gets both sees both writes.
#[test]
fn a_grant_shows_what_went_on_before_every_release() {
    struct Cells([UnsafeCell<u32>; 2]);
    // SAFETY: the semaphore orders the accesses, which is what this model checks.
    unsafe impl Sync for Cells {}

    model("a_grant_shows_what_went_on_before_every_release").unbounded().floor(44_000).passes(
        || {
            let cells = Cells([UnsafeCell::new(0), UnsafeCell::new(0)]);
            let shared = Arc::new((Semaphore::new(0), cells));
            in_threads::<3, _>(move |number| {
                let (released, Cells(cells)) = &*shared;
                if number < 2 {
                    // SAFETY: nobody reads before this thread's release.
                    cells[number].with_mut(|cell| unsafe { *cell = 1 });
                    released.release(1);
                } else {
                    released.acquire_many(2).unwrap().forget();
                    // SAFETY: both writers have released.
                    let sum: u32 =
                        cells.iter().map(|cell| cell.with(|cell| unsafe { *cell })).sum();
                    assert_eq!(sum, 2);
                }
            });
        },
    );
}

#[test]
fn a_forgotten_permit_is_released_once() {
    model("a_forgotten_permit_is_released_once").unbounded().floor(9).passes(|| {
        let semaphore = Arc::new(BoundedSemaphore::new(1));
        semaphore.acquire().forget();
        let shared = semaphore.clone();
        let released = in_threads::<2, _>(move |_| shared.release(1).is_ok());
        assert_eq!(released.iter().filter(|&&ok| ok).count(), 1, "exactly one release counts");
        assert_eq!(semaphore.available(), 1);
    });
}

/// Whoever saw the request for two in the queue before it asked for one is served after it.
#[test]
fn who_comes_later_is_served_later() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model("who_comes_later_is_served_later").bound(1).bound(2).floor(1500).passes(move || {
        let semaphore = Arc::new(Semaphore::new(0));
        let shared = semaphore.clone();
        let [_, came_second, _] = in_threads::<3, _>(move |number| match number {
            0 => {
                shared.acquire_many(2).unwrap().forget();
                false
            }
            1 => {
                let came_second = shared.waiters() == 1;
                shared.acquire().forget();
                assert!(!came_second || shared.waiters() == 0, "overtook the one in front");
                came_second
            }
            _ => {
                (0..3).for_each(|_| shared.release(1));
                false
            }
        });
        assert_eq!((semaphore.available(), semaphore.waiters()), (0, 0));
        seen.saw(came_second);
    });
    outcomes.are([true, false]);
}

/// One release serves a waiter and leaves a permit, or finds that the waiter has given up: whoever
/// takes the permit by the fast way sees what went on before.
#[test]
fn a_permit_that_is_left_over_shows_what_went_on_before() {
    struct Shared(Semaphore, UnsafeCell<u32>);
    // SAFETY: the semaphore orders the accesses, which is what this model checks.
    unsafe impl Sync for Shared {}

    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    let name = "a_permit_that_is_left_over_shows_what_went_on_before";
    model(name).bound(1).bound(2).floor(350).passes(move || {
        let shared = Arc::new(Shared(Semaphore::new(0), UnsafeCell::new(0)));
        let [patient, ..] = in_threads::<3, _>(move |number| {
            let Shared(released, cell) = &*shared;
            if number == 2 {
                // SAFETY: nobody reads before the release.
                cell.with_mut(|cell| unsafe { *cell = 1 });
                released.release(2);
                return true;
            }
            let permit =
                if number == 0 { released.try_acquire_for(SOON) } else { Some(released.acquire()) };
            permit.is_some_and(|permit| {
                permit.forget();
                // SAFETY: the writer has released.
                assert_eq!(cell.with(|cell| unsafe { *cell }), 1);
                true
            })
        });
        seen.saw(patient);
    });
    outcomes.are([true, false]);
}

/// A request for two waits; one that takes what is there takes nothing away from it.
#[test]
fn many_are_not_overtaken_by_who_takes_what_is_there() {
    let name = "many_are_not_overtaken_by_who_takes_what_is_there";
    model(name).bound(1).bound(2).floor(30).passes(|| {
        let semaphore = Arc::new(Semaphore::new(1));
        let shared = semaphore.clone();
        in_threads::<2, _>(move |number| {
            if number == 0 {
                shared.acquire_many(2).unwrap().forget();
                return;
            }
            let waiting = shared.waiters() == 1;
            let got = shared.try_acquire_up_to(1);
            assert!(!waiting || got.is_none(), "a permit was taken that was kept for somebody");
            drop(got);
            shared.release(1);
        });
        assert_eq!((semaphore.available(), semaphore.waiters()), (0, 0));
    });
}

#[test]
fn who_takes_what_is_there_sees_what_went_on_before() {
    struct Shared(Semaphore, UnsafeCell<u32>);
    // SAFETY: the semaphore orders the accesses, which is what this model checks.
    unsafe impl Sync for Shared {}

    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    let name = "who_takes_what_is_there_sees_what_went_on_before";
    model(name).unbounded().floor(10).passes(move || {
        let shared = Arc::new(Shared(Semaphore::new(0), UnsafeCell::new(0)));
        let [_, got] = in_threads::<2, _>(move |number| {
            let Shared(released, cell) = &*shared;
            if number == 0 {
                // SAFETY: nobody reads before the release.
                cell.with_mut(|cell| unsafe { *cell = 1 });
                released.release(1);
                return true;
            }
            released.try_acquire_up_to(2).is_some_and(|_permit| {
                // SAFETY: the writer has released.
                assert_eq!(cell.with(|cell| unsafe { *cell }), 1);
                true
            })
        });
        seen.saw(got);
    });
    outcomes.are([true, false]);
}
