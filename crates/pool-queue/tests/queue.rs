//! What the queue pool promises, on real threads.
//!
//! Rows of `queue.Queue` that cannot be written here: `task_done` called too often, negative time-outs,
//! `get` in all its forms (handlers are called instead), LIFO and priority queues.
#![cfg(not(all(any(loom, threadkit_loom), feature = "loom")))]

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, OnceLock, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use pool_queue::{
    BuildError, DeadLetter, Done, Fail, Failure, Handler, Job, QueuePool, Reason, Rejected,
    RestUnsent, Shutdown, Stats, WaitError,
};
use static_assertions::assert_impl_all;
use sync_lock::Lock;

const SHORT: Duration = Duration::from_millis(20);
/// Longer than anything takes.
const LONG: Duration = Duration::from_secs(30);

assert_impl_all!(QueuePool<Cell<u8>, Cell<u8>>: Send, Sync);
assert_impl_all!(Rejected<Cell<u8>>: std::error::Error, Send, Sync);
assert_impl_all!(RestUnsent<std::vec::IntoIter<Cell<u8>>>: std::error::Error, Send, Sync);
assert_impl_all!(Failure: std::error::Error, Send, Sync, Clone);
assert_impl_all!(WaitError: std::error::Error, Send, Sync);
assert_impl_all!(BuildError: std::error::Error, Send, Sync);
assert_impl_all!(Done<u8>: Send, Sync);
assert_impl_all!(DeadLetter<u8>: Send, Sync);

fn balanced(stats: Stats) -> bool {
    let Stats { sent, queued, waiting, running, completed, dead, cancelled, .. } = stats;
    sent == queued + waiting + running + completed + dead + cancelled
}

/// A gate that handlers wait at, and a word from each that has got there.
struct Gate {
    arrived: mpsc::Receiver<u32>,
    open: mpsc::Sender<()>,
}

/// A handler that says which message it has, waits until the gate is opened, and returns the message.
fn gated() -> (Gate, impl Fn(&Job<'_>, &u32) -> Result<u32, Fail> + Send + Sync + 'static) {
    let (tell, arrived) = mpsc::channel();
    let (open, wait) = mpsc::channel::<()>();
    let (tell, wait) = (Lock::new(tell), Lock::new(wait));
    let handler = move |_: &Job<'_>, number: &u32| {
        let _ = tell.lock().send(*number);
        let _ = wait.lock().recv();
        Ok(*number)
    };
    (Gate { arrived, open }, handler)
}

fn echo(_: &Job<'_>, number: &u32) -> Result<u32, Fail> {
    Ok(*number)
}

#[test]
fn every_message_is_handled_once() {
    let pool = QueuePool::builder(echo).workers(4).capacity(8).unbounded_results().build().unwrap();
    let results = pool.results();
    thread::scope(|s| {
        for sender in 0..4 {
            let pool = &pool;
            s.spawn(move || pool.send_many(sender * 250..(sender + 1) * 250).unwrap());
        }
    });
    pool.join().unwrap();
    assert!(balanced(pool.stats()));
    assert_eq!(pool.stats().completed, 1_000);
    let all: BTreeSet<u32> = results.try_iter().map(|done| done.outcome.unwrap()).collect();
    assert!(all.into_iter().eq(0..1_000));
}

#[test]
fn a_struct_handles_and_question_marks_work() {
    struct Parser;
    impl Handler<String> for Parser {
        type Out = i64;
        fn handle(&self, _: &Job<'_>, text: &String) -> Result<i64, Fail> {
            Ok(text.parse()?)
        }
    }
    let pool = QueuePool::builder(Parser).workers(1).results(2).build().unwrap();
    let ids = [pool.send("42".into()).unwrap(), pool.send("many".into()).unwrap()];
    let results = pool.results();
    let [good, bad] = [results.recv().unwrap(), results.recv().unwrap()];
    assert_eq!([good.id, bad.id], ids);
    assert_eq!((good.attempts, good.outcome.unwrap()), (1, 42));
    let failure = bad.outcome.unwrap_err();
    assert_eq!(failure.to_string(), "the handler failed: invalid digit found in string");
    assert!(std::error::Error::source(&failure).unwrap().is::<std::num::ParseIntError>());
}

