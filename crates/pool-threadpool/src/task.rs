//! Jobs as the queue holds them.

use sync_core::panic::{Panicked, catch};

/// A job that can be run once.
pub(crate) trait Task: Send {
    /// Runs it; a panic of user code is caught inside.
    fn run(self: Box<Self>) -> Ending;

    /// Tells who waits for it that it will not run; it is dropped next.
    fn cancel(&mut self) {}
}

/// Calls user code whose panic has nowhere to go; the payload's destructor is user code too, and is
/// not called.
pub(crate) fn contain(f: impl FnOnce()) {
    std::mem::forget(catch(f));
}

/// How a job ended.
pub(crate) enum Ending {
    Completed,
    /// By a panic, and here it is if nobody else has it.
    Panicked(Option<Panicked>),
}

impl Ending {
    /// Runs a task; what the task did not catch, as a destructor's panic, is caught here.
    pub(crate) fn of(task: Box<dyn Task>) -> Self {
        catch(|| task.run()).unwrap_or_else(|panicked| Self::Panicked(Some(panicked)))
    }
}

/// A closure whose end nobody waits for.
pub(crate) struct FireAndForget<F>(pub(crate) F);

impl<F: FnOnce() + Send> Task for FireAndForget<F> {
    fn run(self: Box<Self>) -> Ending {
        (self.0)();
        Ending::Completed
    }
}
