//! Workers that end for want of work, and are started again.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier, mpsc};
use std::thread;
use std::time::Duration;

use pool_threadpool::{Builder, ThreadPool, WaitError};
use sync_lock::Lock;

mod support;

use crate::support::occupy;

const SOON: Duration = Duration::from_millis(1);

fn at_once(workers: usize) -> Builder {
    ThreadPool::builder().workers(workers).keep_alive(Duration::ZERO)
}

/// Waits until all workers but one are at rest.
fn until_at_rest(pool: &ThreadPool) {
    while pool.stats().workers > 1 {
        thread::yield_now();
    }
}

#[test]
fn idle_workers_rest_and_come_back_when_they_are_needed() {
    let pool = ThreadPool::builder().workers(4).keep_alive(SOON).build().unwrap();
    for round in 1..=3 {
        until_at_rest(&pool);
        let (all, names) = (Arc::new(Barrier::new(4)), Arc::new(Lock::new(BTreeSet::new())));
        let handles: Vec<_> = (0..4)
            .map(|_| {
                let (all, names) = (all.clone(), names.clone());
                pool.submit(move || {
                    names.lock().insert(thread::current().name().map(str::to_owned));
                    all.wait();
                })
            })
            .collect();
        handles.into_iter().for_each(|handle| handle.join().unwrap());
        assert_eq!(names.lock().len(), 4, "in round {round}");
    }
    assert_eq!(pool.stats().submitted, 12);
}

#[test]
fn without_a_time_they_stay() {
    let pool = ThreadPool::new(3);
    pool.submit(|| ()).join().unwrap();
    thread::sleep(Duration::from_millis(20));
    assert_eq!(pool.stats().workers, 3);
}

/// However fast they come and go, jobs are run and one worker is there.
#[test]
fn a_flow_of_jobs_with_pauses_loses_none() {
    let pool = at_once(3).build().unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    for round in 0..500 {
        for _ in 0..round % 5 {
            let count = count.clone();
            pool.execute(move || _ = count.fetch_add(1, SeqCst)).unwrap();
        }
        assert!(pool.stats().workers >= 1);
        if round % 3 == 0 {
            pool.wait().unwrap();
        }
    }
    pool.wait().unwrap();
    assert_eq!(count.load(SeqCst), 1000);
    assert!(pool.map(0..300, |n| n).eq(0..300));
    let mut numbers = [0; 64];
    pool.scope(|scope| {
        for (index, number) in numbers.iter_mut().enumerate() {
            scope.execute(move || *number = index);
        }
    });
    assert!(numbers.into_iter().eq(0..64));
}

#[test]
fn those_at_rest_are_dismissed_first() {
    let pool = at_once(3).build().unwrap();
    until_at_rest(&pool);
    let end = occupy(&pool);
    assert_eq!(pool.dismiss_workers(2), 2);
    assert_eq!(pool.dismissed_workers(), 0, "they had ended before");
    let more = pool.submit(|| 7);
    assert_eq!(pool.stats().workers, 1, "nobody is left to be started again");
    drop(end);
    assert_eq!(more.join().unwrap(), 7);
    pool.wait().unwrap();
    assert_eq!(pool.dismiss_workers(9), 1);
    pool.join_all_dismissed_workers().unwrap();
    pool.execute(|| ()).unwrap();
    assert_eq!(pool.wait(), Err(WaitError::NoWorkers));
    pool.create_workers(2).unwrap();
    pool.wait().unwrap();
    until_at_rest(&pool);
}

/// Those that are there do the work, the hook for panics is told, and the next job is another chance.
#[test]
fn a_start_hook_that_fails_later_costs_no_job() {
    let (may_start, told) = (Arc::new(Lock::new(true)), Arc::new(Lock::new(Vec::new())));
    let (allowed, heard) = (may_start.clone(), told.clone());
    let pool = at_once(2)
        .on_start(move |_| if *allowed.lock() { Ok(()) } else { Err("not now") })
        .on_panic(move |panicked| heard.lock().push(panicked.message().to_owned()))
        .build()
        .unwrap();
    until_at_rest(&pool);
    *may_start.lock() = false;
    let end = occupy(&pool);
    let waits = pool.submit(|| 7);
    while told.lock().is_empty() {
        thread::yield_now();
    }
    assert_eq!(*told.lock(), ["a worker's start hook failed: not now"]);
    while pool.stats().workers > 1 {
        thread::yield_now();
    }
    *may_start.lock() = true;
    assert_eq!(pool.submit(|| 8).join().unwrap(), 8, "the one that is there is still busy");
    drop(end);
    assert_eq!(waits.join().unwrap(), 7);
}

/// A start hook that lets the first workers pass, and holds the others until it is told what to return;
/// when the gate is gone, they pass, too.
struct Gate {
    arrived: mpsc::Receiver<()>,
    verdict: mpsc::Sender<Result<(), &'static str>>,
}

fn gated(passing: usize) -> (Gate, impl Fn(usize) -> Result<(), &'static str> + Send + Sync) {
    let ((arrive, arrived), (verdict, told)) = (mpsc::channel(), mpsc::channel());
    let (arrive, told) = (Lock::new(arrive), Lock::new(told));
    let hook = move |number| {
        if number < passing {
            return Ok(());
        }
        let _ = arrive.lock().send(());
        told.lock().recv().unwrap_or(Ok(()))
    };
    (Gate { arrived, verdict }, hook)
}

