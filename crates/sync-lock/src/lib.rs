#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod api;
mod arc;
mod barrier;
mod compile_fail;
mod condition;
mod event;
mod guard;
mod lock;
mod raw_lock;
#[doc(hidden)]
pub mod wait;

// The state machines; under a model checker what these promise instead, unless what ships is asked for.
#[cfg_attr(
    all(
        any(
            all(any(loom, threadkit_loom), feature = "loom"),
            all(any(shuttle, threadkit_shuttle), feature = "shuttle")
        ),
        not(feature = "shipped")
    ),
    path = "contract/mod.rs"
)]
mod raw;
#[cfg_attr(
    all(
        any(
            all(any(loom, threadkit_loom), feature = "loom"),
            all(any(shuttle, threadkit_shuttle), feature = "shuttle")
        ),
        not(feature = "shipped")
    ),
    path = "contract/rendezvous.rs"
)]
mod rendezvous;

pub use arc::ArcLockGuard;
pub use barrier::{Barrier, BrokenBarrier};
pub use condition::Condition;
pub use event::Event;
pub use guard::{LockGuard, MappedLockGuard};
pub use lock::Lock;
pub use raw_lock::RawLock;
