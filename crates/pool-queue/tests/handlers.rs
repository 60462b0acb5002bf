//! What handlers send to their own pool, beyond its capacity: in order, counted, and nobody is kept
//! waiting for it.
#![cfg(not(all(any(loom, threadkit_loom), feature = "loom")))]

use std::sync::{Arc, Weak, mpsc};
use std::time::Duration;

use pool_queue::{Fail, Job, QueuePool, Shutdown, Stats};
use sync_lock::Lock;

type Pool = QueuePool<u32, ()>;

/// A pool of one worker and with room for one message, whose handler is given the pool.
fn pool(
    handler: impl Fn(&Pool, &Job<'_>, u32) -> Result<(), Fail> + Send + Sync + 'static,
) -> Arc<Pool> {
    let (give, given) = mpsc::channel::<Weak<Pool>>();
    let given = Lock::new((given, None));
    let handler = move |job: &Job<'_>, number: &u32| {
        let mut given = given.lock();
        let own = match &given.1 {
            Some(own) => Weak::clone(own),
            None => given.0.recv().unwrap(),
        };
        given.1 = Some(own.clone());
        drop(given);
        handler(&own.upgrade().expect("the owner waits for the end"), job, *number)
    };
    let pool = QueuePool::builder(handler).workers(1).capacity(1).retries(1).build().unwrap();
    let pool = Arc::new(pool);
    give.send(Arc::downgrade(&pool)).unwrap();
    pool
}

#[test]
fn they_start_in_the_order_in_which_they_were_sent() {
    let (note, notes) = mpsc::channel();
    let pool = pool(move |own, _, number| {
        note.send(number).unwrap();
        if number == 0 {
            own.send_many(1..=5).unwrap();
        }
        Ok(())
    });
    pool.send(0).unwrap();
    assert!(notes.iter().take(6).eq(0..=5));
    pool.join().unwrap();
}

#[test]
fn they_count_as_queued() {
    let (tell, told) = mpsc::channel::<Stats>();
    let pool = pool(move |own, _, number| {
        if number == 0 {
            own.send_many(1..=3).unwrap();
            tell.send(own.stats()).unwrap();
        }
        Ok(())
    });
    pool.send(0).unwrap();
    let stats = told.recv().unwrap();
    assert_eq!((stats.queued, stats.waiting, stats.running), (3, 0, 1));
    pool.join().unwrap();
}

/// A handler that sends one more each time keeps neither what is queued waiting, nor what is to be tried
/// again.
#[test]
fn a_chain_of_them_starves_nobody() {
    let (note, notes) = mpsc::channel();
    let pool = pool(move |own, job, number| {
        match (number, job.attempt()) {
            (7, 1) => return Err(Fail::retry_after("again", Duration::from_millis(1))),
            (7 | 1, _) => note.send(number).unwrap(),
            _ => drop(own.send(0)),
        }
        Ok(())
    });
    pool.send(7).unwrap();
    pool.send(0).unwrap();
    pool.send(1).unwrap();
    let mut seen: Vec<_> = notes.iter().take(2).collect();
    seen.sort_unstable();
    assert_eq!(seen, [1, 7]);
    let report = pool.shutdown(Shutdown::Cancel, Duration::MAX);
    assert!(report.is_complete());
}

#[test]
fn a_shutdown_cancels_them_too() {
    let (end, wait) = mpsc::channel::<()>();
    let (begin, begun) = mpsc::channel();
    let wait = Lock::new(wait);
    let pool = pool(move |own, _, _| {
        own.send_many(1..=3).unwrap();
        begin.send(()).unwrap();
        let _ = wait.lock().recv();
        Ok(())
    });
    pool.send(0).unwrap();
    begun.recv().unwrap();
    assert_eq!(pool.shutdown(Shutdown::Cancel, Duration::ZERO).cancelled_now, 3);
    drop(end);
    assert!(pool.shutdown(Shutdown::Drain, Duration::MAX).is_complete());
}