#[test]
fn a_full_queue_blocks_refuses_or_gives_up() {
    let (gate, handler) = gated();
    let pool = QueuePool::builder(handler).workers(1).capacity(1).build().unwrap();
    pool.send(0).unwrap();
    assert_eq!(gate.arrived.recv(), Ok(0));
    pool.send(1).unwrap();
    let refused = pool.try_send(2).unwrap_err();
    assert_eq!(refused.to_string(), "the message was not taken: the queue is full");
    let start = Instant::now();
    let refused = pool.try_send_for(refused.into_inner(), SHORT).unwrap_err();
    assert!(start.elapsed() >= SHORT, "never early");
    let refused = pool.try_send_until(refused.into_inner(), Instant::now()).unwrap_err();
    assert_eq!((refused.reason(), refused.into_inner()), (Reason::Full, 2));
    assert_eq!((pool.stats().rejected, pool.stats().queued), (3, 1));
    thread::scope(|s| {
        let blocked = s.spawn(|| pool.send(3).is_ok());
        drop(gate.open);
        assert!(blocked.join().unwrap());
    });
    pool.join().unwrap();
    assert!(balanced(pool.stats()));
    assert_eq!(pool.stats().completed, 3);
}

#[test]
fn a_failure_is_tried_again_until_it_is_dead() {
    let seen = Arc::new(Lock::new(Vec::new()));
    let hook = seen.clone();
    let handler = |job: &Job<'_>, number: &u32| -> Result<u32, Fail> {
        match number {
            0 if job.is_last_attempt() => Ok(0),
            1 => Err(Fail::dead("hopeless")),
            2 => panic!("attempt {}", job.attempt()),
            _ => Err(Fail::retry_after("later", Duration::from_millis(1))),
        }
    };
    let pool = QueuePool::builder(handler).workers(1).retries(2).results(10).dead_letters(10);
    let pool = pool.on_failure(move |job, failure| {
        hook.lock().push((job.id(), job.attempt(), failure.to_string()));
        panic!("even a hook may panic");
    });
    let pool = pool.build().unwrap();
    pool.send_many(0..4).unwrap();
    pool.join().unwrap();
    let stats = pool.stats();
    assert_eq!((stats.completed, stats.dead, stats.retried, stats.workers), (1, 3, 6, 1));
    assert!(balanced(stats));
    let mut letters: Vec<_> = pool.dead_letters().try_iter().collect();
    letters.sort_by_key(|letter| letter.id);
    let what =
        |letter: &DeadLetter<u32>| (letter.message, letter.attempts, letter.failure.to_string());
    let expected = [
        (1, 1, "the handler failed: hopeless".to_owned()),
        (2, 3, "the handler panicked: attempt 3".to_owned()),
        (3, 3, "the handler failed: later".to_owned()),
    ];
    assert!(letters.iter().map(what).eq(expected));
    assert_eq!(seen.lock().len(), 9);
    let mut outcomes: Vec<_> =
        pool.results().try_iter().map(|done| (done.id, done.outcome.is_ok())).collect();
    outcomes.sort_unstable();
    assert_eq!(outcomes, [(0, true), (1, false), (2, false), (3, false)]);
}

#[test]
fn the_payload_of_a_panic_is_a_sole_readers() {
    let handler = |_: &Job<'_>, _: &u32| -> Result<(), Fail> { std::panic::panic_any(7_u8) };
    let pool = QueuePool::builder(handler).workers(1).results(1).build().unwrap();
    pool.send(0).unwrap();
    let failure = pool.results().recv().unwrap().outcome.unwrap_err();
    assert_eq!(*failure.into_panic().unwrap().downcast::<u8>().unwrap(), 7);
}

#[test]
fn a_back_off_is_never_early_and_others_go_first() {
    let times = Arc::new(Lock::new(Vec::new()));
    let noted = times.clone();
    let handler = move |job: &Job<'_>, number: &u32| -> Result<(), Fail> {
        noted.lock().push((*number, Instant::now()));
        if *number == 0 && !job.is_last_attempt() { Err(Fail::retry("again")) } else { Ok(()) }
    };
    let pool = QueuePool::builder(handler).workers(1).retries(2);
    let pool = pool.backoff(SHORT, SHORT + SHORT).build().unwrap();
    pool.send(0).unwrap();
    pool.send(1).unwrap();
    pool.join().unwrap();
    let times = times.lock();
    let numbers: Vec<u32> = times.iter().map(|&(number, _)| number).collect();
    assert_eq!(numbers, [0, 1, 0, 0]);
    assert!(times[2].1 - times[0].1 >= SHORT && times[3].1 - times[2].1 >= 2 * SHORT);
}

