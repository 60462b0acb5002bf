//! Jobs that borrow: what a scope promises, however its closure, its jobs or the pool end.
#![cfg(not(all(any(loom, threadkit_loom), feature = "loom")))]

mod support;

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier, mpsc};
use std::thread;
use std::time::Duration;

use pool_threadpool::{JobError, JobHandle, Panicked, Scope, Shutdown, ThreadPool, WhenFull};
use static_assertions::assert_impl_all;
use sync_lock::Lock;

use self::support::occupy;

assert_impl_all!(Scope<'static, 'static>: Send, Sync);

/// What a panic said.
fn message(payload: Box<dyn std::any::Any + Send>) -> String {
    Panicked::new(payload).message().to_owned()
}

#[test]
fn jobs_borrow_and_all_have_ended_when_the_scope_does() {
    let pool = ThreadPool::new(3);
    let mut numbers = vec![0_u64; 1_000];
    let calls = AtomicUsize::new(0);
    let result = pool.scope(|s| {
        for (index, chunk) in numbers.chunks_mut(10).enumerate() {
            let calls = &calls;
            s.execute(move || {
                chunk.fill(index as u64);
                calls.fetch_add(1, SeqCst);
            });
        }
        "what the closure returns"
    });
    assert_eq!(result, "what the closure returns");
    assert_eq!(calls.load(SeqCst), 100);
    assert_eq!(numbers.iter().sum::<u64>(), 10 * (0..100).sum::<u64>());
    assert_eq!(pool.scope(|_| 5), 5, "an empty one is fine");
}

#[test]
fn handles_have_results_that_borrow() {
    let pool = ThreadPool::new(2);
    let words = ["a", "longer", "the longest"].map(String::from);
    let longest: &str = pool.scope(|s| {
        let halves = words.split_at(1);
        let longest = |words: &'_ [String]| words.iter().map(String::len).max().unwrap();
        let left = s.submit(move || longest(halves.0));
        let right = s.submit(move || longest(halves.1));
        let length = left.join().unwrap().max(right.join().unwrap());
        let words = &words;
        let found = move || words.iter().find(|word| word.len() == length).unwrap().as_str();
        s.submit(found).join().unwrap()
    });
    assert_eq!(longest, "the longest");
}

/// The handle is looked at after the scope, and dropped without a look; both are fine.
#[test]
fn a_handle_may_leave_the_scope_if_its_result_does_not_borrow() {
    let pool = ThreadPool::new(1);
    let number = 6;
    let (kept, dropped) = pool.scope(|s| (s.submit(|| number * 7), s.submit(|| number)));
    drop(dropped);
    assert!(kept.is_finished() && !kept.cancel());
    assert_eq!(kept.join().unwrap(), 42);
}

#[test]
fn a_panic_of_the_closure_waits_for_the_jobs() {
    let hook = Arc::new(Lock::new(Vec::new()));
    let noted = hook.clone();
    let pool = ThreadPool::builder().workers(1);
    let pool = pool.on_panic(move |it| noted.lock().push(it.message().to_owned())).build().unwrap();
    let end = occupy(&pool);
    let mut data = vec![1, 2, 3];
    let (panics, begun) = mpsc::channel();
    let result = thread::scope(|t| {
        let scope = t.spawn(|| {
            catch_unwind(AssertUnwindSafe(|| {
                pool.scope(|s| {
                    s.execute(|| {
                        data.push(4);
                        panic!("in a job");
                    });
                    panics.send(()).unwrap();
                    panic!("in the closure");
                })
            }))
        });
        begun.recv().unwrap();
        drop(end);
        scope.join().unwrap()
    });
    assert_eq!(message(result.unwrap_err()), "in the closure");
    assert_eq!(data, [1, 2, 3, 4], "the job has run");
    drop(pool);
    assert_eq!(*hook.lock(), ["in a job"], "and its panic is not lost");
}

