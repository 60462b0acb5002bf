//! Parking inside the checker: the queue lives in the object and sleeps on loom's channels.
//!
//! The queue is behind a [`Slot`], and every waiter sleeps on a channel of its own. The lock's edges are
//! honest, because `parking_lot_core` locks its buckets too.

use std::collections::VecDeque;
use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};

use loom::sync::mpsc;
use parking_lot_core::{FilterOp, ParkResult, ParkToken, UnparkResult, UnparkToken};

use super::slot::Slot;
use crate::time::Deadline;

/// An atomic word with a queue of threads that wait for it to change.
pub struct Parking<A> {
    word: A,
    slot: Slot<VecDeque<Waiter>>,
}

impl<A> Parking<A> {
    /// Attaches an empty queue to `word`.
    #[track_caller]
    pub fn new(word: A) -> Self {
        Self { word, slot: Slot::new(VecDeque::new()) }
    }

    /// Returns the address that names the queue; two live words never share it.
    pub fn key(&self) -> usize {
        (&raw const self.word).addr()
    }

    /// Puts the calling thread at the end of the queue and to sleep.
    ///
    /// A deadline that may come is a switch to the other threads and back: whoever was not unparked
    /// by then gives up, and the checker tries both ways.
    ///
    /// # Safety
    ///
    /// As on hardware: the callbacks must not panic; `validate` and `timed_out` must not call into
    /// any parking queue; `before_sleep` may unpark threads but must not park.
    #[track_caller]
    pub unsafe fn park(
        &self,
        validate: impl FnOnce() -> bool,
        before_sleep: impl FnOnce(),
        timed_out: impl FnOnce(bool),
        token: ParkToken,
        deadline: Deadline,
    ) -> ParkResult {
        let Some((id, sleep)) = self.slot.locked(|queue| {
            (validate() || crate::mutant!("parking-ignores-validate")).then(|| {
                let (wake, sleep) = mpsc::channel();
                let id = WAITERS.fetch_add(1, Ordering::Relaxed);
                queue.push_back(Waiter { id, token, wake });
                (id, sleep)
            })
        }) else {
            return ParkResult::Invalid;
        };
        before_sleep();
        if !deadline.is_never() {
            loom::thread::yield_now();
            let gave_up = self.slot.locked(|queue| {
                let place = queue.iter().position(|waiter| waiter.id == id);
                if let Some(place) = place {
                    if !crate::mutant!("parking-leaves-the-timed-out-queued") {
                        queue.remove(place);
                    }
                    timed_out(queue.is_empty());
                }
                place.is_some()
            });
            if gave_up {
                return ParkResult::TimedOut;
            }
        }
        ParkResult::Unparked(sleep.recv().expect("the unparker sends before it lets go"))
    }

    /// Wakes the thread at the head of the queue, with the token that `callback` returns.
    ///
    /// # Safety
    ///
    /// `callback` must not panic nor call into any parking queue.
    #[track_caller]
    pub unsafe fn unpark_one(
        &self,
        callback: impl FnOnce(UnparkResult) -> UnparkToken,
    ) -> UnparkResult {
        let mut first = true;
        let only_the_head = |_| {
            if std::mem::take(&mut first) { FilterOp::Unpark } else { FilterOp::Stop }
        };
        // SAFETY: the filter is pure; the caller vouches for the callback.
        unsafe { self.unpark_filter(only_the_head, callback) }
    }

    /// Walks the queue from its head and wakes the threads whose tokens `filter` picks.
    ///
    /// # Safety
    ///
    /// The callbacks must not panic nor call into any parking queue.
    #[track_caller]
    pub unsafe fn unpark_filter(
        &self,
        mut filter: impl FnMut(ParkToken) -> FilterOp,
        callback: impl FnOnce(UnparkResult) -> UnparkToken,
    ) -> UnparkResult {
        let (picked, token, result) = self.slot.locked(|queue| {
            let (mut picked, mut stay) = (Vec::new(), VecDeque::new());
            while let Some(waiter) = queue.pop_front() {
                match filter(waiter.token) {
                    FilterOp::Unpark => picked.push(waiter),
                    FilterOp::Skip => stay.push_back(waiter),
                    FilterOp::Stop => {
                        stay.push_back(waiter);
                        break;
                    }
                }
            }
            stay.append(queue);
            *queue = stay;
            let mut result = UnparkResult::default();
            result.unparked_threads = picked.len();
            result.have_more_threads = !queue.is_empty();
            (picked, callback(result), result)
        });
        wake(picked, token);
        result
    }

    /// Wakes everybody in the queue and returns how many that were.
    #[track_caller]
    pub fn unpark_all(&self, token: UnparkToken) -> usize {
        let everybody = self.slot.locked(|queue| queue.drain(..).collect::<Vec<_>>());
        let count = everybody.len();
        wake(everybody, token);
        count
    }
}

impl<A> Deref for Parking<A> {
    type Target = A;

    fn deref(&self) -> &A {
        &self.word
    }
}

impl<A: fmt::Debug> fmt::Debug for Parking<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.word.fmt(f)
    }
}

/// Tells waiters apart; not one of the checker's objects, because its value decides nothing.
static WAITERS: AtomicUsize = AtomicUsize::new(0);

struct Waiter {
    id: usize,
    token: ParkToken,
    wake: mpsc::Sender<UnparkToken>,
}

#[track_caller]
fn wake(waiters: Vec<Waiter>, token: UnparkToken) {
    for waiter in waiters {
        waiter.wake.send(token).expect("a waiter receives or takes itself out of the queue");
    }
}
