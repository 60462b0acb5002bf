//! The event: who has to wait, and what is seen afterwards.

use std::sync::Arc;

use sync_core::atomic::AtomicU32;
use sync_core::atomic::Ordering::Relaxed;
use sync_core::checker::{Model, in_threads, scenario};
use sync_lock::Event;

use super::SOON;

#[test]
fn who_waits_sees_what_was_done_before() {
    scenario("who_waits_sees_what_was_done_before").bound(3).shows(|| {
        let shared = Arc::new((Event::new(), AtomicU32::new(0)));
        in_threads::<2, _>(move |number| {
            let (event, written) = &*shared;
            if number == 0 {
                written.store(1, Relaxed);
                event.set();
                written.store(2, Relaxed);
                return 0;
            }
            event.wait();
            written.load(Relaxed)
        })
    });
}

#[test]
fn a_look_at_the_flag() {
    scenario("a_look_at_the_flag").bound(3).shows(|| {
        let shared = Arc::new((Event::new(), AtomicU32::new(0)));
        in_threads::<2, _>(move |number| {
            let (event, written) = &*shared;
            if number == 0 {
                written.store(1, Relaxed);
                event.set();
                written.store(2, Relaxed);
                event.clear();
                return (false, 0, false);
            }
            let first = event.is_set();
            (first, written.load(Relaxed), event.is_set())
        })
    });
}

#[test]
fn time_that_may_be_over_before_the_event() {
    let name = "time_that_may_be_over_before_the_event";
    scenario(name).bound(3).also(Model::first_timeout_is_early).shows(|| {
        let shared = Arc::new((Event::new(), AtomicU32::new(0)));
        in_threads::<2, _>(move |number| {
            let (event, written) = &*shared;
            if number == 0 {
                written.store(1, Relaxed);
                event.set();
                return (true, 0);
            }
            (event.wait_for(SOON), written.load(Relaxed))
        })
    });
}

#[test]
fn who_waits_was_told_that_it_was_set() {
    scenario("who_waits_was_told_that_it_was_set").bound(3).shows(|| {
        let event = Arc::new(Event::new());
        in_threads::<2, _>(move |number| {
            if number == 0 {
                event.set();
                event.clear();
                event.set();
                return true;
            }
            event.wait_for(std::time::Duration::MAX)
        })
    });
}

/// All who wait go on, even if it is cleared right afterwards; who comes later does not.
#[test]
fn set_and_cleared_at_once() {
    let name = "set_and_cleared_at_once";
    scenario(name).bound(2).also(Model::first_timeout_is_early).shows(|| {
        let event = Arc::new(Event::new());
        in_threads::<3, _>(move |number| {
            if number > 0 {
                return event.wait_for(SOON);
            }
            event.set();
            event.clear();
            event.is_set()
        })
    });
}

#[test]
fn two_who_set_and_one_who_waits() {
    scenario("two_who_set_and_one_who_waits").bound(1).shows(|| {
        let shared = Arc::new((Event::new(), AtomicU32::new(0)));
        in_threads::<3, _>(move |number| {
            let (event, written) = &*shared;
            if number < 2 {
                written.fetch_add(1 << number, Relaxed);
                event.set();
                return 0;
            }
            event.wait();
            written.load(Relaxed)
        })
    });
}

/// Clearing sees what was done before the event was set, and shows what was done before itself.
#[test]
fn clearing_in_both_directions() {
    scenario("clearing_in_both_directions").bound(3).shows(|| {
        let shared = Arc::new((Event::new(), AtomicU32::new(0), AtomicU32::new(0)));
        in_threads::<2, _>(move |number| {
            let (event, mine, yours) = &*shared;
            if number == 0 {
                mine.store(1, Relaxed);
                event.set();
                return (yours.load(Relaxed), event.is_set());
            }
            yours.store(1, Relaxed);
            event.clear();
            (mine.load(Relaxed), event.is_set())
        })
    });
}

#[test]
fn no_time_is_a_look() {
    scenario("no_time_is_a_look").bound(3).shows(|| {
        let event = Arc::new(Event::new());
        in_threads::<2, _>(move |number| {
            if number == 0 {
                event.set();
                return true;
            }
            event.wait_for(std::time::Duration::ZERO)
        })
    });
}
