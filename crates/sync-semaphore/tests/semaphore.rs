//! What the semaphores promise, on real threads. Names are those of CPython's semaphore tests.
#![cfg(not(all(any(loom, threadkit_loom), feature = "loom")))]

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use static_assertions::assert_impl_all;
use sync_semaphore::{BoundedSemaphore, MAX_PERMITS, OverRelease, Permit, Semaphore, TooMany};

const SHORT: Duration = Duration::from_millis(20);

assert_impl_all!(Semaphore: Send, Sync);
assert_impl_all!(BoundedSemaphore: Send, Sync);
assert_impl_all!(Permit<'static>: Send, Sync);
assert_impl_all!(TooMany: std::error::Error, Send, Sync);
assert_impl_all!(OverRelease: std::error::Error, Send, Sync);

#[test]
fn constructor() {
    assert!(std::panic::catch_unwind(|| Semaphore::new(MAX_PERMITS + 1)).is_err());
    assert!(std::panic::catch_unwind(|| BoundedSemaphore::new(0)).is_err());
    assert_eq!(Semaphore::new(MAX_PERMITS).available(), MAX_PERMITS);
}

#[test]
fn default_value() {
    let semaphore = Semaphore::default();
    let _permit = semaphore.acquire();
    assert!(semaphore.try_acquire().is_none());
}

/// 7 permits, one held here; 10 threads take two each, one after the other, and keep them.
#[test]
fn acquire_contended() {
    let semaphore = Semaphore::new(7);
    let (passed, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let (pass, passes) = mpsc::channel();
    semaphore.acquire().forget();
    thread::scope(|s| {
        for _ in 0..10 {
            let (semaphore, passed, done, pass) = (&semaphore, &passed, &done, pass.clone());
            s.spawn(move || {
                for _ in 0..2 {
                    semaphore.acquire().forget();
                    passed.fetch_add(1, SeqCst);
                    pass.send(()).unwrap();
                }
                done.fetch_add(1, SeqCst);
            });
        }
        let next = |count: usize| (0..count).for_each(|_| passes.recv().unwrap());
        next(6);
        while semaphore.waiters() + done.load(SeqCst) < 10 {
            thread::yield_now();
        }
        assert_eq!(passed.load(SeqCst), 6, "the others wait");
        for _ in 0..7 {
            semaphore.release(1);
        }
        next(7);
        assert_eq!(passed.load(SeqCst), 13);
        semaphore.release(6); // multirelease
        next(6);
        assert_eq!(passed.load(SeqCst), 19);
        assert!(semaphore.try_acquire().is_none());
        semaphore.release(1);
        next(1);
    });
    assert_eq!((semaphore.available(), semaphore.waiters()), (0, 0));
}

#[test]
fn try_acquire() {
    let semaphore = Semaphore::new(2);
    let first = semaphore.try_acquire().unwrap();
    let _second = semaphore.try_acquire().unwrap();
    assert!(semaphore.try_acquire().is_none());
    drop(first);
    assert!(semaphore.try_acquire().is_some());
}

/// 4 permits, one held here; 5 threads try twice each: exactly 3 tries succeed.
#[test]
fn try_acquire_contended() {
    let semaphore = Semaphore::new(4);
    let _permit = semaphore.acquire();
    let got: usize = thread::scope(|s| {
        let tries = || (0..2).filter_map(|_| semaphore.try_acquire()).map(Permit::forget).count();
        let threads: Vec<_> = (0..5).map(|_| s.spawn(tries)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(got, 3);
}

#[test]
fn acquire_timeout() {
    let semaphore = Semaphore::new(2);
    let first = semaphore.try_acquire_for(SHORT).unwrap();
    let _second = semaphore.try_acquire_until(Instant::now()).unwrap();
    let start = Instant::now();
    assert!(semaphore.try_acquire_for(SHORT).is_none());
    assert!(start.elapsed() >= SHORT);
    assert!(semaphore.try_acquire_many_until(2, Instant::now() + SHORT).unwrap().is_none());
    assert!(start.elapsed() >= 2 * SHORT);
    assert_eq!(semaphore.waiters(), 0, "who gave up waits no more");
    drop(first);
    assert!(semaphore.try_acquire_for(Duration::MAX).is_some());
}

#[test]
fn with_releases_on_panic() {
    let semaphore = BoundedSemaphore::new(2);
    let panicked = thread::scope(|s| {
        s.spawn(|| {
            let _outer = semaphore.acquire();
            let _inner = semaphore.acquire();
            panic!("on purpose");
        })
        .join()
    });
    assert!(panicked.is_err());
    assert_eq!(semaphore.available(), 2);
}

#[test]
fn semaphore_release_unacquired() {
    let semaphore = Semaphore::new(1);
    semaphore.release(1);
    assert_eq!(semaphore.available(), 2);
    semaphore.release(0);
    let full = std::panic::AssertUnwindSafe(|| semaphore.release(MAX_PERMITS - 1));
    let message = *std::panic::catch_unwind(full).unwrap_err().downcast::<String>().unwrap();
    assert_eq!(message, "releasing 4294967294 permits makes more than MAX_PERMITS");
    assert_eq!(semaphore.available(), 2, "nothing changed");
}

#[test]
fn a_permit_that_does_not_fit_any_more_fills_to_the_brim_and_serves_who_waits() {
    let semaphore = Semaphore::new(5);
    let permits = semaphore.acquire_many(5).unwrap();
    semaphore.release(MAX_PERMITS - 3);
    thread::scope(|s| {
        s.spawn(|| semaphore.acquire_many(MAX_PERMITS).unwrap().forget());
        while semaphore.waiters() == 0 {
            thread::yield_now();
        }
        drop(permits);
    });
    assert_eq!(semaphore.available(), 0);
}

#[test]
fn bounded_release_unacquired() {
    let semaphore = BoundedSemaphore::new(3);
    assert_eq!(semaphore.release(1), Err(OverRelease { released: 1, forgotten: 0 }));
    semaphore.acquire_many(2).unwrap().forget();
    let over = semaphore.release(3).unwrap_err();
    assert_eq!(over.to_string(), "3 permits were released, but only 2 are out without a guard");
    assert_eq!(semaphore.available(), 1, "nothing changed");
    semaphore.release(2).unwrap();
    assert!(semaphore.release(1).is_err(), "a balanced pair leaves nothing to release");
    drop(semaphore.acquire());
    assert!(semaphore.release(1).is_err(), "neither does a permit that went back by itself");
    assert_eq!(semaphore.available(), 3);
}

#[test]
fn repr() {
    let bounded = BoundedSemaphore::new(3);
    let permit = bounded.acquire();
    assert_eq!(
        format!("{bounded:?}"),
        "BoundedSemaphore { available: 2, capacity: 3, waiters: 0 }"
    );
    assert_eq!(format!("{permit:?}"), "Permit { home: 2 free, 0 waiting, count: 1 }");
    assert_eq!(format!("{:?}", Semaphore::new(3)), "Semaphore { available: 3, waiters: 0 }");
}

#[test]
fn more_than_there_can_be_is_an_error_at_once() {
    let bounded = BoundedSemaphore::new(3);
    let error = bounded.acquire_many(4).unwrap_err();
    assert_eq!(error, TooMany { wanted: 4, limit: 3 });
    assert_eq!(error.to_string(), "4 permits were asked for, but there are never more than 3");
    assert!(bounded.try_acquire_many(4).is_err());
    assert!(bounded.try_acquire_many_for(4, Duration::MAX).is_err());
    assert!(Semaphore::new(0).try_acquire_many(MAX_PERMITS + 1).is_err());
    let all = bounded.acquire_many(3).unwrap();
    assert_eq!(all.count(), 3);
    assert!(bounded.try_acquire_many(1).unwrap().is_none());
    assert_eq!(bounded.acquire_many(0).unwrap().count(), 0, "nothing is there at once");
}

/// Each waiter is in the queue before the next one comes, and takes all there is, so the order in
/// which they report is the order in which they are served.
#[test]
fn waiters_are_served_in_order_of_arrival() {
    let semaphore = BoundedSemaphore::new(3);
    let (serve, served) = mpsc::channel();
    thread::scope(|s| {
        let all = semaphore.acquire_many(3).unwrap();
        for place in 0..4 {
            let (semaphore, serve) = (&semaphore, serve.clone());
            s.spawn(move || {
                let _permits = semaphore.acquire_many(3).unwrap();
                serve.send(place).unwrap();
            });
            while semaphore.waiters() <= place {
                thread::yield_now();
            }
        }
        drop(all);
    });
    assert_eq!(served.try_iter().collect::<Vec<_>>(), [0, 1, 2, 3]);
}

/// One permit is free, but the first in the queue wants two: nobody takes it from under its nose.
#[test]
fn a_large_request_is_not_overtaken() {
    let semaphore = BoundedSemaphore::new(2);
    let held = semaphore.acquire();
    thread::scope(|s| {
        s.spawn(|| semaphore.acquire_many(2).unwrap().forget());
        while semaphore.waiters() == 0 {
            thread::yield_now();
        }
        assert_eq!(semaphore.available(), 1);
        assert!(semaphore.try_acquire().is_none());
        assert!(semaphore.try_acquire_for(SHORT).is_none());
        drop(held);
    });
    semaphore.release(2).unwrap();
}

#[test]
fn never_more_than_five_of_twenty_two() {
    static SLOTS: BoundedSemaphore = BoundedSemaphore::new(5);
    let (inside, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|s| {
        for number in 0..22 {
            let (inside, most) = (&inside, &most);
            s.spawn(move || {
                for _ in 0..200 {
                    let wanted = number % 3 + 1;
                    let _permits = SLOTS.acquire_many(wanted).unwrap();
                    most.fetch_max(inside.fetch_add(wanted, SeqCst) + wanted, SeqCst);
                    thread::yield_now();
                    inside.fetch_sub(wanted, SeqCst);
                }
            });
        }
    });
    assert!(most.load(SeqCst) <= 5);
    assert_eq!((SLOTS.available(), SLOTS.waiters()), (5, 0));
}
