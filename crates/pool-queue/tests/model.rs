//! Models of the queue pool: no message lost or handled twice, waits that end exactly when all has
//! ended, full queues and full results beside shutdown and drop, retries in every race.
//!
//! They stand on the contracts of the locks, and crossbeam's channel is replaced by one of `sync-core` with the same
//! behaviour. Bounds: a pool takes at least three locks and three channels, so hardly anything here ends soon unbounded;
//! three forced switches with one worker, and two with two, find every seeded fault.
#![cfg(all(any(loom, threadkit_loom), feature = "loom"))]

use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use pool_queue::{Fail, Failure, Job, QueuePool, Reason, Shutdown, WaitError};
use sync_core::channel;
use sync_core::checker::{Model, Outcomes, model, spawn};
use sync_lock::Lock;

/// A time-out that the checker may let pass or not.
const SOON: Duration = Duration::from_millis(1);

fn queue_model(name: &'static str) -> Model {
    model(name).bound(2).bound(3).floor(70)
}

/// Counts calls; not one of the checker's objects, so that it does not lengthen the search.
#[derive(Clone, Default)]
struct Calls(Arc<AtomicUsize>);

impl Calls {
    fn call(&self) {
        self.0.fetch_add(1, Relaxed);
    }

    fn count(&self) -> usize {
        self.0.load(Relaxed)
    }

    /// A handler that counts its calls and returns the message.
    fn handler(&self) -> impl Fn(&Job<'_>, &u32) -> Result<u32, Fail> + Send + Sync + 'static {
        let calls = self.clone();
        move |_: &Job<'_>, number: &u32| {
            calls.call();
            Ok(*number)
        }
    }
}

#[test]
fn drop_handles_what_was_sent() {
    queue_model("drop_handles_what_was_sent").passes(|| {
        let calls = Calls::default();
        let pool = QueuePool::builder(calls.handler()).workers(1).build().unwrap();
        pool.send(1).unwrap();
        pool.send(2).unwrap();
        drop(pool);
        assert_eq!(calls.count(), 2, "each is handled once");
    });
}

#[test]
fn two_workers_share_the_messages() {
    model("two_workers_share_the_messages").bound(1).bound(2).floor(50).passes(|| {
        let calls = Calls::default();
        let pool = QueuePool::builder(calls.handler()).workers(2).build().unwrap();
        pool.send(1).unwrap();
        pool.send(2).unwrap();
        drop(pool);
        assert_eq!(calls.count(), 2, "each is handled once");
    });
}

#[test]
fn join_ends_when_all_have_ended() {
    queue_model("join_ends_when_all_have_ended").passes(|| {
        let calls = Calls::default();
        let pool = QueuePool::builder(calls.handler()).workers(1).build().unwrap();
        pool.send(1).unwrap();
        pool.join().unwrap();
        assert_eq!(calls.count(), 1, "join returns when all is done");
        let stats = pool.stats();
        assert_eq!((stats.sent, stats.completed, stats.queued, stats.running), (1, 1, 0, 0));
    });
}

#[test]
fn a_timed_join_tells_whether_all_is_done() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    queue_model("a_timed_join_tells_whether_all_is_done").passes(move || {
        let calls = Calls::default();
        let pool = QueuePool::builder(calls.handler()).workers(1).build().unwrap();
        pool.send(1).unwrap();
        let joined = pool.join_for(SOON);
        match joined {
            Ok(()) => assert_eq!(calls.count(), 1),
            Err(error) => assert_eq!(error, WaitError::TimedOut),
        }
        seen.saw(joined.is_ok());
    });
    outcomes.are([true, false]);
}

#[test]
fn a_join_finds_the_results_there() {
    queue_model("a_join_finds_the_results_there").passes(|| {
        let calls = Calls::default();
        let pool = QueuePool::builder(calls.handler()).workers(1).results(1).build().unwrap();
        pool.send(7).unwrap();
        pool.join().unwrap();
        let done = pool.results().try_recv().expect("the result is there");
        assert_eq!(done.outcome.unwrap(), 7);
    });
}

