//! The guard that owns its share of the lock.

use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use sync_core::panic::while_dropping;

use crate::Lock;

/// Access to the value of a [`Lock`] that lives in an [`Arc`]; releases the lock when dropped.
///
/// It borrows nothing, so it can be kept in a struct or sent to a thread that outlives the caller.
#[must_use = "the lock is released as soon as the guard is dropped"]
#[clippy::has_significant_drop]
pub struct ArcLockGuard<T: ?Sized> {
    pub(crate) lock: Arc<Lock<T>>,
    /// Stands for the exclusive access, which may be sent along but shared only if `T` may be.
    access: PhantomData<Box<T>>,
}

impl<T: ?Sized> ArcLockGuard<T> {
    /// # Safety
    ///
    /// The lock is held, and no other guard stands for that.
    pub(crate) unsafe fn new(lock: Arc<Lock<T>>) -> Self {
        Self { lock, access: PhantomData }
    }

    /// Returns the lock that the guard holds.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use sync_lock::{ArcLockGuard, Lock};
    ///
    /// fn release_and_retake(guard: ArcLockGuard<u32>) -> ArcLockGuard<u32> {
    ///     let lock = ArcLockGuard::lock(&guard).clone();
    ///     drop(guard);
    ///     lock.lock_arc()
    /// }
    ///
    /// let lock = Arc::new(Lock::new(1));
    /// let guard = release_and_retake(lock.lock_arc());
    /// assert!(Arc::ptr_eq(ArcLockGuard::lock(&guard), &lock));
    /// assert_eq!(*guard, 1);
    /// ```
    #[inline]
    #[must_use]
    pub fn lock(guard: &Self) -> &Arc<Lock<T>> {
        &guard.lock
    }

    /// Releases the lock while `f` runs, and takes it again before returning, also if `f` panics.
    #[track_caller]
    pub fn unlocked<R>(guard: &mut Self, f: impl FnOnce() -> R) -> R {
        // SAFETY: the guard stands for the held lock, and its exclusive borrow keeps it from use.
        unsafe { guard.lock.raw.unlocked(f) }
    }

    /// Releases the lock and hands it to the first waiting thread, if there is one.
    #[track_caller]
    pub fn unlock_fair(guard: Self) {
        let guard = ManuallyDrop::new(guard);
        // SAFETY: the guard is never dropped, so its share of the lock is taken once, here.
        let lock = unsafe { std::ptr::read(&raw const guard.lock) };
        // SAFETY: the guard stood for the held lock.
        unsafe { lock.raw.unlock_fair() };
    }

    /// Lets the first waiting thread have its turn, if there is one, and takes the lock again.
    #[track_caller]
    pub fn bump(guard: &mut Self) {
        // SAFETY: the guard stands for the held lock; its exclusive borrow keeps it from use meanwhile.
        unsafe { guard.lock.raw.bump() };
    }
}

impl<T: ?Sized> Deref for ArcLockGuard<T> {
    type Target = T;

    #[inline]
    #[track_caller]
    fn deref(&self) -> &T {
        // SAFETY: the lock is held, so nobody writes while this guard is borrowed.
        self.lock.data.with(|data| unsafe { &*data })
    }
}

impl<T: ?Sized> DerefMut for ArcLockGuard<T> {
    #[inline]
    #[track_caller]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the lock is held and the guard exclusively borrowed, so this is the only access.
        self.lock.data.with_mut(|data| unsafe { &mut *data })
    }
}

impl<T: ?Sized> Drop for ArcLockGuard<T> {
    #[inline]
    #[track_caller]
    fn drop(&mut self) {
        // SAFETY: the guard stands for the held lock, which lives in the `Arc` until after this.
        while_dropping(|| unsafe { self.lock.raw.unlock() });
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for ArcLockGuard<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for ArcLockGuard<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
