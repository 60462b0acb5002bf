//! A submitted job and the handle on its result.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use sync_core::panic::{Panicked, catch};
use sync_core::time::{Deadline, Duration, Instant};
use sync_lock::{Condition, Lock};

use crate::core::{Core, JobId, Joining};
use crate::error::{JobError, Reason};
use crate::task::{Answer, Ending, Task, contain};

/// Where a job leaves its result for the handle.
struct Packet<T> {
    slot: Lock<Slot<T>>,
    done: Condition,
}

enum Slot<T> {
    Pending(Pending),
    Done(Result<T, JobError>),
    /// The handle has the result, or is gone.
    Closed,
}

#[derive(Default)]
struct Pending {
    waker: Option<Waker>,
    /// Who joins is to look whether it has to run the job.
    nudged: bool,
}

impl<T> Packet<T> {
    /// Leaves the result. A panic that no handle will take comes back.
    fn complete(&self, result: Result<T, JobError>) -> Option<Panicked> {
        let mut slot = self.slot.lock();
        if matches!(*slot, Slot::Closed) {
            drop(slot);
            return discard(result);
        }
        let before = std::mem::replace(&mut *slot, Slot::Done(result));
        drop(slot);
        self.done.notify_all();
        if let Slot::Pending(Pending { waker: Some(waker), .. }) = before {
            // The waker is user code, and its panic is no end of the job.
            contain(|| waker.wake());
        }
        None
    }

    /// Waits for the result and takes it; `None` when the time was over.
    #[track_caller]
    fn take(&self, deadline: Deadline) -> Option<Result<T, JobError>> {
        let mut slot = self.slot.lock();
        let pending = |slot: &Slot<T>| matches!(slot, Slot::Pending(_));
        if !self.done.wait_while_deadline(&mut slot, pending, deadline) {
            return None;
        }
        Some(Self::taken(std::mem::replace(&mut *slot, Slot::Closed)))
    }

    /// Has who joins look again whether to run the job.
    fn nudge(&self) {
        if let Slot::Pending(pending) = &mut *self.slot.lock() {
            pending.nudged = true;
        }
        self.done.notify_all();
    }

    /// Waits for the result, or a nudge.
    #[track_caller]
    fn wait_or_nudge(&self) {
        let mut slot = self.slot.lock();
        let waits = |slot: &Slot<T>| matches!(slot, Slot::Pending(pending) if !pending.nudged);
        self.done.wait_while(&mut slot, waits);
        if let Slot::Pending(pending) = &mut *slot {
            pending.nudged = false;
        }
    }

    fn is_finished(&self) -> bool {
        !matches!(*self.slot.lock(), Slot::Pending(_))
    }

    #[track_caller]
    fn taken(slot: Slot<T>) -> Result<T, JobError> {
        match slot {
            Slot::Done(result) => result,
            Slot::Pending(_) | Slot::Closed => panic!("the job's result was taken already"),
        }
    }
}

/// Drops a result that nobody wants; returns the panic of the job, or else of the result's destructor.
fn discard<T>(result: Result<T, JobError>) -> Option<Panicked> {
    match result {
        Ok(value) => catch(|| drop(value)).err(),
        Err(JobError::Panicked(panicked)) => Some(panicked),
        Err(_) => None,
    }
}

/// The other end of a handle: fulfils it once, with "cancelled" if nothing else comes.
pub(crate) struct Promise<T>(Option<Arc<Packet<T>>>);

impl<T> Promise<T> {
    fn keep(mut self, result: Result<T, JobError>) -> Option<Panicked> {
        self.0.take().and_then(|packet| packet.complete(result))
    }

    /// Says that the pool did not take the job.
    pub(crate) fn reject(self, reason: Reason) {
        self.keep(Err(JobError::Rejected(reason)));
    }
}

impl<T> Drop for Promise<T> {
    fn drop(&mut self) {
        if let Some(packet) = self.0.take()
            && !sync_core::mutant!("pool-cancels-without-a-word")
        {
            sync_core::panic::while_dropping(|| drop(packet.complete(Err(JobError::Cancelled))));
        }
    }
}

/// A closure whose result a handle waits for.
pub(crate) struct Submitted<F, T> {
    job: F,
    promise: Promise<T>,
}

impl<F, T> Submitted<F, T> {
    pub(crate) fn into_promise(self) -> Promise<T> {
        self.promise
    }
}

impl<F: FnOnce() -> T + Send, T: Send> Task for Submitted<F, T> {
    fn run(self: Box<Self>) -> Ending {
        let Self { job, promise } = *self;
        match catch(job) {
            Ok(value) => Ending::completed(promise.keep(Ok(value))),
            Err(panicked) => Ending::panicked(promise.keep(Err(JobError::Panicked(panicked)))),
        }
    }

    fn cancel(&mut self) -> Option<Answer> {
        self.promise = Promise(None);
        None
    }

    fn nudge(&self) {
        self.promise.0.iter().for_each(|packet| packet.nudge());
    }
}

/// Connects a closure with the handle on its result, which still has to learn the job's number.
pub(crate) fn pair<F, T>(core: Arc<Core>, job: F) -> (Box<Submitted<F, T>>, JobHandle<T>) {
    let packet = Arc::new(Packet {
        slot: Lock::new(Slot::Pending(Pending::default())),
        done: Condition::new(),
    });
    let promise = Promise(Some(packet.clone()));
    (Box::new(Submitted { job, promise }), JobHandle { packet, core, id: None })
}

