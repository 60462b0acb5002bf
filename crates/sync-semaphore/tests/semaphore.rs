//! What the semaphores promise, on real threads. Names are those of CPython's semaphore tests where it
//! has one for the case; what holds under either policy is run under both.
#![cfg(not(all(any(loom, threadkit_loom), feature = "loom")))]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use sync_semaphore::{
    BoundedSemaphore, Fifo, Greedy, MAX_PERMITS, OverRelease, Permit, Policy, Semaphore, TooMany,
};

const SHORT: Duration = Duration::from_millis(20);

macro_rules! under_both_policies {
    ($($test:ident)*) => {
        mod fifo {
            $(#[test] fn $test() { super::$test::<super::Fifo>(); })*
        }
        mod greedy {
            $(#[test] fn $test() { super::$test::<super::Greedy>(); })*
        }
    };
}

under_both_policies! {
    constructor acquire acquire_destroy acquire_contended multirelease try_acquire
    try_acquire_contended acquire_timeout with_releases_in_the_end_and_on_panic
    semaphore_release_unacquired bounded_release_unacquired repr
    a_permit_that_does_not_fit_any_more_fills_to_the_brim_and_serves_who_waits
    more_than_there_can_be_is_an_error_at_once a_large_request_is_not_overtaken
    never_more_than_five_of_twenty_two up_to_so_many owned_permits_keep_their_semaphore
    permits_are_split_and_merged foreign_permits_are_not_merged works_in_the_destructor_of_a_thread_local permits_go_back_from_another_thread
}

fn constructor<P: Policy>() {
    // No number is larger on 32 bits.
    if let Some(too_many) = MAX_PERMITS.checked_add(1) {
        assert!(std::panic::catch_unwind(|| Semaphore::<P>::with_policy(too_many)).is_err());
        assert!(std::panic::catch_unwind(|| BoundedSemaphore::<P>::with_policy(too_many)).is_err());
        assert!(Semaphore::<P>::with_policy(0).try_acquire_many(too_many).is_err());
    }
    assert!(std::panic::catch_unwind(|| BoundedSemaphore::<P>::with_policy(0)).is_err());
    assert_eq!(Semaphore::<P>::with_policy(MAX_PERMITS).available(), MAX_PERMITS);
}

#[test]
fn default_value() {
    let semaphore = Semaphore::default();
    let _permit = semaphore.acquire();
    assert!(semaphore.try_acquire().is_none());
}

fn acquire<P: Policy>() {
    let semaphore = Semaphore::<P>::with_policy(3);
    let all: Vec<_> = (0..3).map(|_| semaphore.acquire()).collect();
    assert_eq!(semaphore.available(), 0);
    drop(all);
    (0..9).for_each(|_| drop(semaphore.acquire()));
    assert_eq!(semaphore.available(), 3);
}

fn acquire_destroy<P: Policy>() {
    let semaphore = Box::new(Semaphore::<P>::with_policy(1));
    semaphore.acquire().forget();
    drop(semaphore);
}

/// Permits come back one by one.
fn acquire_contended<P: Policy>() {
    let one_by_one =
        |semaphore: &Semaphore<P>, count| (0..count).for_each(|_| semaphore.release(1));
    seven_for_ten_who_take_two_each(one_by_one);
}

fn multirelease<P: Policy>() {
    seven_for_ten_who_take_two_each(|semaphore: &Semaphore<P>, count| semaphore.release(count));
}

/// 7 permits, one held here; 10 threads take two each, one after the other, and keep them.
fn seven_for_ten_who_take_two_each<P: Policy>(release: impl Fn(&Semaphore<P>, usize)) {
    let semaphore = Semaphore::<P>::with_policy(7);
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
        release(&semaphore, 7);
        next(7);
        assert_eq!(passed.load(SeqCst), 13);
        release(&semaphore, 6);
        next(6);
        assert_eq!(passed.load(SeqCst), 19);
        assert!(semaphore.try_acquire().is_none());
        release(&semaphore, 1);
        next(1);
    });
    assert_eq!((semaphore.available(), semaphore.waiters()), (0, 0));
}

