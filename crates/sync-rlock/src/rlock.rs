//! The re-entrant lock with its data inside.

use std::fmt;
use std::sync::Arc;

use sync_core::cell::UnsafeCell;
use sync_core::time::{Deadline, Duration, Instant};

use crate::{ArcRLockGuard, RLockGuard, raw};

/// A lock around a value that its owner may take again and again.
///
/// The counterpart of Python's `threading.RLock`. The other threads get in when every guard of the
/// owner is gone. Since several guards may be alive at once, they give `&T`; put a `Cell` or `RefCell`
/// inside to change the value.
///
/// There is no poisoning: when the owner panics, its guards are dropped and the lock is released.
///
/// # Fairness
///
/// As for `Lock`: woken in the order of going to sleep, but a running thread may come first.
///
/// # Memory ordering
///
/// The last release *happens before* the next thread takes the lock.
///
/// # Examples
///
/// ```
/// use std::cell::Cell;
/// use sync_rlock::{RLock, RLockGuard};
///
/// static COUNT: RLock<Cell<u32>> = RLock::new(Cell::new(0));
///
/// fn add_two() {
///     let count = COUNT.lock();
///     count.set(count.get() + 1);
///     add_one(); // would wait for ever with a plain `Lock`
/// }
///
/// fn add_one() {
///     let count = COUNT.lock();
///     assert_eq!(RLockGuard::depth(&count), 2);
///     count.set(count.get() + 1);
/// }
///
/// add_two();
/// assert_eq!(COUNT.lock().get(), 2);
/// ```
pub struct RLock<T: ?Sized> {
    pub(crate) raw: raw::RLock,
    pub(crate) data: UnsafeCell<T>,
}

// SAFETY: one thread at a time reaches the data, and through `&T` only. Sharing the lock therefore
// moves that access between threads, which is what `T: Send` allows; `T: Sync` is not needed.
unsafe impl<T: ?Sized + Send> Sync for RLock<T> {}

impl<T> RLock<T> {
    sync_core::const_on_hardware! {
        /// Creates a lock around `value` that nobody owns.
        ///
        /// A constant function, so a `static` can hold a lock; under the model checker it is not.
        pub fn new(value: T) -> Self {
            Self { raw: raw::RLock::new(), data: UnsafeCell::new(value) }
        }
    }

    /// Returns the value; nobody else can own the lock here.
    pub fn into_inner(self) -> T {
        self.data.into_inner()
    }
}

