//! What a guard must be able to do for a [`Condition`](crate::Condition) to wait with it.

use std::ops::Deref;

use crate::{ArcLockGuard, LockGuard, RawLock};

/// A guard that can give up its lock and have it back.
///
/// # Safety
///
/// `release` gives the lock up completely, and after `reacquire` it is held as before. Neither
/// panics, and `release` does not sleep. `queue` returns the lock that `reacquire` will take, or none; it is
/// always the same one. That lock outlives the wait and is no part of the guard, which is borrowed
/// exclusively meanwhile.
pub unsafe trait Waitable: Deref {
    /// What `reacquire` has to restore.
    type Saved;

    /// The lock in whose queue a thread may be that was notified; none if it must be woken for that.
    fn queue(&self) -> Option<&RawLock>;

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
    /// `saved` comes from the matching `release`; `wakeup` says how the calling thread was woken, and if
    /// that was in the queue of a lock, then `queue` returned that lock.
    unsafe fn reacquire(&mut self, saved: Self::Saved, wakeup: Wakeup);
}

/// A guard of a re-entrant lock, which can give the lock up if it is the only one.
pub trait Outermost: Deref {
    /// Says that there are others.
    type Nested;

    /// Stands for the only guard, for as long as that is borrowed.
    type Only<'g>: Waitable
    where
        Self: 'g;

    /// Makes sure that the guard is the only one.
    fn outermost(&mut self) -> Result<Self::Only<'_>, Self::Nested>;
}

/// How a thread was woken that waited for a condition, and what it owes the lock for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wakeup {
    /// By the notifier or by the clock: it takes the lock like everybody.
    ToLock,
    /// By an unlock, or by a notifier in the place of one: it tries for the lock, and nobody else is woken
    /// before it has.
    ToTry,
    /// By an unlock that handed the lock over.
    AsHolder,
}

/// How both guards wait.
macro_rules! waits {
    () => {
        type Saved = ();

        fn queue(&self) -> Option<&RawLock> {
            Some(&self.lock.raw)
        }

        unsafe fn release(&mut self) {
            // SAFETY: the guard stands for the held lock.
            unsafe { self.lock.raw.unlock() };
        }

        unsafe fn reacquire(&mut self, (): (), wakeup: Wakeup) {
            self.lock.raw.lock_after(wakeup);
        }
    };
}

// SAFETY: one unlock and one lock of the same raw lock; unlocking wakes but never sleeps.
unsafe impl<T: ?Sized> Waitable for LockGuard<'_, T> {
    waits!();
}

// SAFETY: as for `LockGuard`. The lock lives in the `Arc` that the guard owns and that nothing
// takes out of it; moving the guard does not move the lock.
unsafe impl<T: ?Sized> Waitable for ArcLockGuard<T> {
    waits!();
}
