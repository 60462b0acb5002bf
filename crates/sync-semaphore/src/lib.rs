#![doc = include_str!("../README.md")]

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
