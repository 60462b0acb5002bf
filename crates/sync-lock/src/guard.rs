//! The guards that borrow the lock.

use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

use sync_core::panic::while_dropping;

use crate::{Lock, RawLock};

/// Access to the value of a [`Lock`]; releases the lock when dropped.
///
/// Operations are associated functions, `LockGuard::map(guard, ..)`, so that they never hide methods
/// of the value.
///
/// `let _ = lock.lock()` drops the guard at once; name it, `let _guard = ..`, to hold the lock.
#[must_use = "the lock is released as soon as the guard is dropped"]
#[clippy::has_significant_drop]
pub struct LockGuard<'a, T: ?Sized> {
    pub(crate) lock: &'a Lock<T>,
    /// Stands for the exclusive access, which may be sent along but shared only if `T` may be.
    access: PhantomData<&'a mut T>,
}

// SAFETY: a shared guard gives `&T`, which is what `T: Sync` allows; and the lock, but only if that
// is `Sync` itself.
unsafe impl<T: ?Sized + Sync> Sync for LockGuard<'_, T> {}

impl<'a, T: ?Sized> LockGuard<'a, T> {
    /// # Safety
    ///
    /// The lock is held, and no other guard stands for that.
    #[inline]
    pub(crate) unsafe fn new(lock: &'a Lock<T>) -> Self {
        Self { lock, access: PhantomData }
    }

    /// Returns the lock that the guard holds.
    ///
    /// The value must be [`Send`], since a guard may be shared with threads that the lock may not
    /// be shared with: those could take it after the guard is gone, and move the value out.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_lock::{Lock, LockGuard};
    ///
    /// fn release_and_retake(guard: LockGuard<'_, u32>) -> LockGuard<'_, u32> {
    ///     let lock = LockGuard::lock(&guard);
    ///     drop(guard);
    ///     lock.lock()
    /// }
    ///
    /// let lock = Lock::new(1);
    /// let guard = release_and_retake(lock.lock());
    /// assert!(std::ptr::eq(LockGuard::lock(&guard), &lock));
    /// assert_eq!(*guard, 1);
    /// ```
    #[inline]
    #[must_use]
    pub fn lock(guard: &Self) -> &'a Lock<T>
    where
        T: Send,
    {
        guard.lock
    }

    /// Narrows the guard to a part of the value.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_lock::{Lock, LockGuard};
    ///
    /// let pair = Lock::new((1, String::from("a")));
    /// let mut text = LockGuard::map(pair.lock(), |pair| &mut pair.1);
    /// text.push('b');
    /// drop(text);
    /// assert_eq!(pair.lock().1, "ab");
    /// ```
    pub fn map<U: ?Sized>(
        mut guard: Self,
        part: impl FnOnce(&mut T) -> &mut U,
    ) -> MappedLockGuard<'a, U> {
        let data = NonNull::from(part(&mut guard));
        let raw = &ManuallyDrop::new(guard).lock.raw;
        MappedLockGuard { raw, data, access: PhantomData }
    }

    /// Narrows the guard to a part that may not be there.
    ///
    /// # Errors
    ///
    /// The guard as it was, if `part` finds nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_lock::{Lock, LockGuard};
    ///
    /// let list = Lock::new(vec![1, 2]);
    /// let whole = LockGuard::try_map(list.lock(), |list| list.get_mut(7)).unwrap_err();
    /// assert_eq!(*whole, [1, 2]);
    /// ```
    pub fn try_map<U: ?Sized>(
        mut guard: Self,
        part: impl FnOnce(&mut T) -> Option<&mut U>,
    ) -> Result<MappedLockGuard<'a, U>, Self> {
        let Some(data) = part(&mut guard).map(NonNull::from) else {
            return Err(guard);
        };
        let raw = &ManuallyDrop::new(guard).lock.raw;
        Ok(MappedLockGuard { raw, data, access: PhantomData })
    }

    /// Releases the lock while `f` runs, and takes it again before returning, also if `f` panics.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_lock::{Lock, LockGuard};
    ///
    /// let lock = Lock::new(1);
    /// let mut guard = lock.lock();
    /// LockGuard::unlocked(&mut guard, || *lock.lock() = 2);
    /// assert_eq!(*guard, 2);
    /// ```
    #[track_caller]
    pub fn unlocked<R>(guard: &mut Self, f: impl FnOnce() -> R) -> R {
        // SAFETY: the guard stands for the held lock, and its exclusive borrow keeps it from use.
        unsafe { guard.lock.raw.unlocked(f) }
    }

    /// Releases the lock and hands it to the first waiting thread, if there is one.
    ///
    /// A thread that has been woken already, and is about to try for the lock, is none of those.
    #[track_caller]
    pub fn unlock_fair(guard: Self) {
        let guard = ManuallyDrop::new(guard);
        // SAFETY: the guard stood for the held lock and is never dropped.
        unsafe { guard.lock.raw.unlock_fair() };
    }

    /// Lets the first waiting thread have its turn, if there is one, and takes the lock again.
    ///
    /// A thread that has been woken already, and is about to try for the lock, is none of those.
    #[track_caller]
    pub fn bump(guard: &mut Self) {
        // SAFETY: the guard stands for the held lock; its exclusive borrow keeps it from use meanwhile.
        unsafe { guard.lock.raw.bump() };
    }
}