#[test]
fn a_flow_of_messages_does_not_starve_a_retry() {
    let pool: Arc<OnceLock<QueuePool<u32, ()>>> = Arc::new(OnceLock::new());
    let inner = pool.clone();
    let (tell, told) = mpsc::channel();
    let tell = Lock::new(tell);
    // Each message but the first sends another one, until the retry has come.
    let handler = move |job: &Job<'_>, number: &u32| match (number, job.attempt()) {
        (0, 1) => Err(Fail::retry("again")),
        (0, _) => {
            tell.lock().send(()).unwrap();
            Ok(())
        }
        _ => {
            let pool = inner.wait();
            if pool.stats().completed < 1_000_000 && pool.stats().waiting > 0 {
                pool.send(1).unwrap();
            }
            Ok(())
        }
    };
    let built = QueuePool::builder(handler).workers(1).retries(1);
    let built = built.backoff(Duration::from_millis(1), SHORT).build().unwrap();
    let pool = pool.get_or_init(|| built);
    pool.send(0).unwrap();
    pool.send(1).unwrap();
    told.recv().unwrap();
}

/// Back-offs hold workers up when as many messages wait as fit into the queue.
#[test]
fn back_offs_keep_up_the_back_pressure() {
    let handler = |_: &Job<'_>, _: &u32| -> Result<(), Fail> { Err(Fail::retry("never")) };
    let pool = QueuePool::builder(handler).workers(1).capacity(2).retries(1);
    let pool = pool.backoff(Duration::MAX, Duration::MAX).build().unwrap();
    // Two wait for another attempt, and two more are queued.
    let sent = (0..4).filter(|_| pool.try_send_for(0, LONG).is_ok()).count();
    let one_more = pool.try_send_for(0, SHORT).is_ok();
    // First, since a pool that is dropped instead waits for the back-offs.
    let report = pool.shutdown(Shutdown::Cancel, Duration::MAX);
    assert_eq!((sent, one_more), (4, false));
    assert!(report.is_complete());
    assert_eq!(report.stats.cancelled, 4);
}

/// However long the back-off of one message is, another one's ends in time.
#[test]
fn a_long_back_off_does_not_hold_a_short_one_up() {
    let handler = |job: &Job<'_>, number: &u32| match job.attempt() {
        1 if *number == 0 => Err(Fail::retry_after("soon", Duration::from_millis(50))),
        1 => Err(Fail::retry_after("much later", Duration::MAX)),
        _ => Ok(*number),
    };
    let builder = QueuePool::builder(handler).workers(1).capacity(1).retries(1);
    let pool = builder.unbounded_results().build().unwrap();
    pool.send_many(0..2).unwrap();
    let first = pool.results().recv_timeout(LONG);
    let report = pool.shutdown(Shutdown::Cancel, Duration::MAX);
    assert_eq!(first.expect("the short back-off ends").outcome.unwrap(), 0);
    assert_eq!((report.stats.completed, report.stats.cancelled), (1, 1));
}

#[test]
fn results_can_be_selected_with_other_channels() {
    let pool = QueuePool::builder(echo).workers(1).results(1).build().unwrap();
    let (_other_tx, other) = crossbeam_channel::unbounded::<()>();
    pool.send(7).unwrap();
    let results = pool.results();
    crossbeam_channel::select! {
        recv(results) -> done => assert_eq!(done.unwrap().outcome.unwrap(), 7),
        recv(other) -> _ => unreachable!("nothing is sent there"),
    }
}

/// The thread that reads is the one that has dropped the pool.
#[test]
fn results_without_room_wait_for_a_late_reader() {
    let handler = |_: &Job<'_>, number: &u32| -> Result<u32, Fail> {
        if number.is_multiple_of(2) { Ok(*number) } else { Err(Fail::dead("odd")) }
    };
    let pool = QueuePool::builder(handler).workers(2).results(1).dead_letters(1).build().unwrap();
    let (results, letters) = (pool.results(), pool.dead_letters());
    pool.send_many(0..100).unwrap();
    let report = pool.shutdown(Shutdown::Drain, Duration::MAX);
    assert!(report.is_complete());
    assert!(report.stats.undelivered >= 140, "{report:?}");
    drop(pool);
    assert_eq!(letters.into_iter().count(), 50);
    assert_eq!(results.into_iter().count(), 100);
}

#[test]
fn full_results_hold_workers_up_until_somebody_reads() {
    let pool = QueuePool::builder(echo).workers(1).capacity(1).results(1).build().unwrap();
    // A result, one with the worker, one queued.
    for _ in 0..3 {
        pool.try_send_for(0, LONG).unwrap();
    }
    assert!(pool.try_send_for(0, SHORT).is_err());
    assert_eq!(pool.join_for(SHORT), Err(WaitError::TimedOut));
    assert_eq!(pool.results().iter().take(3).count(), 3);
    pool.join().unwrap();
}

