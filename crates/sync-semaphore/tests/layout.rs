//! Sizes, and what may be sent to or shared with another thread.
#![cfg(not(all(any(loom, threadkit_loom), feature = "loom")))]

use static_assertions::{assert_eq_size, assert_impl_all, const_assert};
use sync_semaphore::{
    BoundedSemaphore, Fifo, Greedy, MergeError, OverRelease, OwnedPermit, Permit, Semaphore,
    TooMany,
};

assert_impl_all!(Semaphore: Send, Sync, Unpin, std::panic::UnwindSafe, std::panic::RefUnwindSafe);
assert_impl_all!(Semaphore<Greedy>: Send, Sync);
assert_impl_all!(BoundedSemaphore<Fifo>: Send, Sync);
assert_impl_all!(BoundedSemaphore<Greedy>: Send, Sync);
assert_impl_all!(Permit<'static>: Send, Sync);
assert_impl_all!(OwnedPermit<Semaphore>: Send, Sync);
assert_impl_all!(OwnedPermit<BoundedSemaphore<Greedy>>: Send, Sync);
assert_impl_all!(TooMany: std::error::Error, Send, Sync);
assert_impl_all!(OverRelease: std::error::Error, Send, Sync);
assert_impl_all!(MergeError<Permit<'static>>: std::error::Error, Send, Sync);
assert_impl_all!(MergeError<OwnedPermit<Semaphore>>: std::error::Error, Send, Sync);

assert_eq_size!(Semaphore, Semaphore<Greedy>, [u64; 2]);
assert_eq_size!(BoundedSemaphore, BoundedSemaphore<Greedy>, [u64; 3]);
assert_eq_size!(Permit<'static>, OwnedPermit<Semaphore>, [usize; 2]);
const_assert!(size_of::<Option<Permit<'static>>>() == size_of::<Permit<'static>>());

/// The queue is found by the word's address, so neighbours must not share one.
#[test]
fn neighbours_have_queues_of_their_own() {
    let [left, right] = [Semaphore::new(0), Semaphore::new(0)];
    std::thread::scope(|s| {
        s.spawn(|| left.acquire().forget());
        s.spawn(|| right.acquire().forget());
        while left.waiters() + right.waiters() < 2 {
            std::thread::yield_now();
        }
        left.release(1);
        while left.waiters() > 0 {
            std::thread::yield_now();
        }
        assert_eq!(right.waiters(), 1);
        right.release(1);
    });
}
