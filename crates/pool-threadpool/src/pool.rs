//! The pool as its users see it.

use std::fmt;
use std::sync::Arc;

use sync_core::cell::Exclusive;
use sync_core::panic::catch;
use sync_core::shutdown::Shutdown;
use sync_core::thread;
use sync_core::time::{Deadline, Duration, Instant};

use crate::builder::{Builder, WhenFull};
use crate::core::{Core, Owner};
use crate::error::{Rejected, WaitError};
use crate::handle::{JobHandle, pair};
use crate::report::{ShutdownReport, Stats};
use crate::task::FireAndForget;

/// A fixed number of threads that run one job after the other, in the order of submission.
///
/// A job that panics is counted and reported, and its worker goes on. Dropping the pool runs what is
/// queued and waits for it; [`shutdown`](Self::shutdown) can cancel instead, and give up waiting.
///
/// # Memory ordering
///
/// Submitting a job *happens before* it runs; its end happens before a `join`, or a `wait` for the
/// whole pool, that saw it.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use pool_threadpool::ThreadPool;
/// use sync_lock::Lock;
///
/// let pool = ThreadPool::new(5);
/// let total = Arc::new(Lock::new(0));
/// for number in 1..=100 {
///     let total = total.clone();
///     pool.execute(move || *total.lock() += number)?;
/// }
/// pool.wait().unwrap();
/// assert_eq!(*total.lock(), 5050);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ThreadPool {
    pub(crate) core: Arc<Core>,
}

impl ThreadPool {
    /// Creates a pool of that many workers.
    ///
    /// # Panics
    ///
    /// If that is none, or the operating system refuses a thread; [`Builder::build`] returns the error
    /// instead.
    #[track_caller]
    pub fn new(workers: usize) -> Self {
        match Self::builder().workers(workers).build() {
            Ok(pool) => pool,
            Err(error) => panic!("{error}"),
        }
    }

