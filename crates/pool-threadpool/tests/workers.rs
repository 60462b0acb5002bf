//! Fewer workers and more: rows P7 to P11, P15 to P19 and P27 of `threadpool` 1.3.2.
#![cfg(not(all(any(loom, threadkit_loom), feature = "loom")))]

#[path = "support/noting.rs"]
mod noting;
mod support;

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use pool_threadpool::{Reason, ThreadPool, WaitError};

use self::noting::{SHORT, notes, noting, until_answers, without_workers};
use self::support::occupy;

/// Longer than any test takes.
const LONG: Duration = Duration::from_secs(30);

#[test]
fn p7_poll_without_workers_returns() {
    let pool = without_workers();
    pool.put_request(noting(&notes(), 1)).unwrap();
    assert_eq!(pool.poll(), Ok(0));
}

#[test]
fn p8_wait_without_workers_says_so() {
    let pool = without_workers();
    let seen = notes();
    pool.put_request(noting(&seen, 1)).unwrap();
    assert_eq!(pool.wait(), Err(WaitError::NoWorkers));
    pool.create_workers(1).unwrap();
    pool.wait().unwrap();
    assert_eq!(*seen.lock(), [1]);
}

#[test]
fn p9_answers_that_are_there_come_before_no_workers() {
    let pool = ThreadPool::new(1);
    let seen = notes();
    pool.put_request(noting(&seen, 1)).unwrap();
    until_answers(&pool, 1);
    pool.dismiss_workers(1);
    pool.join_all_dismissed_workers().unwrap();
    pool.put_request(noting(&seen, 2)).unwrap();
    assert_eq!(pool.wait(), Err(WaitError::NoWorkers));
    assert_eq!(*seen.lock(), [1]);
}

#[test]
fn p10_the_job_of_a_dismissed_worker_is_waited_for() {
    let pool = ThreadPool::new(1);
    let end = occupy(&pool);
    let seen = notes();
    assert_eq!(pool.dismiss_workers(1), 1);
    assert_eq!(pool.wait_for(SHORT), Err(WaitError::TimedOut), "it runs");
    pool.put_request(noting(&seen, 1)).unwrap();
    assert_eq!(pool.wait_for(SHORT), Err(WaitError::TimedOut), "it runs");
    drop(end);
    assert_eq!(pool.wait(), Err(WaitError::NoWorkers));
    assert!(seen.lock().is_empty());
}

#[test]
fn p11_dismissal_wakes_who_waits() {
    let pool = ThreadPool::new(1);
    let end = occupy(&pool);
    pool.put_request(noting(&notes(), 1)).unwrap();
    thread::scope(|s| {
        let waiter = s.spawn(|| pool.wait());
        pool.dismiss_workers(1);
        drop(end);
        assert_eq!(waiter.join().unwrap(), Err(WaitError::NoWorkers));
    });
}

#[test]
fn p15_without_workers_a_full_queue_is_an_error() {
    let pool = ThreadPool::builder().workers(1).queue(1).build().unwrap();
    let end = occupy(&pool);
    pool.put_request(noting(&notes(), 1)).unwrap();
    thread::scope(|s| {
        let blocked = s.spawn(|| pool.put_request(noting(&notes(), 2)));
        pool.dismiss_workers(1);
        drop(end);
        let refused = blocked.join().unwrap().unwrap_err();
        assert_eq!(refused.reason(), Reason::NoWorkers);
    });
    assert_eq!(pool.try_execute(|| ()).unwrap_err().reason(), Reason::NoWorkers);
}

/// An idle worker has no other reason to wake up, ever: that it ends is all there is to see.
#[test]
fn p16_an_idle_worker_is_dismissed_at_once() {
    let pool = ThreadPool::new(3);
    assert_eq!(pool.dismiss_workers(1), 1);
    pool.join_all_dismissed_workers_for(LONG).unwrap();
    assert_eq!(pool.stats().workers, 2);
}

#[test]
fn p17_dismissing_more_than_there_are_dismisses_all() {
    let pool = ThreadPool::new(3);
    assert_eq!(pool.dismiss_workers(5), 3);
    assert_eq!(pool.dismiss_workers(5), 0);
    pool.join_all_dismissed_workers().unwrap();
    assert_eq!(pool.stats().workers, 0);
}

