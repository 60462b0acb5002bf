//! Parking on the process-wide table of `parking_lot_core`.

use std::fmt;
use std::ops::Deref;

use parking_lot_core::{FilterOp, ParkResult, ParkToken, RequeueOp, UnparkResult, UnparkToken};

use super::sleepers::with_seat;
use crate::time::Deadline;

/// An atomic word with a queue of threads that wait for it to change.
#[repr(transparent)]
pub struct Parking<A> {
    word: A,
}

impl<A> Parking<A> {
    /// A word without size would share its address, and so its queue, with its neighbour.
    const HAS_AN_ADDRESS_OF_ITS_OWN: () = assert!(size_of::<A>() > 0);

    /// Attaches an empty queue to `word`.
    pub const fn new(word: A) -> Self {
        let () = Self::HAS_AN_ADDRESS_OF_ITS_OWN;
        Self { word }
    }

    /// Returns the address that names the queue; two live words never share it.
    #[inline]
    pub fn key(&self) -> usize {
        (&raw const self.word).addr()
    }

    /// Like [`park`](Self::park), for a queue whose sleepers may be moved to the queue of `other` by
    /// [`unpark_requeue`](Self::unpark_requeue).
    ///
    /// `timed_out` is told first whether the thread was moved; it runs with the queue locked in which
    /// the thread was then, and is told whether it was the last in that.
    ///
    /// # Safety
    ///
    /// As for [`park`](Self::park); and if the thread is moved, it is to the queue of `other`, which lives until this
    /// returns.
    pub unsafe fn park_movable<B>(
        &self,
        other: *const Parking<B>,
        validate: impl FnOnce() -> bool,
        before_sleep: impl FnOnce(),
        timed_out: impl FnOnce(bool, bool),
        token: ParkToken,
        deadline: Deadline,
    ) -> ParkResult {
        with_seat(|seat| {
            seat.enter();
            seat.sleeps_in([self.key(), other.addr()], deadline);
            let before_sleep = || {
                seat.leave();
                before_sleep();
            };
            let timed_out = |key, last| timed_out(key != self.key(), last);
            // SAFETY: the key is the address of a word that we own and that is borrowed for the whole
            // call; the caller vouches for the callbacks.
            let result = unsafe {
                parking_lot_core::park(
                    self.key(),
                    validate,
                    before_sleep,
                    timed_out,
                    token,
                    deadline.instant(),
                )
            };
            seat.is_up();
            result
        })
    }

    /// Wakes the thread at the head of the queue, with the token that `callback` returns.
    ///
    /// `callback` runs with the queue locked, also when nobody was there.
    ///
    /// # Safety
    ///
    /// `callback` must not panic nor call into any parking queue.
    pub unsafe fn unpark_one(
        &self,
        callback: impl FnOnce(UnparkResult) -> UnparkToken,
    ) -> UnparkResult {
        // SAFETY: the key is the address of our own word; the caller vouches for the callback.
        inside(|| unsafe { parking_lot_core::unpark_one(self.key(), callback) })
    }

    /// Walks the queue from its head and wakes the threads whose tokens `filter` picks.
    ///
    /// `filter` and `callback` run with the queue locked; `callback` comes last, and its token goes
    /// to every thread that is woken.
    ///
    /// # Safety
    ///
    /// The callbacks must not panic nor call into any parking queue.
    pub unsafe fn unpark_filter(
        &self,
        filter: impl FnMut(ParkToken) -> FilterOp,
        callback: impl FnOnce(UnparkResult) -> UnparkToken,
    ) -> UnparkResult {
        // SAFETY: the key is the address of our own word; the caller vouches for the callbacks.
        inside(|| unsafe { parking_lot_core::unpark_filter(self.key(), filter, callback) })
    }

    /// Moves sleepers to the end of the queue of another word, and may wake the first one instead.
    ///
    /// `is_current` and then `decide` run with both queues locked; unless the first returns `true`,
    /// nothing happens. `callback` comes last, and its token goes to the thread that is woken.
    ///
    /// # Safety
    ///
    /// The callbacks must not panic nor call into any parking queue. If `is_current` returns `true`, then
    /// somebody sleeps in this queue, and `to` lives for as long as anybody does.
    pub unsafe fn unpark_requeue<B>(
        &self,
        to: *const Parking<B>,
        is_current: impl FnOnce() -> bool,
        decide: impl FnOnce() -> RequeueOp,
        callback: impl FnOnce(RequeueOp, UnparkResult) -> UnparkToken,
    ) -> UnparkResult {
        let validate = || if is_current() { decide() } else { RequeueOp::Abort };
        // A word is the first and only field of what it is in, so `to` is the address of its word.
        // SAFETY: one key is the address of our own word, the other that of a word that lives if anybody is
        // moved to it; the caller vouches for the callbacks.
        inside(|| unsafe {
            parking_lot_core::unpark_requeue(self.key(), to.addr(), validate, callback)
        })
    }

    /// Wakes everybody in the queue and returns how many that were.
    pub fn unpark_all(&self, token: UnparkToken) -> usize {
        // SAFETY: the key is the address of our own word, and no callback is involved.
        inside(|| unsafe { parking_lot_core::unpark_all(self.key(), token) })
    }
}

/// Calls `f`, which locks queues, but not while the process is being forked.
#[inline]
fn inside<R>(f: impl FnOnce() -> R) -> R {
    with_seat(|seat| {
        seat.enter();
        let result = f();
        seat.leave();
        result
    })
}

impl<A> Deref for Parking<A> {
    type Target = A;

    #[inline]
    fn deref(&self) -> &A {
        &self.word
    }
}

impl<A: fmt::Debug> fmt::Debug for Parking<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.word.fmt(f)
    }
}
