#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod acquire;
mod bounded;
mod error;
mod forgotten;
mod permit;
mod policy;
mod request;
mod semaphore;

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

pub use bounded::BoundedSemaphore;
pub use error::{MergeError, OverRelease, TooMany};
pub use permit::{AnySemaphore, OwnedPermit, Permit};
pub use policy::{Fifo, Greedy, Policy};
pub use semaphore::{MAX_PERMITS, Semaphore};