    /// Starts to describe a pool.
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) fn without_workers(core: Arc<Core>) -> Self {
        Self { core }
    }

    /// Takes a job that nobody waits for; if the queue is full, does what
    /// [`when_full`](Builder::when_full) says.
    ///
    /// A panic of the job is counted and goes to the [`on_panic`](Builder::on_panic) hook.
    ///
    /// # Errors
    ///
    /// With the closure, if the pool is shut down, or the queue is full and jobs are then rejected.
    #[track_caller]
    pub fn execute<F: FnOnce() + Send + 'static>(&self, job: F) -> Result<(), Rejected<F>> {
        self.push(job, self.core.settings().when_full, Deadline::NEVER)
    }

    /// Takes a job if the pool has room for it now, whatever [`when_full`](Builder::when_full) says. One
    /// that a worker submits to its own pool is let in all the same.
    ///
    /// # Errors
    ///
    /// With the closure, if the pool is shut down or the queue is full.
    #[track_caller]
    pub fn try_execute<F: FnOnce() + Send + 'static>(&self, job: F) -> Result<(), Rejected<F>> {
        self.push(job, WhenFull::Reject, Deadline::NEVER)
    }

    /// Takes a job, waiting at most for `timeout` for room; `Duration::MAX` is for ever.
    ///
    /// # Errors
    ///
    /// With the closure, if the pool is shut down, or the queue was full all the time.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use pool_threadpool::{Reason, ThreadPool};
    ///
    /// let pool = ThreadPool::builder().workers(1).queue(1).build().unwrap();
    /// let (end, wait) = std::sync::mpsc::channel::<()>();
    /// pool.execute(move || assert!(wait.recv().is_err())).unwrap();
    /// // Sooner or later the worker is busy and the queue has its one job.
    /// let rejected = loop {
    ///     if let Err(rejected) = pool.try_execute_for(|| (), Duration::from_millis(1)) {
    ///         break rejected;
    ///     }
    /// };
    /// assert_eq!(rejected.reason(), Reason::Full);
    /// let job = rejected.into_inner();
    /// drop(end);
    /// pool.execute(job).unwrap();
    /// ```
    #[track_caller]
    pub fn try_execute_for<F: FnOnce() + Send + 'static>(
        &self,
        job: F,
        timeout: Duration,
    ) -> Result<(), Rejected<F>> {
        self.push(job, WhenFull::Block, Deadline::after(timeout))
    }

    #[track_caller]
    fn push<F: FnOnce() + Send + 'static>(
        &self,
        job: F,
        when_full: WhenFull,
        deadline: Deadline,
    ) -> Result<(), Rejected<F>> {
        let task = Box::new(FireAndForget(job));
        match self.core.admit(Owner::Nobody, when_full, deadline) {
            Ok(place) => _ = place.put(task),
            Err(reason) => return Err(Rejected { job: Exclusive::new(task.0), reason }),
        }
        Ok(())
    }

    /// Takes a job and returns the handle on its result; if the queue is full, does what
    /// [`when_full`](Builder::when_full) says. A job that is not taken has a handle that says so.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = pool_threadpool::ThreadPool::new(2);
    /// let squares: Vec<_> = (0..4).map(|n| pool.submit(move || n * n)).collect();
    /// let squares: Result<Vec<_>, _> = squares.into_iter().map(|square| square.join()).collect();
    /// assert_eq!(squares.unwrap(), [0, 1, 4, 9]);
    /// ```
    #[track_caller]
    pub fn submit<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> JobHandle<T> {
        self.submit_when(self.core.settings().when_full, job)
    }

    #[track_caller]
    pub(crate) fn submit_when<T: Send + 'static>(
        &self,
        when_full: WhenFull,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> JobHandle<T> {
        let (task, handle) = pair(self.core.clone(), job);
        match self.core.admit(Owner::Nobody, when_full, Deadline::NEVER) {
            Ok(place) => handle.numbered(place.put(task)),
            Err(reason) => {
                task.into_promise().reject(reason);
                handle
            }
        }
    }

    /// Waits until no job is queued or running, and calls the callbacks of requests meanwhile, in the
    /// order in which the requests end.
    ///
    /// Callbacks that other threads have begun to run are waited for, too, unless the call comes from
    /// within a callback itself.
    ///
    /// # Errors
    ///
    /// If a job of this pool or a hook in one of its workers calls it, since it would wait for itself;
    /// if jobs are queued, no worker is left, and nothing runs that could end.
    ///
    /// # Panics
    ///
    /// With the panic of a callback. The next call goes on with the callbacks after it.
    #[track_caller]
    pub fn wait(&self) -> Result<(), WaitError> {
        self.core.wait_until_quiet(Deadline::NEVER)
    }

    /// As [`wait`](Self::wait), at most for `timeout`; `Duration::MAX` is for ever.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait), and if the time was over.
    #[track_caller]
    pub fn wait_for(&self, timeout: Duration) -> Result<(), WaitError> {
        self.core.wait_until_quiet(Deadline::after(timeout))
    }

    /// As [`wait`](Self::wait), at most until `moment`.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait), and if the time was over.
    #[track_caller]
    pub fn wait_until(&self, moment: Instant) -> Result<(), WaitError> {
        self.core.wait_until_quiet(Deadline::at(moment))
    }

    /// Returns what the pool has done so far.
    pub fn stats(&self) -> Stats {
        self.core.stats()
    }

    /// Takes no more jobs, runs or cancels those that are queued, and waits for the end of all
    /// workers, at most for `timeout`; `Duration::MAX` is for ever.
    ///
    /// Callbacks of requests are called when the workers have ended; a cancelled request's
    /// [`exc_callback`](crate::WorkRequest::exc_callback) is told. Jobs of an open scope are never
    /// cancelled. If all workers were dismissed, the calling thread runs what is queued.
    ///
    /// When the time is over, what runs goes on, and so does what is queued; call it again to wait
    /// more, or to cancel after all. A job of this pool, or a hook in one of its workers, may call it
    /// too, and does not wait then. Destructors of the workers' thread-locals are waited for when there
    /// is no time-out, and when the pool is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use pool_threadpool::{Shutdown, ThreadPool};
    ///
    /// let pool = ThreadPool::new(2);
    /// for _ in 0..10 {
    ///     pool.execute(|| ()).unwrap();
    /// }
    /// let report = pool.shutdown(Shutdown::Drain, Duration::from_secs(30));
    /// assert!(report.is_complete());
    /// assert_eq!(report.stats.completed, 10);
    /// assert!(pool.execute(|| ()).is_err());
    /// ```
    #[track_caller]
    pub fn shutdown(&self, what: Shutdown, timeout: Duration) -> ShutdownReport {
        self.end(what, Deadline::after(timeout))
    }

    #[track_caller]
    fn end(&self, what: Shutdown, deadline: Deadline) -> ShutdownReport {
        let cancelled_now = self.core.close(what == Shutdown::Cancel);
        if self.core.wait_for_workers(deadline) {
            self.core.run_stranded(deadline);
            // Jobs may still run on threads that submitted them, and callbacks may be left to call.
            self.finish(deadline);
            // The destructors of a worker's thread-locals may take any time, so only an endless wait is
            // for them too.
            if deadline.is_never() {
                let threads = self.core.take_threads();
                let joined: Vec<_> = threads.iter().map(thread::JoinHandle::id).collect();
                Self::join_threads(threads);
                self.core.joined(&joined);
            }
        }
        ShutdownReport { stats: self.core.stats(), cancelled_now }
    }

    /// Waits as [`wait`](Self::wait) does, but goes on when a callback has panicked.
    #[track_caller]
    fn finish(&self, deadline: Deadline) {
        while let Err(panicked) = catch(|| self.core.wait_until_quiet(deadline)) {
            self.core.report(panicked);
        }
    }

    /// Joins workers that have left, but for the calling thread, whose thread-locals may be what owns
    /// the pool.
    pub(crate) fn join_threads(threads: Vec<thread::JoinHandle<()>>) {
        let me = thread::current_id();
        for thread in threads.into_iter().filter(|thread| thread.id() != me) {
            thread.join().expect("a worker catches the panics of jobs and hooks");
        }
    }
}

impl Default for ThreadPool {
    /// As many workers as the machine can run at once.
    ///
    /// # Panics
    ///
    /// If the operating system refuses a thread.
    fn default() -> Self {
        match Self::builder().build() {
            Ok(pool) => pool,
            Err(error) => panic!("{error}"),
        }
    }
}

impl fmt::Debug for ThreadPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadPool").field("stats", &self.stats()).finish_non_exhaustive()
    }
}

/// Runs what is queued, waits for it and calls the callbacks of requests.
///
/// The last owner may be a job of the pool: its worker ends after it, like the others, and is not
/// waited for. Callbacks then run on the workers.
impl Drop for ThreadPool {
    fn drop(&mut self) {
        sync_core::panic::while_dropping(|| {
            if self.core.is_at_home() && !sync_core::mutant!("pool-waits-for-itself") {
                self.core.close(false);
                self.core.orphan();
                self.core.run_stranded(Deadline::NEVER);
            } else {
                let _ = self.end(Shutdown::Drain, Deadline::NEVER);
            }
        });
    }
}
