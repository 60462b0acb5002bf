//! What a re-entrant lock promises.
//!
//! What an ordinary lock does, but the owner takes it as often as it likes, and gives it back with the last level. What
//! the owner does in between is seen by nobody else.
//!
//! Two that try at once, without waiting, may both be told no though nobody has the lock.
//!
//! # Memory ordering
//!
//! That of the ordinary lock. How many try is a matter of Relaxed steps.

use sync_core::atomic::AtomicUsize;
use sync_core::atomic::Ordering::Relaxed;
use sync_core::contract::Plain;
use sync_core::thread::{self, ThreadId};
use sync_core::time::Deadline;
use sync_lock::RawLock;
use sync_lock::wait::Wakeup;

use crate::levels::more_levels;

pub(crate) struct RLock {
    inner: RawLock,
    owner: Plain<Option<Owner>>,
    /// How many try for the lock without waiting.
    trying: AtomicUsize,
}

#[derive(Debug, Clone, Copy)]
struct Owner {
    id: ThreadId,
    levels: u32,
}

impl RLock {
    pub(crate) fn new() -> Self {
        Self { inner: RawLock::new(), owner: Plain::new(None), trying: AtomicUsize::new(0) }
    }

    /// How often the calling thread has taken the lock.
    pub(crate) fn depth(&self) -> u32 {
        let me = thread::current_id();
        self.owner.with(|owner| owner.filter(|owner| owner.id == me).map_or(0, |it| it.levels))
    }

    /// Takes so many levels more, the first of them by `take`.
    #[track_caller]
    fn take(&self, more: u32, take: impl FnOnce(&RawLock) -> bool) -> bool {
        let levels = more_levels(self.depth(), more);
        let is_first = levels == more;
        if is_first && !take(&self.inner) {
            return false;
        }
        let id = thread::current_id();
        self.owner.with(|owner| *owner = Some(Owner { id, levels }));
        true
    }

    #[track_caller]
    pub(crate) fn acquire(&self) {
        self.acquire_levels(1);
    }

    #[track_caller]
    pub(crate) fn acquire_levels(&self, levels: u32) {
        self.take(levels, |inner| inner.lock_by(Deadline::NEVER));
    }

    #[track_caller]
    pub(crate) fn acquire_after(&self, _wakeup: Wakeup, levels: u32) {
        self.acquire_levels(levels);
    }

    #[track_caller]
    pub(crate) fn acquire_by(&self, deadline: impl FnOnce() -> Deadline) -> bool {
        self.take(1, |inner| inner.lock_by(deadline()))
    }

    #[track_caller]
    pub(crate) fn try_acquire(&self) -> bool {
        self.take(1, |inner| {
            self.trying.fetch_add(1, Relaxed);
            let is_alone = self.trying.fetch_add(0, Relaxed) == 1
                || sync_core::mutant!("contract-rlock-tells-one-yes");
            let taken = is_alone && inner.try_lock();
            self.trying.fetch_sub(1, Relaxed);
            taken
        })
    }

    pub(crate) fn inner_for_all(&self) -> Option<&RawLock> {
        None
    }

    #[track_caller]
    pub(crate) fn is_locked(&self) -> bool {
        self.inner.is_locked()
    }
}

/// Giving back.
impl RLock {
    /// Gives so many levels back, the last of them by `give_back`.
    #[track_caller]
    fn give_back(&self, levels: u32, give_back: impl FnOnce(&RawLock)) {
        let all = sync_core::mutant!("contract-rlock-gives-all-levels-back");
        let left = if all { 0 } else { self.depth() - levels };
        self.owner.with(|owner| owner.iter_mut().for_each(|owner| owner.levels = left));
        if left == 0 {
            give_back(&self.inner);
        }
    }

    /// # Safety
    ///
    /// The calling thread owns the lock, as for the two below.
    #[track_caller]
    pub(crate) unsafe fn release_one(&self) {
        // SAFETY: the caller owns the lock, and so it holds the inner one.
        self.give_back(1, |inner| unsafe { inner.unlock() });
    }

    /// # Safety
    ///
    /// As above.
    #[track_caller]
    pub(crate) unsafe fn release_one_fair(&self) {
        // SAFETY: as above.
        self.give_back(1, |inner| unsafe { inner.unlock_fair() });
    }

    /// # Safety
    ///
    /// As above.
    #[track_caller]
    pub(crate) unsafe fn bump_if_outermost(&self) {
        if self.depth() == 1 {
            // SAFETY: as above; it is taken again.
            self.give_back(1, |inner| unsafe { inner.bump() });
            self.take(1, |_| true);
        }
    }

    #[track_caller]
    pub(crate) fn release_all(&self) -> Option<u32> {
        let depth = self.depth();
        if depth == 0 {
            return None;
        }
        // SAFETY: as above.
        self.give_back(depth, |inner| unsafe { inner.unlock() });
        Some(depth)
    }
}