#[test]
fn the_first_panic_of_a_job_comes_out_when_all_have_ended() {
    let hook = Arc::new(Lock::new(Vec::new()));
    let noted = hook.clone();
    let pool = ThreadPool::builder().workers(1);
    let pool = pool.on_panic(move |it| noted.lock().push(it.message().to_owned())).build().unwrap();
    let ended = AtomicUsize::new(0);
    let result = catch_unwind(AssertUnwindSafe(|| {
        pool.scope(|s| {
            let ended = &ended;
            for number in 0..4 {
                s.execute(move || {
                    ended.fetch_add(1, SeqCst);
                    assert!(number % 2 == 0, "job {number}");
                });
            }
            let handle: JobHandle<()> = s.submit(|| panic!("the handle's"));
            assert_eq!(handle.join().unwrap_err().to_string(), "the job panicked: the handle's");
        });
    }));
    assert_eq!(message(result.unwrap_err()), "job 1");
    assert_eq!(ended.load(SeqCst), 4);
    assert_eq!(pool.submit(|| 5).join().unwrap(), 5, "the worker lives");
    drop(pool);
    assert_eq!(*hook.lock(), ["job 3"]);
}

#[test]
fn jobs_may_submit_to_their_scope() {
    fn down<'scope>(s: &'scope Scope<'scope, '_>, depth: u32, count: &'scope AtomicUsize) {
        count.fetch_add(1, SeqCst);
        if depth > 0 {
            s.execute(move || down(s, depth - 1, count));
            s.execute(move || down(s, depth - 1, count));
        }
    }
    for workers in [1, 3] {
        let pool = ThreadPool::builder().workers(workers).queue(2).build().unwrap();
        let count = AtomicUsize::new(0);
        pool.scope(|s| down(s, 6, &count));
        assert_eq!(count.load(SeqCst), 127);
    }
}

/// A pool of one worker, which opens a scope within a scope within a job.
#[test]
fn a_worker_runs_the_jobs_of_its_own_scope() {
    let pool = Arc::new(ThreadPool::new(1));
    let inner = pool.clone();
    let foreign = Arc::new(AtomicUsize::new(0));
    let counter = foreign.clone();
    let job = pool.submit(move || {
        let here = thread::current().id();
        inner.execute(move || _ = counter.fetch_add(1, SeqCst)).unwrap();
        let mut numbers = [0; 8];
        inner.scope(|s| {
            let inner = &inner;
            for number in &mut numbers {
                s.execute(move || {
                    assert_eq!(thread::current().id(), here);
                    inner.scope(|s| s.execute(|| *number += 1));
                });
            }
        });
        (numbers, foreign.load(SeqCst))
    });
    assert_eq!(job.join().unwrap(), ([1; 8], 0), "all of its own, and nobody else's");
}

/// The worker that opened the scope is the only one free when a job of the scope submits another.
#[test]
fn the_owner_wakes_up_for_what_its_jobs_submit() {
    let pool = Arc::new(ThreadPool::new(2));
    let inner = pool.clone();
    let job = pool.submit(move || {
        let (tell, told) = mpsc::channel();
        let told = Lock::new(told);
        let both = Barrier::new(2);
        inner.scope(|s| {
            let (told, both, tell) = (&told, &both, &tell);
            s.execute(move || {
                both.wait();
                s.execute(move || tell.send(5).unwrap());
                // Waits by other means than a join, so it is the owner that has to help.
                assert_eq!(told.lock().recv(), Ok(5));
            });
            both.wait();
        });
    });
    job.join().unwrap();
}

#[test]
fn a_job_that_joins_who_waits_for_its_scope_is_told() {
    let pool = Arc::new(ThreadPool::new(2));
    let inner = pool.clone();
    let (give, given) = mpsc::channel::<JobHandle<()>>();
    let given = Lock::new(given);
    let (tell, told) = mpsc::channel();
    let owner = pool.submit(move || {
        let begun = Barrier::new(2);
        inner.scope(|s| {
            s.execute(|| {
                begun.wait();
                let myself = given.lock().recv().unwrap();
                tell.send(myself.join().unwrap_err().to_string()).unwrap();
            });
            begun.wait();
        });
    });
    give.send(owner).unwrap();
    let would_deadlock = JobError::WouldDeadlock.to_string();
    assert_eq!(told.recv().unwrap(), would_deadlock);
    pool.wait_for(Duration::from_secs(30)).unwrap();
}

