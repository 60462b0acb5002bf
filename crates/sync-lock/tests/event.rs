//! What `Event` promises, on real threads. Names are those of CPython's event tests; `at_fork_reinit` has no
//! counterpart.
#![cfg(not(all(any(loom, threadkit_loom), feature = "loom")))]

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use sync_lock::{Condition, Event, Lock};

const SHORT: Duration = Duration::from_millis(20);

#[test]
fn is_set() {
    let event = Event::new();
    assert!(!event.is_set());
    for _ in 0..2 {
        event.set();
        assert!(event.is_set());
    }
    for _ in 0..2 {
        event.clear();
        assert!(!event.is_set());
    }
}

/// Five wait twice; the second wait is over at once.
#[test]
fn notify() {
    let event = Event::new();
    for _ in 0..2 {
        let (tell, told) = mpsc::channel();
        thread::scope(|s| {
            for _ in 0..5 {
                let (event, tell) = (&event, tell.clone());
                s.spawn(move || {
                    event.wait();
                    tell.send(event.wait_for(Duration::ZERO)).unwrap();
                });
            }
            assert!(told.recv_timeout(SHORT).is_err(), "nobody goes on before");
            event.set();
        });
        assert_eq!(told.try_iter().collect::<Vec<_>>(), [true; 5]);
        event.clear();
    }
}

#[test]
fn timeout() {
    let event = Event::default();
    assert!(!event.wait_for(Duration::ZERO));
    assert!(!event.wait_until(Instant::now()));
    let start = Instant::now();
    assert!(!event.wait_for(SHORT));
    assert!(start.elapsed() >= SHORT);
    let moment = Instant::now() + SHORT;
    assert!(!event.wait_until(moment));
    assert!(Instant::now() >= moment);
    event.set();
    assert!(event.wait_for(Duration::ZERO));
    assert!(event.wait_until(start));
    assert!(event.wait_for(Duration::MAX));
}

/// All who are there go on, though the event is cleared at once. Nothing tells when a thread is in the queue,
/// so it is set and cleared until they have gone on.
#[test]
fn set_and_clear() {
    let event = Event::new();
    let (present, changed) = (Lock::new(0), Condition::new());
    thread::scope(|s| {
        let waiters: Vec<_> = (0..5)
            .map(|_| {
                s.spawn(|| {
                    *present.lock() += 1;
                    changed.notify_one();
                    event.wait_for(Duration::from_secs(30))
                })
            })
            .collect();
        changed.wait_while(&mut present.lock(), |present| *present < 5);
        while waiters.iter().any(|waiter| !waiter.is_finished()) {
            event.set();
            event.clear();
        }
        assert!(waiters.into_iter().all(|waiter| waiter.join().unwrap()));
    });
    assert!(!event.is_set());
}

#[test]
fn repr() {
    let event = Event::new();
    assert_eq!(format!("{event:?}"), "Event { set: false }");
    event.set();
    assert_eq!(format!("{event:?}"), "Event { set: true }");
}

/// The first waiter that wakes drops the event, with the one who set it perhaps still inside.
#[test]
fn who_is_woken_may_drop_it() {
    for _ in 0..200 {
        let event = std::sync::Arc::new(Event::new());
        let setter = event.clone();
        let waiter = thread::spawn(move || event.wait());
        setter.set();
        drop(setter);
        waiter.join().unwrap();
    }
}
