//! Requests and callbacks: what `threadpool` 1.3.2 of Python does, row by row, with its faults mended.
//!
//! Two rows are kept by the types: P21 (a number that cannot be hashed) cannot be written, and P20's
//! "not a request at all" neither.
#![cfg(not(all(any(loom, threadkit_loom), feature = "loom")))]

#[path = "support/noting.rs"]
mod noting;
mod support;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use pool_threadpool::{
    BuildError, JobError, NoResultsPending, Panicked, Reason, RequestId, Shutdown, ThreadPool,
    WaitError, WorkRequest, make_requests,
};
use static_assertions::{assert_impl_all, assert_not_impl_any};

use self::noting::{Notes, SHORT, notes, noting, until_answers, without_workers};
use self::support::occupy;

/// Longer than any test takes.
const LONG: Duration = Duration::from_secs(30);

assert_impl_all!(WorkRequest<std::cell::Cell<u8>>: Send);
assert_not_impl_any!(WorkRequest<u8>: Clone);
assert_impl_all!(NoResultsPending: std::error::Error, Send, Sync);

#[test]
fn p1_make_requests_takes_values_and_tuples() {
    let pool = ThreadPool::new(2);
    let seen = notes();
    let noted = seen.clone();
    let requests = make_requests(|n: u32| vec![n], [1, 2]).callback(move |_, it| {
        noted.lock().push(it);
    });
    assert_eq!(requests.size_hint(), (2, Some(2)));
    for request in requests {
        pool.put_request(request).unwrap();
    }
    let noted = seen.clone();
    let sum = |(a, b, x): (u32, u32, u32)| vec![a, b, x];
    for request in make_requests(sum, [(2, 3, 4)]).callback(move |_, it| noted.lock().push(it)) {
        pool.put_request(request).unwrap();
    }
    pool.wait().unwrap();
    let mut seen = seen.lock().clone();
    seen.sort();
    assert_eq!(seen, [vec![1], vec![2], vec![2, 3, 4]]);
}

#[test]
fn p2_callbacks_run_on_the_polling_thread_in_order_of_completion() {
    let pool = ThreadPool::new(2);
    let seen = notes();
    let (first_ends, wait) = mpsc::channel::<()>();
    let me = thread::current().id();
    let callback = |seen: &Notes<(RequestId, u32)>| {
        let seen = seen.clone();
        move |request: WorkRequest<u32>, value| {
            assert_eq!(thread::current().id(), me);
            assert!(request.is_spent() && !request.has_failed());
            seen.lock().push((request.id(), value));
        }
    };
    let slow = WorkRequest::new(move || wait.recv().map_or(1, |()| 0)).callback(callback(&seen));
    let quick = WorkRequest::new(|| 2).callback(callback(&seen));
    let ids = [slow.id(), quick.id()];
    pool.put_request(slow).unwrap();
    pool.put_request(quick).unwrap();
    until_answers(&pool, 1);
    drop(first_ends);
    pool.wait().unwrap();
    assert_eq!(*seen.lock(), [(ids[1], 2), (ids[0], 1)]);
}

#[test]
fn p3_a_failure_goes_to_the_exc_callback_instead() {
    let pool = ThreadPool::new(1);
    let (values, errors) = (notes(), notes());
    let (noted, failed) = (values.clone(), errors.clone());
    let halve = |n: u32| if n.is_multiple_of(2) { n / 2 } else { panic!("{n} is odd") };
    let requests = make_requests(halve, 1..=4)
        .callback(move |_, value| noted.lock().push(value))
        .exc_callback(move |request, error| {
            assert!(request.has_failed());
            failed.lock().push(error.to_string());
        });
    for request in requests {
        pool.put_request(request).unwrap();
    }
    pool.wait().unwrap();
    assert_eq!(*values.lock(), [1, 2]);
    assert_eq!(*errors.lock(), ["the job panicked: 1 is odd", "the job panicked: 3 is odd"]);
}

/// Python hands the exception to `callback` as if it were a result.
#[test]
fn p4_a_callback_never_gets_a_failure_for_a_value() {
    let panics = notes();
    let hook = panics.clone();
    let hook = move |panicked: &Panicked| hook.lock().push(panicked.message().to_owned());
    let pool = ThreadPool::builder().workers(1).on_panic(hook).build().unwrap();
    let never = |_, value: u32| panic!("called with {value}");
    pool.put_request(WorkRequest::new(|| panic!("on purpose")).callback(never)).unwrap();
    pool.wait().unwrap();
    drop(pool);
    assert_eq!(*panics.lock(), ["on purpose"]);
}