impl<T: ?Sized> RLock<T> {
    /// Takes the lock, waiting for as long as another thread owns it.
    ///
    /// # Panics
    ///
    /// If the calling thread has taken it `u32::MAX` times already; nothing changes then.
    #[inline]
    #[track_caller]
    pub fn lock(&self) -> RLockGuard<'_, T> {
        self.raw.acquire();
        // SAFETY: one level was taken just now.
        unsafe { RLockGuard::new(self) }
    }

    /// Takes the lock if no other thread owns it now.
    ///
    /// # Panics
    ///
    /// As [`lock`](Self::lock).
    ///
    /// # Examples
    ///
    /// ```
    /// let lock = sync_rlock::RLock::new(1);
    /// let _guard = lock.lock();
    /// assert!(lock.try_lock().is_some());
    /// std::thread::scope(|s| {
    ///     s.spawn(|| assert!(lock.try_lock().is_none()));
    /// });
    /// ```
    #[inline]
    #[track_caller]
    pub fn try_lock(&self) -> Option<RLockGuard<'_, T>> {
        // SAFETY: one level was taken just now.
        self.raw.try_acquire().then(|| unsafe { RLockGuard::new(self) })
    }

    /// Takes the lock, waiting at most for `timeout`; `Duration::MAX` is for ever.
    ///
    /// # Panics
    ///
    /// As [`lock`](Self::lock).
    #[track_caller]
    pub fn try_lock_for(&self, timeout: Duration) -> Option<RLockGuard<'_, T>> {
        // SAFETY: one level was taken just now.
        self.raw.acquire_by(|| Deadline::after(timeout)).then(|| unsafe { RLockGuard::new(self) })
    }

    /// Takes the lock, waiting at most until `moment`.
    ///
    /// # Panics
    ///
    /// As [`lock`](Self::lock).
    #[track_caller]
    pub fn try_lock_until(&self, moment: Instant) -> Option<RLockGuard<'_, T>> {
        // SAFETY: one level was taken just now.
        self.raw.acquire_by(|| Deadline::at(moment)).then(|| unsafe { RLockGuard::new(self) })
    }

    /// Takes the lock with a guard that shares ownership of it instead of borrowing it.
    ///
    /// # Panics
    ///
    /// As [`lock`](Self::lock).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use sync_rlock::{ArcRLockGuard, RLock};
    ///
    /// struct Session {
    ///     guard: ArcRLockGuard<String>,
    /// }
    ///
    /// let lock = Arc::new(RLock::new(String::from("kept")));
    /// let session = Session { guard: lock.lock_arc() };
    /// assert_eq!(*session.guard, "kept");
    /// assert_eq!(ArcRLockGuard::depth(&lock.lock_arc()), 2);
    /// drop(session);
    /// assert!(!lock.is_owned());
    /// ```
    #[track_caller]
    pub fn lock_arc(self: &Arc<Self>) -> ArcRLockGuard<T> {
        self.raw.acquire();
        // SAFETY: one level was taken just now.
        unsafe { ArcRLockGuard::new(self.clone()) }
    }

    /// Takes the lock with an owning guard if no other thread owns it now.
    ///
    /// # Panics
    ///
    /// As [`lock`](Self::lock).
    #[track_caller]
    pub fn try_lock_arc(self: &Arc<Self>) -> Option<ArcRLockGuard<T>> {
        // SAFETY: one level was taken just now.
        self.raw.try_acquire().then(|| unsafe { ArcRLockGuard::new(self.clone()) })
    }

    /// Takes the lock with an owning guard, waiting at most for `timeout`; `Duration::MAX` is for
    /// ever.
    ///
    /// # Panics
    ///
    /// As [`lock`](Self::lock).
    #[track_caller]
    pub fn try_lock_arc_for(self: &Arc<Self>, timeout: Duration) -> Option<ArcRLockGuard<T>> {
        // SAFETY: one level was taken just now.
        self.raw
            .acquire_by(|| Deadline::after(timeout))
            .then(|| unsafe { ArcRLockGuard::new(self.clone()) })
    }

    /// Takes the lock with an owning guard, waiting at most until `moment`.
    ///
    /// # Panics
    ///
    /// As [`lock`](Self::lock).
    #[track_caller]
    pub fn try_lock_arc_until(self: &Arc<Self>, moment: Instant) -> Option<ArcRLockGuard<T>> {
        // SAFETY: one level was taken just now.
        self.raw
            .acquire_by(|| Deadline::at(moment))
            .then(|| unsafe { ArcRLockGuard::new(self.clone()) })
    }

    /// Tells whether any thread owns the lock at this moment.
    pub fn is_locked(&self) -> bool {
        self.raw.is_locked()
    }

    /// Tells whether the calling thread owns the lock.
    pub fn is_owned(&self) -> bool {
        self.raw.depth() != 0
    }

    /// Returns how often the calling thread has taken the lock: 0 if it does not own it.
    pub fn depth(&self) -> u32 {
        self.raw.depth()
    }

    /// Returns the value behind an exclusive reference, which needs no locking.
    pub fn get_mut(&mut self) -> &mut T {
        self.data.get_mut()
    }
}

impl<T: Default> Default for RLock<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for RLock<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

/// Never waits: a value that another thread owns is shown as `<locked>`. It tries for the lock, as
/// [`try_lock`](RLock::try_lock) does, with all that this means for whom the lock is biased to.
impl<T: ?Sized + fmt::Debug> fmt::Debug for RLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.try_lock() {
            Some(guard) => f.debug_struct("RLock").field("data", &&*guard).finish(),
            None => f.debug_struct("RLock").field("data", &format_args!("<locked>")).finish(),
        }
    }
}
