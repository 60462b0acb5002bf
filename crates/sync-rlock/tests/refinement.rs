//! Scenarios for the contract: what the algorithm shows must be among what the contract does.
#![cfg(all(any(loom, threadkit_loom), feature = "loom"))]

#[path = "refinement/levels.rs"]
mod levels;
#[path = "refinement/others.rs"]
mod others;
#[path = "refinement/waits.rs"]
mod waits;

use std::time::Duration;

/// A time that may be over at any point, or not.
const SOON: Duration = Duration::from_millis(1);
