//! The lock under everything that sleeps inside a model: a channel that holds one token.
//!
//! Loom's mutex, condition variable and thread parking are avoided on purpose: the first is poisoned
//! by the unwinding of a failed model, the others share one token per thread (tokio-rs/loom#376, #422,
//! #249).

use std::cell::RefCell;
use std::mem::ManuallyDrop;

use super::engine::mpsc;

/// A state behind a lock.
pub(super) struct Slot<S> {
    give: mpsc::Sender<()>,
    take: ManuallyDrop<mpsc::Receiver<()>>,
    state: RefCell<S>,
}

// SAFETY: all threads of a model are coroutines on one OS thread, and the token keeps two of them
// from being between `take` and `give` at once; the state moves between them as they do.
unsafe impl<S: Send> Send for Slot<S> {}
// SAFETY: as above.
unsafe impl<S: Send> Sync for Slot<S> {}

impl<S> Slot<S> {
    #[track_caller]
    pub(super) fn new(state: S) -> Self {
        let (give, take) = mpsc::channel();
        give.send(()).expect("the receiver is here");
        Self { give, take: ManuallyDrop::new(take), state: RefCell::new(state) }
    }

    /// Calls `f`, which must not panic nor lock this slot again, with the state to itself.
    #[track_caller]
    pub(super) fn locked<R>(&self, f: impl FnOnce(&mut S) -> R) -> R {
        self.take.recv().expect("the sender is here");
        let result = f(&mut self.state.borrow_mut());
        self.give.send(()).expect("the receiver is here");
        result
    }
}

impl<S> Drop for Slot<S> {
    fn drop(&mut self) {
        // Dropping the receiver takes the token out, which is a loom operation, and one of those
        // during the unwinding of a failed model would abort the process.
        if !std::thread::panicking() {
            // SAFETY: the receiver is dropped here and nowhere else.
            unsafe { ManuallyDrop::drop(&mut self.take) };
        }
    }
}
