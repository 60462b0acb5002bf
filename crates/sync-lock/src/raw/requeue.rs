//! How those who wait for a condition come into the queue of their lock, without waking up.
//!
//! Waking a thread while its lock is held makes it run only to sleep again. So a notifier moves it to
//! the queue of the lock, where an unlock wakes it in its turn.
//!
//! # Why a thread that is moved does not sleep for ever
//!
//! The notifier N does for the thread W what W does itself when it enters the queue (`contended.rs`):
//! it sets `CONTENDED` and `PARKED`, which is P of the proof there, finds `SETTLED` in what it changed,
//! and then finds `LOCKED`, all under the lock of the queue. So the proof holds with N in the place of
//! W: some unlocker will know that there is somebody in the queue. While `SETTLED` is missing, nobody is
//! moved, since who sleeps without it must do so for a millisecond at most.
//!
//! If the lock is free, N does for the first of those who wait what an unlocker does: it wakes it. That one
//! tries for the lock, or finds a new holder and sleeps; either way there is an unlock to come that wakes
//! the next. `WOKEN`, which N sets as an unlocker does, spares others to wake somebody, too, before it has tried.
//!
//! Two things may look odd. W may be moved before it has released its lock, if the lock is known to be fought for:
//! then its own unlock finds it in the queue and wakes it. And P may leave `PARKED` with nobody in the queue, if
//! nobody is moved after all: the next unlock takes the mark away.
//!
//! W is woken in one of three ways, and each has its own way back to the lock: see [`Wakeup`].

use sync_core::atomic::Ordering::{AcqRel, Relaxed};
use sync_core::parking::{Parking, RequeueOp};
use sync_core::time::Deadline;

use super::contended::{CONTENDED, PARKED, SETTLED, WOKEN};
use super::lock::{LOCKED, Lock};
use crate::wait::Wakeup;

impl Lock {
    /// Where the queue of a lock at that address is; the lock itself is not looked at.
    pub(crate) fn queue_of(lock: *const Self) -> *const Parking<sync_core::atomic::AtomicU8> {
        lock.wrapping_byte_add(std::mem::offset_of!(Self, marks)).cast()
    }

    /// Decides what becomes of all who wait for a condition, under the locks of both queues. Unless the
    /// answer is to do nothing, they are expected.
    #[track_caller]
    pub(crate) fn expects_all(&self) -> RequeueOp {
        if !self.expects_more() {
            RequeueOp::Abort
        } else if self.is_locked() || sync_core::mutant!("condition-moves-all-to-a-free-lock") {
            RequeueOp::RequeueAll
        } else {
            RequeueOp::UnparkOneRequeueRest
        }
    }

    /// The same for one, who is not worth moving if the lock is free.
    #[track_caller]
    pub(crate) fn expects_one(&self) -> RequeueOp {
        // ORDERING: Relaxed: a guess; `is_locked` looks again after P.
        let may_move = self.holder.load(Relaxed) == LOCKED && self.expects_more();
        if may_move && (self.is_locked() || sync_core::mutant!("condition-moves-one-unseen")) {
            RequeueOp::RequeueOne
        } else {
            RequeueOp::Abort
        }
    }

    /// P on behalf of those who are to be moved; `false`, and nothing changed, if they could not rely on it.
    #[track_caller]
    fn expects_more(&self) -> bool {
        debug_assert!(std::ptr::eq(Self::queue_of(self), &raw const self.marks));
        // ORDERING: Relaxed: the exchange confirms it.
        let mut marks = self.marks.load(Relaxed);
        loop {
            if marks & SETTLED == 0 && !sync_core::mutant!("condition-moves-before-it-is-settled") {
                return false;
            }
            // ORDERING: AcqRel: P. Relaxed for a failure, after which it is tried again.
            let new = marks | CONTENDED | PARKED;
            match self.marks.compare_exchange_weak(marks, new, AcqRel, Relaxed) {
                Ok(_) => return true,
                Err(now) => marks = now,
            }
        }
    }

    /// Somebody was woken to try for the lock instead of being moved, under the queue's lock.
    #[track_caller]
    pub(crate) fn one_tries(&self) {
        // ORDERING: Relaxed, under the queue's lock, as in `wake_one`.
        self.marks.fetch_or(WOKEN, Relaxed);
    }

    /// Takes the lock after having waited for a condition.
    #[track_caller]
    pub(crate) fn lock_after(&self, wakeup: Wakeup) {
        let taken = match wakeup {
            Wakeup::ToLock => self.take_if_free() || self.lock_contended(false, Deadline::NEVER),
            Wakeup::ToTry => self.lock_contended(true, Deadline::NEVER),
            Wakeup::AsHolder => true,
        };
        debug_assert!(taken, "a wait without a deadline ends with the lock");
        self.witness.touch();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What becomes of one thread that is notified, and of all.
    fn expects(lock: &Lock) -> (RequeueOp, RequeueOp) {
        (lock.expects_one(), lock.expects_all())
    }

    #[test]
    fn who_is_notified_is_moved_if_the_lock_is_held_and_fought_for() {
        let lock = Lock::new();
        assert_eq!(expects(&lock), (RequeueOp::Abort, RequeueOp::Abort), "free and quiet");
        assert!(lock.try_lock());
        assert_eq!(expects(&lock), (RequeueOp::Abort, RequeueOp::Abort), "held and quiet");
        assert_eq!(lock.marks.load(Relaxed), 0, "nobody is expected");

        let fought_for = CONTENDED | SETTLED;
        lock.marks.fetch_or(fought_for, Relaxed);
        assert_eq!(lock.expects_one(), RequeueOp::RequeueOne);
        assert_eq!(lock.marks.load(Relaxed), fought_for | PARKED);
        lock.marks.fetch_and(!PARKED, Relaxed);
        assert_eq!(lock.expects_all(), RequeueOp::RequeueAll);
        assert_eq!(lock.marks.load(Relaxed), fought_for | PARKED);

        // SAFETY: it was locked above.
        unsafe { lock.unlock() };
        assert_eq!(lock.marks.load(Relaxed), fought_for, "nobody was there");
        assert_eq!(lock.expects_one(), RequeueOp::Abort);
        assert_eq!(lock.marks.load(Relaxed), fought_for, "one is woken instead");
        assert_eq!(lock.expects_all(), RequeueOp::UnparkOneRequeueRest);
    }
}