#[test]
fn a_full_queue_lets_the_sender_in_when_there_is_room() {
    queue_model("a_full_queue_lets_the_sender_in_when_there_is_room").passes(|| {
        let calls = Calls::default();
        let pool = QueuePool::builder(calls.handler()).workers(1).capacity(1).build().unwrap();
        for number in 0..3 {
            pool.send(number).unwrap();
        }
        pool.join().unwrap();
        assert_eq!(calls.count(), 3, "each is handled once");
    });
}

#[test]
fn a_refused_message_is_not_waited_for() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    queue_model("a_refused_message_is_not_waited_for").passes(move || {
        let calls = Calls::default();
        let pool = QueuePool::builder(calls.handler()).workers(1).capacity(1).build().unwrap();
        pool.send(1).unwrap();
        let second = pool.try_send(2);
        pool.join().unwrap();
        let sent = 1 + usize::from(second.is_ok());
        assert_eq!(calls.count(), sent, "each is handled once or comes back");
        assert_eq!(pool.stats().rejected as usize, 2 - sent);
        seen.saw(second.is_ok());
    });
    outcomes.are([true, false]);
}

/// The worker is held up, so that it is the shutdown alone that can tell the sender.
#[test]
fn a_sender_that_waits_for_room_is_told_of_the_shutdown() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    queue_model("a_sender_that_waits_for_room_is_told_of_the_shutdown").passes(move || {
        let calls = Calls::default();
        let (began, first_began) = channel::bounded::<()>(1);
        let (open, gate) = channel::bounded::<()>(1);
        let counted = calls.clone();
        let handler = move |_: &Job<'_>, _: &u32| {
            let _only_once = began.try_send(());
            let _opened = gate.recv();
            counted.call();
            Ok(())
        };
        let pool = QueuePool::builder(handler).workers(1).capacity(1).build().unwrap();
        let pool = Arc::new(pool);
        pool.send(0).unwrap();
        first_began.recv().unwrap();
        let sender = pool.clone();
        let sent = spawn(move || [1, 2].map(|number| sender.send(number)));
        let _ = pool.shutdown(Shutdown::Drain, SOON);
        let mut taken = 0;
        for sent in sent.join().unwrap() {
            match sent {
                Ok(_) => taken += 1,
                Err(refused) => assert_eq!(refused.reason(), Reason::ShutDown),
            }
        }
        drop(open);
        let report = pool.shutdown(Shutdown::Drain, Duration::MAX);
        assert!(report.is_complete());
        assert_eq!(report.stats.sent, 1 + taken);
        assert_eq!(calls.count() as u64, 1 + taken);
        seen.saw(taken);
    });
    outcomes.are([0, 1]);
}

#[test]
fn drop_beside_a_sender_loses_nothing() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    queue_model("drop_beside_a_sender_loses_nothing").passes(move || {
        let calls = Calls::default();
        let pool = QueuePool::builder(calls.handler()).workers(1).build().unwrap();
        let pool = Arc::new(pool);
        let sender = pool.clone();
        let sent = spawn(move || sender.send(1).is_ok());
        let report = pool.shutdown(Shutdown::Drain, Duration::MAX);
        assert!(report.is_complete(), "all is accounted for");
        let sent = sent.join().unwrap();
        assert_eq!(calls.count(), usize::from(sent), "each is handled once or comes back");
        seen.saw(sent);
    });
    outcomes.are([true, false]);
}

#[test]
fn shutdown_accounts_for_every_message() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    queue_model("shutdown_accounts_for_every_message").passes(move || {
        let calls = Calls::default();
        let builder = QueuePool::builder(calls.handler()).workers(1);
        let pool = builder.unbounded_dead_letters().build().unwrap();
        pool.send(1).unwrap();
        pool.send(2).unwrap();
        let report = pool.shutdown(Shutdown::Cancel, Duration::MAX);
        assert!(report.is_complete());
        let letters = pool.dead_letters();
        drop(pool);
        let letters: Vec<_> = letters.into_iter().collect();
        assert!(letters.iter().all(|letter| matches!(letter.failure, Failure::Cancelled)));
        assert_eq!(report.stats.cancelled as usize, letters.len());
        assert_eq!(calls.count() + letters.len(), 2, "each is handled or given back");
        seen.saw(letters.len());
    });
    outcomes.are([0, 1, 2]);
}

