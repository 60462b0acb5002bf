//! What a pool is to be like.

use std::error::Error;
use std::fmt;
use std::io;
use std::mem::take;

use sync_core::panic::Panicked;
use sync_core::thread::{self, ThreadId};
use sync_core::time::Duration;
use sync_lock::{Condition, Lock};

use crate::core::Core;
use crate::pool::ThreadPool;
use crate::task::contain;
use crate::worker::{StartError, work};

/// What to do with a job when the queue is full.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WhenFull {
    /// Wait for room.
    #[default]
    Block,
    /// Give the job back.
    Reject,
    /// Run the job at once, on the submitting thread.
    RunInCaller,
}

type StartHook = Box<dyn Fn(usize) -> Result<(), StartError> + Send + Sync>;
type StopHook = Box<dyn Fn(usize) + Send + Sync>;
type PanicHook = Box<dyn Fn(&Panicked) + Send + Sync>;

/// What the core needs to know beside the jobs.
#[derive(Default)]
pub(crate) struct Settings {
    /// What the workers' names begin with.
    pub(crate) name: String,
    pub(crate) stack_size: Option<usize>,
    pub(crate) queue: Option<usize>,
    pub(crate) when_full: WhenFull,
    pub(crate) keep_alive: Option<Duration>,
    pub(crate) on_start: Option<StartHook>,
    pub(crate) on_stop: Option<StopHook>,
    pub(crate) on_panic: Option<PanicHook>,
}

/// Makes a [`ThreadPool`]; see [`ThreadPool::builder`].
#[must_use = "no pool is made before `build`"]
#[derive(Default)]
pub struct Builder {
    workers: Option<usize>,
    name: Option<String>,
    settings: Settings,
}

impl Builder {
    /// Sets the number of workers; by default as many as the machine can run at once.
    pub fn workers(mut self, count: usize) -> Self {
        self.workers = Some(count);
        self
    }

    /// Names the workers: `name-0`, `name-1` and so on; by default `pool-0`, ...
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the size of each worker's stack in bytes.
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.settings.stack_size = Some(bytes);
        self
    }

    /// Lets at most `bound` jobs wait for a worker; by default there is no bound.
    ///
    /// Jobs that a worker submits to its own pool are taken beyond the bound: if workers waited for
    /// room that only workers can make, nobody would ever go on.
    pub fn queue(mut self, bound: usize) -> Self {
        self.settings.queue = Some(bound);
        self
    }

    /// Says what to do with a job when the queue is full.
    pub fn when_full(mut self, what: WhenFull) -> Self {
        self.settings.when_full = what;
        self
    }

    /// Lets a worker that had nothing to do for so long end, unless it is the last one; by default they
    /// all stay.
    ///
    /// Such workers are at rest: when jobs queue up that nobody is free for, they are started again, with
    /// another number in their name. The pool does not wait for the destructors of their thread-locals.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use pool_threadpool::ThreadPool;
    ///
    /// let pool = ThreadPool::builder().workers(8).keep_alive(Duration::from_millis(1)).build()?;
    /// while pool.stats().workers > 1 {
    ///     std::thread::yield_now();
    /// }
    /// // Two jobs that wait for each other need two workers.
    /// let (tx, rx) = std::sync::mpsc::channel();
    /// let receives = pool.submit(move || rx.recv());
    /// let sends = pool.submit(move || tx.send(42));
    /// assert_eq!(receives.join()?, Ok(42));
    /// # sends.join()?.unwrap();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn keep_alive(mut self, idle: Duration) -> Self {
        self.settings.keep_alive = Some(idle);
        self
    }

    /// Calls `hook` with the worker's number in each worker before it takes jobs. If it fails or
    /// panics in any of them, no pool is made. If it fails when a worker is [started
    /// again](Self::keep_alive), the others do its work, and [`on_panic`](Self::on_panic) is told.
    ///
    /// # Examples
    ///
    /// ```
    /// use pool_threadpool::ThreadPool;
    ///
    /// let builder = ThreadPool::builder().workers(2).on_start(|number| match number {
    ///     0 => Ok(()),
    ///     _ => Err("one is enough"),
    /// });
    /// let error = builder.build().unwrap_err();
    /// assert_eq!(error.to_string(), "a worker's start hook failed: one is enough");
    /// ```
    pub fn on_start<E: Into<StartError>>(
        mut self,
        hook: impl Fn(usize) -> Result<(), E> + Send + Sync + 'static,
    ) -> Self {
        self.settings.on_start = Some(Box::new(move |index| hook(index).map_err(Into::into)));
        self
    }

    /// Calls `hook` with the worker's number in each worker after its last job.
    pub fn on_stop(mut self, hook: impl Fn(usize) + Send + Sync + 'static) -> Self {
        self.settings.on_stop = Some(Box::new(hook));
        self
    }

    /// Calls `hook` with each panic that nobody else is shown: of executed jobs, of submitted ones whose
    /// handle is gone, of requests without an `exc_callback`, of a scope's jobs after the first, and of
    /// callbacks while the pool ends. The standard panic hook has printed it before. A start hook that
    /// fails when a worker is [started again](Self::keep_alive) is told here as well.
    pub fn on_panic(mut self, hook: impl Fn(&Panicked) + Send + Sync + 'static) -> Self {
        self.settings.on_panic = Some(Box::new(hook));
        self
    }

    /// Starts the workers.
    ///
    /// # Errors
    ///
    /// If there were no workers, or no room in the queue at all; if the operating system refuses a
    /// thread, or a start hook fails. No thread is left behind then.
    ///
    /// # Examples
    ///
    /// ```
    /// use pool_threadpool::ThreadPool;
    ///
    /// let pool = ThreadPool::builder().workers(3).name("hash").queue(100).build()?;
    /// assert_eq!(pool.stats().workers, 3);
    /// assert!(ThreadPool::builder().workers(0).build().is_err());
    /// # Ok::<(), pool_threadpool::BuildError>(())
    /// ```
    pub fn build(mut self) -> Result<ThreadPool, BuildError> {
        let count =
            self.workers.unwrap_or_else(|| thread::available_parallelism().map_or(1, Into::into));
        if count == 0 {
            return Err(BuildError::NoWorkers);
        }
        if self.settings.queue == Some(0) {
            return Err(BuildError::NoQueue);
        }
        self.settings.name = self.name.unwrap_or_else(|| "pool".to_owned());
        // Dropped on an error, it ends and joins the workers that have started.
        let pool = ThreadPool::without_workers(Core::new(self.settings, work));
        pool.create_workers(count)?;
        Ok(pool)
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("workers", &self.workers)
            .field("name", &self.name)
            .field("stack_size", &self.settings.stack_size)
            .field("queue", &self.settings.queue)
            .field("when_full", &self.settings.when_full)
            .field("keep_alive", &self.settings.keep_alive)
            .finish_non_exhaustive()
    }
}

