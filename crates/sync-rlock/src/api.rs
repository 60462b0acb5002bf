//! What the re-entrant mutex of [`lock_api`] needs beside a raw lock.

/// Names the calling thread for [`lock_api::ReentrantMutex`], with a number that no other thread
/// ever has.
///
/// Together with [`RawLock`](sync_lock::RawLock) it makes the types of `lock_api` re-entrant. Most
/// programs want [`RLock`](crate::RLock), which has a bias, and which a `Condition` can wait with.
///
/// # Examples
///
/// ```
/// use std::cell::Cell;
/// use lock_api::ReentrantMutex;
/// use sync_lock::RawLock;
/// use sync_rlock::RawThreadId;
///
/// static COUNT: ReentrantMutex<RawLock, RawThreadId, Cell<u32>> = ReentrantMutex::new(Cell::new(0));
///
/// let outer = COUNT.lock();
/// let inner = COUNT.lock();
/// inner.set(inner.get() + 1);
/// assert_eq!(outer.get(), 1);
/// std::thread::scope(|s| {
///     s.spawn(|| assert!(COUNT.try_lock().is_none()));
/// });
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RawThreadId;

sync_core::hardware_only! {
    use std::num::NonZeroUsize;

    // SAFETY: a thread has one number all its life, and numbers are never reused. Where a pointer
    // has fewer bits than the number, a thread whose number does not fit gets a panic and none at
    // all.
    unsafe impl lock_api::GetThreadId for RawThreadId {
        const INIT: Self = Self;

        #[inline]
        fn nonzero_thread_id(&self) -> NonZeroUsize {
            let id = usize::try_from(sync_core::thread::current_id().get());
            let id = id.ok().and_then(NonZeroUsize::new);
            id.expect("the numbers of threads fit in a pointer")
        }
    }
}
