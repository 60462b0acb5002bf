//! Deadlines: a moment on the clock, or, under the model checker, a choice that the checker makes.

pub use crate::backend::time::Deadline;
pub use std::time::{Duration, Instant};
