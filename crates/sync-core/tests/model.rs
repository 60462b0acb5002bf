//! Models of the ground floor itself: waking, timing out, exclusion, globals; and of the channel that
//! stands for crossbeam's under the checker.
//!
//! Bounds: nearly all of it is searched without a limit, since it ends. Where a wake-up is passed on, and where two
//! receive from one channel, two or three *forced* switches are enough, those that take a thread away where it could
//! go on: these objects have a handful of steps, and all seeded faults are found.
#![cfg(all(any(loom, threadkit_loom), feature = "loom"))]

use std::sync::Arc;

use sync_core::atomic::{AtomicU32, OnlyWriter, Ordering};
use sync_core::cell::Witness;
use sync_core::channel::{
    Either, Received, RecvTimeoutError, TryRecvError, TrySendError, Unsent, bounded, recv_or_stop,
    send_either, send_or_stop, unbounded,
};
use sync_core::checker::{Model, Outcomes, in_threads, model, spawn};
use sync_core::fence;
use sync_core::gate::{Gate, Visitor};
use sync_core::global;
use sync_core::parking::{FilterOp, NO_PARK_TOKEN, ParkResult, ParkToken, Parking, UnparkToken};
use sync_core::thread;
use sync_core::time::{Deadline, Duration};

/// Sleeps until the word is no longer zero.
fn wait_until_set(word: &Parking<AtomicU32>, deadline: Deadline) -> ParkResult {
    // SAFETY: no callback panics or parks.
    unsafe {
        word.park(|| word.load(Ordering::Relaxed) == 0, || (), |_last| (), NO_PARK_TOKEN, deadline)
    }
}

#[test]
fn a_parked_thread_is_always_woken() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model("a_parked_thread_is_always_woken").unbounded().floor(3).passes(move || {
        let word = Arc::new(Parking::new(AtomicU32::new(0)));
        let waiter = {
            let word = word.clone();
            spawn(move || wait_until_set(&word, Deadline::NEVER))
        };
        let waker = spawn(move || {
            word.fetch_or(1, Ordering::Release);
            // SAFETY: the callback is a constant.
            unsafe { word.unpark_one(|_| UnparkToken(7)) }.unparked_threads
        });
        let (woken, result) = (waker.join().unwrap(), waiter.join().unwrap());
        assert_eq!(woken == 1, result == ParkResult::Unparked(UnparkToken(7)));
        seen.saw((woken, result == ParkResult::Invalid));
    });
    outcomes.are([(1, false), (0, true)]);
}

#[test]
fn a_timed_park_ends_both_ways() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model("a_timed_park_ends_both_ways").unbounded().floor(5).passes(move || {
        let word = Arc::new(Parking::new(AtomicU32::new(0)));
        let waiter = {
            let word = word.clone();
            spawn(move || wait_until_set(&word, Deadline::after(Duration::from_millis(1))))
        };
        let waker = spawn(move || {
            word.fetch_or(1, Ordering::Release);
            word.unpark_all(UnparkToken(0))
        });
        let (woken, result) = (waker.join().unwrap(), waiter.join().unwrap());
        assert_eq!(woken == 1, result.is_unparked());
        seen.saw((woken, result == ParkResult::TimedOut));
    });
    outcomes.are([(1, false), (0, true), (0, false)]);
}

#[test]
fn a_filter_wakes_those_it_picks() {
    model("a_filter_wakes_those_it_picks").unbounded().floor(2_300).passes(|| {
        let word = Arc::new(Parking::new(AtomicU32::new(0)));
        let waiters = [1, 2].map(|number| {
            let word = word.clone();
            spawn(move || {
                // SAFETY: no callback panics or parks.
                unsafe { word.park(|| true, || (), |_| (), ParkToken(number), Deadline::NEVER) }
            })
        });
        let mut woken = 0;
        while woken < 2 {
            let picked = |token| {
                if token == ParkToken(2 - woken) { FilterOp::Unpark } else { FilterOp::Skip }
            };
            // SAFETY: the callbacks are pure.
            woken += unsafe { word.unpark_filter(picked, |_| UnparkToken(woken)) }.unparked_threads;
            thread::yield_now();
        }
        let tokens = waiters.map(|waiter| waiter.join().unwrap());
        assert_eq!(tokens, [1, 0].map(|token| ParkResult::Unparked(UnparkToken(token))));
    });
}

#[test]
fn two_holders_at_once_are_found() {
    model("two_holders_at_once_are_found").unbounded().finds("Causality violation", || {
        let witness = Arc::new(Witness::new());
        in_threads::<2, _>(move |_| witness.touch());
    });
}