/// Fails on the first attempt.
fn second_time_lucky(calls: &Calls) -> impl Fn(&Job<'_>, &u32) -> Result<u32, Fail> + use<> {
    let calls = calls.clone();
    move |job: &Job<'_>, number: &u32| {
        calls.call();
        if job.attempt() == 1 { Err(Fail::retry("not yet")) } else { Ok(*number) }
    }
}

#[test]
fn a_failure_is_retried_and_then_dead() {
    queue_model("a_failure_is_retried_and_then_dead").passes(|| {
        let calls = Calls::default();
        let counted = calls.clone();
        let handler = move |_: &Job<'_>, _: &u32| -> Result<(), Fail> {
            counted.call();
            Err(Fail::retry("never"))
        };
        let builder = QueuePool::builder(handler).workers(1).retries(1);
        let pool = builder.backoff(SOON, SOON).dead_letters(1).build().unwrap();
        pool.send(7).unwrap();
        pool.join().unwrap();
        let letter = pool.dead_letters().try_recv().unwrap();
        assert_eq!((letter.message, letter.attempts, calls.count()), (7, 2, 2));
        assert_eq!((pool.stats().retried, pool.stats().dead), (1, 1));
    });
}

#[test]
fn a_panic_is_a_failure_and_the_worker_goes_on() {
    queue_model("a_panic_is_a_failure_and_the_worker_goes_on").passes(|| {
        let handler = |_: &Job<'_>, number: &u32| match number {
            0 => resume_unwind(Box::new("on purpose")),
            _ => Ok(*number),
        };
        let builder = QueuePool::builder(handler).workers(1);
        let pool = builder.results(2).dead_letters(1).build().unwrap();
        pool.send(0).unwrap();
        pool.send(1).unwrap();
        pool.join().unwrap();
        let letter = pool.dead_letters().try_recv().unwrap();
        assert!(matches!(letter.failure, Failure::Panicked(_)) && letter.message == 0);
        let outcomes: Vec<_> = pool.results().try_iter().map(|done| done.outcome.ok()).collect();
        assert_eq!(outcomes, [None, Some(1)], "both have ended");
        assert_eq!((pool.stats().dead, pool.stats().completed), (1, 1));
    });
}

#[test]
fn a_retry_beside_a_shutdown_is_cancelled_or_handled() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    queue_model("a_retry_beside_a_shutdown_is_cancelled_or_handled").passes(move || {
        let calls = Calls::default();
        let builder = QueuePool::builder(second_time_lucky(&calls)).workers(1).retries(1);
        // For ever: only a shutdown that cancels ends the wait.
        let pool = builder.backoff(Duration::MAX, Duration::MAX).build().unwrap();
        pool.send(1).unwrap();
        let report = pool.shutdown(Shutdown::Cancel, Duration::MAX);
        assert!(report.is_complete());
        assert_eq!((report.stats.sent, report.stats.cancelled), (1, 1));
        seen.saw((calls.count(), report.stats.retried));
    });
    outcomes.are([(0, 0), (1, 0), (1, 1)]);
}

#[test]
fn a_shutdown_that_drains_handles_what_waits_for_another_attempt() {
    queue_model("a_shutdown_that_drains_handles_what_waits_for_another_attempt").passes(|| {
        let calls = Calls::default();
        let builder = QueuePool::builder(second_time_lucky(&calls)).workers(1).retries(1);
        let pool = builder.backoff(SOON, SOON).build().unwrap();
        pool.send(1).unwrap();
        let report = pool.shutdown(Shutdown::Drain, Duration::MAX);
        assert_eq!((report.stats.completed, report.stats.retried), (1, 1));
        assert_eq!(calls.count(), 2);
    });
}

