//! Unwinding inside a model, where a panic may also be the checker's own verdict.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::panic::{Panicked, message_of};

/// How the checker's verdicts begin. Swallowing one would turn a failed model into a passed one.
const VERDICTS: [&str; 14] = [
    "deadlock; threads = ",
    "currently reading from cell",
    "currently writing to cell",
    "assertion failed: self.threads.len() < self.max()",
    "[loom internal bug]",
    "a waiter receives or takes itself out of the queue",
    "a waiter receives or takes itself out of the line",
    "a waker sends before it lets go",
    "nobody sleeps here: `to` may be gone",
    "Causality violation",
    "Model exceeded maximum number of branches",
    "Reached unexpected exploration state",
    "Arc leaked",
    "Messages leaked",
];

/// Calls `f` and catches its panic, unless it is the checker's verdict, which goes on.
///
/// # Errors
///
/// The panic.
pub fn catch<R>(f: impl FnOnce() -> R) -> Result<R, Panicked> {
    catch_unwind(AssertUnwindSafe(f)).map_err(|payload| {
        let message = message_of(&*payload);
        if VERDICTS.iter().any(|verdict| message.trim_start().starts_with(verdict)) {
            resume_unwind(payload);
        }
        Panicked::new(payload)
    })
}

/// Runs the step with which a guard lets go, from its `drop`.
///
/// When a model has failed, loom's own state is gone and the next operation on it panics. A second
/// panic that leaves a destructor would abort the whole test binary, so it is caught here; skipping
/// the step instead would hang programs whose jobs panic while they hold a lock.
pub fn while_dropping(let_go: impl FnOnce()) {
    if std::thread::panicking() {
        let _ = catch_unwind(AssertUnwindSafe(let_go));
    } else {
        let_go();
    }
}

/// Calls `f`, which must not panic; the checker's verdicts pass through, since no thread of a failed
/// model goes on.
pub fn without_unwinding<R>(f: impl FnOnce() -> R) -> R {
    f()
}
