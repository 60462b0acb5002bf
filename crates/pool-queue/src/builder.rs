//! What a queue pool is to be like.

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

use sync_core::channel::bounded;
use sync_core::thread;
use sync_core::time::Duration;
use sync_lock::Lock;

use crate::channel::ChannelEngine;
use crate::crew::Crew;
use crate::engine::Engine;
use crate::handler::{Handler, Job};
use crate::outcome::Failure;
use crate::outlet::{Capacity, Outlet, Outlets};
use crate::pool::QueuePool;
use crate::worker::{FailureHook, Patience, Shared};

/// How many messages wait at most, if nobody says.
const DEFAULT_CAPACITY: usize = 1024;

/// Makes a [`QueuePool`]; see [`QueuePool::builder`].
#[must_use = "no pool is made before `build`"]
pub struct Builder<In, Out> {
    handler: Box<dyn Handler<In, Out = Out>>,
    engine: Option<Box<dyn Engine<Message = In>>>,
    workers: Option<usize>,
    name: Option<String>,
    capacity: Capacity,
    results: Option<Capacity>,
    dead_letters: Option<Capacity>,
    patience: Patience,
    on_failure: Option<FailureHook>,
}

impl<In: Send + 'static, Out: Send + 'static> Builder<In, Out> {
    pub(crate) fn new(handler: Box<dyn Handler<In, Out = Out>>) -> Self {
        Self {
            handler,
            engine: None,
            workers: None,
            name: None,
            capacity: Capacity::Bounded(DEFAULT_CAPACITY),
            results: None,
            dead_letters: None,
            patience: Patience::default(),
            on_failure: None,
        }
    }

    /// Sets the number of workers; by default as many as the machine can run at once.
    pub fn workers(mut self, count: usize) -> Self {
        self.workers = Some(count);
        self
    }

    /// Names the workers: `name-0`, `name-1` and so on; by default `queue-0`, ...
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Lets at most so many messages wait for a worker, by default 1024; senders wait for room. Above 16
    /// million there is no bound, here and for results and dead letters.
    ///
    /// While as many messages wait for another attempt, workers take no new ones.
    ///
    /// Messages that a handler sends to its own pool are taken beyond that.
    pub fn capacity(mut self, messages: usize) -> Self {
        self.capacity = Capacity::Bounded(messages);
        self
    }

    /// Lets any number of messages wait for a worker, for as long as there is memory.
    pub fn unbounded(mut self) -> Self {
        self.capacity = Capacity::Unbounded;
        self
    }

    /// Hands a message to the handler up to so many times more if it fails; by default not again.
    pub fn retries(mut self, count: u32) -> Self {
        self.patience.retries = count;
        self
    }

