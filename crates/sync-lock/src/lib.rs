#![doc = include_str!("../README.md")]

mod api;
mod arc;
mod condition;
mod contended;
mod guard;
mod lock;
mod raw;
mod requeue;
#[doc(hidden)]
pub mod wait;

pub use arc::ArcLockGuard;
pub use condition::Condition;
pub use guard::{LockGuard, MappedLockGuard};
pub use lock::Lock;
pub use raw::RawLock;
