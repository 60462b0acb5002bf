//! Sizes, and which types may be sent to or shared with another thread.
#![cfg(not(all(any(loom, threadkit_loom), feature = "loom")))]

use std::cell::Cell;
use std::error::Error;
use std::rc::Rc;

use static_assertions::{assert_impl_all, assert_not_impl_any};
use sync_rlock::{
    ArcRLockGuard, MappedRLockGuard, Nested, NotOwner, RLock, RLockGuard, RawRLock, RawThreadId,
};

#[test]
fn an_rlock_is_thirty_two_bytes_beside_its_value() {
    assert_eq!(size_of::<RawRLock>(), 32);
    assert_eq!(size_of::<RLock<u64>>(), 40);
    assert_eq!(size_of::<RLockGuard<'_, u64>>(), size_of::<usize>());
    assert_eq!(size_of::<ArcRLockGuard<u64>>(), size_of::<usize>());
    assert_eq!(size_of::<RawThreadId>(), 0);
    assert_eq!(size_of::<MappedRLockGuard<'_, u64>>(), 2 * size_of::<usize>());
}

/// `Cell` may be sent but not shared, a locked guard of std shared but not sent, `Rc` neither.
type Sendable = Cell<u8>;
type Shareable = std::sync::MutexGuard<'static, u8>;
type Neither = Rc<u8>;

assert_impl_all!(RawRLock: Send, Sync);
assert_impl_all!(RawThreadId: lock_api::GetThreadId, Send, Sync);
assert_impl_all!(NotOwner: Error, Send, Sync);
assert_impl_all!(Nested: Error, Send, Sync);

assert_impl_all!(RLock<Sendable>: Send, Sync);
assert_not_impl_any!(RLock<Shareable>: Send, Sync);
assert_not_impl_any!(RLock<Neither>: Send, Sync);

// A level is given back by the thread that took it, so no guard ever leaves its thread.
assert_not_impl_any!(RLockGuard<'static, u8>: Send);
assert_impl_all!(RLockGuard<'static, u8>: Sync);
assert_not_impl_any!(RLockGuard<'static, Sendable>: Send, Sync);
assert_not_impl_any!(RLockGuard<'static, Shareable>: Send);
assert_impl_all!(RLockGuard<'static, Shareable>: Sync);
assert_not_impl_any!(RLockGuard<'static, Neither>: Send, Sync);

assert_not_impl_any!(MappedRLockGuard<'static, u8>: Send);
assert_impl_all!(MappedRLockGuard<'static, u8>: Sync);
assert_not_impl_any!(MappedRLockGuard<'static, Sendable>: Send, Sync);
assert_not_impl_any!(MappedRLockGuard<'static, Shareable>: Send);
assert_impl_all!(MappedRLockGuard<'static, Shareable>: Sync);
assert_not_impl_any!(MappedRLockGuard<'static, Neither>: Send, Sync);

// Sharing an owning guard could share the lock's last owner, so it asks for both.
assert_not_impl_any!(ArcRLockGuard<u8>: Send);
assert_impl_all!(ArcRLockGuard<u8>: Sync);
assert_not_impl_any!(ArcRLockGuard<Sendable>: Send, Sync);
assert_not_impl_any!(ArcRLockGuard<Shareable>: Send, Sync);
assert_not_impl_any!(ArcRLockGuard<Neither>: Send, Sync);
