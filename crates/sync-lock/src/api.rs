//! The traits of [`lock_api`] 0.5, so that types that are generic over a raw mutex can use this one.

sync_core::hardware_only! {
    use sync_core::time::{Duration, Instant};

    use crate::RawLock;

    // SAFETY: invariant 1 of the lock excludes two holders; Acquire and Release as the trait demands; a
    // lock may be moved or dropped while held, since nobody can be in its queue then.
    unsafe impl lock_api::RawMutex for RawLock {
        const INIT: Self = Self::new();

        type Guard = lock_api::GuardSend;

        #[inline]
        fn lock(&self) -> Self::Guard {
            self.lock();
            lock_api::GuardSend::new()
        }

        #[inline]
        fn try_lock(&self) -> Option<Self::Guard> {
            self.try_lock().then(lock_api::GuardSend::new)
        }

        #[inline]
        unsafe fn unlock(&self, _guard: Self::Guard) {
            // SAFETY: the caller's.
            unsafe { self.unlock() };
        }

        #[inline]
        fn is_locked(&self) -> bool {
            self.is_locked()
        }
    }

    // SAFETY: as above; a failed attempt does not return before its time.
    unsafe impl lock_api::RawMutexTimed for RawLock {
        type Duration = Duration;
        type Instant = Instant;

        fn try_lock_for(&self, timeout: Duration) -> Option<Self::Guard> {
            self.try_lock_for(timeout).then(lock_api::GuardSend::new)
        }

        fn try_lock_until(&self, moment: Instant) -> Option<Self::Guard> {
            self.try_lock_until(moment).then(lock_api::GuardSend::new)
        }
    }

    // SAFETY: as above; a hand-over leaves the lock taken for its new holder.
    unsafe impl lock_api::RawMutexFair for RawLock {
        #[inline]
        unsafe fn unlock_fair(&self, _guard: Self::Guard) {
            // SAFETY: the caller's.
            unsafe { self.unlock_fair() };
        }

        #[inline]
        unsafe fn bump(&self, _guard: &mut Self::Guard) {
            // SAFETY: the caller's; the guard state carries nothing.
            unsafe { self.bump() };
        }
    }
}
