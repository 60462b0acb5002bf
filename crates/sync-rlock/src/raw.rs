//! The state machine of the re-entrant lock: a bias, an ordinary lock, who owns that, and how often.
//!
//! | bias holds | owner | nested | meaning                                              |
//! |------------|-------|--------|------------------------------------------------------|
//! | nothing    | 0     | 0      | nobody owns the lock; the inner lock may be held by a thread that is about to |
//! | n ≥ 1 levels | 0   | 0      | the first owner has taken it n times; the inner lock may be held by a thread that waits for it |
//! | nothing    | id    | n      | that thread has taken it n + 1 times, in the ordinary way |
//!
//! The bias is in `bias.rs`, with the proof that it and the ordinary way exclude each other.
//!
//! # Invariants
//!
//! 1. `owner` and `nested` are written by the holder of the inner lock alone, once the bias is over.
//! 2. `owner` is cleared, and `nested` is none, before the inner lock is released.
//! 3. Ids are never reused, so a thread finds its own id there only if it put it there itself and has
//!    not taken it away: then it holds the inner lock.
//! 4. Whoever owns the lock does so by the bias if `owner` is `NOBODY`, and in the ordinary way otherwise.
//!
//! # Memory ordering
//!
//! Relaxed throughout. By invariant 3 a thread acts on `owner` only if the value is its own, which it
//! reads in its own program order; any other value, however stale, says "not mine". `nested` is read
//! by the owner alone. That, and what the lock protects, is ordered by the inner lock and by the bias.

mod release;

use std::error::Error;
use std::fmt;

use sync_core::atomic::Ordering::Relaxed;
use sync_core::atomic::{AtomicU32, AtomicU64, OnlyWriter};
use sync_core::thread;
use sync_core::time::{Deadline, Duration, Instant};
use sync_lock::RawLock;
use sync_lock::wait::Wakeup;

use crate::bias::{Bias, Word};

/// Stands for no owner; no thread has this id.
pub(crate) const NOBODY: u64 = 0;

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
    bias: Bias,
    /// Who goes the ordinary way takes this first. Held while the bias is being revoked, too.
    inner: RawLock,
    /// The id of the thread that owns the lock in the ordinary way, or `NOBODY`.
    owner: AtomicU64,
    /// How often that thread has taken it, beyond the first time. Written and read by the owner.
    nested: AtomicU32,
}

impl RawRLock {
    sync_core::const_on_hardware! {
        /// Creates a lock that nobody owns.
        pub fn new() -> Self {
            Self {
                bias: Bias::new(),
                inner: RawLock::new(),
                owner: AtomicU64::new(NOBODY),
                nested: AtomicU32::new(0),
            }
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
        let (me, word) = self.look();
        if !self.take_by_bias(me, word, 1) {
            self.acquire_unbiased(me, word);
        }
    }

    /// Takes the lock if no other thread owns it now; tells whether it did.
    ///
    /// It may also say no while another thread is just trying: of two that try at once for a lock that nobody has
    /// taken yet, both may be told no.
    ///
    /// # Panics
    ///
    /// As [`acquire`](Self::acquire).
    #[inline]
    #[track_caller]
    #[must_use = "the lock is only taken if this says so"]
    pub fn try_acquire(&self) -> bool {
        let (me, word) = self.look();
        self.take_by_bias(me, word, 1) || self.try_unbiased(me, word)
    }

    /// Takes the lock, waiting at most for `timeout`; `Duration::MAX` is for ever.
    ///
    /// # Panics
    ///
    /// As [`acquire`](Self::acquire).
    #[track_caller]
    #[must_use = "the lock is only taken if this says so"]
    pub fn try_acquire_for(&self, timeout: Duration) -> bool {
        let (me, word) = self.look();
        self.take_at_once(me, word, 1) || self.take_by(me, word, 1, Deadline::after(timeout))
    }

    /// Takes the lock, waiting at most until `moment`.
    ///
    /// # Panics
    ///
    /// As [`acquire`](Self::acquire).
    #[track_caller]
    #[must_use = "the lock is only taken if this says so"]
    pub fn try_acquire_until(&self, moment: Instant) -> bool {
        let (me, word) = self.look();
        self.take_at_once(me, word, 1) || self.take_by(me, word, 1, Deadline::at(moment))
    }

    /// Gives back one level; the last one lets the other threads in.
    ///
    /// The lock is looked at once more after that. Unsafe code that frees locks by a count under
    /// them is wrong for that reason, as [`RawLock::unlock`] says; it goes for
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
        unsafe { self.release_one() };
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
        unsafe { self.release_one_fair() };
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
        unsafe { self.bump_if_outermost() };
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
        !self.bias.holds_nothing() || self.inner.is_locked()
    }

