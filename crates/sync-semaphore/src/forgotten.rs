//! Permits that are out without a guard to give them back; a semaphore without a bound never asks.
//!
//! # Memory ordering
//!
//! Only a count, so Relaxed: the permits themselves are ordered by the semaphore.

use sync_core::atomic::AtomicU32;
use sync_core::atomic::Ordering::Relaxed;

/// How many these are.
pub(crate) struct Forgotten(AtomicU32);

impl Forgotten {
    sync_core::const_on_hardware! {
        /// None.
        pub(crate) fn new() -> Self {
            Self(AtomicU32::new(0))
        }
    }

    pub(crate) fn count(&self) -> u32 {
        self.0.load(Relaxed)
    }

    /// Notes permits whose guard is gone.
    pub(crate) fn forget(&self, count: u32) {
        self.0.fetch_add(count, Relaxed);
    }

    /// Takes note back of permits about to be released; `false` if there are not so many.
    pub(crate) fn remember(&self, count: u32) -> bool {
        let fewer = |forgotten: u32| forgotten.checked_sub(count);
        if sync_core::mutant!("semaphore-remembers-in-two-steps") {
            let Some(left) = fewer(self.count()) else { return false };
            self.0.swap(left, Relaxed);
            return true;
        }
        self.0.fetch_update(Relaxed, Relaxed, fewer).is_ok()
    }
}
