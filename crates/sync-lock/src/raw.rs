//! The lock without data: two bytes that decide, a third that counts, and a queue of sleepers.
//!
//! `holder` is `LOCKED` or `FREE`. It is taken by a compare-exchange and given back by a *plain store*:
//! nobody else writes to it while it is held. So the pair costs one atomic read-modify-write where
//! others pay two. What makes that possible is in `marks`, and in whom it charges:
//!
//! | bit        | meaning                                                        | set by, taken away by |
//! |------------|----------------------------------------------------------------|-----------------------|
//! | `CONTENDED`| there were waiters: whoever unlocks looks closely              | a waiter; an unlocker after a calm spell |
//! | `SETTLING` | somebody is making sure that all unlockers know (a heavy fence)| a waiter; the same    |
//! | `SETTLED`  | all unlockers know: it is safe to sleep for as long as it takes| who was `SETTLING`; with `CONTENDED` |
//! | `PARKED`   | somebody is in the queue or about to enter it                  | a waiter; who leaves the queue empty |
//! | `STARVED`  | somebody in the queue asks to be handed the lock               | a waiter; who hands over, or finds nobody |
//! | `WOKEN`    | somebody was woken and is about to try for the lock            | who wakes; who was woken |
//!
//! With no marks the lock is in its *fast* mode: an unlock is two loads and a store. With `CONTENDED`
//! it has the usual price of two read-modify-writes, and it goes back after a calm spell. The slow
//! paths, the invariants and why nobody sleeps for ever stand in `contended.rs`.

use std::fmt;

use sync_core::atomic::Ordering::{Acquire, Relaxed, Release};
use sync_core::atomic::{AtomicU8, OnlyWriter};
use sync_core::cell::Witness;
use sync_core::fence;
use sync_core::panic::while_dropping;
use sync_core::parking::Parking;
use sync_core::time::{Deadline, Duration, Instant};

/// Nobody holds the lock.
pub(crate) const FREE: u8 = 0;
/// Somebody holds the lock.
pub(crate) const LOCKED: u8 = 1;

/// A lock without data: three bytes, for building other things on.
///
/// It implements the traits of [`lock_api`] 0.5, so types that are generic over a raw mutex of that
/// version can use it. Most programs want [`Lock`](crate::Lock).
///
/// A thread that comes along may take the lock before one that was just woken, which is what makes it
/// fast; one that has waited for about half a millisecond asks to be handed the lock.
/// [`unlock_fair`](Self::unlock_fair) hands it to the first waiting thread: the first of those that ask,
/// or else the first in the queue.
///
/// # Examples
///
/// ```
/// use sync_lock::RawLock;
///
/// let lock = RawLock::new();
/// lock.lock();
/// assert!(!lock.try_lock());
/// // SAFETY: it was locked above.
/// unsafe { lock.unlock() };
/// assert!(lock.try_lock());
/// ```
pub struct RawLock {
    /// Taken by anybody, given back by the holder alone.
    pub(crate) holder: AtomicU8,
    /// Changed by read-modify-writes only, so that no mark is ever wiped by accident. The queue is its.
    pub(crate) marks: Parking<AtomicU8>,
    /// How many unlocks in a row found nobody waiting. Touched by the holder alone.
    pub(crate) calm: AtomicU8,
    pub(crate) witness: Witness,
}

impl RawLock {
    sync_core::const_on_hardware! {
        /// Creates an unlocked lock.
        pub fn new() -> Self {
            Self {
                holder: AtomicU8::new(FREE),
                marks: Parking::new(AtomicU8::new(0)),
                calm: AtomicU8::new(0),
                witness: Witness::new(),
            }
        }
    }

    /// Takes the lock, waiting for as long as it takes.
    #[inline]
    #[track_caller]
    pub fn lock(&self) {
        let taken = self.lock_by(Deadline::NEVER);
        debug_assert!(taken, "a wait without a deadline ends with the lock");
    }

    /// Takes the lock if it is free now.
    #[inline]
    #[track_caller]
    pub fn try_lock(&self) -> bool {
        let taken = self.take_if_free();
        if taken {
            self.witness.touch();
        }
        taken
    }

    /// Takes the lock, waiting at most for `timeout`; `Duration::MAX` is for ever.
    #[inline]
    #[track_caller]
    pub fn try_lock_for(&self, timeout: Duration) -> bool {
        self.try_lock() || self.lock_by(Deadline::after(timeout))
    }

    /// Takes the lock, waiting at most until `moment`.
    #[inline]
    #[track_caller]
    pub fn try_lock_until(&self, moment: Instant) -> bool {
        self.lock_by(Deadline::at(moment))
    }

