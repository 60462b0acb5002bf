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

mod bias;
mod release;

use sync_core::atomic::Ordering::Relaxed;
use sync_core::atomic::{AtomicU32, AtomicU64, OnlyWriter};
use sync_core::thread;
use sync_core::time::Deadline;
use sync_lock::RawLock;
use sync_lock::wait::Wakeup;

use self::bias::{Bias, NOBODY, Word};
use crate::levels::more_levels;

/// The state machine of [`RLock`](crate::RLock).
pub(crate) struct RLock {
    bias: Bias,
    /// Who goes the ordinary way takes this first. Held while the bias is being revoked, too.
    inner: RawLock,
    /// The id of the thread that owns the lock in the ordinary way, or `NOBODY`.
    owner: AtomicU64,
    /// How often that thread has taken it, beyond the first time. Written and read by the owner.
    nested: AtomicU32,
}

impl RLock {
    sync_core::const_on_hardware! {
        pub(crate) fn new() -> Self {
            Self {
                bias: Bias::new(),
                inner: RawLock::new(),
                owner: AtomicU64::new(NOBODY),
                nested: AtomicU32::new(0),
            }
        }
    }

    #[inline(always)]
    #[track_caller]
    pub(crate) fn acquire(&self) {
        let (me, word) = self.look();
        if !self.take_by_bias(me, word, 1) {
            self.acquire_unbiased(me, word);
        }
    }

    #[inline]
    #[track_caller]
    pub(crate) fn try_acquire(&self) -> bool {
        let (me, word) = self.look();
        self.take_by_bias(me, word, 1) || self.try_unbiased(me, word)
    }

    /// Takes the lock by that deadline, which is only asked for when there is something to wait for.
    #[track_caller]
    pub(crate) fn acquire_by(&self, deadline: impl FnOnce() -> Deadline) -> bool {
        let (me, word) = self.look();
        self.take_at_once(me, word, 1) || self.take_by(me, word, 1, deadline())
    }

    #[inline]
    pub(crate) fn is_locked(&self) -> bool {
        !self.bias.holds_nothing() || self.inner.is_locked()
    }

    /// How often the calling thread has taken the lock.
    #[inline]
    pub(crate) fn depth(&self) -> u32 {
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
        debug_assert!(self.depth() == 0, "nothing runs between giving all back and this");
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
impl RLock {
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

#[cfg(test)]
mod tests {
    use sync_core::time::Duration;

    use super::*;

    fn fills_up_and_is_refused_one_more(lock: &RLock) {
        lock.acquire_levels(u32::MAX);
        let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| lock.acquire()));
        let text = *refused.unwrap_err().downcast::<String>().unwrap();
        assert!(text.contains("4294967295 times"), "{text}");
        assert_eq!(lock.depth(), u32::MAX);
        assert_eq!(lock.release_all(), Some(u32::MAX));
        assert!(!lock.is_locked());
    }

    #[test]
    fn the_deepest_level_is_refused_before_anything_changes() {
        let lock = RLock::new();
        fills_up_and_is_refused_one_more(&lock);
        std::thread::scope(|s| s.spawn(|| fills_up_and_is_refused_one_more(&lock)).join().unwrap());
        fills_up_and_is_refused_one_more(&lock);
    }

    /// The first owner finds out that others want the lock as it takes one level too many.
    #[test]
    fn the_deepest_level_is_refused_though_the_bias_was_revoked() {
        let lock = RLock::new();
        lock.acquire_levels(u32::MAX);
        let got = std::thread::scope(|s| {
            s.spawn(|| lock.acquire_by(|| Deadline::after(Duration::from_millis(1))))
                .join()
                .unwrap()
        });
        assert!(!got);
        let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| lock.acquire()));
        assert!(refused.is_err());
        assert_eq!(lock.release_all(), Some(u32::MAX));
        assert!(!lock.is_locked());
    }
}
