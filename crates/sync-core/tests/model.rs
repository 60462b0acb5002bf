//! Models of the ground floor itself: waking, timing out, exclusion, globals.
#![cfg(all(any(loom, threadkit_loom), feature = "loom"))]

use std::sync::Arc;

use sync_core::atomic::{AtomicU32, OnlyWriter, Ordering};
use sync_core::cell::Witness;
use sync_core::checker::{Outcomes, in_threads, model, spawn};
use sync_core::global;
use sync_core::parking::{FilterOp, NO_PARK_TOKEN, ParkResult, ParkToken, Parking, UnparkToken};
use sync_core::thread;
use sync_core::time::{Deadline, Duration};

/// Sleeps until the word is no longer zero.
fn wait_until_set(word: &Parking<AtomicU32>, deadline: Deadline) -> ParkResult {
    // SAFETY: no callback panics or parks.
    unsafe {
        word.park(|| word.load(Ordering::Relaxed) == 0, || (), |_last| (), NO_PARK_TOKEN, deadline)
    }
}

#[test]
fn a_parked_thread_is_always_woken() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model("a_parked_thread_is_always_woken").unbounded().floor(3).passes(move || {
        let word = Arc::new(Parking::new(AtomicU32::new(0)));
        let waiter = {
            let word = word.clone();
            spawn(move || wait_until_set(&word, Deadline::NEVER))
        };
        let waker = spawn(move || {
            word.fetch_or(1, Ordering::Release);
            // SAFETY: the callback is a constant.
            unsafe { word.unpark_one(|_| UnparkToken(7)) }.unparked_threads
        });
        let (woken, result) = (waker.join().unwrap(), waiter.join().unwrap());
        assert_eq!(woken == 1, result == ParkResult::Unparked(UnparkToken(7)));
        seen.saw((woken, result == ParkResult::Invalid));
    });
    outcomes.are([(1, false), (0, true)]);
}

#[test]
fn a_timed_park_ends_both_ways() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model("a_timed_park_ends_both_ways").unbounded().floor(5).passes(move || {
        let word = Arc::new(Parking::new(AtomicU32::new(0)));
        let waiter = {
            let word = word.clone();
            spawn(move || wait_until_set(&word, Deadline::after(Duration::from_millis(1))))
        };
        let waker = spawn(move || {
            word.fetch_or(1, Ordering::Release);
            word.unpark_all(UnparkToken(0))
        });
        let (woken, result) = (waker.join().unwrap(), waiter.join().unwrap());
        assert_eq!(woken == 1, result.is_unparked());
        seen.saw((woken, result == ParkResult::TimedOut));
    });
    outcomes.are([(1, false), (0, true), (0, false)]);
}

#[test]
fn a_filter_wakes_those_it_picks() {
    model("a_filter_wakes_those_it_picks").bound(2).floor(10).passes(|| {
        let word = Arc::new(Parking::new(AtomicU32::new(0)));
        let waiters = [1, 2].map(|number| {
            let word = word.clone();
            spawn(move || {
                // SAFETY: no callback panics or parks.
                unsafe { word.park(|| true, || (), |_| (), ParkToken(number), Deadline::NEVER) }
            })
        });
        let mut woken = 0;
        while woken < 2 {
            let picked = |token| {
                if token == ParkToken(2 - woken) { FilterOp::Unpark } else { FilterOp::Skip }
            };
            // SAFETY: the callbacks are pure.
            woken += unsafe { word.unpark_filter(picked, |_| UnparkToken(woken)) }.unparked_threads;
            thread::yield_now();
        }
        let tokens = waiters.map(|waiter| waiter.join().unwrap());
        assert_eq!(tokens, [1, 0].map(|token| ParkResult::Unparked(UnparkToken(token))));
    });
}

#[test]
fn two_holders_at_once_are_found() {
    model("two_holders_at_once_are_found").unbounded().finds("Causality violation", || {
        let witness = Arc::new(Witness::new());
        in_threads::<2, _>(move |_| witness.touch());
    });
}

global! {
    static ROUNDS: AtomicU32 = AtomicU32::new(0);
}

#[test]
fn a_global_is_fresh_in_every_execution() {
    model("a_global_is_fresh_in_every_execution").unbounded().floor(2).passes(|| {
        let other = spawn(|| ROUNDS.fetch_add(1, Ordering::Relaxed));
        let here = ROUNDS.fetch_add(1, Ordering::Relaxed);
        assert_eq!(here + other.join().unwrap(), 1);
        ROUNDS.store_by_only_writer(5, Ordering::Relaxed);
        assert_eq!(ROUNDS.load(Ordering::Relaxed), 5);
    });
}