global! {
    static ROUNDS: AtomicU32 = AtomicU32::new(0);
}

#[test]
fn a_global_is_fresh_in_every_execution() {
    model("a_global_is_fresh_in_every_execution").unbounded().floor(2).passes(|| {
        let other = spawn(|| ROUNDS.fetch_add(1, Ordering::Relaxed));
        let here = ROUNDS.fetch_add(1, Ordering::Relaxed);
        assert_eq!(here + other.join().unwrap(), 1);
        ROUNDS.store_by_only_writer(5, Ordering::Relaxed);
        assert_eq!(ROUNDS.load(Ordering::Relaxed), 5);
    });
}

#[test]
fn a_full_channel_makes_the_sender_wait_and_loses_nothing() {
    model("a_full_channel_makes_the_sender_wait_and_loses_nothing").unbounded().floor(5).passes(
        || {
            let (tx, rx) = bounded(1);
            let sender = spawn(move || {
                for number in 0..3 {
                    tx.send(number).unwrap();
                    assert!(tx.len() <= 1, "no more than there is room for");
                }
            });
            let receiver = spawn(move || rx.into_iter().collect::<Vec<_>>());
            sender.join().unwrap();
            assert_eq!(receiver.join().unwrap(), [0, 1, 2]);
        },
    );
}

#[test]
fn what_was_done_before_a_value_was_sent_is_seen() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    let name = "what_was_done_before_a_value_was_sent_is_seen";
    model(name).unbounded().floor(5).passes(move || {
        let (tx, rx) = unbounded();
        let written = Arc::new(AtomicU32::new(0));
        let theirs = written.clone();
        let sender = spawn(move || {
            theirs.store(1, Ordering::Relaxed);
            tx.send(()).unwrap();
        });
        let receiver = spawn(move || {
            let got = rx.try_recv().is_ok();
            // The sender may still come.
            (got, written.load(Ordering::Relaxed), rx)
        });
        sender.join().unwrap();
        let (got, written, _rx) = receiver.join().unwrap();
        seen.saw((got, written));
    });
    outcomes.are([(true, 1), (false, 0), (false, 1)]);
}

#[test]
fn two_receivers_share_what_is_sent() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model("two_receivers_share_what_is_sent").bound(2).bound(3).floor(50).passes(move || {
        let (tx, rx) = unbounded();
        let receivers = [rx.clone(), rx].map(|rx| spawn(move || rx.iter().count()));
        let sender = spawn(move || {
            tx.send(1).unwrap();
            tx.send(2).unwrap();
        });
        sender.join().unwrap();
        let counts = receivers.map(|receiver| receiver.join().unwrap());
        assert_eq!(counts[0] + counts[1], 2);
        seen.saw(counts[0]);
    });
    outcomes.are([0, 1, 2]);
}

#[test]
fn who_waits_on_one_side_is_told_when_the_other_is_gone() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model("who_waits_on_one_side_is_told_when_the_other_is_gone").unbounded().floor(5).passes(
        move || {
            let (tx, rx) = bounded(1);
            let sender = spawn(move || (tx.send(1).is_ok(), tx.send(2).is_ok()));
            let receiver = spawn(move || drop(rx));
            receiver.join().unwrap();
            let sent = sender.join().unwrap();
            assert!(!sent.1, "there was room for one");
            seen.saw(sent);
        },
    );
    outcomes.are([(true, false), (false, false)]);
}

#[test]
fn a_try_says_why_not() {
    model("a_try_says_why_not").unbounded().floor(1).passes(|| {
        let (tx, rx) = bounded(1);
        assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
        tx.try_send(1).unwrap();
        assert_eq!(tx.try_send(2), Err(TrySendError::Full(2)));
        drop(tx);
        assert_eq!(rx.try_iter().count(), 1);
        assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
        let (tx, rx) = bounded(1);
        drop(rx);
        assert_eq!(tx.try_send(3), Err(TrySendError::Disconnected(3)));
    });
}

