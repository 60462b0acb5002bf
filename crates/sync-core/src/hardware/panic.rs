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

/// Calls `f`, which must not panic: an unwinding here would end borrows that are still in use, so it
/// ends the process instead.
///
/// Under the model checker its verdicts pass through, since no thread of a failed model goes on.
pub fn without_unwinding<R>(f: impl FnOnce() -> R) -> R {
    struct Abort;
    impl Drop for Abort {
        fn drop(&mut self) {
            std::process::abort();
        }
    }
    let abort = Abort;
    let result = f();
    std::mem::forget(abort);
    result
}