#[test]
fn p5_the_default_for_failures_is_the_pools_hook() {
    let panics = notes();
    let hook = panics.clone();
    let hook = move |panicked: &Panicked| hook.lock().push(panicked.message().to_owned());
    let pool = ThreadPool::builder().workers(1).on_panic(hook).build().unwrap();
    pool.put_request(WorkRequest::<()>::new(|| panic!("without"))).unwrap();
    let with = WorkRequest::<()>::new(|| panic!("with")).exc_callback(|_, error| {
        assert_eq!(*error.into_panic().unwrap().downcast::<&str>().unwrap(), "with");
    });
    pool.put_request(with).unwrap();
    pool.wait().unwrap();
    assert_eq!(pool.stats().panicked, 2);
    drop(pool);
    assert_eq!(*panics.lock(), ["without"]);
}

#[test]
fn p6_poll_without_requests_says_so() {
    let pool = ThreadPool::new(1);
    assert_eq!(pool.poll(), Err(NoResultsPending));
    let seen = notes();
    pool.put_request(noting(&seen, 1)).unwrap();
    until_answers(&pool, 1);
    assert_eq!(pool.poll(), Ok(1));
    assert_eq!(pool.poll(), Err(NoResultsPending));
    assert_eq!(*seen.lock(), [1]);
}

#[test]
fn p12_a_callback_that_panics_loses_nothing() {
    let pool = ThreadPool::new(1);
    let seen = notes();
    let bad = WorkRequest::new(|| ()).with_id(7).callback(|_, ()| panic!("in a callback"));
    pool.put_request(bad).unwrap();
    pool.put_request(noting(&seen, 1)).unwrap();
    let panicked = catch_unwind(AssertUnwindSafe(|| pool.wait())).unwrap_err();
    assert_eq!(*panicked.downcast::<&str>().unwrap(), "in a callback");
    pool.put_request(WorkRequest::new(|| ()).with_id(7)).expect("its number is free again");
    pool.wait().unwrap();
    assert_eq!(*seen.lock(), [1]);
    assert_eq!(pool.poll(), Err(NoResultsPending));
}

#[test]
fn p13_a_number_in_use_is_refused() {
    let pool = ThreadPool::new(1);
    let end = occupy(&pool);
    let seen = notes();
    pool.put_request(noting(&seen, 1).with_id(7)).unwrap();
    let refused = pool.put_request(noting(&seen, 2).with_id(7)).unwrap_err();
    assert_eq!(refused.reason(), Reason::DuplicateId);
    assert_eq!(
        refused.to_string(),
        "the job was not taken: the pool has a request with the same number"
    );
    drop(end);
    until_answers(&pool, 1);
    let refused = pool.try_put_request(refused.into_inner()).unwrap_err();
    assert_eq!(refused.reason(), Reason::DuplicateId, "it is not answered yet");
    pool.wait().unwrap();
    pool.put_request(refused.into_inner()).unwrap();
    pool.wait().unwrap();
    assert_eq!(*seen.lock(), [1, 2]);
    let drawn = WorkRequest::new(|| ());
    assert_ne!(drawn.id(), RequestId::from(drawn.id().get()), "drawn and chosen ones never meet");
}

#[test]
fn p14_a_full_queue_refuses_or_waits() {
    let pool = ThreadPool::builder().workers(1).queue(1).build().unwrap();
    let end = occupy(&pool);
    let seen = notes();
    pool.put_request(noting(&seen, 1)).unwrap();
    let refused = pool.try_put_request(noting(&seen, 2)).unwrap_err();
    assert_eq!(refused.reason(), Reason::Full);
    let refused = pool.try_put_request_for(refused.into_inner(), SHORT).unwrap_err();
    assert_eq!(refused.reason(), Reason::Full);
    thread::scope(|s| {
        let blocked = s.spawn(|| pool.put_request(refused.into_inner()).is_ok());
        drop(end);
        assert!(blocked.join().unwrap());
    });
    pool.wait().unwrap();
    assert_eq!(*seen.lock(), [1, 2]);
}

/// In Python, with both queues bounded and nobody polling, workers and submitter wait for each other.
#[test]
fn p15_putting_more_than_fits_calls_callbacks_instead_of_hanging() {
    let pool = ThreadPool::builder().workers(2).queue(1).build().unwrap();
    let seen = notes();
    for number in 0..500 {
        pool.put_request(noting(&seen, number)).unwrap();
    }
    let waits = occupy_all(&pool);
    pool.try_put_request_for(noting(&seen, 500), LONG).unwrap();
    let unanswered = pool.stats().unanswered;
    let answered = seen.lock().len();
    let refused = pool.try_put_request_for(noting(&seen, 501), SHORT).unwrap_err();
    assert_eq!(refused.reason(), Reason::Full);
    assert_eq!(
        seen.lock().len() as u64,
        answered as u64 + unanswered,
        "it has called what was there"
    );
    drop(waits);
    pool.wait().unwrap();
    let mut seen = seen.lock().clone();
    seen.sort();
    assert!(seen.into_iter().eq(0..=500));
}

