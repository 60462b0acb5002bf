//! The lock without data, as others see it.

use std::fmt;

use sync_core::panic::while_dropping;
use sync_core::time::{Deadline, Duration, Instant};

use crate::raw;
use crate::wait::Wakeup;

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
pub struct RawLock(pub(crate) raw::Lock);

impl RawLock {
    sync_core::const_on_hardware! {
        /// Creates an unlocked lock.
        pub fn new() -> Self {
            Self(raw::Lock::new())
        }
    }

    /// Takes the lock, waiting for as long as it takes.
    #[inline]
    #[track_caller]
    pub fn lock(&self) {
        let taken = self.0.lock_by(Deadline::NEVER);
        debug_assert!(taken, "a wait without a deadline ends with the lock");
    }

    /// Takes the lock if it is free now.
    #[inline]
    #[track_caller]
    pub fn try_lock(&self) -> bool {
        self.0.try_lock()
    }

    /// Takes the lock, waiting at most for `timeout`; `Duration::MAX` is for ever.
    #[inline]
    #[track_caller]
    pub fn try_lock_for(&self, timeout: Duration) -> bool {
        self.0.try_lock() || self.0.lock_by(Deadline::after(timeout))
    }

    /// Takes the lock, waiting at most until `moment`.
    #[inline]
    #[track_caller]
    pub fn try_lock_until(&self, moment: Instant) -> bool {
        self.0.lock_by(Deadline::at(moment))
    }

    /// Tells whether somebody holds the lock at this moment.
    #[inline]
    pub fn is_locked(&self) -> bool {
        self.0.is_locked()
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
        // SAFETY: the caller's.
        unsafe { self.0.unlock() };
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
        // SAFETY: the caller's.
        unsafe { self.0.unlock_fair() };
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
        // SAFETY: the caller's.
        unsafe { self.0.bump() };
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
        self.0.lock_by(deadline)
    }

    /// Takes the lock after having waited for a condition.
    #[doc(hidden)]
    #[inline]
    #[track_caller]
    pub fn lock_after(&self, wakeup: Wakeup) {
        self.0.lock_after(wakeup);
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
