//! What `Barrier` promises, on real threads. Names are those of CPython's barrier tests; `default_timeout` has no
//! counterpart, since each wait says its own.
#![cfg(not(all(any(loom, threadkit_loom), feature = "loom")))]

use std::panic::catch_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use sync_lock::{Barrier, BrokenBarrier, Lock};

const PARTIES: usize = 5;
const SHORT: Duration = Duration::from_millis(20);
/// No test lasts as long.
const LONG: Duration = Duration::from_secs(30);

/// Runs `f` in five threads, numbered from 0, and returns what they return.
fn in_five<R: Send>(f: impl Fn(usize) -> R + Sync) -> Vec<R> {
    thread::scope(|s| {
        let f = &f;
        let threads: Vec<_> = (0..PARTIES).map(|number| s.spawn(move || f(number))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn until(happened: impl Fn() -> bool) {
    while !happened() {
        thread::yield_now();
    }
}

#[test]
fn constructor() {
    let message = |payload: Box<dyn std::any::Any + Send>| *payload.downcast::<&str>().unwrap();
    let none = catch_unwind(|| Barrier::new(0)).unwrap_err();
    assert_eq!(message(none), "a barrier for no threads can never be passed");
    assert!(catch_unwind(|| Barrier::with_action(0, || {})).is_err());
}

/// So many rounds in step: nobody is a round ahead of another.
fn passes(rounds: usize) {
    let barrier = Barrier::new(PARTIES);
    let lists = [Lock::new(0), Lock::new(0)];
    in_five(|_| {
        for round in 0..rounds {
            *lists[0].lock() += 1;
            barrier.wait_for(LONG).unwrap();
            assert_eq!(
                (*lists[0].lock(), *lists[1].lock()),
                (PARTIES * (round + 1), PARTIES * round)
            );
            barrier.wait_for(LONG).unwrap();
            *lists[1].lock() += 1;
            barrier.wait_for(LONG).unwrap();
            assert_eq!(
                (*lists[0].lock(), *lists[1].lock()),
                (PARTIES * (round + 1), PARTIES * (round + 1))
            );
            barrier.wait_for(LONG).unwrap();
        }
    });
    assert_eq!((barrier.waiters(), barrier.is_broken()), (0, false));
}

#[test]
fn barrier() {
    passes(1);
}

#[test]
fn barrier_10() {
    passes(10);
}

#[test]
fn wait_return() {
    let barrier = Barrier::new(PARTIES);
    let mut places = in_five(|_| barrier.wait().unwrap());
    places.sort_unstable();
    assert_eq!(places, [0, 1, 2, 3, 4]);
}

#[test]
fn action() {
    let runs = Arc::new(AtomicUsize::new(0));
    let inside = runs.clone();
    let barrier = Barrier::with_action(PARTIES, move || {
        inside.fetch_add(1, Relaxed);
    });
    in_five(|_| {
        for round in 1..=3 {
            barrier.wait().unwrap();
            assert_eq!(runs.load(Relaxed), round, "once, and not again before all are back");
        }
    });
}

#[test]
fn abort() {
    let barrier = Barrier::new(PARTIES);
    let passed = in_five(|number| {
        if number == PARTIES / 2 {
            barrier.abort();
            return false;
        }
        barrier.wait_for(LONG).is_ok()
    });
    assert_eq!(passed, [false; PARTIES]);
    assert!(barrier.is_broken());
    assert!(barrier.wait().is_err(), "at once");
}

/// Four are turned away; then all five pass.
#[test]
fn reset() {
    let barrier = Barrier::new(PARTIES);
    in_five(|number| {
        if number == PARTIES / 2 {
            until(|| barrier.waiters() == PARTIES - 1);
            barrier.reset();
        } else {
            assert!(barrier.wait().is_err());
        }
        barrier.wait().unwrap();
    });
    assert!(!barrier.is_broken());
}

#[test]
fn abort_and_reset() {
    let barrier = Barrier::new(PARTIES);
    let together = Barrier::new(PARTIES);
    in_five(|number| {
        if number == PARTIES / 2 {
            barrier.abort();
        } else {
            assert!(barrier.wait().is_err());
        }
        assert!(barrier.is_broken());
        if together.wait() == Ok(0) {
            barrier.reset();
        }
        together.wait().unwrap();
        barrier.wait().unwrap();
    });
    assert!(!barrier.is_broken());
}

/// One comes late, or never: the others get an error, none before its time.
#[test]
fn timeout() {
    let barrier = Barrier::new(PARTIES);
    let start = Instant::now();
    in_five(|number| {
        if number == PARTIES / 2 {
            until(|| barrier.is_broken());
        }
        assert!(barrier.wait_for(SHORT).is_err());
        assert!(start.elapsed() >= SHORT);
    });
    assert!(barrier.wait_until(start).is_err());
    barrier.reset();
    let moment = Instant::now() + SHORT;
    assert!(barrier.wait_until(moment).is_err());
    assert!(Instant::now() >= moment);
}

#[test]
fn single_thread() {
    let barrier = Barrier::new(1);
    assert_eq!(barrier.wait(), Ok(0));
    assert_eq!(barrier.wait_for(Duration::ZERO), Ok(0));
    assert_eq!(barrier.wait_until(Instant::now()), Ok(0));
}

#[test]
fn repr() {
    let barrier = Barrier::new(2);
    assert_eq!(format!("{barrier:?}"), "Barrier { parties: 2, waiters: 0, broken: false, .. }");
    barrier.abort();
    assert_eq!(format!("{barrier:?}"), "Barrier { parties: 2, waiters: 0, broken: true, .. }");
    assert_eq!(barrier.parties(), 2);
    let error = barrier.wait().unwrap_err();
    assert_eq!(error.to_string(), "the barrier is broken: the threads at it did not pass");
}

/// The one whose action panics has the panic; the others an error; and a reset makes it good again.
#[test]
fn an_action_that_panics() {
    let mut fails = true;
    let barrier = Barrier::with_action(PARTIES, move || {
        if std::mem::take(&mut fails) {
            std::panic::resume_unwind(Box::new(7));
        }
    });
    let waited = in_five(|_| catch_unwind(|| barrier.wait()));
    let (turned_away, panicked): (Vec<_>, Vec<_>) = waited.into_iter().partition(Result::is_ok);
    assert_eq!(turned_away.len(), 4);
    assert!(turned_away.into_iter().all(|waited| waited.unwrap().is_err()));
    assert_eq!(*panicked.into_iter().next().unwrap().unwrap_err().downcast::<i32>().unwrap(), 7);
    barrier.reset();
    in_five(|_| barrier.wait().unwrap());
}

/// The action looks at its barrier, and breaks it.
#[test]
fn an_action_may_use_its_barrier() {
    let shared = Arc::new(Lock::new(None::<Arc<Barrier>>));
    let inside = shared.clone();
    let barrier = Arc::new(Barrier::with_action(PARTIES, move || {
        let barrier = inside.lock().take().unwrap();
        assert_eq!(barrier.waiters(), PARTIES);
        assert!(barrier.parties() == PARTIES && !barrier.is_broken());
        barrier.abort();
        assert_eq!(barrier.waiters(), 0, "turned away, though they do not know it yet");
    }));
    *shared.lock() = Some(barrier.clone());
    let waited: Vec<Result<usize, BrokenBarrier>> = in_five(|_| barrier.wait());
    assert!(waited.iter().all(Result::is_err));
}

/// More threads than parties, over and over: they pass in groups, and whoever comes to a full barrier waits.
#[test]
fn more_threads_than_parties() {
    let barrier = Barrier::with_action(2, thread::yield_now);
    let passes = AtomicUsize::new(0);
    thread::scope(|s| {
        for _ in 0..6 {
            s.spawn(|| {
                while barrier.wait().is_ok() {
                    if passes.fetch_add(1, Relaxed) == 300 {
                        barrier.abort();
                    }
                }
            });
        }
    });
    assert!(passes.load(Relaxed) >= 300);
}