    /// Tells whether the calling thread owns the lock.
    #[inline]
    pub fn is_owned(&self) -> bool {
        self.depth() != 0
    }

    /// Returns how often the calling thread has taken the lock: 0 if it does not own it.
    #[inline]
    pub fn depth(&self) -> u32 {
        let me = thread::current_id().get();
        match self.bias.levels_of(me) {
            0 if self.owner.load(Relaxed) == me => self.ordinary_levels(),
            levels => levels,
        }
    }

    /// The inner lock, once everybody who does not own the lock takes the ordinary way, which is for ever.
    pub(crate) fn inner_for_all(&self) -> Option<&RawLock> {
        let is_for_all =
            self.bias.word().is_settled() || sync_core::mutant!("rlock-moved-too-early");
        is_for_all.then_some(&self.inner)
    }

    /// Takes so many levels, after having waited for a condition.
    #[track_caller]
    pub(crate) fn acquire_after(&self, wakeup: Wakeup, levels: u32) {
        debug_assert!(!self.is_owned(), "nothing runs between giving all back and this");
        if wakeup == Wakeup::ToLock {
            self.acquire_levels(levels);
        } else {
            // It was in the queue of the inner lock, so the bias had ended when it began to wait; and it has
            // given up all levels that it had by it.
            self.inner.lock_after(wakeup);
            let levels = if sync_core::mutant!("rlock-moved-with-one-level") { 1 } else { levels };
            self.sign(thread::current_id().get(), levels);
        }
    }

    /// Takes so many levels more.
    #[track_caller]
    pub(crate) fn acquire_levels(&self, levels: u32) {
        let (me, word) = self.look();
        if !self.take_at_once(me, word, levels) {
            self.acquire_slowly(me, word, levels);
        }
    }
}

/// Taking.
impl RawRLock {
    #[inline]
    fn look(&self) -> (u64, Word) {
        (thread::current_id().get(), self.bias.word())
    }

    /// What takes no time, by whichever way `word` says.
    #[inline]
    #[track_caller]
    fn take_at_once(&self, me: u64, word: Word, levels: u32) -> bool {
        self.take_by_bias(me, word, levels) || self.take_settled(me, word, levels)
    }

    #[inline(always)]
    #[track_caller]
    fn take_by_bias(&self, me: u64, word: Word, levels: u32) -> bool {
        let is_mine = word.is_still_of(me)
            || word.is_of(me) && sync_core::mutant!("rlock-bias-taken-though-settled");
        is_mine && self.bias.take(levels)
    }

    /// Not inlined into the caller, as all but the bias: what is small there fits in where it is called.
    #[inline(never)]
    #[track_caller]
    fn acquire_unbiased(&self, me: u64, word: Word) {
        if !self.take_settled(me, word, 1) {
            self.acquire_slowly(me, word, 1);
        }
    }

    /// The ordinary way where there is nothing to revoke: once more, or for the first time if nobody is in.
    #[inline]
    #[track_caller]
    fn take_settled(&self, me: u64, word: Word, levels: u32) -> bool {
        if !word.is_settled() {
            return false;
        }
        if self.owner.load(Relaxed) == me {
            let levels = more_levels(self.ordinary_levels(), levels);
            self.nested.store_by_only_writer(levels - 1, Relaxed);
            return true;
        }
        let is_ours = self.bias.holds_nothing() && self.inner.try_lock();
        if is_ours {
            self.sign(me, levels);
        }
        is_ours
    }

    #[inline(never)]
    #[track_caller]
    fn try_unbiased(&self, me: u64, word: Word) -> bool {
        // To revoke a bias that is in use would be safe, but cost a fence for nothing.
        let try_inner = || self.bias.holds_nothing() && self.inner.try_lock();
        self.take_settled(me, word, 1) || self.take_slowly(me, word, 1, try_inner, Deadline::PAST)
    }

    #[inline(never)]
    #[track_caller]
    fn acquire_slowly(&self, me: u64, word: Word, levels: u32) {
        let taken = self.take_by(me, word, levels, Deadline::NEVER);
        debug_assert!(taken, "a wait without a deadline ends with the lock");
    }

