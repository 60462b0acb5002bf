//! The pool as its users see it.

use std::fmt;
use std::io;
use std::sync::Arc;

use sync_core::channel::Receiver;
use sync_core::shutdown::Shutdown;
use sync_core::thread;
use sync_core::time::{Deadline, Duration, Instant};
use sync_lock::Lock;

use crate::builder::Builder;
use crate::engine::Room;
use crate::error::{Rejected, RestUnsent, WaitError};
use crate::handler::{Handler, MessageId};
use crate::outcome::{DeadLetter, Done};
use crate::outlet::{Outlets, contain};
use crate::report::{ShutdownReport, Stats};
use crate::worker::{Shared, work};

/// A fixed number of threads that hand the messages of a queue to one handler.
///
/// Dropping the pool handles what was sent and waits for it; [`shutdown`](Self::shutdown) can cancel
/// instead, and give up waiting.
///
/// # Memory ordering
///
/// Sending a message *happens before* it is handled; handling it happens before its result or dead
/// letter is received, and before a [`join`](Self::join) that saw its end.
///
/// # Examples
///
/// ```
/// use pool_queue::{Job, QueuePool};
///
/// let pool = QueuePool::builder(|_job: &Job<'_>, text: &String| Ok(text.len()))
///     .workers(2)
///     .results(10)
///     .build()?;
/// for text in ["a", "bb", "ccc"] {
///     pool.send(text.to_owned())?;
/// }
/// let results = pool.results();
/// drop(pool);
/// let total: usize = results.into_iter().map(|done| done.outcome.unwrap()).sum();
/// assert_eq!(total, 6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct QueuePool<In: Send + 'static, Out: Send + 'static> {
    shared: Arc<Shared<In, Out>>,
    /// Joined when the pool ends, unless a worker itself ends it.
    threads: Lock<Vec<thread::JoinHandle<()>>>,
    results: Option<Receiver<Done<Out>>>,
    letters: Option<Receiver<DeadLetter<In>>>,
}

impl<In: Send + 'static, Out: Send + 'static> QueuePool<In, Out> {
    /// Starts to describe a pool with this handler: a closure, or a struct that implements
    /// [`Handler`].
    pub fn builder<H: Handler<In, Out = Out>>(handler: H) -> Builder<In, Out> {
        Builder::new(Box::new(handler))
    }

    pub(crate) fn without_workers(
        shared: Arc<Shared<In, Out>>,
        results: Option<Receiver<Done<Out>>>,
        letters: Option<Receiver<DeadLetter<In>>>,
    ) -> Self {
        Self { shared, threads: Lock::new(Vec::new()), results, letters }
    }

    pub(crate) fn start_worker(&self, name: &str, outlets: Outlets<In, Out>) -> io::Result<()> {
        let os = thread::Builder::new().name(name.to_owned());
        let worker = os.id();
        let shared = self.shared.clone();
        self.shared.crew.enter(worker);
        match os.spawn(move || work(shared, outlets)) {
            Ok(thread) => {
                self.threads.lock().push(thread);
                Ok(())
            }
            Err(error) => {
                self.shared.crew.leave(worker, || false);
                Err(error)
            }
        }
    }

    /// Sends a message, waiting for room, and returns its number.
    ///
    /// A handler that sends to its own pool does not wait: its message is taken beyond the capacity.
    ///
    /// # Errors
    ///
    /// With the message, if the pool is shut down.
    #[track_caller]
    pub fn send(&self, message: In) -> Result<MessageId, Rejected<In>> {
        self.push(message, Deadline::NEVER)
    }

    /// Sends a message if there is room for it now. Within a handler, too, it is not taken beyond the
    /// capacity.
    ///
    /// # Errors
    ///
    /// With the message, if the queue is full or the pool is shut down.
    #[track_caller]
    pub fn try_send(&self, message: In) -> Result<MessageId, Rejected<In>> {
        self.shared.engine.push(message, Room::WaitUntil(Deadline::PAST))
    }

