//! What the pool promises, on real threads.
#![cfg(not(all(any(loom, threadkit_loom), feature = "loom")))]

mod support;

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use pool_threadpool::{
    BuildError, JobError, JobHandle, Panicked, Reason, Rejected, Shutdown, Stats, ThreadPool,
    WaitError, WhenFull, WorkRequest,
};
use static_assertions::assert_impl_all;
use sync_lock::Lock;

use self::support::occupy;

const SHORT: Duration = Duration::from_millis(20);

assert_impl_all!(ThreadPool: Send, Sync);
assert_impl_all!(JobHandle<std::cell::Cell<u8>>: Send, Sync, Unpin);
assert_impl_all!(JobError: std::error::Error, Send, Sync);
assert_impl_all!(WaitError: std::error::Error, Send, Sync);
assert_impl_all!(BuildError: std::error::Error, Send, Sync);
assert_impl_all!(Rejected<std::cell::Cell<u8>>: std::error::Error, Send, Sync);
assert_impl_all!(Panicked: std::error::Error, Send, Sync);

fn balanced(stats: Stats) -> bool {
    let Stats { submitted, queued, running, completed, panicked, cancelled, .. } = stats;
    submitted == queued + running + completed + panicked + cancelled
}

#[test]
fn every_job_runs_once_on_at_most_five_threads() {
    let pool = ThreadPool::new(5);
    let threads = Arc::new(Lock::new(BTreeSet::new()));
    let sum = Arc::new(AtomicUsize::new(0));
    for number in 1..=1_000 {
        let (threads, sum) = (threads.clone(), sum.clone());
        pool.execute(move || {
            threads.lock().insert(thread::current().name().unwrap().to_owned());
            sum.fetch_add(number, SeqCst);
        })
        .unwrap();
    }
    pool.wait().unwrap();
    assert_eq!(sum.load(SeqCst), 500_500);
    let names = ["pool-0", "pool-1", "pool-2", "pool-3", "pool-4"];
    assert!(threads.lock().iter().all(|name| names.contains(&name.as_str())));
    assert_eq!(pool.stats().completed, 1_000);
}

#[test]
fn results_panics_and_cancelled_jobs_come_through_the_handle() {
    let pool = ThreadPool::new(1);
    assert_eq!(pool.submit(|| "x".repeat(3)).join().unwrap(), "xxx");
    let payload = pool.submit(|| std::panic::panic_any(42_u8)).join().unwrap_err().into_panic();
    assert_eq!(*payload.unwrap().downcast::<u8>().unwrap(), 42);
    let end = occupy(&pool);
    let mut queued = pool.submit(|| 1);
    assert!(queued.join_for(SHORT).is_none());
    assert!(queued.join_until(Instant::now()).is_none());
    assert!(!queued.is_finished());
    assert!(queued.cancel());
    assert!(!queued.cancel(), "once is enough");
    assert!(queued.is_finished());
    assert!(matches!(queued.join_for(SHORT), Some(Err(JobError::Cancelled))));
    drop(end);
    pool.wait().unwrap();
    let stats = pool.stats();
    assert_eq!((stats.completed, stats.panicked, stats.cancelled), (2, 1, 1));
    assert!(balanced(stats));
}

#[test]
fn a_panic_kills_no_worker_and_reaches_the_hook_when_no_handle_shows_it() {
    let seen = Arc::new(Lock::new(Vec::new()));
    let hook = seen.clone();
    let pool = ThreadPool::builder().workers(1).on_panic(move |panicked| {
        hook.lock().push(panicked.message().to_owned());
        panic!("even a hook may panic");
    });
    let pool = pool.build().unwrap();
    for number in 0..3 {
        pool.execute(move || panic!("executed {number}")).unwrap();
    }
    drop(pool.submit(|| panic!("detached")));
    let kept = pool.submit(|| panic!("kept by a handle"));
    let unread = pool.submit(|| panic!("never looked at"));
    pool.wait().unwrap();
    assert_eq!(pool.stats().panicked, 6);
    assert_eq!(pool.submit(|| 5).join().unwrap(), 5, "the worker lives");
    assert_eq!(kept.join().unwrap_err().to_string(), "the job panicked: kept by a handle");
    drop(unread);
    drop(pool);
    let seen = seen.lock();
    assert_eq!(*seen, ["executed 0", "executed 1", "executed 2", "detached", "never looked at"]);
}

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        if !thread::panicking() {
            panic!("in a destructor");
        }
    }
}

