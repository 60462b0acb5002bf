//! The lock under everything that sleeps inside a model: a channel that holds one token.
//!
//! Loom's mutex, condition variable and thread parking are avoided on purpose: the first is poisoned
//! by the unwinding of a failed model, the others share one token per thread (tokio-rs/loom#376, #422,
//! #249).

use std::cell::RefCell;

use super::contract::Line;

/// A state behind a lock.
pub(super) struct Slot<S> {
    line: Line,
    state: RefCell<S>,
}

// SAFETY: all threads of a model are coroutines on one OS thread, and the line keeps two of them from being in
// `locked` at once; the state moves between them as they do.
unsafe impl<S: Send> Send for Slot<S> {}
// SAFETY: as above.
unsafe impl<S: Send> Sync for Slot<S> {}

impl<S> Slot<S> {
    #[track_caller]
    pub(super) fn new(state: S) -> Self {
        Self { line: Line::new(), state: RefCell::new(state) }
    }

    /// Calls `f`, which must not panic nor lock this slot again, with the state to itself.
    #[track_caller]
    pub(super) fn locked<R>(&self, f: impl FnOnce(&mut S) -> R) -> R {
        self.line.enter();
        let result = f(&mut self.state.borrow_mut());
        self.line.leave();
        result
    }
}