#[test]
fn shutdown_immediate() {
    let (gate, handler) = gated();
    let pool = QueuePool::builder(handler).workers(1).results(9).dead_letters(9).build().unwrap();
    pool.send_many(0..4).unwrap();
    assert_eq!(gate.arrived.recv(), Ok(0));
    let report = pool.shutdown(Shutdown::Cancel, Duration::ZERO);
    assert_eq!((report.cancelled_now, report.stats.running), (3, 1));
    assert!(!report.is_complete() && balanced(report.stats));
    let refused = pool.send(9).unwrap_err();
    assert_eq!((refused.reason(), refused.into_inner()), (Reason::ShutDown, 9));
    let letters: Vec<_> = pool.dead_letters().try_iter().collect();
    drop(gate.open);
    let report = pool.shutdown(Shutdown::Drain, Duration::MAX);
    assert!(report.is_complete() && balanced(report.stats));
    assert_eq!((report.stats.completed, report.stats.cancelled), (1, 3));
    let rest = pool.dead_letters();
    let ended = pool.results();
    drop(pool);
    let letters = letters.into_iter().chain(rest);
    assert!(letters.map(|it| (it.message, it.attempts)).eq([(1, 0), (2, 0), (3, 0)]));
    let cancelled = |done: &Done<u32>| matches!(done.outcome, Err(Failure::Cancelled));
    assert_eq!(ended.into_iter().filter(cancelled).count(), 3);
}

#[test]
fn shutdown_empty_and_nonempty() {
    let pool = QueuePool::builder(echo).workers(2).build().unwrap();
    assert!(pool.shutdown(Shutdown::Drain, Duration::MAX).is_complete());
    let pool = QueuePool::builder(echo).workers(2).build().unwrap();
    pool.send_many(0..100).unwrap();
    let report = pool.shutdown(Shutdown::Drain, Duration::MAX);
    assert!(report.is_complete());
    assert_eq!((report.stats.completed, report.cancelled_now), (100, 0));
    let again = pool.shutdown(Shutdown::Cancel, Duration::MAX);
    assert_eq!((again.stats, again.cancelled_now), (report.stats, 0), "once is enough");
}

#[test]
fn shutdown_put_join() {
    let (gate, handler) = gated();
    let pool = QueuePool::builder(handler).workers(1).capacity(1).build().unwrap();
    pool.send(0).unwrap();
    assert_eq!(gate.arrived.recv(), Ok(0));
    pool.send(1).unwrap();
    thread::scope(|s| {
        let blocked = s.spawn(|| pool.send(2).unwrap_err());
        let joins = s.spawn(|| pool.join());
        while pool.stats().sent < 3 {
            thread::yield_now();
        }
        let _ = pool.shutdown(Shutdown::Drain, Duration::ZERO);
        let refused = blocked.join().unwrap();
        assert_eq!((refused.reason(), refused.into_inner()), (Reason::ShutDown, 2));
        drop(gate.open);
        joins.join().unwrap().unwrap();
    });
    assert_eq!(pool.stats().completed, 2);
}

#[test]
fn queue_join_and_queue_task_done() {
    let (gate, handler) = gated();
    let pool = QueuePool::builder(handler).workers(2).build().unwrap();
    pool.join().unwrap();
    pool.send_many(0..10).unwrap();
    assert_eq!(pool.join_for(SHORT), Err(WaitError::TimedOut));
    assert_eq!(pool.join_until(Instant::now()), Err(WaitError::TimedOut));
    drop(gate.open);
    pool.join_for(Duration::MAX).unwrap();
    assert_eq!(pool.stats().completed, 10);
}

#[test]
fn a_handler_that_waits_for_its_pool_is_told() {
    let slot: Arc<OnceLock<QueuePool<u32, ()>>> = Arc::new(OnceLock::new());
    let inner = slot.clone();
    let (tell, told) = mpsc::channel();
    let tell = Lock::new(tell);
    let handler = move |_: &Job<'_>, _: &u32| {
        let pool = inner.wait();
        let report = pool.shutdown(Shutdown::Drain, Duration::MAX);
        tell.lock().send((pool.join(), report.is_complete())).unwrap();
        Ok(())
    };
    let pool = slot.get_or_init(|| QueuePool::builder(handler).workers(1).build().unwrap());
    pool.send(0).unwrap();
    assert_eq!(told.recv(), Ok((Err(WaitError::WouldDeadlock), false)));
    pool.join().unwrap();
}

