//! The re-entrant lock without data, as others see it.

use std::error::Error;
use std::fmt;

use sync_core::time::{Deadline, Duration, Instant};

use crate::raw;

/// A re-entrant lock without data, in the manner of Python's `threading.RLock`.
///
/// Since it knows its owner, [`release`](Self::release) is a safe function: it fails when it should.
/// To protect a value, take [`RLock`](crate::RLock).
///
/// # Examples
///
/// ```
/// use sync_rlock::RawRLock;
///
/// let lock = RawRLock::new();
/// lock.acquire();
/// lock.acquire();
/// assert_eq!(lock.depth(), 2);
/// lock.release()?;
/// lock.release()?;
/// assert!(lock.release().is_err());
/// # Ok::<(), sync_rlock::NotOwner>(())
/// ```
pub struct RawRLock(raw::RLock);

impl RawRLock {
    sync_core::const_on_hardware! {
        /// Creates a lock that nobody owns.
        pub fn new() -> Self {
            Self(raw::RLock::new())
        }
    }

    /// Takes the lock, waiting for as long as another thread owns it.
    ///
    /// # Panics
    ///
    /// If the calling thread has taken it `u32::MAX` times already; nothing changes then.
    #[inline(always)]
    #[track_caller]
    pub fn acquire(&self) {
        self.0.acquire();
    }

    /// Takes the lock if no other thread owns it now; tells whether it did.
    ///
    /// It may also say no while another thread is just trying: of two that try at once, both may be told no. That
    /// happens as long as the first thread that had the lock does not know that another one wants it.
    ///
    /// # Panics
    ///
    /// As [`acquire`](Self::acquire).
    #[inline]
    #[track_caller]
    #[must_use = "the lock is only taken if this says so"]
    pub fn try_acquire(&self) -> bool {
        self.0.try_acquire()
    }

    /// Takes the lock, waiting at most for `timeout`; `Duration::MAX` is for ever.
    ///
    /// # Panics
    ///
    /// As [`acquire`](Self::acquire).
    #[track_caller]
    #[must_use = "the lock is only taken if this says so"]
    pub fn try_acquire_for(&self, timeout: Duration) -> bool {
        self.0.acquire_by(|| Deadline::after(timeout))
    }

    /// Takes the lock, waiting at most until `moment`.
    ///
    /// # Panics
    ///
    /// As [`acquire`](Self::acquire).
    #[track_caller]
    #[must_use = "the lock is only taken if this says so"]
    pub fn try_acquire_until(&self, moment: Instant) -> bool {
        self.0.acquire_by(|| Deadline::at(moment))
    }

    /// Gives back one level; the last one lets the other threads in.
    ///
    /// The lock is looked at once more after that. Unsafe code that frees locks by a count under
    /// them is wrong for that reason, as [`RawLock::unlock`](sync_lock::RawLock::unlock) says; it goes for
    /// [`release_fair`](Self::release_fair) and [`bump`](Self::bump), too.
    ///
    /// # Errors
    ///
    /// If the calling thread does not own the lock; nothing changes then.
    #[inline]
    #[track_caller]
    pub fn release(&self) -> Result<(), NotOwner> {
        self.must_be_owned()?;
        // SAFETY: that was just found.
        unsafe { self.0.release_one() };
        Ok(())
    }

    /// Gives back one level; with the last one it hands the lock to the first waiting thread, if
    /// there is one.
    ///
    /// With other levels left the calling thread keeps the lock.
    ///
    /// # Errors
    ///
    /// If the calling thread does not own the lock; nothing changes then.
    ///
    /// # Examples
    ///
    /// ```
    /// let lock = sync_rlock::RawRLock::new();
    /// lock.acquire();
    /// lock.release_fair()?;
    /// assert!(lock.release_fair().is_err());
    /// # Ok::<(), sync_rlock::NotOwner>(())
    /// ```
    #[track_caller]
    pub fn release_fair(&self) -> Result<(), NotOwner> {
        self.must_be_owned()?;
        // SAFETY: that was just found.
        unsafe { self.0.release_one_fair() };
        Ok(())
    }

    /// Lets the first waiting thread have its turn, if there is one, and takes the lock again.
    ///
    /// If the calling thread has taken the lock more than once, nothing happens: nobody else could
    /// get in.
    ///
    /// # Errors
    ///
    /// If the calling thread does not own the lock; nothing changes then.
    ///
    /// # Examples
    ///
    /// ```
    /// let lock = sync_rlock::RawRLock::new();
    /// assert!(lock.bump().is_err());
    /// lock.acquire();
    /// lock.bump()?;
    /// assert_eq!(lock.depth(), 1);
    /// # Ok::<(), sync_rlock::NotOwner>(())
    /// ```
    #[track_caller]
    pub fn bump(&self) -> Result<(), NotOwner> {
        self.must_be_owned()?;
        // SAFETY: that was just found.
        unsafe { self.0.bump_if_outermost() };
        Ok(())
    }

    #[inline]
    fn must_be_owned(&self) -> Result<(), NotOwner> {
        if self.is_owned() || sync_core::mutant!("rlock-anybody-releases") {
            Ok(())
        } else {
            Err(NotOwner(()))
        }
    }

    /// Tells whether any thread owns the lock at this moment.
    #[inline]
    pub fn is_locked(&self) -> bool {
        self.0.is_locked()
    }

    /// Tells whether the calling thread owns the lock.
    #[inline]
    pub fn is_owned(&self) -> bool {
        self.0.depth() != 0
    }

    /// Returns how often the calling thread has taken the lock: 0 if it does not own it.
    #[inline]
    pub fn depth(&self) -> u32 {
        self.0.depth()
    }
}

impl Default for RawRLock {
    fn default() -> Self {
        Self::new()
    }
}

/// Never waits; the depth is the calling thread's.
impl fmt::Debug for RawRLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawRLock")
            .field("locked", &self.is_locked())
            .field("depth", &self.depth())
            .finish()
    }
}

/// The calling thread tried to release a re-entrant lock that it does not own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotOwner(());

impl fmt::Display for NotOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this thread does not own the RLock, so it cannot release it")
    }
}

impl Error for NotOwner {}
