#![doc = include_str!("../README.md")]

mod bounded;
mod permit;
mod raw;
mod semaphore;

pub use bounded::{BoundedSemaphore, OverRelease};
pub use permit::Permit;
pub use semaphore::{MAX_PERMITS, Semaphore, TooMany};
