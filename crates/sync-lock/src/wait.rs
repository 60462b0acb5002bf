//! What a guard must be able to do for a [`Condition`](crate::Condition) to wait with it.

use std::ops::Deref;

use crate::LockGuard;

/// A guard that can give up its lock and have it back.
///
/// # Safety
///
/// `release` gives the lock up completely, and after `reacquire` it is held as before. Neither
/// panics, and `release` does not sleep.
pub unsafe trait Waitable: Deref {
    /// What `reacquire` has to restore.
    type Saved;

    /// Gives the lock up.
    ///
    /// # Safety
    ///
    /// Nothing uses the guard until `reacquire` has returned.
    unsafe fn release(&mut self) -> Self::Saved;

    /// Takes the lock again.
    ///
    /// # Safety
    ///
    /// `saved` comes from the matching `release`.
    unsafe fn reacquire(&mut self, saved: Self::Saved);
}

// SAFETY: one unlock and one lock of the same raw lock; unlocking wakes but never sleeps.
unsafe impl<T: ?Sized> Waitable for LockGuard<'_, T> {
    type Saved = ();

    unsafe fn release(&mut self) {
        // SAFETY: the guard stands for the held lock.
        unsafe { self.lock.raw.unlock() };
    }

    unsafe fn reacquire(&mut self, (): ()) {
        self.lock.raw.lock();
    }
}