/// A sender without room, who is called off or let in, whichever comes first; or gives up.
fn a_send_without_room(name: &'static str, deadline: Deadline) -> Outcomes<&'static str> {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model(name).unbounded().floor(1_400).passes(move || {
        let (tx, rx) = bounded(1);
        tx.send(0).unwrap();
        let (stop, control) = bounded::<()>(1);
        let sender = spawn(move || send_or_stop(&tx, 1, &control, deadline));
        let receiver = spawn(move || {
            let first = rx.recv();
            (first, rx)
        });
        let stopper = spawn(move || drop(stop));
        stopper.join().unwrap();
        let (first, rx) = receiver.join().unwrap();
        assert_eq!(first, Ok(0));
        let sent = sender.join().unwrap();
        assert_eq!(rx.try_recv().is_ok(), sent.is_ok(), "sent or given back, never both");
        seen.saw(match sent {
            Ok(()) => "sent",
            Err(Unsent::Stopped(1)) => "stopped",
            Err(Unsent::TimedOut(1)) => "timed out",
            Err(other) => panic!("{other:?}"),
        });
    });
    outcomes
}

#[test]
fn a_send_is_let_in_or_called_off() {
    a_send_without_room("a_send_is_let_in_or_called_off", Deadline::NEVER).are(["sent", "stopped"]);
}

#[test]
fn a_timed_send_ends_all_ways() {
    let soon = Deadline::after(Duration::from_millis(1));
    let outcomes = a_send_without_room("a_timed_send_ends_all_ways", soon);
    outcomes.are(["sent", "stopped", "timed out"]);
}

/// Two threads wait for messages and for control; one of each comes, and each is received, although
/// both may go to wake the same thread.
#[test]
fn a_wake_up_that_is_not_used_is_passed_on() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model("a_wake_up_that_is_not_used_is_passed_on").bound(2).floor(100).passes(move || {
        let ((tx, rx), (nudge, control)) = (unbounded(), bounded(1));
        let receivers = [(rx.clone(), control.clone()), (rx, control)]
            .map(|(rx, control)| spawn(move || recv_or_stop(&rx, &control, Deadline::NEVER)));
        let senders = [
            spawn({
                let tx = tx.clone();
                move || tx.send('m').unwrap()
            }),
            spawn({
                let nudge = nudge.clone();
                move || nudge.send('n').unwrap()
            }),
        ];
        for sender in senders {
            sender.join().unwrap();
        }
        let received = receivers.map(|receiver| receiver.join().unwrap());
        let both = [Received::Message('m'), Received::Signal('n')];
        assert!(both.iter().all(|one| received.contains(one)), "{received:?}");
        seen.saw(received[0] == both[0]);
    });
    outcomes.are([true, false]);
}

#[test]
fn a_timed_receive_ends_all_ways() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model("a_timed_receive_ends_all_ways").unbounded().floor(2_000).passes(move || {
        let ((tx, rx), (stop, control)) = (unbounded(), bounded::<()>(1));
        let soon = Deadline::after(Duration::from_millis(1));
        let receiver = spawn(move || (recv_or_stop(&rx, &control, soon), rx));
        let sender = spawn({
            let tx = tx.clone();
            move || tx.send(1).unwrap()
        });
        let stopper = spawn(move || drop(stop));
        sender.join().unwrap();
        stopper.join().unwrap();
        let (received, rx) = receiver.join().unwrap();
        assert_eq!(rx.len(), usize::from(received != Received::Message(1)));
        seen.saw(match received {
            Received::Message(1) => "message",
            Received::Stopped => "stopped",
            Received::TimedOut => "timed out",
            other => panic!("{other:?}"),
        });
        drop(tx);
    });
    outcomes.are(["message", "stopped", "timed out"]);
}

#[test]
fn a_timed_receive_of_one_channel_ends_all_ways() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model("a_timed_receive_of_one_channel_ends_all_ways").unbounded().floor(5).passes(move || {
        let (tx, rx) = bounded(1);
        let sender = spawn(move || tx.send(1).unwrap());
        let soon = Duration::from_millis(1);
        let first = rx.recv_timeout(soon);
        sender.join().unwrap();
        let second = rx.recv_timeout(soon);
        match first {
            Ok(1) => assert_eq!(second, Err(RecvTimeoutError::Disconnected)),
            _ => assert_eq!((first, second), (Err(RecvTimeoutError::Timeout), Ok(1))),
        }
        seen.saw(first.is_ok());
    });
    outcomes.are([true, false]);
}

#[test]
fn one_of_two_channels_takes_its_value() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model("one_of_two_channels_takes_its_value").unbounded().floor(1_400).passes(move || {
        let ((first, a), (second, b)) = (bounded(1), bounded(1));
        first.send(0).unwrap();
        second.send(0).unwrap();
        let sender = spawn(move || send_either(&first, 1, &second, 2));
        let readers = [a, b].map(|rx| spawn(move || (rx.recv(), rx)));
        let sent = sender.join().unwrap();
        let [a, b] = readers.map(|reader| reader.join().unwrap().1.try_recv().ok());
        match sent {
            Either::First(Ok(()), 2) => assert_eq!((a, b), (Some(1), None)),
            Either::Second(1, Ok(())) => assert_eq!((a, b), (None, Some(2))),
            other => panic!("{other:?}"),
        }
        seen.saw(a.is_some());
    });
    outcomes.are([true, false]);
}

