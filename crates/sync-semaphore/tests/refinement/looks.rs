//! Looks at the numbers, which may be old.

use std::sync::Arc;

use sync_core::atomic::AtomicU32;
use sync_core::atomic::Ordering::Relaxed;
use sync_core::checker::{in_threads, scenario};
use sync_semaphore::Semaphore;

#[test]
fn a_look_at_what_is_free() {
    scenario("a_look_at_what_is_free").bound(3).shows(|| {
        let shared = Arc::new((Semaphore::new(1), AtomicU32::new(0)));
        in_threads::<2, _>(move |number| {
            let (semaphore, written) = &*shared;
            if number == 0 {
                semaphore.release(1);
                written.store(1, Relaxed);
                semaphore.acquire().forget();
                return (0, 0, 0);
            }
            let first = semaphore.available();
            (first, written.load(Relaxed), semaphore.available())
        })
    });
}

#[test]
fn a_look_at_who_waits() {
    scenario("a_look_at_who_waits").bound(2).shows(|| {
        let semaphore = Arc::new(Semaphore::new(0));
        in_threads::<2, _>(move |number| {
            if number == 0 {
                semaphore.acquire().forget();
                return (0, 0, 0);
            }
            let waiting = semaphore.waiters();
            semaphore.release(2);
            (waiting, semaphore.waiters(), semaphore.available())
        })
    });
}

/// A failed attempt is no synchronisation: it tells of the number alone.
#[test]
fn what_an_attempt_in_vain_tells() {
    scenario("what_an_attempt_in_vain_tells").bound(3).shows(|| {
        let shared = Arc::new((Semaphore::new(1), AtomicU32::new(0)));
        in_threads::<2, _>(move |number| {
            let (semaphore, written) = &*shared;
            if number == 0 {
                written.store(1, Relaxed);
                semaphore.acquire().forget();
                return (true, 0);
            }
            let got = semaphore.try_acquire().is_some();
            (got, written.load(Relaxed))
        })
    });
}