#[test]
fn p18_dismissed_workers_are_listed_until_joined() {
    let pool = ThreadPool::new(3);
    let end = occupy(&pool);
    assert_eq!(pool.dismiss_workers(3), 3);
    assert_eq!(pool.dismissed_workers(), 3);
    assert_eq!(pool.join_all_dismissed_workers_for(SHORT), Err(WaitError::TimedOut));
    drop(end);
    pool.join_all_dismissed_workers().unwrap();
    assert_eq!((pool.dismissed_workers(), pool.stats().workers), (0, 0));
    pool.create_workers(1).unwrap();
    let shared = Arc::new(pool);
    let inner = shared.clone();
    let told = shared.submit(move || inner.join_all_dismissed_workers()).join().unwrap();
    assert_eq!(told, Err(WaitError::WouldDeadlock));
}

#[test]
fn p19_a_dismissed_worker_takes_no_more_and_the_order_stays() {
    let pool = ThreadPool::new(1);
    let end = occupy(&pool);
    let seen = notes();
    for number in 0..5 {
        pool.put_request(noting(&seen, number)).unwrap();
    }
    pool.dismiss_workers(1);
    drop(end);
    pool.join_all_dismissed_workers().unwrap();
    assert_eq!(pool.stats().queued, 5);
    pool.create_workers(1).unwrap();
    pool.wait().unwrap();
    assert_eq!(*seen.lock(), [0, 1, 2, 3, 4]);
}

/// A thread that polls would wake up again and again.
#[cfg(target_os = "linux")]
#[test]
fn p27_idle_workers_sleep() {
    let pool = ThreadPool::builder().workers(3).name("idle").build().unwrap();
    // Each worker has gone to sleep once before it is counted.
    for _ in 0..9 {
        pool.submit(|| ()).join().unwrap();
    }
    let asleep = || {
        let mut wakes = Vec::new();
        for task in std::fs::read_dir("/proc/self/task").unwrap() {
            let status = std::fs::read_to_string(task.unwrap().path().join("status"));
            let status = status.unwrap_or_default();
            let field = |name: &str| {
                let value = status.lines().find_map(|line| line.strip_prefix(name));
                value.map(|value| value.trim().to_owned()).unwrap_or_default()
            };
            if field("Name:").starts_with("idle-") {
                wakes.push((field("Name:"), field("State:"), field("voluntary_ctxt_switches:")));
            }
        }
        wakes.sort();
        wakes
    };
    let all_asleep = |list: &[(String, String, String)]| {
        list.len() == 3 && list.iter().all(|(_, state, _)| state.starts_with('S'))
    };
    let before = loop {
        let now = asleep();
        if all_asleep(&now) {
            break now;
        }
        thread::yield_now();
    };
    thread::sleep(Duration::from_millis(300));
    assert_eq!(asleep(), before, "nobody has been awake meanwhile");
}

#[test]
fn new_workers_are_numbered_on_and_go_through_the_hook() {
    let started = notes();
    let hook = started.clone();
    let start = move |index| {
        hook.lock().push(index);
        if index == 3 { Err("no room for a fourth") } else { Ok(()) }
    };
    let pool = ThreadPool::builder().workers(2).on_start(start).build().unwrap();
    pool.create_workers(1).unwrap();
    assert_eq!(pool.stats().workers, 3);
    let error = pool.create_workers(2).unwrap_err();
    assert_eq!(error.to_string(), "a worker's start hook failed: no room for a fourth");
    while pool.stats().workers > 3 {
        thread::yield_now();
    }
    pool.create_workers(1).unwrap();
    let mut started = started.lock().clone();
    started.sort();
    assert_eq!(started, [0, 1, 2, 3, 4, 5]);
    assert_eq!(pool.submit(|| 1).join().unwrap(), 1);
}

/// A job of a pool without workers is run by who joins it.
#[test]
fn a_join_without_workers_runs_the_job() {
    let pool = without_workers();
    let me = thread::current().id();
    let handle = pool.submit(|| thread::current().id());
    assert_eq!(handle.join().unwrap(), me);
}