/// The right to wait for a job and to take its result.
///
/// It is also a [`Future`].
///
/// Dropping it lets the job go on by itself and its result be dropped, on whichever of the two threads
/// is the last: the worker's or the one that drops the handle. A panic that nobody can see any more, of
/// the job or of that result's destructor, goes to the pool's [`on_panic`](crate::Builder::on_panic)
/// hook. Dropping a handle never panics.
#[must_use = "without the handle nobody sees the result; `execute` is for jobs without one"]
pub struct JobHandle<T> {
    packet: Arc<Packet<T>>,
    core: Arc<Core>,
    /// None if the pool did not take the job.
    id: Option<JobId>,
}

impl<T> JobHandle<T> {
    pub(crate) fn numbered(mut self, id: JobId) -> Self {
        self.id = Some(id);
        self
    }

    /// Waits for the job's end, for as long as it takes.
    ///
    /// A job of the same pool may wait like this too: the job it waits for is run on the spot if it
    /// has not started, it alone, with the waiting job's stack beneath it. A wait that could never end
    /// is an error instead.
    ///
    /// # Errors
    ///
    /// If the job panicked, was cancelled or not taken, or cannot end before the caller does.
    ///
    /// # Panics
    ///
    /// If the result was taken already.
    ///
    /// # Examples
    ///
    /// ```
    /// use pool_threadpool::{JobError, ThreadPool};
    ///
    /// let pool = ThreadPool::new(2);
    /// assert_eq!(pool.submit(|| 6 * 7).join()?, 42);
    /// match pool.submit(|| panic!("on purpose")).join() {
    ///     Err(JobError::Panicked(panicked)) => assert_eq!(panicked.message(), "on purpose"),
    ///     other => unreachable!("{other:?}"),
    /// }
    /// # Ok::<(), JobError>(())
    /// ```
    #[track_caller]
    pub fn join(self) -> Result<T, JobError> {
        // A result that is there is taken, even where waiting for it would be an error.
        while let Some(id) = self.id.filter(|_| !self.packet.is_finished()) {
            match self.core.begin_join(id) {
                Joining::Never => return Err(JobError::WouldDeadlock),
                Joining::Run(entry) => self.core.run(entry),
                Joining::Wait => {
                    let result = self.packet.take(Deadline::NEVER);
                    self.core.end_join();
                    return result.expect("a wait without a deadline ends with the result");
                }
                Joining::WaitOutside => {
                    self.packet.wait_or_nudge();
                    self.core.end_join_outside();
                }
            }
        }
        let result = self.packet.take(Deadline::NEVER);
        result.expect("a wait without a deadline ends with the result")
    }

    /// Waits for the job's end, at most for `timeout`; `None` when the time was over. `Duration::MAX`
    /// is for ever.
    ///
    /// # Errors
    ///
    /// If the job panicked, was cancelled or not taken.
    ///
    /// # Panics
    ///
    /// If the result was taken already.
    #[track_caller]
    pub fn join_for(&mut self, timeout: Duration) -> Option<Result<T, JobError>> {
        self.packet.take(Deadline::after(timeout))
    }

    /// As [`join_for`](Self::join_for), at most until `moment`.
    ///
    /// # Errors
    ///
    /// If the job panicked, was cancelled or not taken.
    ///
    /// # Panics
    ///
    /// If the result was taken already.
    #[track_caller]
    pub fn join_until(&mut self, moment: Instant) -> Option<Result<T, JobError>> {
        self.packet.take(Deadline::at(moment))
    }

    /// Tells whether the job has ended, in whatever way.
    pub fn is_finished(&self) -> bool {
        self.packet.is_finished()
    }

    /// Takes the job out of the queue; `false` if it has started, or ended, already.
    ///
    /// # Examples
    ///
    /// ```
    /// use pool_threadpool::{JobError, ThreadPool};
    ///
    /// let pool = ThreadPool::new(1);
    /// let (end, wait) = std::sync::mpsc::channel::<()>();
    /// let running = pool.submit(move || wait.recv().is_err());
    /// let queued = pool.submit(|| ());
    /// assert!(queued.cancel());
    /// assert!(matches!(queued.join(), Err(JobError::Cancelled)));
    /// drop(end);
    /// assert!(running.join()?);
    /// # Ok::<(), JobError>(())
    /// ```
    pub fn cancel(&self) -> bool {
        self.id.is_some_and(|id| self.core.cancel(id))
    }
}

/// Ready when the job has ended. Polling again after that panics.
impl<T> Future for JobHandle<T> {
    type Output = Result<T, JobError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let waker = context.waker().clone();
        let mut slot = self.packet.slot.lock();
        let replaced = match &mut *slot {
            Slot::Pending(pending) => pending.waker.replace(waker),
            _ => {
                let slot = std::mem::replace(&mut *slot, Slot::Closed);
                return Poll::Ready(Packet::taken(slot));
            }
        };
        drop(slot);
        drop(replaced);
        Poll::Pending
    }
}

impl<T> Drop for JobHandle<T> {
    fn drop(&mut self) {
        sync_core::panic::while_dropping(|| {
            let left = std::mem::replace(&mut *self.packet.slot.lock(), Slot::Closed);
            match left {
                Slot::Done(result) => {
                    discard(result).into_iter().for_each(|panicked| self.core.report(panicked));
                }
                // The waker is the executor's code.
                Slot::Pending(pending) => contain(|| drop(pending)),
                Slot::Closed => {}
            }
        });
    }
}

impl<T> fmt::Debug for JobHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobHandle").field("job", &self.id).finish_non_exhaustive()
    }
}
