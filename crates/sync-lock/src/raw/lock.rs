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

use sync_core::atomic::Ordering::{Acquire, Relaxed, Release};
use sync_core::atomic::{AtomicU8, OnlyWriter};
use sync_core::cell::Witness;
use sync_core::fence;
use sync_core::parking::Parking;
use sync_core::time::Deadline;

/// Nobody holds the lock.
pub(crate) const FREE: u8 = 0;
/// Somebody holds the lock.
pub(crate) const LOCKED: u8 = 1;

/// The state machine of [`RawLock`](crate::RawLock).
pub(crate) struct Lock {
    /// Taken by anybody, given back by the holder alone.
    pub(crate) holder: AtomicU8,
    /// Changed by read-modify-writes only, so that no mark is ever wiped by accident. The queue is its.
    pub(crate) marks: Parking<AtomicU8>,
    /// How many unlocks in a row found nobody waiting. Touched by the holder alone.
    pub(crate) calm: AtomicU8,
    pub(crate) witness: Witness,
}

impl Lock {
    sync_core::const_on_hardware! {
        pub(crate) fn new() -> Self {
            Self {
                holder: AtomicU8::new(FREE),
                marks: Parking::new(AtomicU8::new(0)),
                calm: AtomicU8::new(0),
                witness: Witness::new(),
            }
        }
    }

    #[inline]
    #[track_caller]
    pub(crate) fn try_lock(&self) -> bool {
        let taken = self.take_if_free();
        if taken {
            self.witness.touch();
        }
        taken
    }

    #[inline]
    pub(crate) fn is_locked(&self) -> bool {
        // ORDERING: Relaxed: the answer may be old when it is read, so it promises nothing.
        self.holder.load(Relaxed) == LOCKED
    }

    /// # Safety
    ///
    /// That of [`RawLock::unlock`](crate::RawLock::unlock), as for the two below.
    #[inline]
    #[track_caller]
    pub(crate) unsafe fn unlock(&self) {
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

    /// # Safety
    ///
    /// As above.
    #[inline]
    #[track_caller]
    pub(crate) unsafe fn unlock_fair(&self) {
        if !self.hand_over_to_the_first() {
            // SAFETY: the caller's.
            unsafe { self.unlock() };
        }
    }

    /// # Safety
    ///
    /// As above.
    #[inline]
    #[track_caller]
    pub(crate) unsafe fn bump(&self) {
        if self.hand_over_to_the_first() {
            self.lock_by(Deadline::NEVER);
        }
    }

    #[inline]
    #[track_caller]
    pub(crate) fn lock_by(&self, deadline: Deadline) -> bool {
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
