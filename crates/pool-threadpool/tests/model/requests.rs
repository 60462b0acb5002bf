//! Requests: none lost or answered twice, waits that end exactly when all are answered, workers that
//! come and go.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use pool_threadpool::{JobError, Reason, Shutdown, ThreadPool, WorkRequest, make_requests};
use sync_core::checker::{Outcomes, model, spawn};
use sync_lock::{Condition, Lock};

use super::{Calls, long_model, pool_model, workers};

impl Calls {
    /// A request that counts how often it is run, and in `answers` how often it is answered.
    fn request(&self, answers: &Self) -> WorkRequest<()> {
        let (answered, failed) = (answers.job(), answers.job());
        let request = WorkRequest::new(self.job());
        request.callback(|_, ()| answered()).exc_callback(|_, error| {
            assert!(matches!(error, JobError::Cancelled));
            failed();
        })
    }
}

#[test]
fn each_request_is_answered_once_and_wait_ends_then() {
    pool_model("each_request_is_answered_once_and_wait_ends_then").passes(|| {
        let (pool, calls, answers) = (workers(1), Calls::default(), Calls::default());
        for _ in 0..2 {
            pool.put_request(calls.request(&answers)).unwrap();
        }
        pool.wait().unwrap();
        assert_eq!((calls.count(), answers.count()), (2, 2), "each is run and answered once");
        assert!(pool.poll().is_err());
    });
}

#[test]
fn two_threads_share_the_answers() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    long_model("two_threads_share_the_answers").passes(move || {
        let (pool, calls, answers) = (Arc::new(workers(1)), Calls::default(), Calls::default());
        pool.put_request(calls.request(&answers)).unwrap();
        let poller = pool.clone();
        let polled = spawn(move || poller.poll().unwrap_or(0));
        pool.wait().unwrap();
        seen.saw(polled.join().unwrap());
        assert_eq!((calls.count(), answers.count()), (1, 1), "each is run and answered once");
    });
    outcomes.are([0, 1]);
}

#[test]
fn a_wait_waits_for_a_callback_on_another_thread() {
    long_model("a_wait_waits_for_a_callback_on_another_thread").passes(|| {
        let (pool, calls, answers) = (Arc::new(workers(1)), Calls::default(), Calls::default());
        let answered = answers.job();
        let slow = WorkRequest::new(calls.job()).callback(|_, ()| {
            sync_core::thread::yield_now();
            answered();
        });
        pool.put_request(slow).unwrap();
        let other = pool.clone();
        let waiter = spawn(move || other.wait());
        pool.wait().unwrap();
        assert_eq!(answers.count(), 1, "its callback has ended");
        waiter.join().unwrap().unwrap();
    });
}

#[test]
fn a_dismissal_ends_a_wait_and_new_workers_go_on() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    long_model("a_dismissal_ends_a_wait_and_new_workers_go_on").passes(move || {
        let (pool, calls, answers) = (Arc::new(workers(1)), Calls::default(), Calls::default());
        pool.put_request(calls.request(&answers)).unwrap();
        let other = pool.clone();
        let waiter = spawn(move || other.wait());
        assert_eq!(pool.dismiss_workers(1), 1);
        assert_eq!(pool.dismiss_workers(1), 0, "it is dismissed once");
        let waited = waiter.join().unwrap();
        assert_eq!(waited.is_ok(), answers.count() == 1);
        pool.join_all_dismissed_workers().unwrap();
        assert_eq!(calls.count() == 1, waited.is_ok(), "a dismissed worker takes no more");
        assert_eq!(pool.stats().workers, 0);
        pool.create_workers(1).unwrap();
        pool.wait().unwrap();
        assert_eq!((calls.count(), answers.count()), (1, 1), "each is run and answered once");
        seen.saw(waited.is_ok());
    });
    outcomes.are([true, false]);
}

/// One of two idle workers leaves and the other one runs the job, whichever of them the job woke.
#[test]
fn a_dismissed_worker_takes_no_wake_up_along() {
    model("a_dismissed_worker_takes_no_wake_up_along").bound(1).bound(2).floor(100).passes(|| {
        let (pool, calls) = (workers(2), Calls::default());
        pool.execute(calls.job()).unwrap();
        assert_eq!(pool.dismiss_workers(1), 1);
        pool.wait().unwrap();
        pool.join_all_dismissed_workers().unwrap();
        assert_eq!((calls.count(), pool.stats().workers), (1, 1));
    });
}

#[test]
fn a_number_in_use_is_refused() {
    pool_model("a_number_in_use_is_refused").passes(|| {
        let (pool, calls, answers) = (Arc::new(workers(1)), Calls::default(), Calls::default());
        pool.put_request(calls.request(&answers).with_id(7)).unwrap();
        let twin = calls.request(&answers).with_id(7);
        let refused = pool.put_request(twin).expect_err("nobody has answered the first one");
        assert_eq!(refused.reason(), Reason::DuplicateId);
        pool.wait().unwrap();
        pool.put_request(refused.into_inner()).unwrap();
        pool.wait().unwrap();
        assert_eq!((calls.count(), answers.count()), (2, 2));
    });
}