/// A pool of one worker that counts the panics of `Bomb`s that its hook is told of.
fn pool_that_counts_bombs() -> (ThreadPool, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let hook = count.clone();
    let hook = move |panicked: &Panicked| {
        assert_eq!(panicked.message(), "in a destructor");
        hook.fetch_add(1, SeqCst);
    };
    (ThreadPool::builder().workers(1).on_panic(hook).build().unwrap(), count)
}

#[test]
fn an_unwanted_result_is_dropped_by_the_worker_and_its_panic_reported() {
    let (pool, count) = pool_that_counts_bombs();
    let end = occupy(&pool);
    drop(pool.submit(|| Bomb));
    drop(end);
    pool.wait().unwrap();
    let stats = pool.stats();
    assert_eq!((stats.completed, stats.panicked), (2, 0), "the job itself did not panic");
    // The hook may run a moment later than `wait` returns, but not after its worker has ended.
    drop(pool);
    assert_eq!(count.load(SeqCst), 1);
}

#[test]
fn a_result_dropped_with_its_handle_does_not_panic_there_and_is_reported() {
    let (pool, count) = pool_that_counts_bombs();
    let handle = pool.submit(|| Bomb);
    pool.wait().unwrap();
    assert!(handle.is_finished());
    drop(handle);
    assert_eq!(count.load(SeqCst), 1);
    let stats = pool.stats();
    assert_eq!((stats.completed, stats.panicked), (1, 0), "the job itself did not panic");
}

#[test]
fn a_request_without_a_callback_completes_though_its_result_panics() {
    let (pool, count) = pool_that_counts_bombs();
    pool.put_request(WorkRequest::new(|| Bomb)).unwrap();
    pool.wait().unwrap();
    let stats = pool.stats();
    assert_eq!((stats.completed, stats.panicked), (1, 0), "the request itself did not panic");
    drop(pool);
    assert_eq!(count.load(SeqCst), 1);
}

#[test]
fn dropping_a_map_drops_all_its_results_though_their_destructors_panic() {
    let (pool, count) = pool_that_counts_bombs();
    let mut bombs = pool.map(0..2, |_| Bomb);
    std::mem::forget(bombs.next());
    pool.wait().unwrap();
    drop(bombs);
    assert_eq!(count.load(SeqCst), 1);
}

#[test]
fn a_cancelled_job_is_dropped_and_the_panic_of_its_destructor_reported() {
    let (pool, count) = pool_that_counts_bombs();
    let end = occupy(&pool);
    let bomb = Bomb;
    let queued = pool.submit(move || {
        let _bomb = &bomb;
    });
    assert!(queued.cancel());
    drop(end);
    assert!(matches!(queued.join(), Err(JobError::Cancelled)));
    drop(pool);
    assert_eq!(count.load(SeqCst), 1);
}

#[test]
fn a_full_queue_blocks_rejects_or_runs_in_the_caller() {
    let bounded = || ThreadPool::builder().workers(1).queue(1);

    let pool = bounded().build().unwrap();
    let end = occupy(&pool);
    pool.execute(|| ()).unwrap();
    let start = Instant::now();
    let rejected = pool.try_execute_for(|| (), SHORT).unwrap_err();
    assert!(start.elapsed() >= SHORT);
    assert_eq!(rejected.to_string(), "the job was not taken: the queue is full");
    assert_eq!(pool.try_execute(|| ()).unwrap_err().reason(), Reason::Full);
    thread::scope(|s| {
        let blocked = s.spawn(|| pool.execute(|| ()).is_ok());
        drop(end);
        assert!(blocked.join().unwrap());
    });
    pool.wait().unwrap();
    assert_eq!((pool.stats().completed, pool.stats().rejected), (3, 2));

    let pool = bounded().when_full(WhenFull::Reject).build().unwrap();
    let end = occupy(&pool);
    pool.execute(|| ()).unwrap();
    assert_eq!(pool.execute(|| ()).unwrap_err().reason(), Reason::Full);
    let full = pool.submit(|| ());
    assert!(full.is_finished());
    assert!(matches!(full.join(), Err(JobError::Rejected(Reason::Full))));
    drop(end);

    let pool = bounded().when_full(WhenFull::RunInCaller).build().unwrap();
    let end = occupy(&pool);
    pool.execute(|| ()).unwrap();
    let runner = pool.submit(|| thread::current().id());
    assert_eq!(runner.join().unwrap(), thread::current().id());
    drop(end);
    pool.wait().unwrap();
    assert!(balanced(pool.stats()));
}