/// With as many waiting as fit into the queue, the worker sleeps until the first of them is due.
#[test]
fn a_long_back_off_does_not_hold_a_short_one_up() {
    queue_model("a_long_back_off_does_not_hold_a_short_one_up").passes(|| {
        let handler = |job: &Job<'_>, number: &u32| match (job.attempt(), number) {
            (1, 0) => Err(Fail::retry_after("soon", SOON)),
            (1, _) => Err(Fail::retry_after("never", Duration::MAX)),
            _ => Ok(*number),
        };
        let builder = QueuePool::builder(handler).workers(1).capacity(1).retries(1);
        let pool = builder.results(2).build().unwrap();
        pool.send(0).unwrap();
        pool.send(1).unwrap();
        assert_eq!(pool.results().recv().unwrap().outcome.unwrap(), 0);
        let report = pool.shutdown(Shutdown::Cancel, Duration::MAX);
        assert_eq!((report.stats.completed, report.stats.cancelled), (1, 1));
    });
}

/// A message may get into the channel after the shutdown has emptied it, and while the worker sleeps
/// because of those that waited.
#[test]
fn a_sender_beside_a_cancelling_shutdown_gets_in_or_hears() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    queue_model("a_sender_beside_a_cancelling_shutdown_gets_in_or_hears").passes(move || {
        let handler = |_: &Job<'_>, _: &u32| -> Result<(), Fail> { Err(Fail::retry("never")) };
        let builder = QueuePool::builder(handler).workers(1).capacity(1).retries(1);
        let pool = builder.backoff(Duration::MAX, Duration::MAX).build().unwrap();
        let pool = Arc::new(pool);
        pool.send(1).unwrap();
        let sender = pool.clone();
        let sent = spawn(move || sender.send(2).is_ok());
        let report = pool.shutdown(Shutdown::Cancel, Duration::MAX);
        assert!(report.is_complete(), "all is accounted for");
        let sent = sent.join().unwrap();
        assert_eq!(report.stats.cancelled, 1 + u64::from(sent));
        seen.saw(sent);
    });
    outcomes.are([true, false]);
}

/// The worker that put the message back is held up by another one, so the sleeper has to take it.
#[test]
fn a_sleeping_worker_takes_what_another_put_back() {
    model("a_sleeping_worker_takes_what_another_put_back").bound(1).bound(2).floor(50).passes(
        || {
            let gate = Arc::new(Lock::new(()));
            let held = gate.lock();
            let (inner, calls) = (gate.clone(), Calls::default());
            let counted = calls.clone();
            let handler = move |job: &Job<'_>, number: &u32| match (number, job.attempt()) {
                (1, 1) => Err(Fail::retry("again")),
                (1, _) => {
                    counted.call();
                    Ok(())
                }
                _ => {
                    drop(inner.lock());
                    Ok(())
                }
            };
            let builder = QueuePool::builder(handler).workers(2).retries(1);
            let pool = builder.backoff(SOON, SOON).results(2).build().unwrap();
            pool.send(1).unwrap();
            pool.send(2).unwrap();
            let first = pool.results().recv().unwrap();
            assert_eq!((first.id, calls.count()), (0, 1));
            drop(held);
            drop(pool);
        },
    );
}

#[test]
fn results_without_room_are_read_after_the_drop() {
    queue_model("results_without_room_are_read_after_the_drop").passes(|| {
        let calls = Calls::default();
        let pool = QueuePool::builder(calls.handler()).workers(1).results(1).build().unwrap();
        let results = pool.results();
        for number in 0..3 {
            pool.send(number).unwrap();
        }
        drop(pool);
        assert_eq!(calls.count(), 3, "the drop waits for the handler");
        let all: Vec<u32> = results.into_iter().map(|done| done.outcome.unwrap()).collect();
        assert_eq!(all, [0, 1, 2], "each result is there");
    });
}

