#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod api;
mod arc;
mod compile_fail;
mod guard;
mod levels;
mod raw_rlock;
mod rlock;
mod wait;

// The state machine; under a model checker what it promises instead, unless what ships is asked for.
#[cfg_attr(
    all(
        any(
            all(any(loom, threadkit_loom), feature = "loom"),
            all(any(shuttle, threadkit_shuttle), feature = "shuttle")
        ),
        not(feature = "shipped")
    ),
    path = "contract.rs"
)]
mod raw;

pub use api::RawThreadId;
pub use arc::ArcRLockGuard;
pub use guard::{MappedRLockGuard, Nested, RLockGuard};
pub use raw_rlock::{NotOwner, RawRLock};
pub use rlock::RLock;
