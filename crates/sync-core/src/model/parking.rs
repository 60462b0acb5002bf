//! Parking inside the checker: the queue lives in the object and sleeps on loom's channels.
//!
//! The queue is behind a [`Slot`], and every waiter sleeps on a channel of its own. The lock's edges are
//! honest, because `parking_lot_core` locks its buckets too.

use std::collections::VecDeque;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use parking_lot_core::{FilterOp, ParkResult, ParkToken, RequeueOp, UnparkResult, UnparkToken};

use super::engine::mpsc;
use super::slot::Slot;
use super::time::time_passes;
use crate::time::Deadline;

type Queue = VecDeque<Waiter>;

/// An atomic word with a queue of threads that wait for it to change.
pub struct Parking<A> {
    word: A,
    slot: Slot<Queue>,
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

    /// Like [`park`](Self::park), for a queue whose sleepers may be moved to the queue of `other` by
    /// [`unpark_requeue`](Self::unpark_requeue).
    ///
    /// A deadline that may come is a switch to the other threads and back: whoever was not unparked
    /// by then gives up, and the checker tries both ways.
    ///
    /// # Safety
    ///
    /// As on hardware.
    #[track_caller]
    pub unsafe fn park_movable<B>(
        &self,
        other: *const Parking<B>,
        validate: impl FnOnce() -> bool,
        before_sleep: impl FnOnce(),
        timed_out: impl FnOnce(bool, bool),
        token: ParkToken,
        deadline: Deadline,
    ) -> ParkResult {
        let home = (&raw const self.slot).cast_mut();
        let Some((id, is_in, sleep)) = self.slot.locked(|queue| {
            (validate() || crate::mutant!("parking-ignores-validate")).then(|| {
                let (wake, sleep) = mpsc::channel();
                let id = WAITERS.fetch_add(1, Ordering::Relaxed);
                let is_in = Arc::new(AtomicPtr::new(home));
                let other = other.addr();
                queue.push_back(Waiter { id, token, wake, is_in: is_in.clone(), other });
                (id, is_in, sleep)
            })
        }) else {
            return ParkResult::Invalid;
        };
        before_sleep();
        if !deadline.is_never() {
            time_passes();
            if leaves(id, home, &is_in, timed_out) {
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

    /// Moves sleepers to the end of the queue of another word, and may wake the first one instead.
    ///
    /// # Safety
    ///
    /// As on hardware.
    #[track_caller]
    pub unsafe fn unpark_requeue<B>(
        &self,
        to: *const Parking<B>,
        is_current: impl FnOnce() -> bool,
        decide: impl FnOnce() -> RequeueOp,
        callback: impl FnOnce(RequeueOp, UnparkResult) -> UnparkToken,
    ) -> UnparkResult {
        let done = self.slot.locked(|queue| {
            let mut result = UnparkResult::default();
            if !is_current() {
                return Some((Vec::new(), UnparkToken(0), result));
            }
            // Hardware does not look before it goes on to `decide`.
            if queue.is_empty() {
                return None;
            }
            // SAFETY: somebody sleeps here, so it lives.
            let target = unsafe { &(*to).slot };
            Some(target.locked(|end| {
                let op = decide();
                let (wakes, moves) = match op {
                    RequeueOp::Abort => return (Vec::new(), UnparkToken(0), result),
                    RequeueOp::UnparkOneRequeueRest => (1, queue.len() - 1),
                    RequeueOp::RequeueAll => (0, queue.len()),
                    RequeueOp::UnparkOne => (1, 0),
                    RequeueOp::RequeueOne => (0, 1),
                };
                let woken: Vec<_> = queue.drain(..wakes).collect();
                for waiter in queue.drain(..moves) {
                    assert_eq!(waiter.other, to.addr(), "moved where it did not say");
                    waiter.is_in.store((&raw const *target).cast_mut(), Ordering::Relaxed);
                    end.push_back(waiter);
                }
                result.unparked_threads = wakes;
                result.requeued_threads = moves;
                result.have_more_threads = !queue.is_empty();
                (woken, callback(op, result), result)
            }))
        });
        let (woken, token, result) = done.expect("nobody sleeps here: `to` may be gone");
        wake(woken, token);
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
    /// The queue that it is in, changed with that and the next one locked; none of the checker's objects
    /// either, since whoever reads it locks the queue and looks again.
    is_in: Arc<AtomicPtr<Slot<Queue>>>,
    /// The address of the word to whose queue it may be moved.
    other: usize,
}

/// Takes the waiter out of the queue in which it is, which was `home` in the beginning; `false` if somebody
/// has woken it before.
#[track_caller]
fn leaves(
    id: usize,
    home: *mut Slot<Queue>,
    is_in: &AtomicPtr<Slot<Queue>>,
    timed_out: impl FnOnce(bool, bool),
) -> bool {
    let mut timed_out = Some(timed_out);
    loop {
        let place = is_in.load(Ordering::Relaxed);
        // SAFETY: the caller of `park_movable` keeps both queues alive.
        let gave_up = unsafe { &*place }.locked(|queue| {
            if is_in.load(Ordering::Relaxed) != place {
                return None;
            }
            let found = queue.iter().position(|waiter| waiter.id == id);
            if let (Some(found), Some(timed_out)) = (found, timed_out.take()) {
                if !crate::mutant!("parking-leaves-the-timed-out-queued") {
                    queue.remove(found);
                }
                timed_out(place != home, queue.is_empty());
            }
            Some(found.is_some())
        });
        if let Some(gave_up) = gave_up {
            return gave_up;
        }
    }
}

#[track_caller]
fn wake(waiters: Vec<Waiter>, token: UnparkToken) {
    for waiter in waiters {
        waiter.wake.send(token).expect("a waiter receives or takes itself out of the queue");
    }
}