#[test]
fn a_full_closed_or_empty_pool_still_runs_each_job() {
    let count = AtomicUsize::new(0);
    let run = |pool: &ThreadPool| {
        count.store(0, SeqCst);
        pool.scope(|s| (0..20).for_each(|_| s.execute(|| _ = count.fetch_add(1, SeqCst))));
        count.load(SeqCst)
    };
    for when_full in [WhenFull::Block, WhenFull::Reject, WhenFull::RunInCaller] {
        let pool = ThreadPool::builder().workers(1).queue(1).when_full(when_full).build().unwrap();
        assert_eq!(run(&pool), 20, "{when_full:?}");
        assert_eq!(pool.stats().rejected, 0);
        pool.dismiss_workers(1);
        assert_eq!(run(&pool), 20, "{when_full:?}, without workers");
        let _ = pool.shutdown(Shutdown::Cancel, Duration::MAX);
        assert_eq!(run(&pool), 20, "{when_full:?}, shut down");
    }
}

/// The last worker is dismissed while the scope waits for what it has not started.
#[test]
fn the_owner_runs_what_a_dismissed_worker_leaves() {
    let pool = ThreadPool::new(1);
    let end = occupy(&pool);
    let me = thread::current().id();
    let count = AtomicUsize::new(0);
    let mut end = Some(end);
    pool.scope(|s| {
        for _ in 0..3 {
            s.execute(|| {
                assert_eq!(thread::current().id(), me);
                count.fetch_add(1, SeqCst);
            });
        }
        pool.dismiss_workers(1);
        drop(end.take());
    });
    assert_eq!(count.load(SeqCst), 3);
}

#[test]
fn a_shutdown_cancels_no_job_of_a_scope() {
    let pool = ThreadPool::new(1);
    let end = occupy(&pool);
    let queued = pool.submit(|| ());
    let count = AtomicUsize::new(0);
    let mut end = Some(end);
    pool.scope(|s| {
        let handle = s.submit(|| count.fetch_add(1, SeqCst));
        s.execute(|| _ = count.fetch_add(1, SeqCst));
        let report = pool.shutdown(Shutdown::Cancel, Duration::ZERO);
        assert_eq!(report.cancelled_now, 1);
        assert_eq!(report.stats.queued, 2);
        drop(end.take());
        handle.join().unwrap();
    });
    assert!(matches!(queued.join(), Err(JobError::Cancelled)));
    assert_eq!(count.load(SeqCst), 2);
}

#[test]
fn a_cancelled_job_is_dropped_within_the_scope() {
    struct Drops<'a>(&'a Cell<u32>, &'a AtomicUsize);
    // SAFETY: test only; the cell is touched by one thread at a time, because a cancelled job is
    // dropped by who cancels it.
    unsafe impl Send for Drops<'_> {}
    impl Drop for Drops<'_> {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
            self.1.fetch_add(1, SeqCst);
        }
    }
    let pool = ThreadPool::new(1);
    let end = occupy(&pool);
    let (cell, count) = (Cell::new(0), AtomicUsize::new(0));
    pool.scope(|s| {
        let drops = Drops(&cell, &count);
        let handle = s.submit(move || {
            let _drops = &drops;
        });
        assert!(handle.cancel());
        assert!(matches!(handle.join(), Err(JobError::Cancelled)));
    });
    assert_eq!((cell.get(), count.load(SeqCst)), (1, 1));
    drop(end);
}

/// What a job leaves when it ends, its captured values and an unclaimed result, is dropped before the
/// scope ends, however late its worker is.
#[test]
fn nothing_of_a_job_outlives_the_scope() {
    struct Counts<'a>(&'a AtomicUsize);
    impl Drop for Counts<'_> {
        fn drop(&mut self) {
            thread::yield_now();
            self.0.fetch_add(1, SeqCst);
        }
    }
    let pool = ThreadPool::new(4);
    for _ in 0..200 {
        let dropped = AtomicUsize::new(0);
        pool.scope(|s| {
            for _ in 0..4 {
                let captured = Counts(&dropped);
                s.execute(move || {
                    let _captured = &captured;
                });
                drop(s.submit(|| Counts(&dropped)));
            }
        });
        assert_eq!(dropped.load(SeqCst), 8);
    }
}
