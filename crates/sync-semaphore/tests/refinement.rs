//! Scenarios for the contract: what the algorithm shows must be among what the contract does.
#![cfg(all(any(loom, threadkit_loom), feature = "loom"))]

#[path = "refinement/fifo.rs"]
mod fifo;
#[path = "refinement/greedy.rs"]
mod greedy;
#[path = "refinement/looks.rs"]
mod looks;

use std::time::Duration;

/// A time that may be over at any point, or not.
const SOON: Duration = Duration::from_millis(1);
