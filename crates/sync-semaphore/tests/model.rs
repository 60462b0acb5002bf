//! Models of the semaphores: never over the limit, no permit lost or doubled, nobody asleep beside
//! free permits, everything seen that went on before a release.
#![cfg(all(any(loom, threadkit_loom), feature = "loom"))]

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
    model("one_permit_is_a_lock").unbounded().floor(20).passes(|| {
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
    model("three_threads_share_two_permits").bound(1).bound(2).deep_bound(3).floor(20).passes(
        move || {
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
        },
    );
    outcomes.are([Some(1), Some(2)]);
}

#[test]
fn one_release_of_two_wakes_both_waiters() {
    model("one_release_of_two_wakes_both_waiters").bound(1).bound(2).floor(20).passes(|| {
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
    model("a_time_out_neither_loses_nor_doubles_a_permit").unbounded().floor(20).passes(
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
    model("a_head_that_gives_up_lets_the_next_one_have_what_is_free").unbounded().floor(20).passes(
        move || {
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
        },
    );
    outcomes.are([false]);
}

/// A request for two waits; a single one that comes later does not take a permit away from it.
#[test]
fn many_are_granted_at_once_and_not_overtaken() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model("many_are_granted_at_once_and_not_overtaken").bound(1).bound(2).floor(20).passes(
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

    model("a_grant_shows_what_went_on_before_every_release").bound(1).bound(2).floor(20).passes(
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
    model("a_forgotten_permit_is_released_once").unbounded().floor(3).passes(|| {
        let semaphore = Arc::new(BoundedSemaphore::new(1));
        semaphore.acquire().forget();
        let shared = semaphore.clone();
        let released = in_threads::<2, _>(move |_| shared.release(1).is_ok());
        assert_eq!(released.iter().filter(|&&ok| ok).count(), 1, "exactly one release counts");
        assert_eq!(semaphore.available(), 1);
    });
}