    /// Tells whether somebody holds the lock at this moment.
    #[inline]
    pub fn is_locked(&self) -> bool {
        // ORDERING: Relaxed: the answer may be old when it is read, so it promises nothing.
        self.holder.load(Relaxed) == LOCKED
    }

    /// Gives the lock back and wakes the first thread in the queue to try for it.
    ///
    /// # Safety
    ///
    /// - The lock is held, and the caller is entitled to give it back. That may be another thread
    ///   than the one that took it.
    /// - The lock lives until this returns: it is looked at once more *after* it was given back,
    ///   when another thread may have it already. So an object must not be freed because of what a
    ///   thread found under the lock that is in it.
    ///
    /// The second point rules out a count of users beside the lock that it is under. Say two
    /// threads are left. The first one takes the lock, lowers the count to one and unlocks. The
    /// second one takes it as soon as it is free, lowers the count to zero, unlocks and frees the
    /// object; the first one is still in `unlock`, and looks at memory that is gone. Keep the
    /// object alive across `unlock` by something outside of the lock: an [`Arc`](std::sync::Arc)
    /// that each thread drops afterwards, or a borrow, as the guards of [`Lock`](crate::Lock) do.
    ///
    /// POSIX allows that count with its mutexes. std's `Mutex` happens to bear it on Linux, where
    /// unlocking is one swap after which only the address is used, but promises nothing;
    /// parking_lot 0.13 changes its lock afterwards if threads wait for it.
    #[inline]
    #[track_caller]
    pub unsafe fn unlock(&self) {
        self.witness.touch();
        // ORDERING: Relaxed: old news is no harm here, for they are asked again below.
        let marks = self.marks.load(Relaxed);
        if marks != 0 {
            self.unlock_contended(marks);
            return;
        }
        self.give_back();
        if sync_core::mutant!("lock-unlock-wipes-marks") {
            self.marks.swap(0, Relaxed);
        }
        fence::light();
        // ORDERING: Relaxed: the fence pairs with the heavy one of whoever set SETTLED; invariant 4.
        if self.marks.load(Relaxed) != 0 {
            self.unlocked_late();
        }
    }

    /// Gives the lock to the first waiting thread, if there is one.
    ///
    /// # Safety
    ///
    /// As for [`unlock`](Self::unlock): the lock must live until this returns, since with nobody to
    /// hand it to, it is unlocked as ever.
    #[inline]
    #[track_caller]
    pub unsafe fn unlock_fair(&self) {
        if !self.hand_over_to_the_first() {
            // SAFETY: the caller's.
            unsafe { self.unlock() };
        }
    }

    /// Lets the first waiting thread have its turn, if there is one, and takes the lock again.
    ///
    /// # Safety
    ///
    /// As for [`unlock`](Self::unlock), and the lock lives on: the caller holds it again
    /// afterwards.
    #[inline]
    #[track_caller]
    pub unsafe fn bump(&self) {
        if self.hand_over_to_the_first() {
            self.lock();
        }
    }

    /// Gives the lock back while `f` runs and takes it again, also if `f` panics.
    ///
    /// # Safety
    ///
    /// As for [`unlock`](Self::unlock); nothing that the lock protects is used in `f` without it.
    #[track_caller]
    pub(crate) unsafe fn unlocked<R>(&self, f: impl FnOnce() -> R) -> R {
        struct LockAgain<'a>(&'a RawLock);
        impl Drop for LockAgain<'_> {
            fn drop(&mut self) {
                while_dropping(|| self.0.lock());
            }
        }
        // SAFETY: the caller's.
        unsafe { self.unlock() };
        let _again = LockAgain(self);
        f()
    }

    /// Takes the lock, waiting at most until `deadline`; for locks that are built on this one.
    #[doc(hidden)]
    #[inline]
    #[track_caller]
    pub fn lock_by(&self, deadline: Deadline) -> bool {
        let taken = self.take_if_free() || self.lock_contended(false, deadline);
        if taken {
            self.witness.touch();
        }
        taken
    }

    #[inline]
    #[track_caller]
    pub(crate) fn take_if_free(&self) -> bool {
        // ORDERING: Acquire, with the Release in `give_back`: a holder sees what those before it did.
        self.holder.compare_exchange(FREE, LOCKED, Acquire, Relaxed).is_ok()
    }

    /// The caller holds the lock, and has told the witness.
    #[inline]
    #[track_caller]
    pub(crate) fn give_back(&self) {
        // ORDERING: Release, with the Acquire in `take_if_free`.
        let order = if sync_core::mutant!("lock-unlock-relaxed") { Relaxed } else { Release };
        self.holder.store_by_only_writer(FREE, order);
    }
}

impl Default for RawLock {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for RawLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawLock").field("locked", &self.is_locked()).finish()
    }
}
