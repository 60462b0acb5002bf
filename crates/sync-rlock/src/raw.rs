//! The state machine of the re-entrant lock: an ordinary lock, who owns it, and how often.
//!
//! | owner | depth | meaning                                              |
//! |-------|-------|------------------------------------------------------|
//! | 0     | 0     | nobody owns it; the inner lock may be held by a thread that is about to |
//! | id    | n ≥ 1 | that thread has taken it n times                     |
//!
//! # Invariants
//!
//! 1. `owner` and `depth` are written by the holder of the inner lock alone.
//! 2. `owner` is cleared before the inner lock is released.
//! 3. Ids are never reused, so a thread finds its own id there only if it put it there itself and has
//!    not taken it away: then it holds the inner lock.
//!
//! # Memory ordering
//!
//! Relaxed throughout. By invariant 3 a thread acts on `owner` only if the value is its own, which it
//! reads in its own program order; any other value, however stale, says "not mine". `depth` is read
//! by the owner alone. What the lock protects is ordered by the inner lock.

use std::error::Error;
use std::fmt;

use sync_core::atomic::Ordering::Relaxed;
use sync_core::atomic::{AtomicU32, AtomicU64, OnlyWriter};
use sync_core::thread;
use sync_core::time::{Duration, Instant};
use sync_lock::RawLock;

/// Stands for no owner; no thread has this id.
const NOBODY: u64 = 0;

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
pub struct RawRLock {
    inner: RawLock,
    /// The id of the thread that owns the lock, or `NOBODY`. Written by the inner lock's holder.
    owner: AtomicU64,
    /// How often the owner has taken it. Written and read by the owner.
    depth: AtomicU32,
}

impl RawRLock {
    sync_core::const_on_hardware! {
        /// Creates a lock that nobody owns.
        pub fn new() -> Self {
            Self { inner: RawLock::new(), owner: AtomicU64::new(NOBODY), depth: AtomicU32::new(0) }
        }
    }

    /// Takes the lock, waiting for as long as another thread owns it.
    ///
    /// # Panics
    ///
    /// If the calling thread has taken it `u32::MAX` times already; nothing changes then.
    #[inline]
    #[track_caller]
    pub fn acquire(&self) {
        if !self.taken_again() {
            self.inner.lock();
            self.own(1);
        }
    }

    /// Takes the lock if no other thread owns it now; tells whether it did.
    ///
    /// # Panics
    ///
    /// As [`acquire`](Self::acquire).
    #[inline]
    #[track_caller]
    #[must_use = "the lock is only taken if this says so"]
    pub fn try_acquire(&self) -> bool {
        self.taken_again() || self.own_if(self.inner.try_lock())
    }

    /// Takes the lock, waiting at most for `timeout`; `Duration::MAX` is for ever.
    ///
    /// # Panics
    ///
    /// As [`acquire`](Self::acquire).
    #[track_caller]
    #[must_use = "the lock is only taken if this says so"]
    pub fn try_acquire_for(&self, timeout: Duration) -> bool {
        self.taken_again() || self.own_if(self.inner.try_lock_for(timeout))
    }

    /// Takes the lock, waiting at most until `moment`.
    ///
    /// # Panics
    ///
    /// As [`acquire`](Self::acquire).
    #[track_caller]
    #[must_use = "the lock is only taken if this says so"]
    pub fn try_acquire_until(&self, moment: Instant) -> bool {
        self.taken_again() || self.own_if(self.inner.try_lock_until(moment))
    }

    /// Gives back one level; the last one lets the other threads in.
    ///
    /// # Errors
    ///
    /// If the calling thread does not own the lock; nothing changes then.
    #[inline]
    #[track_caller]
    pub fn release(&self) -> Result<(), NotOwner> {
        if !self.is_owned() && !sync_core::mutant!("rlock-anybody-releases") {
            return Err(NotOwner(()));
        }
        let depth = self.depth.load(Relaxed) - 1;
        self.depth.store_by_only_writer(depth, Relaxed);
        if depth == 0 || sync_core::mutant!("rlock-inner-release-lets-go") {
            self.let_go();
        }
        Ok(())
    }

    /// Tells whether any thread owns the lock at this moment.
    #[inline]
    pub fn is_locked(&self) -> bool {
        self.inner.is_locked()
    }

    /// Tells whether the calling thread owns the lock.
    #[inline]
    pub fn is_owned(&self) -> bool {
        self.owner.load(Relaxed) == thread::current_id().get()
    }

    /// Returns how often the calling thread has taken the lock: 0 if it does not own it.
    #[inline]
    pub fn depth(&self) -> u32 {
        if self.is_owned() { self.depth.load(Relaxed) } else { 0 }
    }

    /// Gives back all levels at once and returns how many there were.
    #[track_caller]
    pub(crate) fn release_all(&self) -> Result<u32, NotOwner> {
        let depth = self.depth();
        if depth == 0 {
            return Err(NotOwner(()));
        }
        self.depth.store_by_only_writer(0, Relaxed);
        self.let_go();
        Ok(depth)
    }

    /// Waits for the lock and takes it `depth` times.
    #[track_caller]
    pub(crate) fn acquire_all(&self, depth: u32) {
        debug_assert!(!self.is_owned(), "nothing runs between giving all back and this");
        self.inner.lock();
        self.own(depth);
    }

    /// One level more, if the calling thread owns the lock already; checked before anything changes.
    #[inline]
    #[track_caller]
    fn taken_again(&self) -> bool {
        if !self.is_owned() {
            return false;
        }
        let Some(depth) = self.depth.load(Relaxed).checked_add(1) else {
            panic!("this thread has taken the RLock {} times, which is the most it can", u32::MAX);
        };
        self.depth.store_by_only_writer(depth, Relaxed);
        true
    }

    #[inline]
    fn own_if(&self, taken: bool) -> bool {
        if taken {
            self.own(1);
        }
        taken
    }

    /// Signs the inner lock, just taken, as ours.
    #[inline]
    fn own(&self, depth: u32) {
        if !sync_core::mutant!("rlock-owner-never-set") {
            self.owner.store_by_only_writer(thread::current_id().get(), Relaxed);
        }
        self.depth.store_by_only_writer(depth, Relaxed);
    }

    /// The way out of the last level, in the order that invariant 2 demands.
    #[inline]
    #[track_caller]
    fn let_go(&self) {
        let (kept, late) = (
            sync_core::mutant!("rlock-owner-kept"),
            sync_core::mutant!("rlock-owner-cleared-late"),
        );
        if !kept && !late {
            self.owner.store_by_only_writer(NOBODY, Relaxed);
        }
        // SAFETY: the calling thread owns the lock, so it holds the inner one (invariant 3).
        unsafe { self.inner.unlock() };
        if late {
            self.owner.store_by_only_writer(NOBODY, Relaxed);
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deepest_level_is_refused_before_anything_changes() {
        let lock = RawRLock::new();
        lock.acquire();
        lock.depth.store_by_only_writer(u32::MAX, Relaxed);
        let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| lock.acquire()));
        let text = *refused.unwrap_err().downcast::<String>().unwrap();
        assert!(text.contains("4294967295 times"), "{text}");
        assert_eq!(lock.depth(), u32::MAX);
        assert!(lock.is_owned());
        lock.depth.store_by_only_writer(1, Relaxed);
        assert_eq!(lock.release(), Ok(()));
    }
}
