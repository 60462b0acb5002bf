//! Where the queue pool could go wrong: many threads at once, the end from odd places, user code that
//! does what it should not.
#![cfg(not(all(any(loom, threadkit_loom), feature = "loom")))]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use pool_queue::{Fail, Failure, Job, QueuePool, Reason, Shutdown, Stats, WaitError};

/// What comes of a number on an attempt: all that can come of one, and each number often enough.
fn fickle(job: &Job<'_>, number: &u64) -> Result<u64, Fail> {
    match (number % 7, job.attempt()) {
        (0, _) => Err(Fail::dead("dead")),
        (1, 1) => Err(Fail::retry("again")),
        (2, 1 | 2) => std::panic::resume_unwind(Box::new("panicked")),
        (3, attempt) => {
            Err(Fail::retry_after("later", Duration::from_micros(50 * u64::from(attempt))))
        }
        _ => Ok(*number),
    }
}

/// Sends with four threads while two read, and ends the pool in the middle of it.
fn storm(what: Shutdown, capacity: usize, results: usize) -> Stats {
    const EACH: u64 = 700;
    let pool = QueuePool::builder(fickle).workers(4).capacity(capacity).retries(2);
    let pool = pool.results(results).dead_letters(results).build().unwrap();
    let pool = Arc::new(pool);
    let (done, letters) = (pool.results(), pool.dead_letters());
    let done = thread::spawn(move || done.into_iter().collect::<Vec<_>>());
    let letters = thread::spawn(move || letters.into_iter().collect::<Vec<_>>());
    let (refused, total) = thread::scope(|scope| {
        let senders: Vec<_> = (0..4)
            .map(|number| {
                let pool = &pool;
                scope.spawn(move || {
                    let numbers = number * EACH..(number + 1) * EACH;
                    let refused = numbers.filter(|number| pool.send(*number).is_err());
                    refused.count() as u64
                })
            })
            .collect();
        while pool.stats().sent < 2 * EACH {
            thread::yield_now();
        }
        let report = pool.shutdown(what, Duration::MAX);
        assert!(report.is_complete());
        let refused = senders.into_iter().map(|sender| sender.join().unwrap()).sum::<u64>();
        (refused, 4 * EACH)
    });
    let stats = pool.stats();
    drop(pool);
    let (done, letters) = (done.join().unwrap(), letters.join().unwrap());

    assert_eq!((stats.sent + refused, stats.rejected), (total, refused));
    assert_eq!(stats.sent, stats.completed + stats.dead + stats.cancelled);
    assert_eq!(done.len() as u64, stats.sent, "each message has one result");
    let done: BTreeMap<_, _> = done.into_iter().map(|done| (done.id, done)).collect();
    assert_eq!(done.len() as u64, stats.sent, "and no message has two");
    assert_eq!(letters.len() as u64, stats.dead + stats.cancelled);
    for letter in letters {
        let done = &done[&letter.id];
        assert_eq!(done.attempts, letter.attempts);
        assert!(done.outcome.is_err());
        if !matches!(letter.failure, Failure::Cancelled) {
            assert!([0, 3].contains(&(letter.message % 7)), "{} is handled", letter.message);
        }
    }
    for done in done.values() {
        if let Ok(number) = done.outcome {
            let attempts = [0, 2, 3, 0, 1, 1, 1][number as usize % 7];
            assert_eq!(done.attempts, attempts, "{number}");
        }
    }
    stats
}

#[test]
fn a_storm_that_is_drained_is_accounted_for() {
    for (capacity, results) in [(1, 1), (3, 100), (1000, 2)] {
        let stats = storm(Shutdown::Drain, capacity, results);
        assert_eq!(stats.cancelled, 0);
        assert!(stats.retried > 0 && stats.dead > 0 && stats.completed > 0);
    }
}

#[test]
fn a_storm_that_is_cancelled_is_accounted_for() {
    for (capacity, results) in [(1, 1), (3, 100), (1000, 2)] {
        storm(Shutdown::Cancel, capacity, results);
    }
}

/// Several threads shut the pool down, in different ways; all of them see its end.
#[test]
fn many_may_shut_it_down_at_once() {
    for _ in 0..50 {
        let pool = QueuePool::builder(|_: &Job<'_>, _: &u32| Ok(())).workers(3).build().unwrap();
        pool.send_many(0..20).unwrap();
        let cancelled: u64 = thread::scope(|scope| {
            let enders: Vec<_> = [Shutdown::Drain, Shutdown::Cancel, Shutdown::Cancel]
                .map(|what| {
                    let pool = &pool;
                    scope.spawn(move || pool.shutdown(what, Duration::MAX))
                })
                .into();
            enders
                .into_iter()
                .map(|ender| {
                    let report = ender.join().unwrap();
                    assert!(report.is_complete());
                    report.cancelled_now
                })
                .sum()
        });
        let stats = pool.stats();
        assert_eq!(stats.completed + stats.cancelled, 20);
        assert!(cancelled <= stats.cancelled);
    }
}

/// A pool that ends while its owner unwinds is drained like any other.
#[test]
fn a_drop_while_unwinding_handles_what_was_sent() {
    let count = Arc::new(AtomicU64::new(0));
    let counted = count.clone();
    let owner = thread::spawn(move || {
        let pool = QueuePool::builder(move |_: &Job<'_>, _: &u32| {
            counted.fetch_add(1, SeqCst);
            Ok(())
        });
        let pool = pool.workers(1).build().unwrap();
        pool.send_many(0..10).unwrap();
        std::panic::resume_unwind(Box::new("on purpose"));
    });
    assert!(owner.join().is_err());
    assert_eq!(count.load(SeqCst), 10);
}

