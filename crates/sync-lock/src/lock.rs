//! The lock with its data inside.

use std::fmt;
use std::sync::Arc;

use sync_core::cell::UnsafeCell;
use sync_core::time::{Duration, Instant};

use crate::{ArcLockGuard, LockGuard, RawLock};

/// A lock around a value: whoever holds it has the value to itself.
///
/// The counterpart of Python's `threading.Lock` and of [`std::sync::Mutex`], without poisoning: when a
/// holder panics, the lock is released, and the value is as the panic left it.
///
/// Taking it a second time in the same thread waits for ever, as in Python; `RLock` of the crate
/// `sync-rlock` is for that. A guard may be sent to another thread and released there.
///
/// Not for a `#[global_allocator]`: a thread that waits for the lock may allocate, and would come
/// back to it until its stack is full. Take [`std::sync::Mutex`] there, whose waiting does not
/// allocate.
///
/// # Fairness
///
/// Threads that wait are woken in the order in which they went to sleep, but a running thread may take
/// the lock before a woken one does, who then sleeps again behind the others. [`LockGuard::unlock_fair`] hands it over instead.
///
/// # Memory ordering
///
/// Releasing the lock *happens before* taking it the next time.
///
/// # Examples
///
/// ```
/// use sync_lock::Lock;
///
/// static HITS: Lock<u64> = Lock::new(0);
///
/// let threads: Vec<_> = (0..4)
///     .map(|_| std::thread::spawn(|| *HITS.lock() += 1))
///     .collect();
/// for thread in threads {
///     thread.join().unwrap();
/// }
/// assert_eq!(*HITS.lock(), 4);
/// ```
pub struct Lock<T: ?Sized> {
    pub(crate) raw: RawLock,
    pub(crate) data: UnsafeCell<T>,
}

// SAFETY: the raw lock lets one thread at a time reach the data, so sharing the lock moves access to
// a `T` between threads, which is what `T: Send` allows.
unsafe impl<T: ?Sized + Send> Sync for Lock<T> {}

impl<T> Lock<T> {
    sync_core::const_on_hardware! {
        /// Creates an unlocked lock around `value`.
        ///
        /// A constant function, so a `static` can hold a lock. Under the model checker it is not, and
        /// statics are declared with `sync_core::global!`.
        pub fn new(value: T) -> Self {
            Self { raw: RawLock::new(), data: UnsafeCell::new(value) }
        }
    }

    /// Returns the value; nobody else can hold the lock here.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(sync_lock::Lock::new(5).into_inner(), 5);
    /// ```
    pub fn into_inner(self) -> T {
        self.data.into_inner()
    }
}

impl<T: ?Sized> Lock<T> {
    /// Takes the lock, waiting for as long as it takes.
    #[inline]
    #[track_caller]
    pub fn lock(&self) -> LockGuard<'_, T> {
        self.raw.lock();
        // SAFETY: taken just now.
        unsafe { LockGuard::new(self) }
    }

    /// Takes the lock if it is free now.
    ///
    /// # Examples
    ///
    /// ```
    /// let lock = sync_lock::Lock::new(1);
    /// let guard = lock.lock();
    /// assert!(lock.try_lock().is_none());
    /// drop(guard);
    /// assert_eq!(*lock.try_lock().unwrap(), 1);
    /// ```
    #[inline]
    #[track_caller]
    pub fn try_lock(&self) -> Option<LockGuard<'_, T>> {
        // SAFETY: taken just now.
        self.raw.try_lock().then(|| unsafe { LockGuard::new(self) })
    }

    /// Takes the lock, waiting at most for `timeout`; `Duration::MAX` is for ever.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let lock = sync_lock::Lock::new(1);
    /// let guard = lock.lock();
    /// assert!(lock.try_lock_for(Duration::from_millis(1)).is_none());
    /// ```
    #[track_caller]
    pub fn try_lock_for(&self, timeout: Duration) -> Option<LockGuard<'_, T>> {
        // SAFETY: taken just now.
        self.raw.try_lock_for(timeout).then(|| unsafe { LockGuard::new(self) })
    }

    /// Takes the lock, waiting at most until `moment`.
    #[track_caller]
    pub fn try_lock_until(&self, moment: Instant) -> Option<LockGuard<'_, T>> {
        // SAFETY: taken just now.
        self.raw.try_lock_until(moment).then(|| unsafe { LockGuard::new(self) })
    }

    /// Takes the lock with a guard that shares ownership of it instead of borrowing it.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use sync_lock::Lock;
    ///
    /// let lock = Arc::new(Lock::new(String::new()));
    /// let mut guard = lock.lock_arc();
    /// std::thread::spawn(move || guard.push_str("elsewhere")).join().unwrap();
    /// assert_eq!(*lock.lock(), "elsewhere");
    /// ```
    #[track_caller]
    pub fn lock_arc(self: &Arc<Self>) -> ArcLockGuard<T> {
        self.raw.lock();
        // SAFETY: taken just now.
        unsafe { ArcLockGuard::new(self.clone()) }
    }

    /// Takes the lock with an owning guard if it is free now.
    #[track_caller]
    pub fn try_lock_arc(self: &Arc<Self>) -> Option<ArcLockGuard<T>> {
        // SAFETY: taken just now.
        self.raw.try_lock().then(|| unsafe { ArcLockGuard::new(self.clone()) })
    }

    /// Takes the lock with an owning guard, waiting at most for `timeout`; `Duration::MAX` is for ever.
    #[track_caller]
    pub fn try_lock_arc_for(self: &Arc<Self>, timeout: Duration) -> Option<ArcLockGuard<T>> {
        // SAFETY: taken just now.
        self.raw.try_lock_for(timeout).then(|| unsafe { ArcLockGuard::new(self.clone()) })
    }

    /// Takes the lock with an owning guard, waiting at most until `moment`.
    #[track_caller]
    pub fn try_lock_arc_until(self: &Arc<Self>, moment: Instant) -> Option<ArcLockGuard<T>> {
        // SAFETY: taken just now.
        self.raw.try_lock_until(moment).then(|| unsafe { ArcLockGuard::new(self.clone()) })
    }

    /// Tells whether somebody holds the lock at this moment.
    pub fn is_locked(&self) -> bool {
        self.raw.is_locked()
    }

    /// Returns the value behind an exclusive reference, which needs no locking.
    pub fn get_mut(&mut self) -> &mut T {
        self.data.get_mut()
    }
}

impl<T: Default> Default for Lock<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for Lock<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

/// Never waits: a value that somebody holds is shown as `<locked>`.
impl<T: ?Sized + fmt::Debug> fmt::Debug for Lock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.try_lock() {
            Some(guard) => f.debug_struct("Lock").field("data", &&*guard).finish(),
            None => f.debug_struct("Lock").field("data", &format_args!("<locked>")).finish(),
        }
    }
}