/// Keeps both workers busy.
fn occupy_all(pool: &ThreadPool) -> [mpsc::Sender<()>; 2] {
    [occupy(pool), occupy(pool)]
}

#[test]
fn p20_a_spent_request_is_refused() {
    let pool = ThreadPool::new(1);
    let back = notes();
    let (noted, failed) = (back.clone(), back.clone());
    let good = WorkRequest::new(|| ()).callback(move |request, ()| noted.lock().push(request));
    let bad = WorkRequest::new(|| panic!("on purpose"));
    let bad = bad.exc_callback(move |request, _| failed.lock().push(request));
    pool.put_request(good).unwrap();
    pool.put_request(bad).unwrap();
    pool.wait().unwrap();
    for request in std::mem::take(&mut *back.lock()) {
        let id = request.id();
        let refused = pool.put_request(request).unwrap_err();
        assert_eq!(refused.reason(), Reason::Spent);
        assert_eq!(refused.into_inner().id(), id);
    }
    assert_eq!(pool.stats().submitted, 2);
}

#[test]
fn p22_who_sees_the_result_knows_the_request() {
    let pool = ThreadPool::new(2);
    let seen = notes();
    thread::scope(|s| {
        let stop = s.spawn(|| {
            let mut called = 0;
            // A result whose request is unknown would be lost here, or end the loop too early.
            while called < 1_000 {
                called += pool.poll().unwrap_or(0);
            }
        });
        for number in 0..1_000 {
            pool.put_request(noting(&seen, number)).unwrap();
        }
        stop.join().unwrap();
    });
    let seen: BTreeSet<_> = seen.lock().iter().copied().collect();
    assert!(seen.into_iter().eq(0..1_000));
}

#[test]
fn p23_no_panic_ends_a_worker() {
    let pool = ThreadPool::new(1);
    let request = WorkRequest::<()>::new(|| std::panic::panic_any(7_u8));
    pool.put_request(request.exc_callback(|_, error| {
        assert_eq!(*error.into_panic().unwrap().downcast::<u8>().unwrap(), 7);
    }))
    .unwrap();
    pool.wait().unwrap();
    assert_eq!(pool.submit(|| 5).join().unwrap(), 5);
    assert_eq!(pool.stats().workers, 1);
}

#[test]
fn p24_a_callback_may_put_requests_wait_and_poll() {
    let pool = Arc::new(ThreadPool::builder().workers(1).queue(1).build().unwrap());
    let seen = notes();
    let (inner, noted) = (pool.clone(), seen.clone());
    let outer = WorkRequest::new(|| 1).callback(move |_, one| {
        noted.lock().push(one);
        for number in 2..=9 {
            inner.put_request(noting(&noted, number)).unwrap();
        }
        inner.wait().unwrap();
        assert_eq!(inner.poll(), Err(NoResultsPending));
        assert_eq!(noted.lock().len(), 9);
    });
    pool.put_request(outer).unwrap();
    pool.wait().unwrap();
    assert_eq!(seen.lock().len(), 9);
}

#[test]
fn p25_pools_nest() {
    let outer = ThreadPool::new(2);
    let total = notes();
    for _ in 0..4 {
        let total = total.clone();
        let nested = move || {
            let inner = ThreadPool::new(2);
            let sum = notes();
            for number in 1..=10 {
                inner.put_request(noting(&sum, number)).unwrap();
            }
            inner.wait().unwrap();
            sum.lock().iter().sum()
        };
        let request = WorkRequest::new(nested);
        outer.put_request(request.callback(move |_, sum: u64| total.lock().push(sum))).unwrap();
    }
    outer.wait().unwrap();
    assert_eq!(*total.lock(), [55; 4]);
}

#[test]
fn p26_shutdown_answers_every_request() {
    let pool = ThreadPool::new(1);
    let end = occupy(&pool);
    let (seen, failed) = (notes(), notes());
    pool.put_request(noting(&seen, 1)).unwrap();
    let noted = failed.clone();
    pool.put_request(noting(&seen, 2).exc_callback(move |request, error| {
        assert!(matches!(error, JobError::Cancelled) && request.has_failed());
        noted.lock().push(error.to_string());
        panic!("contained, because a shutdown must end");
    }))
    .unwrap();
    let report = pool.shutdown(Shutdown::Cancel, Duration::ZERO);
    assert_eq!((report.cancelled_now, report.stats.unanswered), (2, 1));
    drop(end);
    let report = pool.shutdown(Shutdown::Drain, Duration::MAX);
    assert!(report.is_complete());
    assert_eq!((seen.lock().len(), report.stats.unanswered), (0, 0));
    assert_eq!(*failed.lock(), ["the job was cancelled before it started"]);
    let refused = pool.put_request(noting(&seen, 3)).unwrap_err();
    assert_eq!(refused.reason(), Reason::ShutDown);
    assert!(matches!(pool.create_workers(1), Err(BuildError::ShutDown)));
    assert_eq!(pool.dismiss_workers(1), 0);
}

