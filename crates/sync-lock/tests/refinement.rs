//! Scenarios for the contracts: what the algorithms show must be among what the contracts do.
#![cfg(all(any(loom, threadkit_loom), feature = "loom"))]

#[path = "refinement/barrier.rs"]
mod barrier;
#[path = "refinement/condition.rs"]
mod condition;
#[path = "refinement/event.rs"]
mod event;
#[path = "refinement/lock.rs"]
mod lock;

use std::time::Duration;

/// A time that may be over at any point, or not.
const SOON: Duration = Duration::from_millis(1);