fn try_acquire<P: Policy>() {
    let semaphore = Semaphore::<P>::with_policy(2);
    let first = semaphore.try_acquire().unwrap();
    let _second = semaphore.try_acquire().unwrap();
    assert!(semaphore.try_acquire().is_none());
    drop(first);
    assert!(semaphore.try_acquire().is_some());
}

/// 4 permits, one held here; 5 threads try twice each: exactly 3 tries succeed.
fn try_acquire_contended<P: Policy>() {
    let semaphore = Semaphore::<P>::with_policy(4);
    let _permit = semaphore.acquire();
    let got: usize = thread::scope(|s| {
        let tries = || (0..2).filter_map(|_| semaphore.try_acquire()).map(Permit::forget).count();
        let threads: Vec<_> = (0..5).map(|_| s.spawn(tries)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(got, 3);
}

fn acquire_timeout<P: Policy>() {
    let semaphore = Semaphore::<P>::with_policy(2);
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

fn with_releases_in_the_end_and_on_panic<P: Policy>() {
    let semaphore = BoundedSemaphore::<P>::with_policy(2);
    let nest = |then: fn()| {
        let _outer = semaphore.acquire();
        let _inner = semaphore.acquire();
        assert!(semaphore.try_acquire().is_none());
        then();
    };
    nest(|| ());
    assert_eq!(semaphore.available(), 2);
    let panicked = thread::scope(|s| s.spawn(|| nest(|| panic!("on purpose"))).join());
    assert!(panicked.is_err());
    assert_eq!(semaphore.available(), 2);
}

fn semaphore_release_unacquired<P: Policy>() {
    let semaphore = Semaphore::<P>::with_policy(1);
    semaphore.release(1);
    assert_eq!(semaphore.available(), 2);
    semaphore.release(0);
    let full = std::panic::AssertUnwindSafe(|| semaphore.release(MAX_PERMITS - 1));
    let message = *std::panic::catch_unwind(full).unwrap_err().downcast::<String>().unwrap();
    assert_eq!(message, "releasing 4294967294 permits makes more than MAX_PERMITS");
    assert_eq!(semaphore.available(), 2, "nothing changed");
}

fn a_permit_that_does_not_fit_any_more_fills_to_the_brim_and_serves_who_waits<P: Policy>() {
    let semaphore = Semaphore::<P>::with_policy(5);
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

fn bounded_release_unacquired<P: Policy>() {
    let semaphore = BoundedSemaphore::<P>::with_policy(3);
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

fn repr<P: Policy>() {
    let bounded = BoundedSemaphore::<P>::with_policy(3);
    let permit = bounded.acquire();
    assert_eq!(
        format!("{bounded:?}"),
        "BoundedSemaphore { available: 2, capacity: 3, waiters: 0 }"
    );
    assert_eq!(format!("{permit:?}"), "Permit { home: 2 free, 0 waiting, count: 1 }");
    assert_eq!(
        format!("{:?}", Semaphore::<P>::with_policy(3)),
        "Semaphore { available: 3, waiters: 0 }"
    );
}

fn more_than_there_can_be_is_an_error_at_once<P: Policy>() {
    let bounded = BoundedSemaphore::<P>::with_policy(3);
    let error = bounded.acquire_many(4).unwrap_err();
    assert_eq!(error, TooMany { wanted: 4, limit: 3 });
    assert_eq!(error.to_string(), "4 permits were asked for, but there are never more than 3");
    assert!(bounded.try_acquire_many(4).is_err());
    assert!(bounded.try_acquire_many_for(4, Duration::MAX).is_err());
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
fn a_large_request_is_not_overtaken<P: Policy>() {
    let semaphore = BoundedSemaphore::<P>::with_policy(2);
    let held = semaphore.acquire();
    thread::scope(|s| {
        s.spawn(|| semaphore.acquire_many(2).unwrap().forget());
        while semaphore.waiters() == 0 {
            thread::yield_now();
        }
        assert_eq!(semaphore.available(), 1);
        assert!(semaphore.try_acquire().is_none());
        assert!(semaphore.try_acquire_for(SHORT).is_none());
        assert!(semaphore.try_acquire_many(0).unwrap().is_some(), "none is there at once");
        drop(held);
    });
    semaphore.release(2).unwrap();
}

fn never_more_than_five_of_twenty_two<P: Policy>() {
    let slots = BoundedSemaphore::<P>::with_policy(5);
    let (inside, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|s| {
        for number in 0..22 {
            let (slots, inside, most) = (&slots, &inside, &most);
            s.spawn(move || {
                for _ in 0..200 {
                    let wanted = number % 3 + 1;
                    let _permits = slots.acquire_many(wanted).unwrap();
                    most.fetch_max(inside.fetch_add(wanted, SeqCst) + wanted, SeqCst);
                    thread::yield_now();
                    inside.fetch_sub(wanted, SeqCst);
                }
            });
        }
    });
    assert!(most.load(SeqCst) <= 5);
    assert_eq!((slots.available(), slots.waiters()), (5, 0));
}

/// Ten permits come at once and wait for nobody: who asks for up to four takes four, and then the rest.
fn up_to_so_many<P: Policy>() {
    let semaphore = Semaphore::<P>::with_policy(0);
    assert!(semaphore.try_acquire_up_to(4).is_none());
    assert!(semaphore.try_acquire_up_to_for(4, SHORT).is_none());
    assert!(semaphore.try_acquire_up_to_until(4, Instant::now()).is_none());
    assert_eq!(semaphore.try_acquire_up_to(0).unwrap().count(), 0, "nothing is there at once");
    assert_eq!(semaphore.acquire_up_to(0).count(), 0);
    semaphore.release(10);
    let four = semaphore.acquire_up_to(4);
    let again = semaphore.try_acquire_up_to_for(4, Duration::MAX).unwrap();
    let rest = semaphore.acquire_up_to(usize::MAX);
    assert_eq!([four.count(), again.count(), rest.count()], [4, 4, 2]);
    drop((four, again, rest));
    assert_eq!(semaphore.available(), 10);
    thread::scope(|s| {
        let all = semaphore.acquire_many(10).unwrap();
        let waiter = s.spawn(|| semaphore.acquire_up_to(7).count());
        while semaphore.waiters() == 0 {
            thread::yield_now();
        }
        drop(all);
        assert_eq!(waiter.join().unwrap(), 7, "one was waited for, and six were there with it");
    });
    assert_eq!(semaphore.available(), 10);
}

fn owned_permits_keep_their_semaphore<P: Policy>() {
    let semaphore = Arc::new(BoundedSemaphore::<P>::with_policy(9));
    let permits = [
        semaphore.acquire_arc(),
        semaphore.try_acquire_arc().unwrap(),
        semaphore.try_acquire_arc_for(SHORT).unwrap(),
        semaphore.try_acquire_arc_until(Instant::now()).unwrap(),
        semaphore.acquire_many_arc(2).unwrap(),
        semaphore.try_acquire_many_arc(1).unwrap().unwrap(),
        semaphore.try_acquire_many_arc_for(1, SHORT).unwrap().unwrap(),
        semaphore.try_acquire_many_arc_until(1, Instant::now()).unwrap().unwrap(),
    ];
    assert!(semaphore.try_acquire_arc().is_none());
    assert!(semaphore.try_acquire_arc_for(SHORT).is_none());
    assert!(semaphore.try_acquire_arc_until(Instant::now()).is_none());
    assert!(semaphore.try_acquire_many_arc(2).unwrap().is_none());
    assert!(semaphore.try_acquire_many_arc_for(2, SHORT).unwrap().is_none());
    assert!(semaphore.try_acquire_many_arc_until(2, Instant::now()).unwrap().is_none());
    assert!(semaphore.acquire_many_arc(10).is_err());
    assert!(permits.iter().all(|permit| Arc::ptr_eq(permit.semaphore(), &semaphore)));
    let weak = Arc::downgrade(&semaphore);
    drop(semaphore);
    let [first, rest @ ..] = permits;
    drop(rest);
    assert_eq!(weak.upgrade().unwrap().available(), 8, "all but the first are back");
    first.forget();
    assert!(weak.upgrade().is_none(), "a forgotten permit keeps nothing alive");
}

fn permits_are_split_and_merged<P: Policy>() {
    let semaphore = Arc::new(BoundedSemaphore::<P>::with_policy(5));
    let mut five = semaphore.acquire_many(5).unwrap();
    assert!(five.split(6).is_none());
    assert!(five.split(usize::MAX).is_none());
    let (two, none) = (five.split(2).unwrap(), five.split(0).unwrap());
    assert_eq!([five.count(), two.count(), none.count()], [3, 2, 0]);
    drop(five);
    assert_eq!(semaphore.available(), 3);
    let two = two.merge(none).unwrap();
    assert_eq!((two.count(), semaphore.available()), (2, 3), "merging gives nothing back");
    drop(two);
    assert_eq!(semaphore.available(), 5);
    let owned = semaphore.acquire_arc().merge(semaphore.acquire_many_arc(3).unwrap()).unwrap();
    assert_eq!((owned.count(), semaphore.available(), Arc::strong_count(&semaphore)), (4, 1, 2));
    drop(owned);
    assert_eq!((semaphore.available(), Arc::strong_count(&semaphore)), (5, 1));
}

fn foreign_permits_are_not_merged<P: Policy>() {
    let (here, there) = (Semaphore::<P>::with_policy(3), Semaphore::<P>::with_policy(3));
    let error = here.acquire().merge(there.acquire_many(2).unwrap()).unwrap_err();
    assert!(error.is_foreign());
    assert_eq!(error.to_string(), "the permits are of two different semaphores");
    assert_eq!((here.available(), there.available()), (2, 1), "both are still held");
    drop(error.first);
    assert_eq!((here.available(), there.available()), (3, 1));
    drop(error.second);
    assert_eq!(there.available(), 3);
    // More than can be counted are out only if a `release` made up for what was held.
    let all = here.acquire_many(3).unwrap();
    here.release(MAX_PERMITS);
    let error = here.acquire_many(MAX_PERMITS).unwrap().merge(all).unwrap_err();
    assert!(!error.is_foreign());
    assert_eq!(error.to_string(), "together the permits are more than MAX_PERMITS");
    assert_eq!((error.first.count(), error.second.count()), (MAX_PERMITS, 3));
}

/// The queue of sleepers and the clocks must work when the thread's own data is already gone.
fn works_in_the_destructor_of_a_thread_local<P: Policy>() {
    struct AtTheEnd(Box<dyn Fn()>);
    impl Drop for AtTheEnd {
        fn drop(&mut self) {
            self.0();
        }
    }
    thread_local!(static LAST: std::cell::RefCell<Option<AtTheEnd>> = const { std::cell::RefCell::new(None) });

    let semaphore = Arc::new(Semaphore::<P>::with_policy(0));
    let waiter = thread::spawn({
        let semaphore = semaphore.clone();
        let wait = move || {
            assert!(Semaphore::<P>::with_policy(0).try_acquire_for(SHORT).is_none());
            semaphore.acquire_many(2).unwrap().forget();
        };
        || LAST.set(Some(AtTheEnd(Box::new(wait))))
    });
    while semaphore.waiters() == 0 {
        thread::yield_now();
    }
    semaphore.release(1);
    semaphore.release(1);
    waiter.join().unwrap();
    assert_eq!(semaphore.available(), 0);
}

fn permits_go_back_from_another_thread<P: Policy>() {
    let semaphore = BoundedSemaphore::<P>::with_policy(2);
    let permit = semaphore.acquire();
    thread::scope(|s| s.spawn(|| drop(permit)).join().unwrap());
    assert_eq!(semaphore.available(), 2);
}

/// The difference between the policies: one is woken for a permit and has not tried yet, since its thread
/// cannot run that fast; another comes and takes it, if there is no order to keep.
#[test]
fn the_greedy_are_not_kept_waiting_by_who_sleeps() {
    let semaphore = Semaphore::greedy(1);
    let overtook = || {
        let held = semaphore.acquire();
        thread::scope(|s| {
            s.spawn(|| drop(semaphore.acquire()));
            while semaphore.waiters() == 0 {
                thread::yield_now();
            }
            drop(held);
            semaphore.try_acquire().is_some()
        })
    };
    assert!((0..10_000).any(|_| overtook()));
}