#[test]
fn a_worker_never_waits_for_room_in_its_own_queue() {
    let pool = Arc::new(ThreadPool::builder().workers(1).queue(1).build().unwrap());
    let inner = pool.clone();
    let count = Arc::new(AtomicUsize::new(0));
    let counter = count.clone();
    let submitter = pool.submit(move || {
        for _ in 0..10 {
            let counter = counter.clone();
            inner.execute(move || _ = counter.fetch_add(1, SeqCst)).unwrap();
        }
    });
    submitter.join().unwrap();
    pool.wait().unwrap();
    assert_eq!(count.load(SeqCst), 10);
}

#[test]
fn wait_waits_and_gives_up_in_time() {
    let pool = ThreadPool::new(2);
    pool.wait().unwrap();
    let end = occupy(&pool);
    let start = Instant::now();
    assert_eq!(pool.wait_for(SHORT), Err(WaitError::TimedOut));
    assert!(start.elapsed() >= SHORT);
    assert_eq!(pool.wait_until(Instant::now()), Err(WaitError::TimedOut));
    thread::scope(|s| {
        // All who wait are told.
        let waiters = [s.spawn(|| pool.wait()), s.spawn(|| pool.wait_for(Duration::MAX))];
        drop(end);
        for waiter in waiters {
            waiter.join().unwrap().unwrap();
        }
    });
}

#[test]
fn jobs_that_wait_for_jobs_never_hang() {
    fn fibonacci(pool: &Arc<ThreadPool>, n: u64) -> u64 {
        if n < 2 {
            return n;
        }
        let shared = pool.clone();
        let left = pool.submit(move || fibonacci(&shared, n - 1));
        let right = fibonacci(pool, n - 2);
        left.join().unwrap() + right
    }
    for workers in [1, 2] {
        let pool = Arc::new(ThreadPool::new(workers));
        let shared = pool.clone();
        assert_eq!(pool.submit(move || fibonacci(&shared, 12)).join().unwrap(), 144);
        let shared = pool.clone();
        let inner = pool.submit(move || shared.wait());
        assert_eq!(inner.join().unwrap(), Err(WaitError::WouldDeadlock));
    }
}

#[test]
fn a_job_that_joins_itself_is_told() {
    let pool = ThreadPool::new(1);
    let (give, given) = mpsc::channel::<JobHandle<()>>();
    let (tell, told) = mpsc::channel();
    let job = pool.submit(move || {
        tell.send(given.recv().unwrap().join()).unwrap();
    });
    give.send(job).unwrap();
    assert!(matches!(told.recv().unwrap(), Err(JobError::WouldDeadlock)));
}

#[test]
fn three_jobs_in_a_circle_are_told() {
    let pool = ThreadPool::new(3);
    let (mut gives, mut handles) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let (give, given) = mpsc::channel::<JobHandle<bool>>();
        gives.push(give);
        handles.push(
            pool.submit(move || {
                matches!(given.recv().unwrap().join(), Err(JobError::WouldDeadlock))
            }),
        );
    }
    handles.rotate_left(1);
    for (give, handle) in gives.into_iter().zip(handles) {
        give.send(handle).unwrap();
    }
    pool.wait_for(Duration::from_secs(30)).unwrap();
}

/// With `RunInCaller` and a full queue the submitter itself runs a job, and waits like a worker then.
#[test]
fn a_job_run_by_its_submitter_waits_like_a_worker() {
    let builder = ThreadPool::builder().workers(1).queue(1).when_full(WhenFull::RunInCaller);
    let pool = Arc::new(builder.build().unwrap());
    let end = occupy(&pool);
    let me = thread::current().id();
    let queued = pool.submit(|| thread::current().id());
    let inner = pool.clone();
    let job = move || {
        assert_eq!(thread::current().id(), me);
        assert_eq!(queued.join().unwrap(), me, "run on the spot");
        assert_eq!(inner.wait(), Err(WaitError::WouldDeadlock));
        let report = inner.shutdown(Shutdown::Drain, Duration::MAX);
        assert!(!report.is_complete(), "it does not wait for itself");
    };
    pool.submit(job).join().unwrap();
    drop(end);
}

#[test]
fn a_hook_that_waits_for_the_pool_is_told() {
    use std::sync::OnceLock;
    static POOL: OnceLock<ThreadPool> = OnceLock::new();
    static TOLD: Lock<Option<Result<(), WaitError>>> = Lock::new(None);
    let hook = |_: &Panicked| *TOLD.lock() = Some(POOL.get().unwrap().wait());
    let pool = ThreadPool::builder().workers(1).on_panic(hook).build().unwrap();
    let pool = POOL.get_or_init(|| pool);
    let end = occupy(pool);
    pool.execute(|| panic!("on purpose")).unwrap();
    pool.execute(|| ()).unwrap();
    drop(end);
    pool.wait_for(Duration::from_secs(30)).unwrap();
    assert_eq!(*TOLD.lock(), Some(Err(WaitError::WouldDeadlock)));
}