#[test]
fn putting_more_than_fits_ends() {
    pool_model("putting_more_than_fits_ends").passes(|| {
        let pool = ThreadPool::builder().workers(1).queue(1).build().unwrap();
        let (calls, answers) = (Calls::default(), Calls::default());
        for _ in 0..3 {
            pool.put_request(calls.request(&answers)).unwrap();
        }
        pool.wait().unwrap();
        assert_eq!((calls.count(), answers.count()), (3, 3), "each is run and answered once");
    });
}

#[test]
fn a_shutdown_answers_what_it_cancels() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    pool_model("a_shutdown_answers_what_it_cancels").passes(move || {
        let (pool, calls, answers) = (workers(1), Calls::default(), Calls::default());
        for _ in 0..2 {
            pool.put_request(calls.request(&answers)).unwrap();
        }
        let report = pool.shutdown(Shutdown::Cancel, Duration::MAX);
        assert!(report.is_complete());
        assert_eq!(calls.count() as u64 + report.cancelled_now, 2);
        assert_eq!((answers.count(), report.stats.unanswered), (2, 0), "each is answered once");
        seen.saw(calls.count());
    });
    outcomes.are([0, 1, 2]);
}

#[test]
fn a_wait_beside_a_shutdown_misses_no_answer() {
    long_model("a_wait_beside_a_shutdown_misses_no_answer").passes(|| {
        let (pool, calls, answers) = (Arc::new(workers(1)), Calls::default(), Calls::default());
        pool.put_request(calls.request(&answers)).unwrap();
        let other = pool.clone();
        let closer = spawn(move || _ = other.shutdown(Shutdown::Cancel, Duration::MAX));
        pool.wait().unwrap();
        assert_eq!(answers.count(), 1, "wait returns when all is answered");
        closer.join().unwrap();
    });
}

#[test]
fn a_pool_without_an_owner_answers_by_itself() {
    pool_model("a_pool_without_an_owner_answers_by_itself").passes(|| {
        let (pool, calls, answers) = (Arc::new(workers(1)), Calls::default(), Calls::default());
        let owner = pool.clone();
        let first = WorkRequest::new(move || drop(owner));
        let answered = Arc::new((Lock::new(0), Condition::new()));
        let tell = || {
            let answered = answered.clone();
            move |_, ()| {
                *answered.0.lock() += 1;
                answered.1.notify_all();
            }
        };
        pool.put_request(first.callback(tell())).unwrap();
        pool.put_request(WorkRequest::new(calls.job()).callback(tell())).unwrap();
        drop(pool);
        answered.1.wait_while(&mut answered.0.lock(), |count| *count < 2);
        assert_eq!((calls.count(), answers.count()), (1, 0));
    });
}

#[test]
fn make_requests_makes_one_for_each() {
    pool_model("make_requests_makes_one_for_each").passes(|| {
        let (pool, sum) = (workers(1), Arc::new(AtomicUsize::new(0)));
        let added = sum.clone();
        for request in
            make_requests(|n| n, [1, 2]).callback(move |_, n| _ = added.fetch_add(n, Relaxed))
        {
            pool.put_request(request).unwrap();
        }
        pool.wait().unwrap();
        assert_eq!(sum.load(Relaxed), 3);
    });
}

/// Two requests with one number wait for room, and a job behind them. Whichever request comes second is
/// woken for room that it does not use, and passes that on.
#[test]
fn a_refused_duplicate_does_not_eat_the_room() {
    model("a_refused_duplicate_does_not_eat_the_room").bound(1).floor(50).passes(|| {
        let pool = Arc::new(ThreadPool::builder().workers(1).queue(1).build().unwrap());
        let calls = Calls::default();
        let gate = Arc::new(Lock::new(()));
        let held = gate.lock();
        let inner = gate.clone();
        pool.execute(move || drop(inner.lock())).unwrap();
        pool.execute(calls.job()).unwrap();
        let twins = [calls.job(), calls.job()].map(|job| {
            let (pool, twin) =
                (pool.clone(), WorkRequest::new(job).with_id(7).callback(|_, ()| ()));
            spawn(move || pool.put_request(twin).is_ok())
        });
        let (other, job) = (pool.clone(), calls.job());
        sync_core::thread::yield_now();
        let last = spawn(move || other.execute(job).is_ok());
        sync_core::thread::yield_now();
        drop(held);
        assert!(last.join().unwrap());
        let twins = twins.map(|twin| usize::from(twin.join().unwrap()));
        pool.wait().unwrap();
        assert_eq!(calls.count(), 2 + twins[0] + twins[1]);
    });
}
