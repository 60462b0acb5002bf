//! The guard that owns its share of the lock.

use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::sync::Arc;

use sync_core::panic::while_dropping;

use crate::guard::{OwnersThread, unlocked};
use crate::{Nested, RLock};

/// Access to the value of an [`RLock`] that lives in an [`Arc`]; gives back its level when dropped.
///
/// It borrows nothing, so it can be kept in a struct. Like [`RLockGuard`](crate::RLockGuard) it
/// stays on the thread that took the level, and gives shared access only.
#[must_use = "the level is given back as soon as the guard is dropped"]
#[clippy::has_significant_drop]
pub struct ArcRLockGuard<T: ?Sized> {
    pub(crate) lock: Arc<RLock<T>>,
    thread: OwnersThread,
}

// SAFETY: a shared guard gives `&T`, which is what `T: Sync` allows; and a share of the lock, whose
// last owner drops the value, which is what `T: Send` allows.
unsafe impl<T: ?Sized + Send + Sync> Sync for ArcRLockGuard<T> {}

impl<T: ?Sized> ArcRLockGuard<T> {
    /// # Safety
    ///
    /// The calling thread has taken a level for which no other guard stands.
    pub(crate) unsafe fn new(lock: Arc<RLock<T>>) -> Self {
        Self { lock, thread: OwnersThread::default() }
    }

    /// Returns the lock that the guard has a level of.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use sync_rlock::{ArcRLockGuard, RLock};
    ///
    /// let lock = Arc::new(RLock::new(1));
    /// let outer = lock.lock_arc();
    /// let inner = ArcRLockGuard::lock(&outer).lock_arc();
    /// assert!(Arc::ptr_eq(ArcRLockGuard::lock(&inner), &lock));
    /// assert_eq!(lock.depth(), 2);
    /// ```
    #[inline]
    #[must_use]
    pub fn lock(guard: &Self) -> &Arc<RLock<T>> {
        &guard.lock
    }

    /// Returns how many levels the owner has taken, this guard's and all others.
    ///
    /// Another thread, with which the guard is shared, is told how many it has taken itself.
    #[inline]
    pub fn depth(guard: &Self) -> u32 {
        guard.lock.raw.depth()
    }

    /// Releases the lock while `f` runs, and takes it again before returning, even if `f` panics.
    ///
    /// # Errors
    ///
    /// If the owner has other levels too; `f` is not called then.
    ///
    /// # Aborts
    ///
    /// If `f` leaves `u32::MAX` guards of this lock behind.
    #[track_caller]
    pub fn unlocked<R>(guard: &mut Self, f: impl FnOnce() -> R) -> Result<R, Nested> {
        // SAFETY: the guard stands for a level, and its exclusive borrow keeps it from use.
        unsafe { unlocked(&guard.lock.raw, f) }
    }

    /// Gives back the guard's level; if it is the last one, hands the lock to the first waiting
    /// thread.
    ///
    /// As [`RLockGuard::unlock_fair`](crate::RLockGuard::unlock_fair).
    #[track_caller]
    pub fn unlock_fair(guard: Self) {
        let guard = ManuallyDrop::new(guard);
        // SAFETY: the guard is never dropped, so its share of the lock is taken once, here.
        let lock = unsafe { std::ptr::read(&raw const guard.lock) };
        // SAFETY: the guard stood for a level, and stays on its owner's thread.
        unsafe { lock.raw.release_one_fair() };
    }

    /// Lets the first waiting thread have its turn, if there is one, and takes the lock again.
    ///
    /// As [`RLockGuard::bump`](crate::RLockGuard::bump).
    #[track_caller]
    pub fn bump(guard: &mut Self) {
        // SAFETY: the guard stands for a level; its exclusive borrow keeps it from use meanwhile.
        unsafe { guard.lock.raw.bump_if_outermost() };
    }
}

impl<T: ?Sized> Deref for ArcRLockGuard<T> {
    type Target = T;

    #[inline]
    #[track_caller]
    fn deref(&self) -> &T {
        // SAFETY: the owner has a level, and nobody writes: guards give `&T` only.
        self.lock.data.with(|data| unsafe { &*data })
    }
}

impl<T: ?Sized> Drop for ArcRLockGuard<T> {
    #[inline]
    #[track_caller]
    fn drop(&mut self) {
        // SAFETY: the guard stands for a level and stays on its owner's thread. The lock lives in
        // the `Arc`, which is dropped after this.
        while_dropping(|| unsafe { self.lock.raw.release_one() });
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for ArcRLockGuard<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for ArcRLockGuard<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
