//! Barriers with threads at the door: those that are turned away, let in, or told of an error at once.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use sync_core::checker::{Outcomes, in_threads, model};
use sync_lock::{Barrier, Event};

use super::{SOON, two_threads};

/// Aborted twice while one is perhaps still on its way out: it gets out.
#[test]
fn who_is_turned_away_twice_leaves_once() {
    model("who_is_turned_away_twice_leaves_once").bound(1).bound(2).floor(10).passes(|| {
        let barrier = Arc::new(Barrier::new(2));
        let shared = barrier.clone();
        in_threads::<2, _>(move |number| {
            if number == 0 {
                assert!(shared.wait().is_err());
            } else {
                shared.abort();
                shared.abort();
            }
        });
        assert_eq!(barrier.waiters(), 0);
        barrier.reset();
        assert!(barrier.wait_for(SOON).is_err(), "one of two is missing");
    });
}

/// Two at the door are both let in when the one that was turned away is gone. Where all three meet after the
/// reset, two pass, and the last is let off by an abort.
#[test]
fn all_at_the_door_are_let_in() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model("all_at_the_door_are_let_in").bound(1).floor(400).passes(move || {
        let shared = Arc::new((Barrier::new(2), Event::new()));
        let passed = in_threads::<3, _>(move |number| {
            let (barrier, is_reset) = &*shared;
            if number == 1 {
                barrier.reset();
                is_reset.set();
            } else if number == 2 {
                is_reset.wait();
            }
            let passed = barrier.wait();
            if passed == Ok(1) {
                barrier.abort();
            }
            passed.is_ok()
        });
        assert_eq!(passed.iter().filter(|&&passed| passed).count(), 2);
        seen.saw(passed);
    });
    outcomes.are([[true, true, false], [true, false, true], [false, true, true]]);
}

/// The barrier is full until one at the door has its error. Another one there gives up, so it has.
#[test]
fn who_gives_up_at_the_door_is_heard_by_the_others_there() {
    let name = "who_gives_up_at_the_door_is_heard_by_the_others_there";
    model(name).bound(1).floor(100).passes(|| {
        let told = Arc::new((Event::new(), Event::new()));
        let inside = told.clone();
        let barrier = Arc::new(Barrier::with_action(1, move || {
            let (is_full, is_over) = &*inside;
            is_full.set();
            is_over.wait();
        }));
        let shared = barrier.clone();
        let passed = in_threads::<3, _>(move |number| {
            let (is_full, is_over) = &*told;
            if number == 0 {
                return shared.wait().is_ok();
            }
            is_full.wait();
            let limit = if number == 1 { std::time::Duration::MAX } else { SOON };
            let passed = shared.wait_for(limit).is_ok();
            if number == 1 {
                is_over.set();
            }
            passed
        });
        assert_eq!(passed, [true, false, false]);
        assert!(barrier.is_broken(), "for those that come later");
    });
}

/// The same where the barrier is broken before one comes to the door: it gets its error at once, though the
/// action runs on.
#[test]
fn who_comes_to_a_broken_barrier_does_not_wait_for_its_action() {
    let name = "who_comes_to_a_broken_barrier_does_not_wait_for_its_action";
    two_threads(name).floor(20).passes(|| {
        let told = Arc::new((Event::new(), Event::new()));
        let inside = told.clone();
        let barrier = Arc::new(Barrier::with_action(1, move || {
            let (is_full, is_over) = &*inside;
            is_full.set();
            is_over.wait();
        }));
        in_threads::<2, _>(move |number| {
            let (is_full, is_over) = &*told;
            if number == 1 {
                is_full.wait();
                barrier.abort();
                assert_eq!(barrier.waiters(), 0, "turned away");
            }
            assert!(barrier.wait().is_err());
            is_over.set();
        });
    });
}

/// The time of one may be over while the action runs, or before: then nobody passes.
#[test]
fn time_that_is_over_while_the_action_runs_breaks_the_barrier() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    let name = "time_that_is_over_while_the_action_runs_breaks_the_barrier";
    model(name).bound(1).floor(20).passes(move || {
        let has_run = Arc::new(Event::new());
        let inside = has_run.clone();
        let barrier = Arc::new(Barrier::with_action(2, move || inside.set()));
        let passed = in_threads::<2, _>(move |number| {
            if number == 0 { barrier.wait_for(SOON) } else { barrier.wait() }.is_ok()
        });
        assert_eq!(passed[0], passed[1], "both or neither");
        seen.saw((has_run.is_set(), passed[0]));
    });
    outcomes.are([(true, true), (true, false), (false, false)]);
}

/// A thread that panicked has left, and a reset opens the door.
#[test]
fn who_panicked_in_the_action_is_not_awaited() {
    model("who_panicked_in_the_action_is_not_awaited").unbounded().passes(|| {
        let mut fails = true;
        let barrier = Barrier::with_action(1, move || {
            if std::mem::take(&mut fails) {
                // Past the hook, which would print it in every execution.
                resume_unwind(Box::new("on purpose"));
            }
        });
        assert!(catch_unwind(AssertUnwindSafe(|| barrier.wait())).is_err());
        assert!(barrier.is_broken() && barrier.wait().is_err());
        barrier.reset();
        assert_eq!(barrier.wait(), Ok(0));
    });
}
