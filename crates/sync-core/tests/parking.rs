//! Parking, ids and deadlines on real threads.
#![cfg(not(all(any(loom, threadkit_loom), feature = "loom")))]

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Instant;

use sync_core::atomic::{AtomicU8, AtomicU32};
use sync_core::parking::{NO_PARK_TOKEN, ParkResult, Parking, UnparkToken};
use sync_core::thread::{self, Builder};
use sync_core::time::{Deadline, Duration};

#[test]
fn a_park_without_a_waker_ends_at_its_deadline_and_never_before() {
    let word = Parking::new(AtomicU32::new(0));
    let start = Instant::now();
    let mut was_last = None;
    // SAFETY: no callback panics or parks.
    let result = unsafe {
        word.park(
            || true,
            || (),
            |last| was_last = Some(last),
            NO_PARK_TOKEN,
            Deadline::after(Duration::from_millis(20)),
        )
    };
    assert_eq!(result, ParkResult::TimedOut);
    assert_eq!(was_last, Some(true));
    assert!(start.elapsed() >= Duration::from_millis(20));
}

#[test]
fn everybody_in_the_queue_is_woken_with_the_token() {
    let word = Arc::new(Parking::new(AtomicU32::new(0)));
    let (asleep, in_queue) = mpsc::channel();
    let waiters: Vec<_> = (0..5)
        .map(|_| {
            let (word, asleep) = (word.clone(), asleep.clone());
            // SAFETY: no callback panics or parks.
            let park = move || unsafe {
                word.park(
                    || true,
                    || asleep.send(()).unwrap(),
                    |_| (),
                    NO_PARK_TOKEN,
                    Deadline::NEVER,
                )
            };
            Builder::new().spawn(park).unwrap()
        })
        .collect();
    (0..5).for_each(|_| in_queue.recv().unwrap());
    assert_eq!(word.unpark_all(UnparkToken(9)), 5);
    for waiter in waiters {
        assert_eq!(waiter.join().unwrap(), ParkResult::Unparked(UnparkToken(9)));
    }
}

#[test]
fn neighbouring_words_have_queues_of_their_own() {
    let words = [const { Parking::new(AtomicU8::new(0)) }; 4];
    let keys: HashSet<_> = words.iter().map(Parking::key).collect();
    assert_eq!(keys.len(), 4);
    assert_eq!(size_of_val(&words), 4, "a queue costs no memory");
}

#[test]
fn ids_are_never_given_twice() {
    let mut seen = HashSet::new();
    for _ in 0..100 {
        let handle = Builder::new().spawn(thread::current_id).unwrap();
        let promised = handle.id();
        let own = handle.join().unwrap();
        assert_eq!(promised, own);
        assert!(seen.insert(own));
    }
}

#[test]
fn an_id_can_be_asked_for_while_thread_locals_are_destroyed() {
    struct AsksWhileDropped(mpsc::Sender<thread::ThreadId>);
    impl Drop for AsksWhileDropped {
        fn drop(&mut self) {
            self.0.send(thread::current_id()).unwrap();
        }
    }
    thread_local!(static LAST: std::cell::RefCell<Option<AsksWhileDropped>> = const { std::cell::RefCell::new(None) });
    let (answer, asked) = mpsc::channel();
    let handle = Builder::new().spawn(move || LAST.set(Some(AsksWhileDropped(answer)))).unwrap();
    let id = handle.id();
    handle.join().unwrap();
    assert_eq!(asked.recv().unwrap(), id);
}

#[test]
fn a_name_with_a_nul_byte_is_an_error() {
    let error = Builder::new().name("a\0b".to_owned()).spawn(|| ()).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
}

#[test]
fn the_longest_duration_is_for_ever() {
    assert!(Deadline::after(Duration::MAX).is_never());
    assert_eq!(Deadline::after(Duration::MAX), Deadline::NEVER);
}
