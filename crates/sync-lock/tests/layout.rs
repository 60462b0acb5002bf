//! Sizes, and which types may be sent to or shared with another thread.
#![cfg(not(all(any(loom, threadkit_loom), feature = "loom")))]

use std::cell::Cell;
use std::rc::Rc;

use static_assertions::{assert_impl_all, assert_not_impl_any};
use sync_lock::{
    ArcLockGuard, Barrier, BrokenBarrier, Condition, Event, Lock, LockGuard, MappedLockGuard,
    RawLock,
};

#[test]
fn a_lock_is_three_bytes_beside_its_value() {
    assert_eq!(size_of::<RawLock>(), 3);
    assert_eq!(size_of::<Condition>(), size_of::<usize>());
    assert_eq!(size_of::<Event>(), 1);
    assert_eq!(size_of::<Lock<u8>>(), 4);
    assert_eq!(size_of::<LockGuard<'_, u64>>(), size_of::<usize>());
}

/// `Cell` may be sent but not shared, a locked guard of std shared but not sent, `Rc` neither.
type Sendable = Cell<u8>;
type Shareable = std::sync::MutexGuard<'static, u8>;
type Neither = Rc<u8>;

assert_impl_all!(RawLock: Send, Sync);
assert_impl_all!(Condition: Send, Sync);
assert_impl_all!(Event: Send, Sync);
assert_impl_all!(Barrier: Send, Sync);
assert_impl_all!(BrokenBarrier: std::error::Error, Send, Sync);

assert_impl_all!(Lock<Sendable>: Send, Sync);
assert_not_impl_any!(Lock<Shareable>: Send, Sync);
assert_not_impl_any!(Lock<Neither>: Send, Sync);

assert_impl_all!(LockGuard<'static, u8>: Send, Sync);
assert_impl_all!(LockGuard<'static, Sendable>: Send);
assert_not_impl_any!(LockGuard<'static, Sendable>: Sync);
assert_impl_all!(LockGuard<'static, Shareable>: Sync);
assert_not_impl_any!(LockGuard<'static, Shareable>: Send);
assert_not_impl_any!(LockGuard<'static, Neither>: Send, Sync);

assert_impl_all!(MappedLockGuard<'static, u8>: Send, Sync);
assert_impl_all!(MappedLockGuard<'static, Sendable>: Send);
assert_not_impl_any!(MappedLockGuard<'static, Sendable>: Sync);
assert_impl_all!(MappedLockGuard<'static, Shareable>: Sync);
assert_not_impl_any!(MappedLockGuard<'static, Shareable>: Send);
assert_not_impl_any!(MappedLockGuard<'static, Neither>: Send, Sync);

// Sharing an owning guard could share the lock's last owner, so it asks for both.
assert_impl_all!(ArcLockGuard<u8>: Send, Sync);
assert_impl_all!(ArcLockGuard<Sendable>: Send);
assert_not_impl_any!(ArcLockGuard<Sendable>: Sync);
assert_not_impl_any!(ArcLockGuard<Shareable>: Send, Sync);
assert_not_impl_any!(ArcLockGuard<Neither>: Send, Sync);