#[test]
fn a_long_handler_sees_that_it_may_give_up() {
    let (tell, told) = mpsc::channel();
    let tell = Lock::new(tell);
    let handler = move |job: &Job<'_>, _: &u32| {
        tell.lock().send(()).unwrap();
        while !job.is_cancelled() {
            thread::yield_now();
        }
        Err::<(), _>(Fail::retry("given up"))
    };
    let pool = QueuePool::builder(handler).workers(1).retries(1).build().unwrap();
    pool.send(0).unwrap();
    told.recv().unwrap();
    let report = pool.shutdown(Shutdown::Cancel, Duration::MAX);
    assert!(report.is_complete());
    assert_eq!(report.stats.cancelled, 1);
}

/// Messages, outputs and errors whose destructors panic.
#[test]
fn destructors_that_panic_end_no_worker() {
    #[derive(Debug)]
    struct Bomb(u32);
    impl Drop for Bomb {
        fn drop(&mut self) {
            if !thread::panicking() {
                panic!("in a destructor");
            }
        }
    }
    impl std::fmt::Display for Bomb {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            self.0.fmt(f)
        }
    }
    impl std::error::Error for Bomb {}
    let handler = |_: &Job<'_>, bomb: &Bomb| match bomb.0 {
        0 => Ok(Bomb(9)),
        1 => Err(Bomb(9).into()),
        _ => std::panic::panic_any(Bomb(9)),
    };
    let pool = QueuePool::builder(handler).workers(1).build().unwrap();
    pool.send_many((0..3).map(Bomb)).unwrap();
    pool.join().unwrap();
    let stats = pool.stats();
    assert_eq!((stats.workers, stats.completed, stats.dead), (1, 1, 2));
}

#[test]
fn a_pool_that_cannot_be_made_is_an_error() {
    let error = |result: Result<QueuePool<u32, u32>, BuildError>| result.unwrap_err().to_string();
    let builder = || QueuePool::builder(echo).workers(2);
    assert_eq!(error(builder().workers(0).build()), "a pool needs at least one worker");
    for builder in [builder().capacity(0), builder().results(0), builder().dead_letters(0)] {
        assert!(matches!(builder.build(), Err(BuildError::NoCapacity)));
    }
    let huge = builder().capacity(usize::MAX).results(usize::MAX).dead_letters(usize::MAX);
    drop(huge.build().expect("without a bound, then"));
    let message = error(builder().name("nul\0").build());
    assert!(message.starts_with("a worker could not be started"), "{message}");
}

#[test]
fn results_that_nobody_asked_for_are_no_silence() {
    let pool = QueuePool::builder(echo).workers(1).build().unwrap();
    let asks: [fn(&QueuePool<u32, u32>); 2] =
        [|pool| drop(pool.results()), |pool| drop(pool.dead_letters())];
    for ask in asks {
        let ask = std::panic::AssertUnwindSafe(|| ask(&pool));
        let payload = std::panic::catch_unwind(ask).unwrap_err();
        let message = pool_queue::Panicked::new(payload).message().to_owned();
        assert!(message.contains("ask for them with"), "{message}");
    }
}

#[test]
fn workers_have_names_and_messages_numbers() {
    let handler = |_: &Job<'_>, _: &u32| Ok(thread::current().name().map(str::to_owned));
    let pool = QueuePool::builder(handler).workers(1).name("mail").results(2).build().unwrap();
    let ids = [pool.send(0).unwrap(), pool.send(0).unwrap()];
    let results: Vec<_> = pool.results().iter().take(2).collect();
    assert!(results.iter().map(|done| done.id).eq(ids));
    let name = results.into_iter().next().unwrap().outcome.unwrap();
    assert_eq!(name.as_deref(), Some("mail-0"));
}

#[test]
fn the_last_owner_may_be_a_handler() {
    let (give, given) = mpsc::channel::<Arc<QueuePool<u32, ()>>>();
    let (given, count) = (Lock::new(given), Arc::new(AtomicUsize::new(0)));
    let counted = count.clone();
    let handler = move |_: &Job<'_>, number: &u32| {
        if *number == 0 {
            drop(Arc::into_inner(given.lock().recv().unwrap()).expect("the last owner"));
        }
        counted.fetch_add(1, SeqCst);
        Ok(())
    };
    let pool = Arc::new(QueuePool::builder(handler).workers(1).results(9).build().unwrap());
    let results = pool.results();
    pool.send_many(0..3).unwrap();
    give.send(pool).unwrap();
    assert_eq!(results.into_iter().count(), 3);
    assert_eq!(count.load(SeqCst), 3);
}
