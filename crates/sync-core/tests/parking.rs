//! Parking, ids and deadlines on real threads.
#![cfg(not(all(any(loom, threadkit_loom), feature = "loom")))]

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Instant;

use sync_core::atomic::{AtomicU8, AtomicU32};
use sync_core::parking::{
    FilterOp, NO_PARK_TOKEN, ParkResult, ParkToken, Parking, RequeueOp, UnparkToken,
};
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

/// Parks in `from`, moves itself to `to` if that is `current`, and gives up. Returns what it is told
/// then: whether it was moved, and whether it was the last.
fn moves_itself(from: &Parking<AtomicU32>, to: &Parking<AtomicU8>, current: bool) -> (bool, bool) {
    let mut left = None;
    let moves = || {
        let op = || RequeueOp::RequeueOne;
        // SAFETY: no callback panics or parks, and `to` lives for as long as this call.
        let result = unsafe { from.unpark_requeue(to, || current, op, |_, _| UnparkToken(0)) };
        assert_eq!(result.requeued_threads, usize::from(current));
    };
    let leaves = |moved, last| left = Some((moved, last));
    // SAFETY: as above, and only one callback unparks: before the sleep.
    let result =
        unsafe { from.park_movable(to, || true, moves, leaves, NO_PARK_TOKEN, Deadline::PAST) };
    assert_eq!(result, ParkResult::TimedOut);
    left.expect("it gave up")
}

#[test]
fn a_thread_that_gives_up_is_told_whether_it_was_moved_and_was_the_last() {
    let (from, to) = (Parking::new(AtomicU32::new(0)), Parking::new(AtomicU8::new(0)));
    assert_eq!(moves_itself(&from, &to, true), (true, true));
    assert_eq!(moves_itself(&from, &to, false), (false, true), "the word changed");
    let (asleep, in_queue) = mpsc::channel();
    std::thread::scope(|scope| {
        let sleeps = || {
            // SAFETY: no callback panics or parks.
            unsafe {
                to.park(
                    || true,
                    || asleep.send(()).unwrap(),
                    |_| (),
                    NO_PARK_TOKEN,
                    Deadline::NEVER,
                )
            }
        };
        scope.spawn(sleeps);
        in_queue.recv().unwrap();
        let (in_other, in_own) = (moves_itself(&from, &to, true), moves_itself(&from, &to, false));
        assert_eq!(to.unpark_all(UnparkToken(0)), 1);
        assert_eq!((in_other, in_own), ((true, false), (false, true)));
    });
}

#[test]
fn a_filter_is_asked_about_the_tokens_in_their_order() {
    let word = &Parking::new(AtomicU32::new(0));
    std::thread::scope(|scope| {
        for token in 1..=3 {
            let (asleep, in_queue) = mpsc::channel();
            // SAFETY: no callback panics or parks.
            scope.spawn(move || unsafe {
                word.park(
                    || true,
                    || asleep.send(()).unwrap(),
                    |_| (),
                    ParkToken(token),
                    Deadline::NEVER,
                )
            });
            in_queue.recv().unwrap();
        }
        let mut tokens = Vec::new();
        let pick = |ParkToken(token)| {
            tokens.push(token);
            if token == 2 { FilterOp::Unpark } else { FilterOp::Skip }
        };
        // SAFETY: no callback panics or parks.
        let result = unsafe { word.unpark_filter(pick, |_| UnparkToken(0)) };
        let left = word.unpark_all(UnparkToken(0));
        assert_eq!((tokens, result.unparked_threads, left), (vec![1, 2, 3], 1, 2));
    });
}

#[test]
fn the_time_that_remains_goes_down_to_none() {
    let hour = Duration::from_secs(3600);
    let (before, deadline) = (Instant::now(), Deadline::after(hour));
    let (remaining, passed) = (deadline.remaining(), before.elapsed());
    assert!((hour.saturating_sub(passed)..=hour).contains(&remaining));
    assert_eq!(Deadline::at(before).remaining(), Duration::ZERO);
}

#[test]
fn a_scoped_thread_has_the_id_that_was_promised() {
    std::thread::scope(|scope| {
        let builder = Builder::new();
        let promised = builder.id();
        let own = builder.spawn_scoped(scope, thread::current_id).unwrap();
        assert_eq!(own.join().unwrap(), promised);
    });
}

#[test]
fn a_thread_has_the_name_and_the_stack_that_was_asked_for() {
    let uses_much = || {
        std::hint::black_box([1_u8; 4 << 20]);
        thread::current_name()
    };
    let builder = Builder::new().name("roomy".to_owned()).stack_size(16 << 20);
    assert_eq!(builder.spawn(uses_much).unwrap().join().unwrap().as_deref(), Some("roomy"));
    let without = Builder::new().spawn(thread::current_name).unwrap();
    assert_eq!(without.join().unwrap(), None);
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
