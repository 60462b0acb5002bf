//! Letting go of the lock: by one level or by all, for any thread that comes or for the first that waits.
//!
//! The invariants are those of [`raw`](super).
//!
//! # Memory ordering
//!
//! As there: what the owner writes here it alone reads as its own, so all of it is Relaxed, and the
//! inner lock passes it on.

use sync_core::atomic::OnlyWriter;
use sync_core::atomic::Ordering::Relaxed;

use super::RLock;
use super::bias::NOBODY;

impl RLock {
    /// Gives back one level.
    ///
    /// # Safety
    ///
    /// The calling thread owns the lock.
    #[inline]
    #[track_caller]
    pub(crate) unsafe fn release_one(&self) {
        if self.is_biased() {
            self.bias.give_back(1);
        } else {
            self.release_ordinary();
        }
    }

    /// Gives back one level; the last one goes to the first waiting thread.
    ///
    /// # Safety
    ///
    /// The calling thread owns the lock.
    #[track_caller]
    pub(crate) unsafe fn release_one_fair(&self) {
        if self.is_biased() && !sync_core::mutant!("rlock-fair-release-forgets-the-bias") {
            // The one that revokes has the inner lock already, so nobody comes before it.
            self.bias.give_back(1);
        } else if self.ordinary_levels() > 1 {
            self.release_ordinary();
        } else {
            self.let_go(true);
        }
    }

    /// Lets the first waiting thread have its turn, unless the calling thread has other levels.
    ///
    /// # Safety
    ///
    /// The calling thread owns the lock.
    #[track_caller]
    pub(crate) unsafe fn bump_if_outermost(&self) {
        if self.depth() > 1 {
            return;
        }
        if !self.is_biased() {
            self.bump_ordinary();
        } else if self.bias.is_revoked() && !sync_core::mutant!("rlock-bump-keeps-the-bias") {
            self.bias.give_back(1);
            // In the ordinary way by now, and so behind the one that revokes.
            self.acquire();
        }
    }

    /// Gives back all levels at once and returns how many there were, if any.
    #[track_caller]
    pub(crate) fn release_all(&self) -> Option<u32> {
        let depth = self.depth();
        if depth == 0 {
            return None;
        }
        if self.is_biased() {
            self.bias.give_back(depth);
        } else {
            if !sync_core::mutant!("rlock-gives-all-back-but-the-count") {
                self.nested.store_by_only_writer(0, Relaxed);
            }
            self.let_go(false);
        }
        Some(depth)
    }

    /// By which way the calling thread owns the lock (invariant 4).
    #[inline]
    fn is_biased(&self) -> bool {
        self.owner.load(Relaxed) == NOBODY
    }

    #[inline(never)]
    #[track_caller]
    fn release_ordinary(&self) {
        let nested = self.nested.load(Relaxed);
        if nested == 0 || sync_core::mutant!("rlock-inner-release-lets-go") {
            self.let_go(false);
        } else {
            self.nested.store_by_only_writer(nested - 1, Relaxed);
        }
    }

    /// Lets the first waiting thread have the one level that there is, and takes it again.
    #[track_caller]
    fn bump_ordinary(&self) {
        let me = self.owner.load(Relaxed);
        self.bias.witness.touch();
        // Nobody else reads it as its own, but invariant 2 is simpler without an exception.
        self.owner.store_by_only_writer(NOBODY, Relaxed);
        // SAFETY: the calling thread owns the lock, so it holds the inner one (invariant 3), and
        // does again afterwards.
        unsafe { self.inner.bump() };
        if !sync_core::mutant!("rlock-bump-comes-back-as-nobody") {
            self.sign(me, 1);
        }
    }

    /// The way out of the last level, in the order that invariant 2 demands.
    #[inline]
    #[track_caller]
    fn let_go(&self, is_fair: bool) {
        self.bias.witness.touch();
        let (kept, late) = (
            sync_core::mutant!("rlock-owner-kept"),
            sync_core::mutant!("rlock-owner-cleared-late"),
        );
        if !kept && !late {
            self.owner.store_by_only_writer(NOBODY, Relaxed);
        }
        // SAFETY: the calling thread owns the lock, so it holds the inner one (invariant 3).
        unsafe {
            if is_fair && !sync_core::mutant!("rlock-fair-release-is-not") {
                self.inner.unlock_fair();
            } else {
                self.inner.unlock();
            }
        }
        if late {
            self.owner.store_by_only_writer(NOBODY, Relaxed);
        }
    }
}
