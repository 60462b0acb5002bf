//! More workers, and fewer.

use std::sync::Arc;

use sync_core::thread;
use sync_core::time::{Deadline, Duration};

use crate::builder::{BuildError, Starts};
use crate::error::WaitError;
use crate::pool::ThreadPool;

/// Changing the number of workers.
impl ThreadPool {
    /// Adds that many workers, which have gone through the [`on_start`](crate::Builder::on_start) hook
    /// when it returns.
    ///
    /// # Errors
    ///
    /// If the pool is shut down, the operating system refuses a thread, or a start hook fails. None of
    /// the new workers stays then.
    ///
    /// # Examples
    ///
    /// ```
    /// use pool_threadpool::ThreadPool;
    ///
    /// let pool = ThreadPool::new(2);
    /// pool.create_workers(3)?;
    /// assert_eq!(pool.stats().workers, 5);
    /// assert_eq!(pool.dismiss_workers(4), 4);
    /// pool.join_all_dismissed_workers()?;
    /// assert_eq!(pool.stats().workers, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn create_workers(&self, count: usize) -> Result<(), BuildError> {
        let starts = self.core.settings().on_start.is_some().then(|| Arc::new(Starts::default()));
        let mut started = 0;
        let mut error = None;
        while started < count && error.is_none() {
            match self.core.add_worker(starts.clone()) {
                Ok(()) => started += 1,
                refusal => error = refusal.err(),
            }
        }
        let (failed, hook_error) =
            starts.map_or_else(Default::default, |starts| starts.wait_for(started));
        let error = error.or(hook_error.map(BuildError::OnStart));
        match error {
            None => Ok(()),
            Some(error) => {
                self.core.dismiss(started - failed.len());
                // Those whose hook failed leave by themselves.
                Self::join_threads(self.core.take_threads_if(|thread| failed.contains(&thread)));
                Err(error)
            }
        }
    }

    /// Dismisses that many workers, or all if there are fewer; returns how many.
    ///
    /// The first that are free go: idle ones at once, busy ones when their job is done. What is queued
    /// stays queued for the others, or until there are workers again.
    pub fn dismiss_workers(&self, count: usize) -> usize {
        self.core.dismiss(count)
    }

    /// Returns how many workers were dismissed and not joined since.
    pub fn dismissed_workers(&self) -> usize {
        self.core.dismissed()
    }

    /// Waits until all dismissed workers have ended, with the destructors of their thread-locals.
    ///
    /// # Errors
    ///
    /// If a job of this pool calls it, since the worker that runs it may be one of them.
    #[track_caller]
    pub fn join_all_dismissed_workers(&self) -> Result<(), WaitError> {
        let dismissed = self.core.wait_for_dismissed(Deadline::NEVER)?;
        let ended = self.core.take_threads_if(|thread| dismissed.contains(&thread));
        // The caller may be a destructor in one of them, which nobody has to wait for then.
        self.core.joined(&[thread::current_id()]);
        let joined: Vec<_> = ended.iter().map(thread::JoinHandle::id).collect();
        Self::join_threads(ended);
        self.core.joined(&joined);
        self.core.wait_for_joins(&dismissed);
        Ok(())
    }

    /// As [`join_all_dismissed_workers`](Self::join_all_dismissed_workers), at most for `timeout`, and
    /// without waiting for destructors of thread-locals, so they stay on the list; `Duration::MAX` is for
    /// ever.
    ///
    /// # Errors
    ///
    /// As [`join_all_dismissed_workers`](Self::join_all_dismissed_workers), and if the time was over.
    #[track_caller]
    pub fn join_all_dismissed_workers_for(&self, timeout: Duration) -> Result<(), WaitError> {
        self.core.wait_for_dismissed(Deadline::after(timeout)).map(drop)
    }
}
