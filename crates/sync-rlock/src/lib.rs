#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod api;
mod arc;
mod bias;
mod compile_fail;
mod guard;
mod raw;
mod rlock;
mod wait;

pub use api::RawThreadId;
pub use arc::ArcRLockGuard;
pub use guard::{MappedRLockGuard, Nested, RLockGuard};
pub use raw::{NotOwner, RawRLock};
pub use rlock::RLock;
