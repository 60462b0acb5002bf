//! Unwinding as the standard library has it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::panic::Panicked;

/// Calls `f` and catches its panic.
///
/// # Errors
///
/// The panic.
pub fn catch<R>(f: impl FnOnce() -> R) -> Result<R, Panicked> {
    catch_unwind(AssertUnwindSafe(f)).map_err(Panicked::new)
}

/// Runs the step with which a guard lets go, from its `drop`.
///
/// Under the model checker this survives the unwinding of a failed model; here it is just a call.
#[inline]
pub fn while_dropping(let_go: impl FnOnce()) {
    let_go();
}
