//! The barrier: who passes, in which place, and who is turned away.

use std::sync::Arc;

use sync_core::atomic::AtomicU32;
use sync_core::atomic::Ordering::Relaxed;
use sync_core::checker::{Model, in_threads, scenario};
use sync_core::panic::catch;
use sync_lock::Barrier;

use super::SOON;

#[test]
fn places_of_two_passes() {
    scenario("places_of_two_passes").shows(|| {
        let barrier = Arc::new(Barrier::new(2));
        in_threads::<2, _>(move |_| [barrier.wait().ok(), barrier.wait().ok()])
    });
}

#[test]
fn what_was_done_before_a_pass_is_seen_after_it() {
    scenario("what_was_done_before_a_pass_is_seen_after_it").shows(|| {
        let shared = Arc::new((Barrier::new(2), AtomicU32::new(0)));
        in_threads::<2, _>(move |number| {
            let (barrier, written) = &*shared;
            written.fetch_add(1 << number, Relaxed);
            (barrier.wait().ok(), written.load(Relaxed))
        })
    });
}

#[test]
fn three_at_a_barrier() {
    scenario("three_at_a_barrier").bound(1).shows(|| {
        let barrier = Arc::new(Barrier::new(3));
        in_threads::<3, _>(move |_| barrier.wait().ok())
    });
}

#[test]
fn one_whose_time_may_be_over_at_a_barrier() {
    let name = "one_whose_time_may_be_over_at_a_barrier";
    scenario(name).bound(2).also(Model::first_timeout_is_early).shows(|| {
        let barrier = Arc::new(Barrier::new(2));
        in_threads::<2, _>(move |number| {
            let place = if number == 0 { barrier.wait_for(SOON) } else { barrier.wait() };
            (place.ok(), barrier.is_broken())
        })
    });
}

#[test]
fn an_abort_and_a_reset() {
    scenario("an_abort_and_a_reset").bound(1).shows(|| {
        let barrier = Arc::new(Barrier::new(2));
        in_threads::<3, _>(move |number| {
            if number == 0 {
                barrier.abort();
                let waiters = barrier.waiters();
                return (Some(waiters), barrier.is_broken());
            }
            (barrier.wait().ok(), barrier.is_broken())
        })
    });
}

#[test]
fn a_reset_lets_in_who_comes() {
    scenario("a_reset_lets_in_who_comes").bound(1).also(Model::first_timeout_is_early).shows(
        || {
            let barrier = Arc::new(Barrier::new(2));
            in_threads::<3, _>(move |number| {
                if number == 0 {
                    barrier.reset();
                    return None;
                }
                barrier.wait_for(SOON).ok()
            })
        },
    );
}

#[test]
fn an_action_of_the_last_one() {
    let name = "an_action_of_the_last_one";
    scenario(name).bound(2).also(Model::first_timeout_is_early).shows(|| {
        let written = Arc::new(AtomicU32::new(0));
        let by_action = written.clone();
        let action = move || by_action.store(1, Relaxed);
        let barrier = Arc::new(Barrier::with_action(2, action));
        in_threads::<2, _>(move |number| {
            let place = if number == 0 { barrier.wait_for(SOON) } else { barrier.wait() };
            (place.ok(), written.load(Relaxed))
        })
    });
}

#[test]
fn an_action_that_is_interrupted() {
    scenario("an_action_that_is_interrupted").bound(1).shows(|| {
        let barrier = Arc::new(Barrier::with_action(2, || ()));
        in_threads::<3, _>(move |number| {
            if number == 0 {
                barrier.abort();
                return None;
            }
            barrier.wait().ok()
        })
    });
}

#[test]
fn an_action_that_panics() {
    scenario("an_action_that_panics").shows(|| {
        let barrier = Arc::new(Barrier::with_action(2, || panic!("the action")));
        in_threads::<2, _>(move |_| {
            let passed = catch(|| barrier.wait().ok()).ok();
            (passed, barrier.is_broken())
        })
    });
}

/// More come than it is for.
#[test]
fn one_too_many() {
    scenario("one_too_many").bound(1).also(Model::first_timeout_is_early).shows(|| {
        let runs = Arc::new(AtomicU32::new(0));
        let by_action = runs.clone();
        let barrier = Arc::new(Barrier::with_action(2, move || {
            by_action.fetch_add(1, Relaxed);
        }));
        let places = in_threads::<3, _>(move |_| barrier.wait_for(SOON).ok());
        (places, runs.load(Relaxed))
    });
}
