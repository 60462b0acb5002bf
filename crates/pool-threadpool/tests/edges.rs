//! Corners that a second reading found open: destructors that panic or wait, pools that lose their
//! workers while somebody waits, waits in the wrong moment.
#![cfg(not(all(any(loom, threadkit_loom), feature = "loom")))]

mod support;

use std::any::Any;
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, mpsc};
use std::task::{Context, Wake, Waker};
use std::thread;
use std::time::Duration;

use pool_threadpool::{JobHandle, Reason, Scope, Shutdown, ThreadPool, WaitError, WorkRequest};
use sync_lock::Lock;

use self::support::occupy;

/// Calls a closure when it is dropped.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

fn bomb() -> OnDrop<impl FnMut() + Send> {
    OnDrop(|| assert!(thread::panicking(), "in a destructor"))
}

thread_local! {
    /// Dropped when its thread ends, after a worker has left.
    static LAST: RefCell<Option<Box<dyn Any>>> = const { RefCell::new(None) };
}

fn without_workers(queue: usize) -> ThreadPool {
    let pool = ThreadPool::builder().workers(1).queue(queue).build().unwrap();
    pool.dismiss_workers(1);
    pool.join_all_dismissed_workers().unwrap();
    pool
}

#[test]
fn a_cancelled_request_whose_destructor_panics_takes_no_other_along() {
    let told = Arc::new(AtomicUsize::new(0));
    let (first, second) = (told.clone(), told.clone());
    let pool = ThreadPool::new(1);
    let end = occupy(&pool);
    let (silent, loud) = (bomb(), bomb());
    pool.put_request(WorkRequest::new(move || _ = &silent)).unwrap();
    let request = WorkRequest::new(move || _ = &loud);
    pool.put_request(request.exc_callback(move |_, _| _ = first.fetch_add(1, SeqCst))).unwrap();
    let request = WorkRequest::new(|| ());
    pool.put_request(request.exc_callback(move |_, _| _ = second.fetch_add(1, SeqCst))).unwrap();
    let report = pool.shutdown(Shutdown::Cancel, Duration::ZERO);
    assert_eq!((report.cancelled_now, report.stats.unanswered), (3, 2));
    drop(end);
    drop(pool);
    assert_eq!(told.load(SeqCst), 2);
}

/// Its destructor waits for a job that is cancelled after it, and for the whole pool.
#[test]
fn the_destructor_of_what_is_cancelled_may_wait() {
    let pool = Arc::new(ThreadPool::new(1));
    let end = Arc::new(Lock::new(Some(occupy(&pool))));
    let later: Arc<Lock<Option<JobHandle<()>>>> = Arc::default();
    let (inner, release, handle) = (pool.clone(), end.clone(), later.clone());
    let waits = OnDrop(move || {
        drop(handle.lock().take().map(JobHandle::join));
        drop(release.lock().take());
        inner.wait().unwrap();
    });
    pool.put_request(WorkRequest::new(move || _ = &waits)).unwrap();
    *later.lock() = Some(pool.submit(|| ()));
    pool.put_request(WorkRequest::new(|| ())).unwrap();
    assert_eq!(pool.shutdown(Shutdown::Cancel, Duration::ZERO).cancelled_now, 3);
}

#[test]
fn a_requests_panic_is_not_hidden_by_its_destructor() {
    let seen = Arc::new(Lock::new(Vec::new()));
    let noted = seen.clone();
    let pool = ThreadPool::builder().workers(1);
    let pool = pool.on_panic(move |it| noted.lock().push(it.message().to_owned())).build().unwrap();
    let unused = bomb();
    let request = WorkRequest::<()>::new(|| panic!("in the closure"));
    pool.put_request(request.callback(move |_, ()| _ = &unused)).unwrap();
    pool.wait().unwrap();
    drop(pool);
    assert_eq!(*seen.lock(), ["in the closure"]);
}

#[test]
fn a_number_in_use_is_refused_without_waiting_for_room() {
    let pool = ThreadPool::builder().workers(1).queue(1).build().unwrap();
    let _end = occupy(&pool);
    pool.put_request(WorkRequest::new(|| ()).with_id(7)).unwrap();
    let refused = pool.put_request(WorkRequest::new(|| ()).with_id(7)).unwrap_err();
    assert_eq!(refused.reason(), Reason::DuplicateId);
}

#[test]
fn a_spent_request_counts_as_rejected() {
    let pool = ThreadPool::new(1);
    let (give, back) = mpsc::channel();
    let request = WorkRequest::new(|| ()).callback(move |it, ()| give.send(it).unwrap());
    pool.put_request(request).unwrap();
    pool.wait().unwrap();
    assert!(pool.put_request(back.recv().unwrap()).is_err());
    assert_eq!(pool.stats().rejected, 1);
}

/// A thread-local of a worker shuts the pool down, and joins the dismissed, while others do the same.
#[test]
fn a_thread_locals_destructor_may_end_the_pool() {
    for _ in 0..50 {
        let pool = Arc::new(ThreadPool::new(2));
        for _ in 0..2 {
            let inner = pool.clone();
            pool.execute(move || {
                let at_exit = OnDrop(move || {
                    thread::yield_now();
                    let _ = inner.join_all_dismissed_workers();
                    let _ = inner.shutdown(Shutdown::Drain, Duration::MAX);
                });
                LAST.set(Some(Box::new(at_exit)));
            })
            .unwrap();
        }
        pool.wait().unwrap();
        pool.dismiss_workers(1);
        let _ = pool.join_all_dismissed_workers();
        assert!(pool.shutdown(Shutdown::Drain, Duration::MAX).is_complete());
    }
}

