//! What a worker thread does: takes jobs and runs them, until the pool is closed and empty.

use std::error::Error;
use std::sync::Arc;

use sync_core::panic::{Panicked, catch};
use sync_core::thread::{ThreadId, current_id};

use crate::builder::Starts;
use crate::core::Core;
use crate::task::contain;

/// What went wrong in a worker's start hook.
pub(crate) type StartError = Box<dyn Error + Send + Sync>;

/// The body of a worker thread. One whose start hook fails runs no job.
pub(crate) fn work(core: &Arc<Core>, index: usize, starts: Option<Arc<Starts>>) {
    let _leaving = Leaving { core, worker: current_id() };
    if let Some(hook) = &core.settings().on_start {
        let start = catch(|| hook(index)).unwrap_or_else(|panicked| Err(Box::new(panicked)));
        let failed = start.is_err();
        match (starts, start) {
            (Some(starts), start) => starts.tell(start),
            (None, Ok(())) => {}
            (None, Err(error)) => {
                core.fail_to_start_again();
                contain(|| core.report(as_panic(error)));
            }
        }
        if failed {
            return;
        }
    }
    while let Some(entry) = core.next() {
        core.run(entry);
    }
    if let Some(hook) = &core.settings().on_stop
        && let Err(panicked) = catch(|| hook(index))
    {
        core.report(panicked);
    }
}

/// What the hook for panics is told of a start hook that failed.
fn as_panic(error: StartError) -> Panicked {
    match error.downcast::<Panicked>() {
        Ok(panicked) => *panicked,
        Err(error) => Panicked::new(Box::new(format!("a worker's start hook failed: {error}"))),
    }
}

/// Takes the worker off the books when it ends, however it does.
struct Leaving<'a> {
    core: &'a Arc<Core>,
    worker: ThreadId,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        sync_core::panic::while_dropping(|| self.core.leave(self.worker));
    }
}
