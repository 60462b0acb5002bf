//! Jobs as the queue holds them.

use sync_core::panic::{Panicked, catch};

/// A job that can be run once.
pub(crate) trait Task: Send {
    /// Runs it; a panic of user code is caught inside.
    fn run(self: Box<Self>) -> Ending;

    /// Tells who waits for it that it will not run; it is dropped next.
    fn cancel(&mut self) -> Option<Answer> {
        None
    }

    /// Has who waits for it look again whether to run it; called under the pool's lock.
    fn nudge(&self) {}
}

/// The callback of a request that has ended.
pub(crate) type Answer = Box<dyn FnOnce() + Send>;

/// Calls user code whose panic has nowhere to go; the payload's destructor is user code too, and is
/// not called.
pub(crate) fn contain(f: impl FnOnce()) {
    std::mem::forget(catch(f));
}

/// How a job ended.
pub(crate) struct Ending {
    pub(crate) panicked: bool,
    pub(crate) left: Left,
}

/// What an ended job leaves to be done.
pub(crate) enum Left {
    Nothing,
    /// Somebody must hear of this panic.
    Panic(Panicked),
    /// A callback must be called.
    Answer(Answer),
}

impl Ending {
    pub(crate) const COMPLETED: Self = Self { panicked: false, left: Left::Nothing };

    /// By return, and here is the panic of the result's destructor if there was one.
    pub(crate) fn completed(unclaimed: Option<Panicked>) -> Self {
        Self { panicked: false, left: unclaimed.map_or(Left::Nothing, Left::Panic) }
    }

    /// By a panic, and here it is if nobody else has it.
    pub(crate) fn panicked(unclaimed: Option<Panicked>) -> Self {
        Self { panicked: true, ..Self::completed(unclaimed) }
    }

    /// Runs a task; what the task did not catch, as a destructor's panic, is caught here.
    pub(crate) fn of(task: Box<dyn Task>) -> Self {
        catch(|| task.run()).unwrap_or_else(|panicked| Self::panicked(Some(panicked)))
    }
}

/// A closure whose end nobody waits for.
pub(crate) struct FireAndForget<F>(pub(crate) F);

impl<F: FnOnce() + Send> Task for FireAndForget<F> {
    fn run(self: Box<Self>) -> Ending {
        (self.0)();
        Ending::COMPLETED
    }
}