#[test]
fn each_join_of_the_dismissed_waits_for_thread_locals() {
    let gone = Arc::new(AtomicUsize::new(0));
    let pool = ThreadPool::new(1);
    let noted = gone.clone();
    let slow = move || {
        (0..1_000).for_each(|_| thread::yield_now());
        noted.store(1, SeqCst);
    };
    pool.submit(move || LAST.set(Some(Box::new(OnDrop(slow))))).join().unwrap();
    pool.dismiss_workers(1);
    pool.join_all_dismissed_workers_for(Duration::from_secs(30)).unwrap();
    thread::scope(|s| {
        for _ in 0..2 {
            s.spawn(|| {
                pool.join_all_dismissed_workers().unwrap();
                assert_eq!(gone.load(SeqCst), 1);
            });
        }
    });
    assert_eq!(pool.dismissed_workers(), 0);
}

#[test]
fn the_dismissed_are_joined_after_a_shutdown_too() {
    let pool = ThreadPool::new(1);
    let end = occupy(&pool);
    assert_eq!(pool.dismiss_workers(1), 1);
    let _ = pool.shutdown(Shutdown::Drain, Duration::ZERO);
    let soon = Duration::from_millis(20);
    assert_eq!(pool.join_all_dismissed_workers_for(soon), Err(WaitError::TimedOut));
    drop(end);
    pool.join_all_dismissed_workers().unwrap();
    assert!(pool.shutdown(Shutdown::Drain, Duration::MAX).is_complete());
    pool.join_all_dismissed_workers().unwrap();
}

#[test]
fn a_map_without_workers_and_with_a_bound_is_done_by_the_caller() {
    assert!(without_workers(1).map(0..5, |n| n).eq(0..5));
}

/// The stack would overflow if each job ran within the one before.
#[test]
fn a_long_chain_in_the_scope_of_a_closed_pool() {
    fn next<'scope>(s: &'scope Scope<'scope, '_>, left: u32) {
        if left > 0 {
            s.execute(move || next(s, left - 1));
        }
    }
    let pool = ThreadPool::new(1);
    pool.scope(|s| next(s, 100_000));
    let _ = pool.shutdown(Shutdown::Drain, Duration::MAX);
    pool.scope(|s| next(s, 100_000));
    assert_eq!(pool.stats().completed, 200_000);
}

/// While one thread runs a job, for want of workers, another one waits for the next.
#[test]
fn two_joins_without_workers_both_end() {
    let pool = without_workers(9);
    let (begin, begun) = mpsc::channel();
    let (end, wait) = mpsc::channel::<()>();
    let first = pool.submit(move || {
        begin.send(()).unwrap();
        assert!(wait.recv().is_err());
    });
    let second = pool.submit(|| 5);
    thread::scope(|s| {
        s.spawn(move || first.join().unwrap());
        begun.recv().unwrap();
        let joiner = s.spawn(move || second.join().unwrap());
        drop(end);
        assert_eq!(joiner.join().unwrap(), 5);
    });
}

#[test]
fn a_dismissal_wakes_who_joins() {
    for _ in 0..100 {
        let pool = ThreadPool::new(1);
        let end = occupy(&pool);
        let queued = pool.submit(|| 5);
        thread::scope(|s| {
            let joiner = s.spawn(move || queued.join().unwrap());
            pool.dismiss_workers(1);
            drop(end);
            assert_eq!(joiner.join().unwrap(), 5);
        });
    }
}

/// A waker runs in the worker, when the result is there and the job not off the books yet.
#[test]
fn a_waker_may_join_the_job_that_woke_it() {
    type Place = Lock<Option<Pin<Box<JobHandle<u32>>>>>;
    struct Joins(Arc<Place>, Lock<mpsc::Sender<u32>>);
    impl Wake for Joins {
        fn wake(self: Arc<Self>) {
            let handle = self.0.lock().take().unwrap();
            self.1.lock().send(Pin::into_inner(handle).join().unwrap()).unwrap();
        }
    }
    let pool = ThreadPool::new(1);
    let end = occupy(&pool);
    let place = Arc::new(Place::new(None));
    let (tell, told) = mpsc::channel();
    let waker = Waker::from(Arc::new(Joins(place.clone(), Lock::new(tell))));
    let mut handle = Box::pin(pool.submit(|| 5));
    assert!(handle.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    *place.lock() = Some(handle);
    drop(end);
    assert_eq!(told.recv(), Ok(5));
}

#[test]
fn a_wait_beside_a_scope_without_workers_waits_for_it() {
    let pool = without_workers(9);
    let (begin, begun) = mpsc::channel();
    thread::scope(|t| {
        let pool = &pool;
        let waiter = t.spawn(move || {
            begun.recv().unwrap();
            pool.wait()
        });
        pool.scope(|s| {
            s.execute(|| ());
            begin.send(()).unwrap();
            (0..100).for_each(|_| thread::yield_now());
        });
        waiter.join().unwrap().unwrap();
    });
}