    /// Has a message wait before another attempt: for `first` after the first failure, then twice as
    /// long each time, up to `longest`. By default it does not wait, but goes to the front.
    pub fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        self.patience.first_delay = first;
        self.patience.longest_delay = longest;
        self
    }

    /// Keeps up to so many results to be read from [`QueuePool::results`]. If nobody reads them, workers
    /// wait, and so do senders, in the end.
    pub fn results(mut self, capacity: usize) -> Self {
        self.results = Some(Capacity::Bounded(capacity));
        self
    }

    /// Keeps any number of results, for as long as there is memory.
    pub fn unbounded_results(mut self) -> Self {
        self.results = Some(Capacity::Unbounded);
        self
    }

    /// Keeps up to so many messages that were given up, to be read from [`QueuePool::dead_letters`]. If
    /// nobody reads them, workers wait.
    pub fn dead_letters(mut self, capacity: usize) -> Self {
        self.dead_letters = Some(Capacity::Bounded(capacity));
        self
    }

    /// Keeps any number of messages that were given up, for as long as there is memory.
    pub fn unbounded_dead_letters(mut self) -> Self {
        self.dead_letters = Some(Capacity::Unbounded);
        self
    }

    /// Calls `hook` with each failed attempt, final or not, in the worker.
    pub fn on_failure(mut self, hook: impl Fn(&Job<'_>, &Failure) + Send + Sync + 'static) -> Self {
        self.on_failure = Some(Box::new(hook));
        self
    }

    /// Keeps messages elsewhere than in the process. `capacity` and `unbounded` then say nothing.
    pub fn engine(mut self, engine: impl Engine<Message = In>) -> Self {
        self.engine = Some(Box::new(engine));
        self
    }

    /// Starts the workers.
    ///
    /// # Errors
    ///
    /// If there were no workers, or no room at all for messages, results or dead letters; if the
    /// operating system refuses a thread. No thread is left behind then.
    ///
    /// # Examples
    ///
    /// ```
    /// use pool_queue::{BuildError, Fail, Job, QueuePool};
    ///
    /// let handler = |_job: &Job<'_>, text: &String| Ok(text.len());
    /// assert!(matches!(
    ///     QueuePool::builder(handler).workers(0).build(),
    ///     Err(BuildError::NoWorkers)
    /// ));
    /// let pool = QueuePool::builder(handler).workers(2).capacity(10).name("length").build()?;
    /// assert_eq!(pool.stats().workers, 2);
    /// # Ok::<(), BuildError>(())
    /// ```
    pub fn build(self) -> Result<QueuePool<In, Out>, BuildError> {
        let count =
            self.workers.unwrap_or_else(|| thread::available_parallelism().map_or(1, Into::into));
        if count == 0 {
            return Err(BuildError::NoWorkers);
        }
        let own = self.engine.is_none().then_some(self.capacity);
        let capacities = [own, self.results, self.dead_letters];
        if capacities.iter().any(|capacity| matches!(capacity, Some(Capacity::Bounded(0)))) {
            return Err(BuildError::NoCapacity);
        }
        let engine = self.engine.unwrap_or_else(|| match self.capacity {
            Capacity::Bounded(capacity) => Box::new(ChannelEngine::bounded(capacity)),
            Capacity::Unbounded => Box::new(ChannelEngine::unbounded()),
        });
        let (results_tx, results) = self.results.map(Capacity::channel).unzip();
        let (letters_tx, letters) = self.dead_letters.map(Capacity::channel).unzip();
        let (closing_tx, closing) = bounded(1);
        let outlets = Outlets::new(Outlet::new(results_tx), Outlet::new(letters_tx), closing);
        let shared = Arc::new(Shared {
            engine,
            handler: self.handler,
            patience: self.patience,
            on_failure: self.on_failure,
            crew: Crew::default(),
            outlets: outlets.without_channels(),
            closing: Lock::new(Some(closing_tx)),
        });
        // Dropped on an error, it ends and joins the workers that have started.
        let pool = QueuePool::without_workers(shared, results, letters);
        let name = self.name.unwrap_or_else(|| "queue".to_owned());
        for index in 0..count {
            pool.start_worker(&format!("{name}-{index}"), outlets.clone())
                .map_err(BuildError::Spawn)?;
        }
        Ok(pool)
    }
}

impl<In, Out> fmt::Debug for Builder<In, Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("workers", &self.workers)
            .field("name", &self.name)
            .field("capacity", &self.capacity)
            .field("results", &self.results)
            .field("dead_letters", &self.dead_letters)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}

/// Why a pool could not be made.
#[derive(Debug)]
#[non_exhaustive]
pub enum BuildError {
    /// A pool without workers would never handle a message.
    NoWorkers,
    /// A channel without room for messages, results or dead letters would never take one.
    NoCapacity,
    /// The operating system refuses a thread, or the name is no name for one.
    Spawn(io::Error),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoWorkers => f.write_str("a pool needs at least one worker"),
            Self::NoCapacity => {
                f.write_str("a queue, and each way out, needs room for at least one")
            }
            Self::Spawn(error) => write!(f, "a worker could not be started: {error}"),
        }
    }
}

impl Error for BuildError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::NoWorkers | Self::NoCapacity => None,
            Self::Spawn(error) => Some(error),
        }
    }
}
