//! The guards of the re-entrant lock: one for each level, all on the owner's thread.

use std::error::Error;
use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;

use sync_core::panic::while_dropping;

use crate::{RLock, raw};

/// Ties a guard to the thread that made it.
pub(crate) type OwnersThread = PhantomData<*const ()>;

/// Access to the value of an [`RLock`]; gives back its level when dropped.
///
/// Operations are associated functions, `RLockGuard::depth(&guard)`, so that they never hide methods
/// of the value. The guard stays on its thread, which owns the lock:
///
/// ```compile_fail,E0277
/// let lock = sync_rlock::RLock::new(0);
/// let guard = lock.lock();
/// std::thread::scope(|s| s.spawn(move || drop(guard)));
/// ```
///
/// and it gives shared access only, because another guard may be alive:
///
/// ```compile_fail,E0594
/// let lock = sync_rlock::RLock::new(0);
/// *lock.lock() += 1;
/// ```
#[must_use = "the level is given back as soon as the guard is dropped"]
#[clippy::has_significant_drop]
pub struct RLockGuard<'a, T: ?Sized> {
    pub(crate) lock: &'a RLock<T>,
    thread: OwnersThread,
}

// SAFETY: a shared guard gives `&T`, which is what `T: Sync` allows; and the lock, which gives no
// more than that to those who do not own it.
unsafe impl<T: ?Sized + Sync> Sync for RLockGuard<'_, T> {}

impl<'a, T: ?Sized> RLockGuard<'a, T> {
    /// # Safety
    ///
    /// The calling thread has taken a level for which no other guard stands.
    #[inline]
    pub(crate) unsafe fn new(lock: &'a RLock<T>) -> Self {
        Self { lock, thread: PhantomData }
    }

    /// Returns the lock that the guard has a level of.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_rlock::{RLock, RLockGuard};
    ///
    /// fn one_level_more<'a>(guard: &RLockGuard<'a, u32>) -> RLockGuard<'a, u32> {
    ///     RLockGuard::lock(guard).lock()
    /// }
    ///
    /// let lock = RLock::new(1);
    /// let outer = lock.lock();
    /// let inner = one_level_more(&outer);
    /// assert!(std::ptr::eq(RLockGuard::lock(&inner), &lock));
    /// assert_eq!(lock.depth(), 2);
    /// ```
    #[inline]
    #[must_use]
    pub fn lock(guard: &Self) -> &'a RLock<T> {
        guard.lock
    }

    /// Returns how many levels the owner has taken, this guard's and all others.
    ///
    /// A thread with which the guard is shared is told how many it has taken itself: none, unless it got
    /// the lock while the guard's thread waits for a condition.
    #[inline]
    pub fn depth(guard: &Self) -> u32 {
        guard.lock.raw.depth()
    }

    /// Narrows the guard to a part of the value.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_rlock::{RLock, RLockGuard};
    ///
    /// let pair = RLock::new((1, "a"));
    /// let text = RLockGuard::map(pair.lock(), |pair| &pair.1);
    /// assert_eq!(*text, "a");
    /// assert!(pair.is_owned());
    /// ```
    pub fn map<U: ?Sized>(guard: Self, part: impl FnOnce(&T) -> &U) -> MappedRLockGuard<'a, U> {
        let data: *const U = part(&guard);
        let raw = &ManuallyDrop::new(guard).lock.raw;
        // SAFETY: the part lives as long as the value, which the borrow of the lock keeps alive for
        // 'a; the level that the forgotten guard stood for is the new guard's.
        let data = unsafe { &*data };
        MappedRLockGuard { raw, data, thread: PhantomData }
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
    /// use sync_rlock::{RLock, RLockGuard};
    ///
    /// let list = RLock::new(vec![1, 2]);
    /// let whole = RLockGuard::try_map(list.lock(), |list| list.get(7)).unwrap_err();
    /// assert_eq!(*whole, [1, 2]);
    /// ```
    pub fn try_map<U: ?Sized>(
        guard: Self,
        part: impl FnOnce(&T) -> Option<&U>,
    ) -> Result<MappedRLockGuard<'a, U>, Self> {
        let Some(data) = part(&guard).map(std::ptr::from_ref) else {
            return Err(guard);
        };
        let raw = &ManuallyDrop::new(guard).lock.raw;
        // SAFETY: as in `map`.
        let data = unsafe { &*data };
        Ok(MappedRLockGuard { raw, data, thread: PhantomData })
    }

    /// Releases the lock while `f` runs, and takes it again before returning, also if `f` panics.
    ///
    /// Only the outermost guard can do that: with one level of several released nobody else could get
    /// in, and with all of them released the other guards would stand for nothing.
    ///
    /// # Errors
    ///
    /// If the owner has other levels too; `f` is not called then.
    ///
    /// # Aborts
    ///
    /// If `f` leaves `u32::MAX` guards of this lock behind.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::cell::Cell;
    /// use sync_rlock::{RLock, RLockGuard};
    ///
    /// let lock = RLock::new(Cell::new(0));
    /// let mut guard = lock.lock();
    /// let elsewhere = || std::thread::scope(|s| s.spawn(|| lock.lock().set(1)).join().unwrap());
    /// RLockGuard::unlocked(&mut guard, elsewhere)?;
    /// assert_eq!(guard.get(), 1);
    ///
    /// let mut inner = lock.lock();
    /// assert!(RLockGuard::unlocked(&mut inner, || unreachable!()).is_err());
    /// # Ok::<(), sync_rlock::Nested>(())
    /// ```
    #[track_caller]
    pub fn unlocked<R>(guard: &mut Self, f: impl FnOnce() -> R) -> Result<R, Nested> {
        // SAFETY: the guard stands for a level, and its exclusive borrow keeps it from use.
        unsafe { unlocked(&guard.lock.raw, f) }
    }

    /// Gives back the guard's level; if it is the last one, hands the lock to the first waiting
    /// thread.
    ///
    /// With other levels left the owner keeps the lock, and nothing is fair about it. A thread that
    /// has been woken already, and is about to try for the lock, is not one that waits.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_rlock::{RLock, RLockGuard};
    ///
    /// let lock = RLock::new(1);
    /// let (outer, inner) = (lock.lock(), lock.lock());
    /// RLockGuard::unlock_fair(inner);
    /// assert_eq!(RLockGuard::depth(&outer), 1);
    /// RLockGuard::unlock_fair(outer);
    /// assert!(!lock.is_owned());
    /// ```
    #[track_caller]
    pub fn unlock_fair(guard: Self) {
        let guard = ManuallyDrop::new(guard);
        // SAFETY: the guard stood for a level, is never dropped, and stays on its owner's thread.
        unsafe { guard.lock.raw.release_one_fair() };
    }

    /// Lets the first waiting thread have its turn, if there is one, and takes the lock again.
    ///
    /// With other levels it does nothing, since nobody else could get in. A thread that has been
    /// woken already, and is about to try for the lock, is not one that waits.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_rlock::{RLock, RLockGuard};
    ///
    /// let lock = RLock::new(1);
    /// let mut guard = lock.lock();
    /// RLockGuard::bump(&mut guard);
    /// assert_eq!(RLockGuard::depth(&guard), 1);
    /// ```
    #[track_caller]
    pub fn bump(guard: &mut Self) {
        // SAFETY: the guard stands for a level; its exclusive borrow keeps it from use meanwhile.
        unsafe { guard.lock.raw.bump_if_outermost() };
    }
}

