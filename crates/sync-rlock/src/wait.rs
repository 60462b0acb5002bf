//! Waiting for a [`Condition`](sync_lock::Condition) with a guard of the re-entrant lock.

use std::ops::Deref;

use sync_lock::RawLock;
use sync_lock::wait::{Outermost, Waitable, Wakeup};

use crate::{Nested, RLockGuard, RawRLock};

// SAFETY: `release_all` and `acquire_after` undo each other. Outer guards may be used meanwhile, while
// another thread owns the lock: both only read through `&T`, which `T: Sync` allows.
unsafe impl<T: ?Sized + Sync> Waitable for RLockGuard<'_, T> {
    type Saved = u32;

    fn queue(&self) -> Option<&RawLock> {
        self.lock.raw.inner_for_all()
    }

    unsafe fn release(&mut self) -> u32 {
        release_all(&self.lock.raw)
    }

    unsafe fn reacquire(&mut self, depth: u32, wakeup: Wakeup) {
        self.lock.raw.acquire_after(wakeup, depth);
    }
}

/// The only guard of its lock, for as long as it is borrowed.
#[derive(Debug)]
#[expect(unnameable_types, reason = "only a `Condition` asks for it")]
pub struct OnlyGuard<'g, 'a, T: ?Sized>(&'g mut RLockGuard<'a, T>);

impl<'a, T: ?Sized> Outermost for RLockGuard<'a, T> {
    type Nested = Nested;
    type Only<'g>
        = OnlyGuard<'g, 'a, T>
    where
        Self: 'g;

    fn outermost(&mut self) -> Result<Self::Only<'_>, Nested> {
        Nested::unless_outermost(self)?;
        Ok(OnlyGuard(self))
    }
}

impl<T: ?Sized> Deref for OnlyGuard<'_, '_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0
    }
}

// SAFETY: `release_all` and `acquire_after` undo each other. There is no other guard, and this one is
// exclusively borrowed, so nobody looks at the value meanwhile without the lock.
unsafe impl<T: ?Sized> Waitable for OnlyGuard<'_, '_, T> {
    type Saved = u32;

    fn queue(&self) -> Option<&RawLock> {
        self.0.lock.raw.inner_for_all()
    }

    unsafe fn release(&mut self) -> u32 {
        release_all(&self.0.lock.raw)
    }

    unsafe fn reacquire(&mut self, depth: u32, wakeup: Wakeup) {
        self.0.lock.raw.acquire_after(wakeup, depth);
    }
}

#[track_caller]
fn release_all(lock: &RawRLock) -> u32 {
    lock.release_all().expect("a guard stays on its owner's thread")
}
