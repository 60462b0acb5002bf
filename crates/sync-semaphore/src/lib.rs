#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod acquire;
mod bounded;
mod error;
mod permit;
mod policy;
mod raw;
mod semaphore;
mod state;

pub use bounded::BoundedSemaphore;
pub use error::{MergeError, OverRelease, TooMany};
pub use permit::{AnySemaphore, OwnedPermit, Permit};
pub use policy::{Fifo, Greedy, Policy};
pub use semaphore::{MAX_PERMITS, Semaphore};
