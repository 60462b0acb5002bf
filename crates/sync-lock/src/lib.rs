#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod api;
mod arc;
mod barrier;
mod compile_fail;
mod condition;
mod contended;
mod event;
mod guard;
mod lock;
mod raw;
mod requeue;
#[doc(hidden)]
pub mod wait;

pub use arc::ArcLockGuard;
pub use barrier::{Barrier, BrokenBarrier};
pub use condition::Condition;
pub use event::Event;
pub use guard::{LockGuard, MappedLockGuard};
pub use lock::Lock;
pub use raw::RawLock;