/// The worker's own thread-local is the last owner, and is dropped after the worker has left.
#[test]
fn the_last_owner_may_be_a_thread_local_of_a_worker() {
    struct Owner(Option<Arc<ThreadPool>>, mpsc::Sender<()>);
    impl Drop for Owner {
        fn drop(&mut self) {
            drop(self.0.take());
            self.1.send(()).unwrap();
        }
    }
    thread_local!(static OWNER: std::cell::RefCell<Option<Owner>> = const { std::cell::RefCell::new(None) });
    let (tell, told) = mpsc::channel();
    let pool = Arc::new(ThreadPool::new(1));
    let owner = Owner(Some(pool.clone()), tell);
    pool.submit(move || OWNER.set(Some(owner))).join().unwrap();
    let end = occupy(&pool);
    let _ = pool.shutdown(Shutdown::Drain, Duration::ZERO);
    drop(pool);
    drop(end);
    told.recv().unwrap();
}

/// A payload whose destructor panics, thrown by a job, by the hook and by a waker.
#[test]
fn payloads_that_panic_end_no_worker() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            if !thread::panicking() {
                panic!("in a destructor");
            }
        }
    }
    struct Bad;
    impl Wake for Bad {
        fn wake(self: Arc<Self>) {
            std::panic::panic_any(Bomb);
        }
    }
    let hook = |_: &Panicked| std::panic::panic_any(Bomb);
    let pool = ThreadPool::builder().workers(1).on_panic(hook).build().unwrap();
    pool.execute(|| std::panic::panic_any(Bomb)).unwrap();
    let end = occupy(&pool);
    let mut polled = pool.submit(|| 7);
    let waker = Waker::from(Arc::new(Bad));
    let mut context = Context::from_waker(&waker);
    assert!(std::pin::Pin::new(&mut polled).poll(&mut context).is_pending());
    drop(end);
    assert_eq!(polled.join().unwrap(), 7);
    pool.wait().unwrap();
    let stats = pool.stats();
    assert_eq!((stats.workers, stats.completed, stats.panicked), (1, 2, 1));
}

/// The first closure's destructor waits for the second one, and both are cancelled at once.
#[test]
fn a_cancelled_closure_may_wait_for_another_one() {
    struct JoinsWhenDropped(Arc<Lock<Option<JobHandle<()>>>>);
    impl Drop for JoinsWhenDropped {
        fn drop(&mut self) {
            let handle = self.0.lock().take().unwrap();
            assert!(matches!(handle.join(), Err(JobError::Cancelled)));
        }
    }
    let pool = ThreadPool::new(1);
    let end = occupy(&pool);
    let slot = Arc::new(Lock::new(None));
    let joins = JoinsWhenDropped(slot.clone());
    pool.execute(move || drop(joins)).unwrap();
    *slot.lock() = Some(pool.submit(|| ()));
    let report = pool.shutdown(Shutdown::Cancel, Duration::ZERO);
    assert_eq!(report.cancelled_now, 2);
    drop(end);
}

#[test]
fn shutdown_drains_or_cancels_and_reports() {
    let pool = ThreadPool::new(1);
    let end = occupy(&pool);
    let queued: Vec<_> = (0..3).map(|n| pool.submit(move || n)).collect();
    let report = pool.shutdown(Shutdown::Drain, SHORT);
    assert!(!report.is_complete(), "the worker is busy");
    assert_eq!((report.stats.queued, report.stats.running), (3, 1));
    let back = pool.execute(|| ()).unwrap_err();
    assert_eq!(back.reason(), Reason::ShutDown);
    assert!(matches!(pool.submit(|| ()).join(), Err(JobError::Rejected(Reason::ShutDown))));
    let report = pool.shutdown(Shutdown::Cancel, Duration::ZERO);
    assert_eq!(report.cancelled_now, 3);
    for handle in queued {
        assert!(matches!(handle.join(), Err(JobError::Cancelled)));
    }
    drop(end);
    let report = pool.shutdown(Shutdown::Drain, Duration::MAX);
    assert!(report.is_complete() && balanced(report.stats));
    assert_eq!((report.stats.completed, report.stats.cancelled, report.stats.rejected), (1, 3, 2));
}