/// While one starts that may fail, another one stays, and does what is put meanwhile.
#[test]
fn a_worker_that_is_starting_is_not_the_one_that_stays() {
    let (gate, hook) = gated(2);
    let pool = at_once(2).on_start(hook).build().unwrap();
    until_at_rest(&pool);
    let end = occupy(&pool);
    let second = pool.submit(|| ());
    gate.arrived.recv().unwrap();
    drop(end);
    second.join().unwrap();
    pool.execute(|| ()).unwrap();
    gate.verdict.send(Err("not now")).unwrap();
    assert_eq!(pool.wait(), Ok(()));

    thread::scope(|scope| {
        let creating = scope.spawn(|| pool.create_workers(1));
        gate.arrived.recv().unwrap();
        pool.submit(|| ()).join().unwrap();
        pool.execute(|| ()).unwrap();
        gate.verdict.send(Err("nor now")).unwrap();
        drop(gate);
        assert!(creating.join().unwrap().is_err());
    });
    assert_eq!(pool.wait(), Ok(()));
}

#[test]
fn a_start_that_fails_counts_as_dismissed_if_one_is_to_be() {
    let (gate, hook) = gated(2);
    let pool = at_once(2).on_start(hook).build().unwrap();
    until_at_rest(&pool);
    let end = occupy(&pool);
    pool.execute(|| ()).unwrap();
    gate.arrived.recv().unwrap();
    assert_eq!(pool.dismiss_workers(1), 1);
    gate.verdict.send(Err("not now")).unwrap();
    drop(gate);
    pool.join_all_dismissed_workers().unwrap();
    drop(end);
    assert_eq!(pool.wait(), Ok(()), "of two, one is left");
    assert_eq!(pool.dismiss_workers(9), 1);
}

/// With a full queue, a submitter that waits for room has another try at starting a worker again.
#[test]
fn a_full_queue_is_another_chance() {
    let (gate, hook) = gated(2);
    let pool = at_once(2).queue(1).on_start(hook).build().unwrap();
    until_at_rest(&pool);
    let end = occupy(&pool);
    gate.verdict.send(Err("not now")).unwrap();
    pool.execute(|| ()).unwrap();
    gate.arrived.recv().unwrap();
    until_at_rest(&pool);
    drop(gate);
    pool.execute(|| ()).unwrap();
    drop(end);
    pool.wait().unwrap();
}

/// The hook waits for a job that is put meanwhile.
#[test]
fn a_worker_in_a_hook_is_not_free() {
    let ((open, opened), (begin, begun)) = (mpsc::channel(), mpsc::channel());
    let opened = Lock::new(opened);
    let hook = move |_: &_| {
        begin.send(()).unwrap();
        opened.lock().recv().unwrap();
    };
    let pool = at_once(2).on_panic(hook).build().unwrap();
    until_at_rest(&pool);
    pool.execute(|| std::panic::resume_unwind(Box::new("on purpose"))).unwrap();
    begun.recv().unwrap();
    pool.execute(move || open.send(()).unwrap()).unwrap();
    pool.wait().unwrap();
}

/// A stop hook that takes long: its worker counts until it has left, and is back then if it is needed.
#[test]
fn there_are_never_more_workers_than_asked_for() {
    let ((open, opened), (begin, begun)) = (mpsc::channel::<()>(), mpsc::channel());
    let opened = Lock::new(opened);
    let hook = move |_| {
        begin.send(()).unwrap();
        let _ = opened.lock().recv();
    };
    let pool = at_once(2).on_stop(hook).build().unwrap();
    begun.recv().unwrap();
    assert_eq!(pool.dismissed_workers(), 0);
    pool.join_all_dismissed_workers().unwrap();
    for _ in 0..20 {
        pool.submit(|| ()).join().unwrap();
        assert!(pool.stats().workers <= 2);
    }
    let all = Arc::new(Barrier::new(2));
    let handles = [(); 2].map(|()| {
        let all = all.clone();
        pool.submit(move || all.wait())
    });
    drop(open);
    handles.into_iter().for_each(|handle| _ = handle.join().unwrap());
}

#[test]
fn a_start_hook_that_panics_later_is_reported() {
    let (tell, told) = mpsc::channel();
    let pool = at_once(2)
        .on_start(|number| {
            if number >= 2 {
                std::panic::resume_unwind(Box::new("no more"));
            }
            Ok::<(), String>(())
        })
        .on_panic(move |panicked| tell.send(panicked.message().to_owned()).unwrap())
        .build()
        .unwrap();
    until_at_rest(&pool);
    let end = occupy(&pool);
    pool.execute(|| ()).unwrap();
    assert_eq!(told.recv().unwrap(), "no more");
    drop(end);
    pool.wait().unwrap();
}

#[test]
fn the_stop_hook_sees_them_go() {
    let stopped = Arc::new(Lock::new(Vec::new()));
    let seen = stopped.clone();
    let pool = at_once(3).on_stop(move |number| seen.lock().push(number)).build().unwrap();
    until_at_rest(&pool);
    assert_eq!(stopped.lock().len(), 2);
    drop(pool);
    let mut stopped = stopped.lock().clone();
    stopped.sort_unstable();
    assert_eq!(stopped, [0, 1, 2]);
}
