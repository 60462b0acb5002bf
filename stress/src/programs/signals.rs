//! Events that are set and cleared by turns, and barriers that some have no patience for.

use std::time::Duration;

use sync_core::thread;
use sync_lock::{Barrier, Event};

use crate::threads::{Plain, in_threads, keep, soon};

const THREADS: usize = 6;
const LAPS: usize = 10;

/// All wait for the start. Then each waits for its event, clears it, and sets the next one: a token goes round.
pub(crate) fn round_of_events(seed: u64) {
    let events: &'static [Event; THREADS] = keep(std::array::from_fn(|_| Event::new()));
    let passed: &'static Plain = keep(Plain::default());
    let start: &'static Event = keep(Event::new());
    events[0].set();
    in_threads(THREADS, seed, |me, random| {
        if me == 0 {
            start.set();
        } else if random.bool() {
            start.wait();
        } else {
            while !start.wait_for(soon(random)) {}
        }
        for _ in 0..LAPS {
            if random.bool() {
                while !events[me].wait_for(soon(random)) {}
            } else {
                events[me].wait();
            }
            events[me].clear();
            passed.add(1);
            events[(me + 1) % THREADS].set();
        }
    });
    assert_eq!(passed.get(), (THREADS * LAPS) as u64);
    assert_eq!(events.each_ref().map(Event::is_set), [true, false, false, false, false, false]);
}

/// A barrier, and what everybody has done before.
struct Lap {
    barrier: Barrier,
    done: [Plain; THREADS],
}

/// One barrier after the other; at each one all pass or, if somebody had no patience, nobody. Who passes sees what
/// all have done.
pub(crate) fn round_of_barriers(seed: u64) {
    let laps: &'static [Lap; LAPS] = keep(std::array::from_fn(|_| Lap {
        barrier: Barrier::with_action(THREADS, thread::yield_now),
        done: Default::default(),
    }));
    let passed = in_threads(THREADS, seed, |me, random| {
        laps.each_ref().map(|Lap { barrier, done }| {
            let limit = if random.u8(0..20) == 0 { soon(random) } else { Duration::MAX };
            done[me].add(1);
            let place = barrier.wait_for(limit).ok();
            if place == Some(0) && random.bool() {
                barrier.abort();
            }
            assert!(place.is_none() || done.iter().all(|done| done.get() == 1));
            place.is_some()
        })
    });
    for lap in 0..LAPS {
        assert!(passed.iter().all(|one| one[lap] == passed[0][lap]), "all or none");
    }
}
