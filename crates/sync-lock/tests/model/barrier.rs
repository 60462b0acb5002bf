//! Barriers: all or none pass, each time, and nobody is left behind.
//!
//! Three threads are searched with one forced switch, or two, since a pass is a handful of locks for each;
//! the lock and the condition have models of their own.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use sync_core::cell::Witness;
use sync_core::checker::{Model, Outcomes, in_threads, model};
use sync_core::thread::yield_now;
use sync_lock::{Barrier, Event};

use super::SOON;

fn two_threads(name: &'static str) -> Model {
    model(name).bound(2).bound(3)
}

fn three_threads(name: &'static str) -> Model {
    model(name).bound(1)
}

/// Both pass twice; only the barrier puts in order what they touch by turns.
#[test]
fn two_threads_pass_in_step() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    two_threads("two_threads_pass_in_step").floor(800).passes(move || {
        let shared = Arc::new((Barrier::new(2), Witness::new()));
        let [left, right] = in_threads::<2, _>(move |number| {
            let (barrier, data) = &*shared;
            if number == 0 {
                data.touch();
            }
            let first = barrier.wait().unwrap();
            if number == 1 {
                data.touch();
            }
            let second = barrier.wait().unwrap();
            if number == 0 {
                data.touch();
            }
            [first, second]
        });
        assert_eq!([0, 1].map(|pass| left[pass] + right[pass]), [1, 1], "one is first, one second");
        seen.saw(left);
    });
    outcomes.are([[0, 0], [0, 1], [1, 0], [1, 1]]);
}

#[test]
fn three_threads_pass_together() {
    three_threads("three_threads_pass_together").floor(370).passes(|| {
        let barrier = Arc::new(Barrier::new(3));
        let mut places = in_threads::<3, _>(move |_| barrier.wait().unwrap());
        places.sort_unstable();
        assert_eq!(places, [0, 1, 2]);
    });
}

/// One has no patience: either all pass, or nobody does.
#[test]
fn a_time_out_is_one_for_all() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    three_threads("a_time_out_is_one_for_all").floor(700).passes(move || {
        let barrier = Arc::new(Barrier::new(3));
        let passed = in_threads::<3, _>(move |number| {
            if number == 0 { barrier.wait_for(SOON).is_ok() } else { barrier.wait().is_ok() }
        });
        assert!(passed == [passed[0]; 3], "all or none: {passed:?}");
        seen.saw(passed[0]);
    });
    outcomes.are([true, false]);
}

/// One is turned away by a reset; who comes then passes with the third, also if the first one is slow to
/// leave.
#[test]
fn a_reset_turns_away_who_waits_and_lets_in_who_comes() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    let name = "a_reset_turns_away_who_waits_and_lets_in_who_comes";
    three_threads(name).floor(5_500).passes(move || {
        let barrier = Arc::new(Barrier::new(2));
        let shared = barrier.clone();
        let passed = in_threads::<3, _>(move |number| {
            if number == 2 {
                barrier.reset();
            }
            barrier.wait_for(SOON).is_ok()
        });
        assert!(passed.iter().filter(|passed| **passed).count() != 1, "nobody passes alone");
        assert_eq!(shared.waiters(), 0);
        seen.saw(passed.iter().filter(|passed| **passed).count());
    });
    outcomes.are([0, 2]);
}

/// Who was turned away may still be on its way out when the next one comes; in the end both pass.
#[test]
fn who_was_turned_away_passes_the_next_time() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    two_threads("who_was_turned_away_passes_the_next_time").floor(800).passes(move || {
        let barrier = Arc::new(Barrier::new(2));
        let [was_turned_away, _] = in_threads::<2, _>(move |number| {
            if number == 1 {
                barrier.reset();
            }
            let was_turned_away = barrier.wait().is_err();
            assert!(number == 0 || !was_turned_away, "it came after the reset");
            if was_turned_away {
                barrier.wait().unwrap();
            }
            was_turned_away
        });
        seen.saw(was_turned_away);
    });
    outcomes.are([true, false]);
}

/// The action runs once a pass, with all there and nobody gone on.
#[test]
fn an_action_runs_before_anybody_goes_on() {
    two_threads("an_action_runs_before_anybody_goes_on").floor(250).passes(|| {
        let data = Arc::new(Witness::new());
        let inside = data.clone();
        let barrier = Arc::new(Barrier::with_action(2, move || inside.touch()));
        in_threads::<2, _>(move |number| {
            if number == 0 {
                data.touch();
            }
            barrier.wait().unwrap();
            if number == 1 {
                data.touch();
            }
        });
    });
}

