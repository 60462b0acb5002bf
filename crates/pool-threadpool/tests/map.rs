//! `map`: ordered, lazy, with a window; panics and early drops.
#![cfg(not(all(any(loom, threadkit_loom), feature = "loom")))]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use pool_threadpool::{Panicked, Shutdown, ThreadPool, WhenFull};

fn message(payload: Box<dyn std::any::Any + Send>) -> String {
    Panicked::new(payload).message().to_owned()
}

#[test]
fn results_come_in_the_order_of_the_items() {
    let pool = ThreadPool::new(4);
    // Later items are done first.
    let spin = |n: u64| {
        (0..(100 - n) * 50).for_each(|_| std::hint::spin_loop());
        n * n
    };
    let squares: Vec<u64> = pool.map(0..100, spin).collect();
    assert!(squares.into_iter().eq((0..100).map(|n| n * n)));
    assert_eq!(pool.map(Vec::<u8>::new(), |n| n).count(), 0, "no items");
}

#[test]
fn nothing_is_drawn_before_it_is_asked_for_and_then_a_window() {
    let pool = ThreadPool::new(3);
    let drawn = AtomicUsize::new(0);
    let items = (0..).inspect(|_| _ = drawn.fetch_add(1, SeqCst));
    let mut map = pool.map(items, |n: u64| n);
    assert_eq!((drawn.load(SeqCst), pool.stats().submitted), (0, 0));
    assert_eq!(map.next(), Some(0));
    assert_eq!(drawn.load(SeqCst), 6, "two for each worker");
    assert_eq!(map.next(), Some(1));
    assert_eq!(drawn.load(SeqCst), 7, "one more for the one taken");
}

#[test]
fn the_number_of_results_is_known_if_that_of_items_is() {
    let pool = ThreadPool::new(1);
    let mut map = pool.map([1, 2, 3], |n| n);
    for left in (0..=3).rev() {
        assert_eq!(map.size_hint(), (left, Some(left)));
        map.next();
    }
    assert_eq!(map.next(), None, "it stays at its end");
    assert_eq!(pool.map(0_u64.., |n| n).size_hint(), (usize::MAX, None));
}

#[test]
fn a_panic_comes_at_its_item_and_the_others_are_there() {
    let pool = ThreadPool::new(2);
    let mut map = pool.map(0..5, |n| {
        assert!(n != 2, "item {n}");
        n
    });
    assert_eq!((map.next(), map.next()), (Some(0), Some(1)));
    let panicked = catch_unwind(AssertUnwindSafe(|| map.next())).unwrap_err();
    assert_eq!(message(panicked), "item 2");
    assert!(map.eq([3, 4]));
    // A result is there a moment before its job is counted as ended.
    pool.wait().unwrap();
    assert_eq!(pool.stats().panicked, 1);
}

#[test]
fn an_iterator_that_panics_loses_nothing_that_was_drawn() {
    let pool = ThreadPool::new(1);
    let items = (0..).inspect(|&n| assert!(n != 2, "no item {n}"));
    let mut map = pool.map(items, |n: u32| n);
    assert_eq!(map.next(), Some(0));
    assert_eq!(message(catch_unwind(AssertUnwindSafe(|| map.next())).unwrap_err()), "no item 2");
    assert!(map.take(3).eq([1, 3, 4]));
}

/// The worker is kept busy by the first item, so that the others have not started.
#[test]
fn dropping_it_cancels_what_has_not_started() {
    let pool = ThreadPool::new(1);
    let (end, wait) = mpsc::channel::<()>();
    let wait = Arc::new(sync_lock::Lock::new(wait));
    let mut map = pool.map(0..100, move |n| {
        if n == 1 {
            assert!(wait.lock().recv().is_err());
        }
        n
    });
    assert_eq!(map.next(), Some(0));
    while pool.stats().running == 0 {
        thread::yield_now();
    }
    drop(map);
    assert_eq!(pool.stats().queued, 0);
    drop(end);
    pool.wait().unwrap();
    let stats = pool.stats();
    assert_eq!((stats.submitted, stats.completed + stats.cancelled), (2, 2));
}

#[test]
fn a_full_queue_makes_it_wait_whatever_the_pool_does_then() {
    for when_full in [WhenFull::Block, WhenFull::Reject, WhenFull::RunInCaller] {
        let pool = ThreadPool::builder().workers(2).queue(1).when_full(when_full).build().unwrap();
        let me = thread::current().id();
        let sum: u64 = pool
            .map(1..=100, move |n| {
                assert_ne!(thread::current().id(), me);
                n
            })
            .sum();
        assert_eq!(sum, 5050);
    }
}

#[test]
fn a_job_may_map_on_its_own_pool() {
    for workers in [1, 2] {
        let pool = Arc::new(ThreadPool::builder().workers(workers).queue(1).build().unwrap());
        let inner = pool.clone();
        let sum = pool.submit(move || inner.map(1..=10, |n| n * n).sum::<u32>());
        assert_eq!(sum.join().unwrap(), 385);
    }
}

#[test]
fn a_shutdown_that_takes_items_away_is_no_silence() {
    let pool = ThreadPool::new(1);
    let mut map = pool.map(0.., |n: u32| n);
    assert_eq!(map.next(), Some(0));
    pool.wait().unwrap();
    let _ = pool.shutdown(Shutdown::Drain, Duration::MAX);
    assert_eq!(map.next(), Some(1), "what was done is there");
    let refused = message(catch_unwind(AssertUnwindSafe(|| map.next())).unwrap_err());
    assert_eq!(refused, "an item was not mapped: the job was not taken: the pool is shut down");
}

#[test]
fn without_workers_the_caller_maps() {
    let pool = ThreadPool::builder().workers(1).build().unwrap();
    pool.dismiss_workers(1);
    assert!(pool.map(0..5, |n| n).eq(0..5));
}