/// The one that leaves first leaves its late result to the other.
#[test]
fn two_workers_leave_no_result_behind() {
    model("two_workers_leave_no_result_behind").bound(1).bound(2).floor(50).passes(|| {
        let calls = Calls::default();
        let pool = QueuePool::builder(calls.handler()).workers(2).results(1).build().unwrap();
        let results = pool.results();
        for number in 0..3 {
            pool.send(number).unwrap();
        }
        drop(pool);
        assert_eq!(calls.count(), 3, "the drop waits for the handler");
        let mut all: Vec<u32> = results.into_iter().map(|done| done.outcome.unwrap()).collect();
        all.sort_unstable();
        assert_eq!(all, [0, 1, 2], "each result is there");
    });
}

/// One thread reads first the one to its end and then the other.
#[test]
fn each_way_out_ends_by_itself() {
    queue_model("each_way_out_ends_by_itself").passes(|| {
        let handler = |_: &Job<'_>, _: &u32| -> Result<(), Fail> { Err(Fail::dead("on purpose")) };
        let pool = QueuePool::builder(handler).workers(1).results(1).dead_letters(1);
        let pool = pool.build().unwrap();
        let (results, letters) = (pool.results(), pool.dead_letters());
        for number in 0..3 {
            pool.send(number).unwrap();
        }
        drop(pool);
        assert_eq!(letters.into_iter().count(), 3, "each letter is there");
        assert_eq!(results.into_iter().count(), 3, "each result is there");
    });
}

#[test]
fn a_drop_ends_although_nobody_reads() {
    queue_model("a_drop_ends_although_nobody_reads").passes(|| {
        let calls = Calls::default();
        let pool = QueuePool::builder(calls.handler()).workers(1).results(1).build().unwrap();
        for number in 0..3 {
            pool.send(number).unwrap();
        }
        drop(pool);
        assert_eq!(calls.count(), 3, "the drop waits for the handler");
    });
}

#[test]
fn a_reader_beside_a_drop_gets_everything() {
    queue_model("a_reader_beside_a_drop_gets_everything").passes(|| {
        let calls = Calls::default();
        let pool = QueuePool::builder(calls.handler()).workers(1).results(1).build().unwrap();
        let results = pool.results();
        let reader = spawn(move || results.into_iter().count());
        for number in 0..2 {
            pool.send(number).unwrap();
        }
        drop(pool);
        assert_eq!(reader.join().unwrap(), 2, "each result is there");
    });
}

/// Where a handler finds its own pool.
type Slot = Arc<Lock<Option<Arc<QueuePool<u32, ()>>>>>;

#[test]
fn a_handler_sends_to_its_own_full_pool() {
    queue_model("a_handler_sends_to_its_own_full_pool").passes(|| {
        let calls = Calls::default();
        let slot: Slot = Arc::new(Lock::new(None));
        let (inner, counted) = (slot.clone(), calls.clone());
        let handler = move |_: &Job<'_>, number: &u32| {
            counted.call();
            if *number == 0 {
                let pool = inner.lock().take().unwrap();
                assert_eq!(pool.join(), Err(WaitError::WouldDeadlock));
                pool.send_many([1, 2]).unwrap();
            }
            Ok(())
        };
        let pool = QueuePool::builder(handler).workers(1).capacity(1).build().unwrap();
        let pool = Arc::new(pool);
        *slot.lock() = Some(pool.clone());
        pool.send(0).unwrap();
        pool.join().unwrap();
        assert_eq!(calls.count(), 3, "each is handled once");
    });
}

#[test]
fn the_last_owner_may_be_a_handler() {
    queue_model("the_last_owner_may_be_a_handler").passes(|| {
        let calls = Calls::default();
        let slot: Slot = Arc::new(Lock::new(None));
        let (inner, counted) = (slot.clone(), calls.clone());
        let handler = move |_: &Job<'_>, _: &u32| {
            counted.call();
            drop(inner.lock().take());
            Ok(())
        };
        let pool = QueuePool::builder(handler).workers(1).results(2).build().unwrap();
        let pool = Arc::new(pool);
        let results = pool.results();
        *slot.lock() = Some(pool.clone());
        pool.send(0).unwrap();
        pool.send(1).unwrap();
        drop(pool);
        assert_eq!(results.into_iter().count(), 2);
        assert_eq!(calls.count(), 2, "each is handled once");
    });
}