    /// Sends a message, waiting at most for `timeout` for room; `Duration::MAX` is for ever. Within a
    /// handler it is as [`send`](Self::send).
    ///
    /// # Errors
    ///
    /// With the message, if the queue was full all the time or the pool is shut down.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use pool_queue::{Job, QueuePool, Reason};
    ///
    /// let (end, wait) = std::sync::mpsc::channel::<()>();
    /// let wait = sync_lock::Lock::new(wait);
    /// let slow = move |_job: &Job<'_>, _number: &u32| Ok(_ = wait.lock().recv());
    /// let pool = QueuePool::builder(slow).workers(1).capacity(1).build().unwrap();
    /// // Sooner or later the worker is busy and the queue has its one message.
    /// let refused = loop {
    ///     if let Err(refused) = pool.try_send_for(7, Duration::from_millis(1)) {
    ///         break refused;
    ///     }
    /// };
    /// assert_eq!((refused.reason(), refused.into_inner()), (Reason::Full, 7));
    /// drop(end);
    /// ```
    #[track_caller]
    pub fn try_send_for(&self, message: In, timeout: Duration) -> Result<MessageId, Rejected<In>> {
        self.push(message, Deadline::after(timeout))
    }

    /// As [`try_send_for`](Self::try_send_for), at most until `moment`.
    ///
    /// # Errors
    ///
    /// As [`try_send_for`](Self::try_send_for).
    #[track_caller]
    pub fn try_send_until(&self, message: In, moment: Instant) -> Result<MessageId, Rejected<In>> {
        self.push(message, Deadline::at(moment))
    }

    #[track_caller]
    fn push(&self, message: In, deadline: Deadline) -> Result<MessageId, Rejected<In>> {
        let at_home = self.shared.crew.is_at_home() && !sync_core::mutant!("queue-handlers-wait");
        let room = if at_home { Room::Exceed } else { Room::WaitUntil(deadline) };
        self.shared.engine.push(message, room)
    }

    /// Sends messages one after the other, waiting for room for each; returns how many.
    ///
    /// # Errors
    ///
    /// With the message that was refused and the iterator with those after it, if the pool is shut down.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use pool_queue::{Job, QueuePool, Shutdown};
    ///
    /// let pool = QueuePool::builder(|_job: &Job<'_>, _number: &u32| Ok(())).build().unwrap();
    /// assert_eq!(pool.send_many(0..100).unwrap(), 100);
    /// let report = pool.shutdown(Shutdown::Drain, Duration::from_secs(30));
    /// assert_eq!(report.stats.completed, 100);
    /// let (refused, rest) = pool.send_many(0..3).unwrap_err().into_inner();
    /// assert_eq!((refused, rest), (0, 1..3));
    /// ```
    #[track_caller]
    pub fn send_many<I: IntoIterator<Item = In>>(
        &self,
        messages: I,
    ) -> Result<usize, RestUnsent<I::IntoIter>> {
        let mut messages = messages.into_iter();
        let mut sent = 0;
        while let Some(message) = messages.next() {
            match self.send(message) {
                Ok(_) => sent += 1,
                Err(refused) => return Err(RestUnsent::new(sent, refused, messages)),
            }
        }
        Ok(sent)
    }

    /// Returns a receiver of results: one [`Done`] for each message that ends, in whatever way.
    ///
    /// It is a receiver of crossbeam's, so it can be waited for with `select!`. All receivers share the
    /// results. They are disconnected when the pool has ended and all results were received.
    ///
    /// # Panics
    ///
    /// If the builder was not asked for [`results`](Builder::results).
    #[track_caller]
    pub fn results(&self) -> Receiver<Done<Out>> {
        self.results.clone().expect("this pool keeps no results: ask for them with `results`")
    }

    /// Returns a receiver of messages that were given up, because of a failure or a shutdown; otherwise
    /// as [`results`](Self::results).
    ///
    /// # Panics
    ///
    /// If the builder was not asked for [`dead_letters`](Builder::dead_letters).
    #[track_caller]
    pub fn dead_letters(&self) -> Receiver<DeadLetter<In>> {
        let letters = self.letters.clone();
        letters.expect("this pool keeps no dead letters: ask for them with `dead_letters`")
    }

    /// Waits until every message has ended: handled, given up or cancelled, with its result where it can
    /// be received. Messages that are sent meanwhile are waited for, too, so under a steady flow it may
    /// take for ever.
    ///
    /// If results or dead letters are kept and their channel is full, that takes a reader on another
    /// thread.
    ///
    /// # Errors
    ///
    /// If a handler of this pool calls it, since it would wait for itself.
    #[track_caller]
    pub fn join(&self) -> Result<(), WaitError> {
        self.join_deadline(Deadline::NEVER)
    }

