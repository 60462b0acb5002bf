//! What the documentation of tokio's `Semaphore` promises, row by row, of ours; who waits is a thread and
//! not a task. Left out is `close`, which we do not have, and what is about wakers and executors.
#![cfg(not(all(any(loom, threadkit_loom), feature = "loom")))]

use std::panic::catch_unwind;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use sync_semaphore::{BoundedSemaphore, MAX_PERMITS, OwnedPermit, Semaphore};

fn until(happened: impl Fn() -> bool) {
    while !happened() {
        thread::yield_now();
    }
}

#[test]
fn permits_are_given_out_in_the_order_they_were_requested() {
    let semaphore = Semaphore::new(0);
    let (serve, served) = mpsc::channel();
    thread::scope(|s| {
        for place in 0..5 {
            let (semaphore, serve) = (&semaphore, serve.clone());
            s.spawn(move || {
                semaphore.acquire().forget();
                serve.send(place).unwrap();
            });
            until(|| semaphore.waiters() > place);
        }
        let order: Vec<_> = (0..5)
            .map(|_| {
                semaphore.release(1);
                served.recv().unwrap()
            })
            .collect();
        assert_eq!(order, [0, 1, 2, 3, 4]);
    });
}

/// "If a call to `acquire_many` at the front of the queue requests more permits than currently
/// available, this can prevent a call to `acquire` from completing."
#[test]
fn many_at_the_front_hold_up_who_comes_later() {
    let semaphore = Semaphore::new(1);
    let (serve, served) = mpsc::channel();
    thread::scope(|s| {
        for (place, count) in [(0, 3), (1, 1)] {
            let (semaphore, serve) = (&semaphore, serve.clone());
            s.spawn(move || {
                semaphore.acquire_many(count).unwrap().forget();
                serve.send(count).unwrap();
            });
            until(|| semaphore.waiters() > place);
        }
        semaphore.release(1);
        assert_eq!((semaphore.available(), semaphore.waiters()), (2, 2));
        assert!(served.try_recv().is_err());
        semaphore.release(2);
    });
    assert_eq!(served.try_iter().sum::<usize>(), 4);
    assert_eq!(semaphore.available(), 0);
}

#[test]
fn too_many_permits_are_a_panic_at_the_beginning_and_later() {
    // No number is larger on 32 bits.
    if let Some(too_many) = MAX_PERMITS.checked_add(1) {
        assert!(catch_unwind(|| Semaphore::new(too_many)).is_err());
    }
    let semaphore = Semaphore::new(MAX_PERMITS);
    assert!(catch_unwind(|| semaphore.release(1)).is_err());
    assert_eq!(semaphore.available(), MAX_PERMITS);
}

#[test]
fn a_constant_semaphore_is_one_like_others() {
    static SEMAPHORE: Semaphore = Semaphore::new(2);
    let two = SEMAPHORE.acquire_many(2).unwrap();
    assert!(SEMAPHORE.try_acquire().is_none());
    drop(two);
    assert_eq!(SEMAPHORE.available(), 2);
}

/// `add_permits` there, `release` here.
#[test]
fn permits_can_be_added() {
    let semaphore = Semaphore::new(0);
    assert!(semaphore.try_acquire().is_none());
    semaphore.release(1);
    assert!(semaphore.try_acquire().is_some());
}

/// `forget_permits(n)` there: takes away what is free, at most `n`, and says how many that were.
#[test]
fn free_permits_can_be_taken_away_for_good() {
    let take_away = |semaphore: &Semaphore, count| {
        semaphore.try_acquire_up_to(count).map_or(0, |permits| {
            let taken = permits.count();
            permits.forget();
            taken
        })
    };
    let semaphore = Semaphore::new(10);
    assert_eq!(take_away(&semaphore, 5), 5);
    assert_eq!(take_away(&semaphore, 10), 5);
    assert_eq!(take_away(&semaphore, 10), 0);
    assert_eq!(semaphore.available(), 0);
}

/// A task that is cancelled while it waits loses its place; a thread that gives up does.
#[test]
fn who_gives_up_loses_its_place_in_the_queue() {
    let semaphore = BoundedSemaphore::new(2);
    let one = semaphore.acquire();
    thread::scope(|s| {
        let hasty = s.spawn(|| {
            let soon = Duration::from_millis(20);
            assert!(semaphore.try_acquire_many_for(2, soon).unwrap().is_none());
        });
        // It may have given up before anybody looks.
        until(|| semaphore.waiters() == 1 || hasty.is_finished());
        // In line behind the one that gives up.
        assert!(semaphore.try_acquire_for(Duration::MAX).is_some());
    });
    drop(one);
    assert_eq!(semaphore.available(), 2);
}

#[test]
fn permits_go_back_when_their_holder_panics() {
    let semaphore = BoundedSemaphore::new(1);
    let panicked = catch_unwind(|| {
        let _permit = semaphore.acquire();
        panic!("on purpose");
    });
    assert!(panicked.is_err());
    assert_eq!(semaphore.available(), 1);
}

#[test]
fn an_owned_permit_goes_where_it_likes() {
    struct Connection {
        slot: OwnedPermit<BoundedSemaphore>,
    }
    let slots = Arc::new(BoundedSemaphore::new(3));
    let connections: Vec<_> =
        (0..3).map(|_| Connection { slot: slots.clone().acquire_arc() }).collect();
    assert!(slots.try_acquire_arc().is_none());
    let close_all =
        || connections.into_iter().map(|connection| connection.slot.count()).sum::<usize>();
    assert_eq!(thread::spawn(close_all).join().unwrap(), 3);
    assert_eq!(slots.available(), 3);
}

/// A merge of foreign permits is a panic there and an error here; a split of more than there is gives
/// nothing in both.
#[test]
fn splitting_and_merging_neither_makes_nor_loses_permits() {
    let (semaphore, other) = (Semaphore::new(5), Semaphore::new(1));
    let mut four = semaphore.acquire_many(4).unwrap();
    let one = four.split(1).unwrap();
    assert_eq!((four.count(), one.count(), semaphore.available()), (3, 1, 1));
    assert!(four.split(4).is_none());
    let four = four.merge(one).unwrap();
    let error = four.merge(other.acquire()).unwrap_err();
    drop(error);
    assert_eq!((semaphore.available(), other.available()), (5, 1));
}