#[test]
fn p26_drop_answers_every_request() {
    let pool = ThreadPool::new(2);
    let seen = notes();
    for number in 0..100 {
        pool.put_request(noting(&seen, number)).unwrap();
    }
    drop(pool);
    assert_eq!(seen.lock().len(), 100);
    // Without workers the dropping thread does the work itself.
    let pool = without_workers();
    pool.put_request(noting(&seen, 100)).unwrap();
    drop(pool);
    assert_eq!(seen.lock().len(), 101);
}

#[test]
fn p26_requests_are_answered_when_the_last_owner_is_a_job() {
    let pool = Arc::new(ThreadPool::new(1));
    let (tell, told) = mpsc::channel();
    let (go, wait) = mpsc::channel::<()>();
    let owner = pool.clone();
    let ended = tell.clone();
    let drops = move || {
        assert!(wait.recv().is_err());
        drop(Arc::into_inner(owner).expect("the last owner"));
    };
    let first = WorkRequest::new(drops).callback(move |_, ()| ended.send(1).unwrap());
    pool.put_request(first).unwrap();
    pool.put_request(WorkRequest::new(|| ()).callback(move |_, ()| tell.send(2).unwrap())).unwrap();
    drop(pool);
    drop(go);
    assert!(told.into_iter().eq([1, 2]));
}

#[test]
fn a_wait_waits_for_callbacks_of_others() {
    let pool = ThreadPool::new(1);
    let (begin, begun) = mpsc::channel();
    let (end, wait) = mpsc::channel::<()>();
    let slow = WorkRequest::new(|| ()).callback(move |_, ()| {
        begin.send(()).unwrap();
        assert!(wait.recv().is_err());
    });
    pool.put_request(slow).unwrap();
    thread::scope(|s| {
        let caller = s.spawn(|| pool.wait());
        begun.recv().unwrap();
        assert_eq!(pool.wait_for(SHORT), Err(WaitError::TimedOut));
        drop(end);
        pool.wait().unwrap();
        caller.join().unwrap().unwrap();
    });
}

/// Callbacks that put requests would keep a wait busy for ever.
#[test]
fn a_timed_wait_ends_although_callbacks_go_on() {
    fn again(pool: &Arc<ThreadPool>) {
        let inner = pool.clone();
        let next = move |_, ()| {
            if inner.stats().workers > 0 {
                again(&inner);
            }
        };
        let _ = pool.put_request(WorkRequest::new(|| ()).callback(next));
    }
    let pool = Arc::new(ThreadPool::new(1));
    again(&pool);
    assert_eq!(pool.wait_for(SHORT), Err(WaitError::TimedOut));
    let _ = pool.shutdown(Shutdown::Drain, Duration::MAX);
}

/// `RunInCaller`: the submitter runs the request, and answers it when it polls, waits or has to run the
/// next one, so that answers do not pile up.
#[test]
fn a_request_that_the_caller_runs_is_answered_later_by_the_caller() {
    let builder = ThreadPool::builder().workers(1).queue(1);
    let pool = builder.when_full(pool_threadpool::WhenFull::RunInCaller).build().unwrap();
    let end = occupy(&pool);
    let seen = notes();
    pool.put_request(noting(&seen, 1)).unwrap();
    pool.put_request(noting(&seen, 2)).unwrap();
    assert!(seen.lock().is_empty());
    assert_eq!(pool.poll(), Ok(1));
    assert_eq!(*seen.lock(), [2]);
    pool.put_request(noting(&seen, 3)).unwrap();
    pool.try_put_request(noting(&seen, 4)).unwrap_err();
    assert_eq!(*seen.lock(), [2]);
    pool.put_request(noting(&seen, 5)).unwrap();
    assert_eq!(*seen.lock(), [2, 3]);
    drop(end);
    pool.wait().unwrap();
    let mut seen = seen.lock().clone();
    seen.sort();
    assert_eq!(seen, [1, 2, 3, 5]);
}

#[test]
fn debug_texts_name_the_request() {
    let request = WorkRequest::new(|| 1).with_id(7);
    assert_eq!(
        format!("{request:?}"),
        "WorkRequest { id: 7, is_spent: false, has_failed: false, .. }"
    );
    assert_eq!(
        format!("{:?}", make_requests(|n: u8| n, [1])),
        "Requests { args: IntoIter([1]), .. }"
    );
}