/// Workers that wait for a reader go on when the last reader has gone.
#[test]
fn results_without_a_reader_end_with_the_pool() {
    let pool = QueuePool::builder(|_: &Job<'_>, n: &u32| Ok(*n)).workers(2).results(1);
    let pool = pool.build().unwrap();
    let reader = pool.results();
    pool.send_many(0..10).unwrap();
    assert_eq!(reader.iter().take(3).count(), 3);
    drop(reader);
    drop(pool);
}

thread_local! {
    /// A pool whose last owner is a thread-local of one of its workers.
    static KEPT: RefCell<Option<Arc<QueuePool<u32, ()>>>> = const { RefCell::new(None) };
}

#[test]
fn the_last_owner_may_be_a_thread_local_of_a_worker() {
    let (give, given) = mpsc::channel::<Arc<QueuePool<u32, ()>>>();
    let given = sync_lock::Lock::new(given);
    let handler = move |_: &Job<'_>, number: &u32| {
        if *number == 0 {
            KEPT.set(Some(given.lock().recv().unwrap()));
        }
        Ok(())
    };
    let pool = QueuePool::builder(handler).workers(2).results(9).build().unwrap();
    let pool = Arc::new(pool);
    let results = pool.results();
    pool.send_many(0..3).unwrap();
    give.send(pool.clone()).unwrap();
    // The worker that keeps the pool never ends as long as the pool is open.
    let report = pool.shutdown(Shutdown::Drain, Duration::from_secs(60));
    assert!(report.is_complete());
    drop(pool);
    assert_eq!(results.into_iter().count(), 3);
}

/// What a message does when it is dropped may be a call of the pool.
#[test]
fn a_cancelled_message_may_use_the_pool_when_it_is_dropped() {
    struct Nosy(Arc<QueuePool<Option<Self>, ()>>);
    impl Drop for Nosy {
        fn drop(&mut self) {
            assert!(self.0.stats().sent > 0);
            assert_eq!(self.0.try_send(None).unwrap_err().reason(), Reason::ShutDown);
            assert_eq!(self.0.join(), Err(WaitError::WouldDeadlock));
            let _ = self.0.shutdown(Shutdown::Cancel, Duration::MAX);
        }
    }
    let (end, wait) = mpsc::channel::<()>();
    let (begin, begun) = mpsc::channel();
    let wait = sync_lock::Lock::new(wait);
    let handler = move |_: &Job<'_>, _: &Option<Nosy>| {
        begin.send(()).unwrap();
        let _ = wait.lock().recv();
        Ok(())
    };
    let pool = Arc::new(QueuePool::builder(handler).workers(1).build().unwrap());
    pool.send(None).unwrap();
    begun.recv().unwrap();
    for _ in 0..3 {
        pool.send(Some(Nosy(pool.clone()))).unwrap();
    }
    let report = pool.shutdown(Shutdown::Cancel, Duration::ZERO);
    assert_eq!((report.cancelled_now, report.stats.cancelled), (3, 3));
    drop(end);
    assert!(pool.shutdown(Shutdown::Drain, Duration::MAX).is_complete());
}

/// Handlers that wait for what the reader gives back for each result: those without room when the
/// shutdown began reach the reader while there is more to do.
#[test]
fn a_drain_feeds_a_reader_that_handlers_wait_for() {
    let (permits, wait) = mpsc::channel();
    permits.send(()).unwrap();
    permits.send(()).unwrap();
    let wait = sync_lock::Lock::new(wait);
    let handler = move |_: &Job<'_>, number: &u32| {
        wait.lock().recv().unwrap();
        Ok(*number)
    };
    let pool = QueuePool::builder(handler).workers(1).results(1).build().unwrap();
    let results = pool.results();
    pool.send_many(0..10).unwrap();
    while results.is_empty() {
        thread::yield_now();
    }
    // The second result finds no room.
    let _ = pool.shutdown(Shutdown::Drain, Duration::from_millis(10));
    let reader = thread::spawn(move || results.iter().inspect(|_| _ = permits.send(())).count());
    drop(pool);
    assert_eq!(reader.join().unwrap(), 10);
}

/// A destructor that panics, whoever calls it.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        std::panic::resume_unwind(Box::new("in a destructor"));
    }
}

/// Two such panics at once would end the process.
#[test]
fn destructors_of_what_nobody_reads_are_contained() {
    let handler = |job: &Job<'_>, _: &Bomb| match job.id() {
        0 => Ok(Bomb),
        _ => Err(Fail::dead("on purpose")),
    };
    let pool = || {
        let builder = QueuePool::builder(handler).workers(1);
        let pool = builder.results(1).dead_letters(1).build().unwrap();
        for _ in 0..3 {
            assert!(pool.send(Bomb).is_ok());
        }
        pool
    };
    // What is in the channels goes with the worker that waits for room in them; or with the pool.
    let full = pool();
    let report = full.shutdown(Shutdown::Drain, Duration::MAX);
    assert!(report.is_complete() && report.stats.undelivered > 0);
    drop(full);
    drop(pool());
}

#[test]
fn a_slow_reader_does_not_keep_the_handler_alive() {
    let (log, lines) = mpsc::channel();
    let handler = move |_: &Job<'_>, number: &u32| {
        log.send(*number).unwrap();
        Ok(*number)
    };
    let pool = QueuePool::builder(handler).workers(1).results(1).build().unwrap();
    let results = pool.results();
    pool.send_many(0..3).unwrap();
    drop(pool);
    assert_eq!(lines.iter().count(), 3, "and the handler, which has the sender, is gone");
    assert_eq!(results.iter().count(), 3);
}