impl<T: ?Sized> Deref for LockGuard<'_, T> {
    type Target = T;

    #[inline]
    #[track_caller]
    fn deref(&self) -> &T {
        // SAFETY: the lock is held, so nobody writes while this guard is borrowed.
        self.lock.data.with(|data| unsafe { &*data })
    }
}

impl<T: ?Sized> DerefMut for LockGuard<'_, T> {
    #[inline]
    #[track_caller]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the lock is held and the guard exclusively borrowed, so this is the only access.
        self.lock.data.with_mut(|data| unsafe { &mut *data })
    }
}

impl<T: ?Sized> Drop for LockGuard<'_, T> {
    #[inline]
    #[track_caller]
    fn drop(&mut self) {
        // SAFETY: the guard stands for the held lock.
        while_dropping(|| unsafe { self.lock.raw.unlock() });
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for LockGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for LockGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// Access to a part of a [`Lock`]'s value; releases the lock when dropped.
#[must_use = "the lock is released as soon as the guard is dropped"]
#[clippy::has_significant_drop]
pub struct MappedLockGuard<'a, T: ?Sized> {
    raw: &'a RawLock,
    data: NonNull<T>,
    access: PhantomData<&'a mut T>,
}

// SAFETY: sending the guard sends exclusive access to the part, and a lock may be released on any
// thread.
unsafe impl<T: ?Sized + Send> Send for MappedLockGuard<'_, T> {}
// SAFETY: a shared guard gives `&T` and nothing else.
unsafe impl<T: ?Sized + Sync> Sync for MappedLockGuard<'_, T> {}

impl<'a, T: ?Sized> MappedLockGuard<'a, T> {
    /// Narrows the guard further.
    pub fn map<U: ?Sized>(
        mut guard: Self,
        part: impl FnOnce(&mut T) -> &mut U,
    ) -> MappedLockGuard<'a, U> {
        let data = NonNull::from(part(&mut guard));
        let raw = ManuallyDrop::new(guard).raw;
        MappedLockGuard { raw, data, access: PhantomData }
    }

    /// Releases the lock and hands it to the first waiting thread, if there is one.
    #[track_caller]
    pub fn unlock_fair(guard: Self) {
        let guard = ManuallyDrop::new(guard);
        // SAFETY: the guard stood for the held lock and is never dropped.
        unsafe { guard.raw.unlock_fair() };
    }
}

impl<T: ?Sized> Deref for MappedLockGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the part was borrowed from the value, which the held lock keeps to this guard.
        unsafe { self.data.as_ref() }
    }
}

impl<T: ?Sized> DerefMut for MappedLockGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`, and the guard is exclusively borrowed.
        unsafe { self.data.as_mut() }
    }
}

impl<T: ?Sized> Drop for MappedLockGuard<'_, T> {
    #[inline]
    #[track_caller]
    fn drop(&mut self) {
        // SAFETY: the guard stands for the held lock.
        while_dropping(|| unsafe { self.raw.unlock() });
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for MappedLockGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for MappedLockGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