    #[inline]
    #[track_caller]
    fn take_by(&self, me: u64, word: Word, levels: u32, deadline: Deadline) -> bool {
        let patience =
            if sync_core::mutant!("rlock-has-all-the-time") { Deadline::NEVER } else { deadline };
        self.take_slowly(me, word, levels, || self.inner.lock_by(patience), deadline)
    }

    /// What [`take_at_once`](Self::take_at_once) leaves: the very first level of all, the end of the bias
    /// as its first owner sees it, and the ordinary way with all the waiting.
    ///
    /// `word` is what led here, and the calling thread does not own the lock in the ordinary way.
    #[cold]
    #[track_caller]
    fn take_slowly(
        &self,
        me: u64,
        word: Word,
        levels: u32,
        take_inner: impl FnOnce() -> bool,
        deadline: Deadline,
    ) -> bool {
        let is_first = word.is_nobodys() && self.bias.become_first_owner(me);
        is_first && self.bias.take(levels)
            || (is_first || word.is_of(me)) && self.bias.take_late(word, levels)
            || take_inner() && self.own(me, levels, deadline)
    }

    /// Waits for the end of the bias, with the inner lock just taken; `false` and without the inner lock if
    /// the deadline came first.
    #[track_caller]
    fn own(&self, me: u64, levels: u32, deadline: Deadline) -> bool {
        let is_ours = self.bias.is_over() || self.bias.revoke(deadline);
        if is_ours {
            self.sign(me, levels);
        } else if !sync_core::mutant!("rlock-bias-revoker-leaves-with-the-lock") {
            // SAFETY: the caller has just taken it, and does not own the whole.
            unsafe { self.inner.unlock() };
        }
        is_ours
    }

    /// How often the calling thread has taken the lock, which it owns in the ordinary way.
    #[inline]
    fn ordinary_levels(&self) -> u32 {
        self.nested.load(Relaxed) + 1
    }

    /// Signs the inner lock as ours.
    #[inline]
    #[track_caller]
    fn sign(&self, me: u64, levels: u32) {
        if !sync_core::mutant!("rlock-owner-never-set") {
            self.owner.store_by_only_writer(me, Relaxed);
        }
        if levels > 1 {
            self.nested.store_by_only_writer(levels - 1, Relaxed);
        }
        self.bias.witness.touch();
    }
}

/// How many levels a thread has with so many more; checked before anything changes.
///
/// # Panics
///
/// If that is more than can be counted.
#[inline]
#[track_caller]
pub(crate) fn more_levels(levels: u32, more: u32) -> u32 {
    levels.checked_add(more).unwrap_or_else(|| too_deep(levels))
}

#[cold]
#[inline(never)]
#[track_caller]
fn too_deep(levels: u32) -> ! {
    panic!("this thread has taken the RLock {levels} times, which is the most it can")
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

    fn fills_up_and_is_refused_one_more(lock: &RawRLock) {
        lock.acquire_levels(u32::MAX);
        let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| lock.acquire()));
        let text = *refused.unwrap_err().downcast::<String>().unwrap();
        assert!(text.contains("4294967295 times"), "{text}");
        assert_eq!(lock.depth(), u32::MAX);
        assert_eq!(lock.release_all(), Ok(u32::MAX));
        assert!(!lock.is_locked());
    }

    #[test]
    fn the_deepest_level_is_refused_before_anything_changes() {
        let lock = RawRLock::new();
        fills_up_and_is_refused_one_more(&lock);
        std::thread::scope(|s| s.spawn(|| fills_up_and_is_refused_one_more(&lock)).join().unwrap());
        fills_up_and_is_refused_one_more(&lock);
    }

    /// The first owner finds out that others want the lock as it takes one level too many.
    #[test]
    fn the_deepest_level_is_refused_though_the_bias_was_revoked() {
        let lock = RawRLock::new();
        lock.acquire_levels(u32::MAX);
        let got = std::thread::scope(|s| {
            s.spawn(|| lock.try_acquire_for(Duration::from_millis(1))).join().unwrap()
        });
        assert!(!got);
        let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| lock.acquire()));
        assert!(refused.is_err());
        assert_eq!(lock.release_all(), Ok(u32::MAX));
        assert!(!lock.is_locked());
    }
}
