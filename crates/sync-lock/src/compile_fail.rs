//! What the types must refuse. Each of these programs is a data race or a dangling reference if it compiles.
//!
//! A guard does not outlive its lock:
//!
//! ```compile_fail,E0505
//! let lock = sync_lock::Lock::new(1);
//! let guard = lock.lock();
//! drop(lock);
//! drop(guard);
//! ```
//!
//! nor does a part of its value:
//!
//! ```compile_fail,E0505
//! use sync_lock::{Lock, LockGuard};
//!
//! let lock = Lock::new((1, 2));
//! let part = LockGuard::map(lock.lock(), |pair| &mut pair.0);
//! drop(lock);
//! drop(part);
//! ```
//!
//! A reference to the value does not outlive the guard:
//!
//! ```compile_fail,E0505
//! let lock = sync_lock::Lock::new(1);
//! let mut guard = lock.lock();
//! let value = &mut *guard;
//! drop(guard);
//! *value += 1;
//! ```
//!
//! and does not leave `map` except through the new guard:
//!
//! ```compile_fail
//! use sync_lock::{Lock, LockGuard};
//!
//! let lock = Lock::new((1, 2));
//! let mut escaped = None;
//! let part = LockGuard::map(lock.lock(), |pair| {
//!     escaped = Some(&mut pair.1);
//!     &mut pair.0
//! });
//! drop(part);
//! *escaped.unwrap() += 1;
//! ```
//!
//! Nobody looks at the value while the lock is released for a while:
//!
//! ```compile_fail,E0502
//! use sync_lock::{Lock, LockGuard};
//!
//! let lock = Lock::new(1);
//! let mut guard = lock.lock();
//! let value = &*guard;
//! LockGuard::unlocked(&mut guard, || {});
//! assert_eq!(*value, 1);
//! ```
//!
//! nor while its thread waits:
//!
//! ```compile_fail,E0502
//! use sync_lock::{Condition, Lock};
//!
//! let lock = Lock::new(1);
//! let mut guard = lock.lock();
//! let value = &*guard;
//! Condition::new().wait(&mut guard);
//! assert_eq!(*value, 1);
//! ```
//!
//! and a part of a value cannot be waited with, since the whole may be another one afterwards:
//!
//! ```compile_fail,E0277
//! use sync_lock::{Condition, Lock, LockGuard};
//!
//! let lock = Lock::new(Some(1));
//! let mut part = LockGuard::map(lock.lock(), |value| value.as_mut().unwrap());
//! Condition::new().wait(&mut part);
//! ```
//!
//! Without the lock there is access only for who owns it:
//!
//! ```compile_fail,E0502
//! let mut lock = sync_lock::Lock::new(1);
//! let guard = lock.lock();
//! *lock.get_mut() = 2;
//! assert_eq!(*guard, 1);
//! ```
//!
//! A lock makes nothing fit for other threads that is not:
//!
//! ```compile_fail,E0277
//! use std::rc::Rc;
//! use sync_lock::Lock;
//!
//! let lock = Lock::new(Rc::new(1));
//! std::thread::scope(|s| drop(s.spawn(|| drop(lock.lock().clone()))));
//! ```
//!
//! nor does a guard that is shared: what other threads get from it is no way to a lock that they
//! may not share:
//!
//! ```compile_fail,E0277
//! use std::sync::MutexGuard;
//! use sync_lock::{Lock, LockGuard};
//!
//! // Other threads may look at a guard of std, but must not have it.
//! fn steal(guard: &LockGuard<'static, MutexGuard<'static, u8>>) {
//!     let lock: &'static Lock<_> = LockGuard::lock(guard);
//! }
//! ```
//!
//! ```compile_fail,E0277
//! use std::sync::MutexGuard;
//! use sync_lock::{ArcLockGuard, Lock};
//!
//! fn share(guard: &ArcLockGuard<MutexGuard<'static, u8>>) {
//!     std::thread::scope(|s| drop(s.spawn(|| ArcLockGuard::lock(guard).clone())));
//! }
//! ```