#[test]
fn an_action_that_panics_breaks_the_barrier() {
    two_threads("an_action_that_panics_breaks_the_barrier").floor(250).passes(|| {
        // Past the hook, which would print it in every execution.
        let barrier = Barrier::with_action(2, || resume_unwind(Box::new("on purpose")));
        let barrier = Arc::new(barrier);
        let shared = barrier.clone();
        let panicked = in_threads::<2, _>(move |_| {
            let waited = catch_unwind(AssertUnwindSafe(|| barrier.wait()));
            assert!(!matches!(waited, Ok(Ok(_))), "nobody passes");
            waited.is_err()
        });
        assert!(panicked[0] != panicked[1], "one panics");
        assert!(shared.is_broken());
    });
}

/// Aborted before, during or after the action: both pass, or neither.
#[test]
fn a_full_barrier_that_is_aborted_lets_nobody_pass() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    let name = "a_full_barrier_that_is_aborted_lets_nobody_pass";
    three_threads(name).floor(800).passes(move || {
        let barrier = Arc::new(Barrier::with_action(2, || {}));
        let passed = in_threads::<3, _>(move |number| {
            if number == 2 {
                barrier.abort();
                return false;
            }
            barrier.wait().is_ok()
        });
        assert_eq!(passed[0], passed[1], "both or neither");
        seen.saw(passed[0]);
    });
    outcomes.are([true, false]);
}

/// Three come to a barrier for two, and the last is let off by an abort once two have passed.
#[test]
fn who_comes_to_a_full_barrier_waits_for_the_next_pass() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    let name = "who_comes_to_a_full_barrier_waits_for_the_next_pass";
    three_threads(name).floor(1_700).passes(move || {
        let barrier = Arc::new(Barrier::with_action(2, || {}));
        let shared = barrier.clone();
        let ends = in_threads::<3, _>(move |_| {
            let passed = shared.wait();
            if passed == Ok(1) {
                shared.abort();
            }
            passed.ok()
        });
        let mut places: Vec<_> = ends.iter().flatten().copied().collect();
        places.sort_unstable();
        assert_eq!(places, [0, 1], "two pass");
        assert_eq!(barrier.waiters(), 0);
        seen.saw(ends.iter().position(Option::is_none));
    });
    outcomes.are([Some(0), Some(1), Some(2)]);
}

/// A third comes while the barrier is full, and gives up: the two are all there, and pass.
#[test]
fn who_gives_up_at_the_door_breaks_no_full_barrier() {
    let name = "who_gives_up_at_the_door_breaks_no_full_barrier";
    three_threads(name).floor(1_400).passes(|| {
        let is_full = Arc::new(Event::new());
        let inside = is_full.clone();
        let barrier = Arc::new(Barrier::with_action(2, move || {
            inside.set();
            yield_now();
            yield_now();
        }));
        let passed = in_threads::<3, _>(move |number| {
            if number == 2 {
                is_full.wait();
                return barrier.wait_for(SOON).is_ok();
            }
            barrier.wait().is_ok()
        });
        assert_eq!(passed, [true, true, false]);
    });
}

/// The barrier is reset while its action runs, which then panics: that is no longer the barrier's concern.
#[test]
fn a_panic_breaks_no_barrier_that_was_reset_meanwhile() {
    let name = "a_panic_breaks_no_barrier_that_was_reset_meanwhile";
    three_threads(name).floor(320).passes(|| {
        let is_full = Arc::new(Event::new());
        let inside = is_full.clone();
        let barrier = Arc::new(Barrier::with_action(2, move || {
            inside.set();
            yield_now();
            yield_now();
            resume_unwind(Box::new("on purpose"));
        }));
        let shared = barrier.clone();
        in_threads::<3, _>(move |number| {
            if number == 2 {
                is_full.wait();
                shared.reset();
                return;
            }
            let waited = catch_unwind(AssertUnwindSafe(|| shared.wait()));
            assert!(!matches!(waited, Ok(Ok(_))), "nobody passes");
        });
        assert!(!barrier.is_broken(), "it was reset");
    });
}