    /// As [`join`](Self::join), at most for `timeout`; `Duration::MAX` is for ever.
    ///
    /// # Errors
    ///
    /// As [`join`](Self::join), and if the time was over.
    #[track_caller]
    pub fn join_for(&self, timeout: Duration) -> Result<(), WaitError> {
        self.join_deadline(Deadline::after(timeout))
    }

    /// As [`join`](Self::join), at most until `moment`.
    ///
    /// # Errors
    ///
    /// As [`join`](Self::join), and if the time was over.
    #[track_caller]
    pub fn join_until(&self, moment: Instant) -> Result<(), WaitError> {
        self.join_deadline(Deadline::at(moment))
    }

    #[track_caller]
    fn join_deadline(&self, deadline: Deadline) -> Result<(), WaitError> {
        if self.shared.crew.is_at_home() {
            return Err(WaitError::WouldDeadlock);
        }
        let idle = self.shared.engine.wait_until_idle(deadline);
        if idle { Ok(()) } else { Err(WaitError::TimedOut) }
    }

    /// Returns what the pool has done so far.
    pub fn stats(&self) -> Stats {
        let Shared { engine, crew, outlets, .. } = &*self.shared;
        Stats::new(crew.count(), engine.counts(), outlets.undelivered())
    }

    /// Takes no more messages, handles or cancels those that wait, for a worker or for another attempt,
    /// and waits for the end of all workers, at most for `timeout`; `Duration::MAX` is for ever.
    ///
    /// Senders that wait for room get their messages back. Results and dead letters that find no room
    /// any more do not hold it up: they reach the readers of the channels later.
    ///
    /// When the time is over, what runs goes on, and so does what is queued; call it again to wait
    /// more, or to cancel after all. A handler of this pool may call it, too, and does not wait then.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use pool_queue::{Job, QueuePool, Shutdown};
    ///
    /// let pool = QueuePool::builder(|_job: &Job<'_>, _number: &u32| Ok(())).build().unwrap();
    /// pool.send_many(0..10).unwrap();
    /// let report = pool.shutdown(Shutdown::Drain, Duration::from_secs(30));
    /// assert!(report.is_complete());
    /// assert_eq!((report.stats.sent, report.stats.completed), (10, 10));
    /// ```
    #[track_caller]
    pub fn shutdown(&self, what: Shutdown, timeout: Duration) -> ShutdownReport {
        self.end(what, Deadline::after(timeout))
    }

    #[track_caller]
    fn end(&self, what: Shutdown, deadline: Deadline) -> ShutdownReport {
        let crew = &self.shared.crew;
        // The destructors of what it cancels may call the pool.
        let cancelled_now = crew.helping(|| self.shared.close(what));
        let waits = !crew.is_at_home() || sync_core::mutant!("queue-waits-for-itself");
        if waits && crew.wait_until_empty(deadline) && deadline.is_never() {
            // Destructors of thread-locals may take any time, so only an endless wait is for them, too.
            // One of them may be the caller, and a worker may have stayed behind for slow readers.
            let me = thread::current_id();
            let threads = std::mem::take(&mut *self.threads.lock());
            let left =
                |thread: &thread::JoinHandle<()>| thread.id() != me && !crew.feeds(thread.id());
            for thread in threads.into_iter().filter(left) {
                // A panic here is that of a destructor, of the handler's or a thread-local's.
                let _ = thread.join();
            }
        }
        ShutdownReport { stats: self.stats(), cancelled_now }
    }
}

impl<In: Send + 'static, Out: Send + 'static> fmt::Debug for QueuePool<In, Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueuePool").field("stats", &self.stats()).finish_non_exhaustive()
    }
}

/// Handles what was sent and waits for it. The last owner may be a handler of the pool: its worker ends
/// after it, like the others, and is not waited for.
impl<In: Send + 'static, Out: Send + 'static> Drop for QueuePool<In, Out> {
    fn drop(&mut self) {
        sync_core::panic::while_dropping(|| {
            let _ = self.end(Shutdown::Drain, Deadline::NEVER);
            // What nobody has read may go with them, and its destructors are user code.
            contain(|| drop(self.results.take()));
            contain(|| drop(self.letters.take()));
        });
    }
}
