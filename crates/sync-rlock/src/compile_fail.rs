//! What the types must refuse. Each of these programs is a data race or a dangling reference if it compiles.
//!
//! A guard stays on the thread that took the level:
//!
//! ```compile_fail,E0277
//! let lock = sync_rlock::RLock::new(1);
//! let guard = lock.lock();
//! std::thread::scope(|s| drop(s.spawn(move || drop(guard))));
//! ```
//!
//! also one of a part of the value:
//!
//! ```compile_fail,E0277
//! use sync_rlock::{RLock, RLockGuard};
//!
//! let lock = RLock::new((1, 2));
//! let part = RLockGuard::map(lock.lock(), |pair| &pair.0);
//! std::thread::scope(|s| drop(s.spawn(move || drop(part))));
//! ```
//!
//! nor does one that owns its share of the lock:
//!
//! ```compile_fail,E0277
//! use std::sync::Arc;
//! use sync_rlock::RLock;
//!
//! let lock = Arc::new(RLock::new(1));
//! let guard = lock.lock_arc();
//! std::thread::spawn(move || drop(guard));
//! ```
//!
//! and it is not shown to other threads either, if they may not share the value:
//!
//! ```compile_fail,E0277
//! use std::cell::Cell;
//! use sync_rlock::RLock;
//!
//! let lock = RLock::new(Cell::new(1));
//! let guard = lock.lock();
//! std::thread::scope(|s| drop(s.spawn(|| guard.set(2))));
//! ```
//!
//! Two guards of one thread are alive at once, so neither changes the value:
//!
//! ```compile_fail,E0596
//! let lock = sync_rlock::RLock::new(vec![1]);
//! let (outer, mut inner) = (lock.lock(), lock.lock());
//! inner.push(2);
//! assert_eq!(outer.len(), 1);
//! ```
//!
//! nor does the owner of the lock while there is one:
//!
//! ```compile_fail,E0502
//! let mut lock = sync_rlock::RLock::new(1);
//! let guard = lock.lock();
//! *lock.get_mut() = 2;
//! assert_eq!(*guard, 1);
//! ```
//!
//! A guard does not outlive its lock:
//!
//! ```compile_fail,E0505
//! let lock = sync_rlock::RLock::new(1);
//! let guard = lock.lock();
//! drop(lock);
//! drop(guard);
//! ```
//!
//! nor does a part of its value:
//!
//! ```compile_fail,E0505
//! use sync_rlock::{RLock, RLockGuard};
//!
//! let lock = RLock::new((1, 2));
//! let part = RLockGuard::map(lock.lock(), |pair| &pair.0);
//! drop(lock);
//! drop(part);
//! ```
//!
//! A reference to the value does not outlive the guard:
//!
//! ```compile_fail,E0505
//! let lock = sync_rlock::RLock::new(1);
//! let guard = lock.lock();
//! let value = &*guard;
//! drop(guard);
//! assert_eq!(*value, 1);
//! ```
//!
//! Nobody looks at the value while the lock is released for a while:
//!
//! ```compile_fail,E0502
//! use std::cell::Cell;
//! use sync_rlock::{RLock, RLockGuard};
//!
//! let lock = RLock::new(Cell::new(1));
//! let mut guard = lock.lock();
//! let value = &*guard;
//! RLockGuard::unlocked(&mut guard, || {}).unwrap();
//! value.set(2);
//! ```
//!
//! nor while its thread waits with the one guard there is:
//!
//! ```compile_fail,E0502
//! use std::cell::Cell;
//! use sync_lock::Condition;
//! use sync_rlock::RLock;
//!
//! let lock = RLock::new(Cell::new(1));
//! let mut guard = lock.lock();
//! let value = &*guard;
//! Condition::new().wait_outermost(&mut guard).unwrap();
//! value.set(2);
//! ```
//!
//! With several guards only a value may be waited for that other threads may look at meanwhile:
//!
//! ```compile_fail,E0277
//! use std::cell::Cell;
//! use sync_lock::Condition;
//! use sync_rlock::RLock;
//!
//! let lock = RLock::new(Cell::new(1));
//! Condition::new().wait(&mut lock.lock());
//! ```
//!
//! also if the guard owns its share of the lock:
//!
//! ```compile_fail,E0277
//! use std::cell::Cell;
//! use std::sync::Arc;
//! use sync_lock::Condition;
//! use sync_rlock::RLock;
//!
//! let lock = Arc::new(RLock::new(Cell::new(1)));
//! Condition::new().wait(&mut lock.lock_arc());
//! ```
//!
//! Nobody looks at the value while other threads have their turn:
//!
//! ```compile_fail,E0502
//! use std::cell::Cell;
//! use sync_rlock::{RLock, RLockGuard};
//!
//! let lock = RLock::new(Cell::new(1));
//! let mut guard = lock.lock();
//! let value = &*guard;
//! RLockGuard::bump(&mut guard);
//! value.set(2);
//! ```
//!
//! A guard that is shared gives no share of the lock to threads that may not drop the value:
//!
//! ```compile_fail,E0277
//! use std::sync::MutexGuard;
//! use sync_rlock::{ArcRLockGuard, RLock};
//!
//! // Other threads may look at a guard of std, but must not have it.
//! fn share(guard: &ArcRLockGuard<MutexGuard<'static, u8>>) {
//!     std::thread::scope(|s| drop(s.spawn(|| ArcRLockGuard::lock(guard).clone())));
//! }
//! ```