/// Releases the lock while `f` runs, and takes it again before returning, even if `f` panics;
/// unless the owner has other levels too.
///
/// # Safety
///
/// The calling thread owns the lock, and the guard that stands for that is not used in `f`.
#[track_caller]
pub(crate) unsafe fn unlocked<R>(raw: &raw::RLock, f: impl FnOnce() -> R) -> Result<R, Nested> {
    struct LockAgain<'a>(&'a raw::RLock);
    impl Drop for LockAgain<'_> {
        fn drop(&mut self) {
            while_dropping(|| {
                // Then `f` has made as many guards as can be and let them escape. Without a level
                // for our own guard it would be unsound to go on, and a panic could be caught.
                if self.0.depth() == u32::MAX {
                    std::process::abort();
                }
                self.0.acquire();
            });
        }
    }
    Nested::unless_outermost(raw)?;
    // SAFETY: the caller's.
    unsafe { raw.release_one() };
    let _again = LockAgain(raw);
    Ok(f())
}

/// The lock was to be released for a while, but its owner has taken it more than once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nested {
    depth: u32,
}

impl Nested {
    /// Fails if the calling thread, which has a guard of the lock, has others too.
    pub(crate) fn unless_outermost(lock: &raw::RLock) -> Result<(), Self> {
        let depth = lock.depth();
        if depth > 1 { Err(Self { depth }) } else { Ok(()) }
    }
}

impl fmt::Display for Nested {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "this thread has taken the RLock {} times, so one guard cannot release it",
            self.depth
        )
    }
}

impl Error for Nested {}

impl<T: ?Sized> Deref for RLockGuard<'_, T> {
    type Target = T;

    #[inline]
    #[track_caller]
    fn deref(&self) -> &T {
        // SAFETY: the owner has a level, and nobody writes: guards give `&T` only.
        self.lock.data.with(|data| unsafe { &*data })
    }
}

impl<T: ?Sized> Drop for RLockGuard<'_, T> {
    #[inline]
    #[track_caller]
    fn drop(&mut self) {
        // SAFETY: the guard stands for a level, and stays on its owner's thread.
        while_dropping(|| unsafe { self.lock.raw.release_one() });
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RLockGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for RLockGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// Access to a part of an [`RLock`]'s value; gives back its level when dropped.
#[must_use = "the level is given back as soon as the guard is dropped"]
#[clippy::has_significant_drop]
pub struct MappedRLockGuard<'a, T: ?Sized> {
    raw: &'a raw::RLock,
    data: &'a T,
    thread: OwnersThread,
}

// SAFETY: a shared guard gives `&T` and nothing else, which is what `T: Sync` allows.
unsafe impl<T: ?Sized + Sync> Sync for MappedRLockGuard<'_, T> {}

impl<'a, T: ?Sized> MappedRLockGuard<'a, T> {
    /// Narrows the guard further.
    pub fn map<U: ?Sized>(guard: Self, part: impl FnOnce(&T) -> &U) -> MappedRLockGuard<'a, U> {
        let data = part(guard.data);
        let raw = ManuallyDrop::new(guard).raw;
        MappedRLockGuard { raw, data, thread: PhantomData }
    }

    /// Gives back the guard's level; if it is the last one, hands the lock to the first waiting
    /// thread.
    ///
    /// As [`RLockGuard::unlock_fair`].
    #[track_caller]
    pub fn unlock_fair(guard: Self) {
        let guard = ManuallyDrop::new(guard);
        // SAFETY: as in the guard that this one was made of, and it is never dropped.
        unsafe { guard.raw.release_one_fair() };
    }
}

impl<T: ?Sized> Deref for MappedRLockGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.data
    }
}

impl<T: ?Sized> Drop for MappedRLockGuard<'_, T> {
    #[inline]
    #[track_caller]
    fn drop(&mut self) {
        // SAFETY: as in the guard that this one was made of.
        while_dropping(|| unsafe { self.raw.release_one() });
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for MappedRLockGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for MappedRLockGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