/// Two threads each set a flag, pass their fence and look at the other's flag.
fn store_buffer(model: Model, fences: [fn(); 2], expected: impl IntoIterator<Item = [u32; 2]>) {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model.unbounded().floor(4).passes(move || {
        let flags = Arc::new([AtomicU32::new(0), AtomicU32::new(0)]);
        seen.saw(in_threads::<2, _>(move |own| {
            flags[own].store(1, Ordering::Relaxed);
            fences[own]();
            flags[1 - own].load(Ordering::Relaxed)
        }));
    });
    outcomes.are(expected);
}

fn heavy() {
    assert!(fence::heavy());
}

const ORDERED: [[u32; 2]; 3] = [[0, 1], [1, 0], [1, 1]];

#[test]
fn a_light_and_a_heavy_fence_are_ordered() {
    store_buffer(model("a_light_and_a_heavy_fence_are_ordered"), [fence::light, heavy], ORDERED);
}

#[test]
fn two_heavy_fences_are_ordered() {
    store_buffer(model("two_heavy_fences_are_ordered"), [heavy, heavy], ORDERED);
}

/// On hardware they are not, so a lock that passes only because they were would be broken.
#[test]
fn two_light_fences_are_not_ordered() {
    let all = ORDERED.into_iter().chain([[0, 0]]);
    store_buffer(model("two_light_fences_are_not_ordered"), [fence::light, fence::light], all);
}

#[test]
fn symmetric_fences_are_ordered_on_either_side() {
    let name = "symmetric_fences_are_ordered_on_either_side";
    store_buffer(model(name).symmetric_fences(), [fence::light, heavy], ORDERED);
    store_buffer(model(name).symmetric_fences(), [fence::light, fence::light], ORDERED);
}

/// A stack that is mapped anew is a page fault at least; one that is kept is none.
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
#[test]
fn stacks_are_kept_from_one_execution_for_the_next() {
    fn faults() -> i64 {
        // SAFETY: the structure is made of integers, for which zero is a value, and the call fills it in.
        let usage = unsafe {
            let mut usage: libc::rusage = std::mem::zeroed();
            assert_eq!(libc::getrusage(libc::RUSAGE_THREAD, &raw mut usage), 0);
            usage
        };
        usage.ru_minflt
    }
    let before = faults();
    let executions = Arc::new(std::sync::atomic::AtomicI64::new(0));
    let counted = executions.clone();
    model("stacks_are_kept_from_one_execution_for_the_next").unbounded().floor(1_000).passes(
        move || {
            counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let word = Arc::new(AtomicU32::new(0));
            in_threads::<3, _>(move |_| {
                word.fetch_add(1, Ordering::Relaxed);
                word.fetch_add(1, Ordering::Relaxed);
            });
        },
    );
    let executions = executions.load(std::sync::atomic::Ordering::Relaxed);
    assert!(faults() - before < executions, "four threads in each of {executions}");
}

/// Two who come and go, and one who closes the gate and is alone.
#[test]
fn who_closes_the_gate_is_alone_once_nobody_is_inside() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    let name = "who_closes_the_gate_is_alone_once_nobody_is_inside";
    model(name).bound(3).floor(1_000).passes(move || {
        let gate = Arc::new((
            Gate::new(),
            [Visitor::new(), Visitor::new()],
            [Witness::new(), Witness::new()],
        ));
        let visits = [0, 1].map(|number| {
            let gate = gate.clone();
            spawn(move || {
                let (gate, visitors, witnesses) = &*gate;
                let is_inside = gate.enter(&visitors[number]);
                if is_inside {
                    witnesses[number].touch();
                    visitors[number].leave();
                }
                is_inside
            })
        });
        let closes = {
            let gate = gate.clone();
            spawn(move || {
                let (gate, visitors, witnesses) = &*gate;
                gate.close();
                assert!(gate.announce());
                for (visitor, witness) in visitors.iter().zip(witnesses) {
                    while visitor.is_inside() {
                        thread::yield_now();
                    }
                    witness.touch();
                }
                gate.open();
            })
        };
        closes.join().unwrap();
        let [first, second] = visits.map(|visit| visit.join().unwrap());
        seen.saw((first, second));
    });
    outcomes.are([(false, false), (false, true), (true, false), (true, true)]);
}
