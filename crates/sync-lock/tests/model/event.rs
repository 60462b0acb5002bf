//! Events: nobody sleeps on beside a set one, nobody is woken by what was cleared, and what was done before
//! is seen afterwards.

use std::sync::Arc;

use sync_core::atomic::{AtomicBool, Ordering::Relaxed};
use sync_core::cell::Witness;
use sync_core::checker::{Model, Outcomes, in_threads, model};
use sync_lock::Event;

use super::{SOON, two_threads};

/// Two threads touch in turn what nothing but the event puts in order.
#[test]
fn what_was_done_before_is_seen_after_the_wait() {
    two_threads("what_was_done_before_is_seen_after_the_wait").floor(15).passes(|| {
        let shared = Arc::new((Event::new(), Witness::new()));
        in_threads::<2, _>(move |number| {
            let (ready, data) = &*shared;
            if number == 0 {
                ready.wait();
                data.touch();
            } else {
                data.touch();
                ready.set();
            }
        });
    });
}

/// Whoever finds an event set, at once or in time, sees what the one did who set it.
#[test]
fn what_was_done_before_is_seen_by_who_finds_it_set() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    two_threads("what_was_done_before_is_seen_by_who_finds_it_set").floor(65).passes(move || {
        let shared = Arc::new((Event::new(), Witness::new()));
        let [found_set, _] = in_threads::<2, _>(move |number| {
            let (ready, data) = &*shared;
            if number == 1 {
                data.touch();
                ready.set();
                return true;
            }
            ready.clear();
            let found_set = ready.is_set() || ready.wait_for(SOON);
            if found_set {
                data.touch();
            }
            found_set
        });
        seen.saw(found_set);
    });
    outcomes.are([true, false]);
}

/// Clearing an event that is waited for does not hide the waiter from the next `set`.
#[test]
fn who_waits_for_a_cleared_event_is_woken() {
    two_threads("who_waits_for_a_cleared_event_is_woken").floor(20).passes(|| {
        let event = Arc::new(Event::new());
        in_threads::<2, _>(move |number| {
            if number == 0 {
                event.wait();
            } else {
                event.clear();
                event.set();
            }
        });
    });
}

#[test]
fn all_who_wait_are_woken_though_one_gives_up() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    let name = "all_who_wait_are_woken_though_one_gives_up";
    model(name).bound(1).bound(2).floor(270).passes(move || {
        let event = Arc::new(Event::new());
        let [in_time, ..] = in_threads::<3, _>(move |number| {
            match number {
                0 => return event.wait_for(SOON),
                1 => event.wait(),
                _ => event.set(),
            }
            true
        });
        seen.saw(in_time);
    });
    outcomes.are([true, false]);
}

/// The event is set once. Who has cleared it since waits in vain, though the one who set it may still be
/// waking others.
#[test]
fn who_comes_after_the_event_was_cleared_is_not_woken() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    let name = "who_comes_after_the_event_was_cleared_is_not_woken";
    model(name).bound(1).unbounded().floor(170).passes(move || {
        let event = Arc::new(Event::new());
        let [.., cleared] = in_threads::<3, _>(move |number| {
            match number {
                0 => drop(event.wait_for(SOON)),
                1 => event.set(),
                _ if event.is_set() => {
                    event.clear();
                    assert!(!event.wait_for(SOON), "nobody has set it since");
                    return true;
                }
                _ => {}
            }
            false
        });
        seen.saw(cleared);
    });
    outcomes.are([true, false]);
}

/// The event ends set, so the clear came first: who set it sees what went on before the clear.
#[test]
fn what_was_done_before_a_clear_is_seen_though_it_changes_nothing() {
    let name = "what_was_done_before_a_clear_is_seen_though_it_changes_nothing";
    two_threads(name).floor(25).passes(|| {
        let shared = Arc::new((Event::new(), AtomicBool::new(false)));
        let both = shared.clone();
        let [_, saw] = in_threads::<2, _>(move |number| {
            let (event, before) = &*both;
            if number == 0 {
                before.store(true, Relaxed);
                event.clear();
                true
            } else {
                event.set();
                before.load(Relaxed)
            }
        });
        assert!(!shared.0.is_set() || saw, "set after the clear, blind to what was before it");
    });
}

/// Clear, look, wait: whoever takes back what was set sees what it was set for.
fn clears_and_looks(model: Model, is_set_before: bool) {
    model.passes(move || {
        let shared = Arc::new((Event::new(), AtomicBool::new(false)));
        if is_set_before {
            shared.0.set();
        }
        in_threads::<2, _>(move |number| {
            let (event, work) = &*shared;
            if number == 0 {
                event.clear();
                if !work.load(Relaxed) {
                    event.wait();
                }
            } else {
                work.store(true, Relaxed);
                event.set();
            }
        });
    });
}

#[test]
fn who_clears_and_looks_need_not_wait() {
    clears_and_looks(two_threads("who_clears_and_looks_need_not_wait").floor(60), false);
}

/// Also where it was set before, so that it is set again in vain.
#[test]
fn who_clears_what_was_set_twice_need_not_wait() {
    clears_and_looks(two_threads("who_clears_what_was_set_twice_need_not_wait").floor(20), true);
}

/// One clears, one sets it after that, and one is woken: that sees what was done before the clear, too.
#[test]
fn who_is_woken_sees_what_its_waker_saw() {
    let name = "who_is_woken_sees_what_its_waker_saw";
    model(name).bound(1).bound(2).floor(100).passes(|| {
        let shared = Arc::new((Event::new(), AtomicBool::new(false)));
        let all = shared.clone();
        let [saw, ..] = in_threads::<3, _>(move |number| {
            let (event, before) = &*all;
            match number {
                0 => return !event.wait_for(SOON) || before.load(Relaxed),
                1 => {
                    before.store(true, Relaxed);
                    event.clear();
                }
                _ => event.set(),
            }
            true
        });
        assert!(!shared.0.is_set() || saw, "cleared before it was set, and that was not seen");
    });
}

/// One wakes another who waits; a third only looks.
#[test]
fn who_only_looks_sees_what_was_done_before_a_wake_up() {
    let name = "who_only_looks_sees_what_was_done_before_a_wake_up";
    model(name).unbounded().floor(4_000).passes(|| {
        let shared = Arc::new((Event::new(), AtomicBool::new(false)));
        in_threads::<3, _>(move |number| {
            let (event, data) = &*shared;
            match number {
                0 => event.wait(),
                1 => {
                    data.store(true, Relaxed);
                    event.set();
                }
                _ => assert!(!event.is_set() || data.load(Relaxed), "set, and nothing was before"),
            }
        });
    });
}
