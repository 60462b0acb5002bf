//! Shared memory that is not atomic, with every access visible to the model checker.

pub use crate::backend::cell::{UnsafeCell, Witness};
