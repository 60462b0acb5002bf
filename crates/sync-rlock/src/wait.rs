//! Waiting for a [`Condition`](sync_lock::Condition) with a guard of the re-entrant lock.

use std::ops::Deref;

use sync_lock::RawLock;
use sync_lock::wait::{Outermost, Waitable, Wakeup};

use crate::{ArcRLockGuard, Nested, RLockGuard, raw};

/// A guard, which stands for one level of its lock.
trait Level: Deref {
    fn raw(&self) -> &raw::RLock;
}

impl<T: ?Sized> Level for RLockGuard<'_, T> {
    fn raw(&self) -> &raw::RLock {
        &self.lock.raw
    }
}

impl<T: ?Sized> Level for ArcRLockGuard<T> {
    fn raw(&self) -> &raw::RLock {
        &self.lock.raw
    }
}

/// How every guard waits: it gives up all levels and takes as many again.
macro_rules! waits {
    () => {
        type Saved = u32;

        fn queue(&self) -> Option<&RawLock> {
            self.raw().inner_for_all()
        }

        unsafe fn release(&mut self) -> u32 {
            release_all(self.raw())
        }

        unsafe fn reacquire(&mut self, depth: u32, wakeup: Wakeup) {
            self.raw().acquire_after(wakeup, depth);
        }
    };
}

// SAFETY: `release_all` and `acquire_after` undo each other. Outer guards may be used meanwhile,
// while another thread owns the lock: both only read through `&T`, which `T: Sync` allows.
unsafe impl<T: ?Sized + Sync> Waitable for RLockGuard<'_, T> {
    waits!();
}

// SAFETY: as for `RLockGuard`. The lock lives in the `Arc` that the guard owns and that nothing
// takes out of it.
unsafe impl<T: ?Sized + Sync> Waitable for ArcRLockGuard<T> {
    waits!();
}

/// The only guard of its lock, for as long as it is borrowed.
#[derive(Debug)]
#[expect(unnameable_types, reason = "only a `Condition` asks for it")]
pub struct OnlyGuard<'g, G>(&'g mut G);

fn outermost<G: Level>(guard: &mut G) -> Result<OnlyGuard<'_, G>, Nested> {
    Nested::unless_outermost(guard.raw())?;
    Ok(OnlyGuard(guard))
}

impl<G: Level> Level for OnlyGuard<'_, G> {
    fn raw(&self) -> &raw::RLock {
        self.0.raw()
    }
}

impl<T: ?Sized> Outermost for RLockGuard<'_, T> {
    type Nested = Nested;
    type Only<'g>
        = OnlyGuard<'g, Self>
    where
        Self: 'g;

    fn outermost(&mut self) -> Result<Self::Only<'_>, Nested> {
        outermost(self)
    }
}

impl<T: ?Sized> Outermost for ArcRLockGuard<T> {
    type Nested = Nested;
    type Only<'g>
        = OnlyGuard<'g, Self>
    where
        Self: 'g;

    fn outermost(&mut self) -> Result<Self::Only<'_>, Nested> {
        outermost(self)
    }
}

impl<G: Deref> Deref for OnlyGuard<'_, G> {
    type Target = G::Target;

    fn deref(&self) -> &G::Target {
        self.0
    }
}

// SAFETY: `release_all` and `acquire_after` undo each other. There is no other guard, and this one
// is exclusively borrowed, so nobody looks at the value meanwhile without the lock.
unsafe impl<G: Level> Waitable for OnlyGuard<'_, G> {
    waits!();
}

#[track_caller]
fn release_all(lock: &raw::RLock) -> u32 {
    lock.release_all().expect("a guard stays on its owner's thread")
}