#[test]
fn drop_finishes_the_queue_and_ends_the_threads() {
    let count = Arc::new(AtomicUsize::new(0));
    let ended = Arc::new(AtomicUsize::new(0));
    let hook = ended.clone();
    let builder = ThreadPool::builder().workers(3);
    let pool = builder.on_stop(move |_| _ = hook.fetch_add(1, SeqCst)).build().unwrap();
    for _ in 0..100 {
        let count = count.clone();
        pool.execute(move || _ = count.fetch_add(1, SeqCst)).unwrap();
    }
    drop(pool);
    assert_eq!((count.load(SeqCst), ended.load(SeqCst)), (100, 3));
}

#[test]
fn the_last_owner_may_be_a_job() {
    let pool = Arc::new(ThreadPool::new(2));
    let (tell, told) = mpsc::channel();
    let (go, wait) = mpsc::channel::<()>();
    let owner = pool.clone();
    pool.execute(move || {
        assert!(wait.recv().is_err());
        drop(Arc::into_inner(owner).expect("the last owner"));
        tell.send(()).unwrap();
    })
    .unwrap();
    drop(pool);
    drop(go);
    told.recv().unwrap();
}

#[test]
fn a_pool_that_cannot_be_made_is_an_error_and_leaves_no_thread() {
    let error = |result: Result<ThreadPool, BuildError>| result.unwrap_err().to_string();
    let builder = ThreadPool::builder;
    assert_eq!(error(builder().workers(0).build()), "a pool needs at least one worker");
    assert_eq!(error(builder().queue(0).build()), "a pool's queue needs room for at least one job");
    let message = error(builder().name("nul\0").build());
    assert!(message.starts_with("a worker could not be started"), "{message}");
    // No address space has room for that, and it is less than what musl does not even take.
    let too_large = usize::try_from(1_u64 << 60).unwrap_or(3 << 30);
    assert!(matches!(
        builder().workers(2).stack_size(too_large).build(),
        Err(BuildError::Spawn(_))
    ));
    let alive = Arc::new(AtomicUsize::new(0));
    let (start, stop) = (alive.clone(), alive.clone());
    let hook = move |index| {
        start.fetch_add(1, SeqCst);
        if index == 1 { Err("no room") } else { Ok(()) }
    };
    let failing = builder().workers(3).on_start(hook);
    let failing = failing.on_stop(move |_| _ = stop.fetch_sub(1, SeqCst));
    assert_eq!(error(failing.build()), "a worker's start hook failed: no room");
    assert_eq!(alive.load(SeqCst), 1, "the two that started have stopped");
    let panicking = builder().workers(1).on_start(|_| -> Result<(), String> { panic!("oh") });
    assert_eq!(error(panicking.build()), "a worker's start hook panicked: oh");
    let panicked = std::panic::catch_unwind(|| ThreadPool::new(0)).unwrap_err();
    assert_eq!(*panicked.downcast::<String>().unwrap(), "a pool needs at least one worker");
    assert!(ThreadPool::default().stats().workers >= 1);
}

/// Polls a future on this thread, which sleeps in between.
fn block_on<F: Future + Unpin>(mut future: F) -> F::Output {
    struct Unpark(thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        match std::pin::Pin::new(&mut future).poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

#[test]
fn a_handle_is_a_future() {
    let pool = ThreadPool::new(1);
    let end = occupy(&pool);
    let handle = pool.submit(|| 7);
    thread::scope(|s| {
        let waiter = s.spawn(|| block_on(handle));
        drop(end);
        assert_eq!(waiter.join().unwrap().unwrap(), 7);
    });
    assert_eq!(block_on(pool.submit(|| 8)).unwrap(), 8);
}

/// Many threads submit, cancel and join at once; everything is accounted for.
#[test]
fn a_crowd_of_submitters_loses_nothing() {
    let pool = ThreadPool::builder().workers(4).queue(16).build().unwrap();
    let ran = AtomicUsize::new(0);
    let ran = Arc::new(ran);
    let cancelled: usize = thread::scope(|s| {
        let submitters: Vec<_> = (0..6)
            .map(|_| {
                s.spawn(|| {
                    let mut cancelled = 0;
                    for number in 0..300 {
                        let ran = ran.clone();
                        let handle = pool.submit(move || ran.fetch_add(1, SeqCst));
                        cancelled += usize::from(number % 3 == 0 && handle.cancel());
                        let result = handle.join();
                        assert!(matches!(result, Ok(_) | Err(JobError::Cancelled)), "{result:?}");
                    }
                    cancelled
                })
            })
            .collect();
        submitters.into_iter().map(|submitter| submitter.join().unwrap()).sum()
    });
    pool.wait().unwrap();
    let stats = pool.stats();
    assert_eq!((ran.load(SeqCst), stats.cancelled as usize), (1_800 - cancelled, cancelled));
    assert!(balanced(stats));
}