/// How the start hooks of new workers ended.
#[derive(Default)]
pub(crate) struct Starts {
    told: Lock<Told>,
    changed: Condition,
}

#[derive(Default)]
struct Told {
    ended: usize,
    failed: Vec<ThreadId>,
    error: Option<StartError>,
}

impl Starts {
    /// Notes the end of one hook.
    pub(crate) fn tell(&self, result: Result<(), StartError>) {
        let mut told = self.told.lock();
        told.ended += 1;
        if result.is_err() {
            told.failed.push(thread::current_id());
        }
        // The first error is the one that is shown; a later one would only take its place.
        let unused = match result {
            Err(error) if told.error.is_none() => told.error.replace(error),
            result => result.err(),
        };
        drop(told);
        self.changed.notify_all();
        contain(|| drop(unused));
    }

    /// Waits until `count` hooks have ended; returns the threads where it failed, and the first error.
    pub(crate) fn wait_for(&self, count: usize) -> (Vec<ThreadId>, Option<StartError>) {
        let mut told = self.told.lock();
        self.changed.wait_while(&mut told, |told| told.ended < count);
        (take(&mut told.failed), told.error.take())
    }
}

/// Why a pool, or more workers for one, could not be made.
#[derive(Debug)]
#[non_exhaustive]
pub enum BuildError {
    /// A pool without workers would never run a job.
    NoWorkers,
    /// A queue without room would never take a job.
    NoQueue,
    /// The operating system refuses a thread, or the name is no name for one.
    Spawn(io::Error),
    /// A start hook failed or panicked.
    OnStart(StartError),
    /// The pool takes no more jobs, so it takes no more workers, either.
    ShutDown,
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoWorkers => f.write_str("a pool needs at least one worker"),
            Self::NoQueue => f.write_str("a pool's queue needs room for at least one job"),
            Self::Spawn(error) => write!(f, "a worker could not be started: {error}"),
            Self::OnStart(error) if error.is::<Panicked>() => {
                write!(f, "a worker's start hook panicked: {error}")
            }
            Self::OnStart(error) => write!(f, "a worker's start hook failed: {error}"),
            Self::ShutDown => f.write_str("the pool is shut down"),
        }
    }
}

/// A panic is no source: its message is part of the error's own.
impl Error for BuildError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::NoWorkers | Self::NoQueue | Self::ShutDown => None,
            Self::Spawn(error) => Some(error),
            Self::OnStart(error) if error.is::<Panicked>() => None,
            Self::OnStart(error) => Some(&**error),
        }
    }
}
