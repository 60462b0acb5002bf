#![doc = include_str!("../README.md")]

mod bias;
mod guard;
mod raw;
mod rlock;
mod wait;

pub use guard::{MappedRLockGuard, Nested, RLockGuard};
pub use raw::{NotOwner, RawRLock};
pub use rlock::RLock;
