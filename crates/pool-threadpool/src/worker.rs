//! What a worker thread does: takes jobs and runs them, until the pool is closed and empty.

use std::error::Error;
use std::sync::Arc;

use sync_core::panic::catch;
use sync_core::thread::{ThreadId, current_id};

use crate::builder::Starts;
use crate::core::Core;

/// What went wrong in a worker's start hook.
pub(crate) type StartError = Box<dyn Error + Send + Sync>;

/// The body of a worker thread. One whose start hook fails runs no job.
pub(crate) fn work(core: &Core, index: usize, starts: Option<Arc<Starts>>) {
    let _leaving = Leaving { core, worker: current_id() };
    if let (Some(hook), Some(starts)) = (&core.settings().on_start, starts) {
        let start = catch(|| hook(index)).unwrap_or_else(|panicked| Err(Box::new(panicked)));
        let failed = start.is_err();
        starts.tell(start);
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

/// Takes the worker off the books when it ends, however it does.
struct Leaving<'a> {
    core: &'a Core,
    worker: ThreadId,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        sync_core::panic::while_dropping(|| self.core.leave(self.worker));
    }
}
