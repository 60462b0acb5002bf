//! What can keep a job from running, or a wait from ending well.

use std::any::Any;
use std::error::Error;
use std::fmt;

use sync_core::cell::Exclusive;
use sync_core::panic::Panicked;

/// Why a job has no result.
#[derive(Debug)]
#[non_exhaustive]
pub enum JobError {
    /// It panicked; the payload is inside.
    Panicked(Panicked),
    /// It was taken out of the queue before it started.
    Cancelled,
    /// The pool did not take it.
    Rejected(Reason),
    /// It cannot end before the job that waits for it does.
    WouldDeadlock,
}

impl JobError {
    /// Gives back the payload of the panic, if that is what it was.
    pub fn into_panic(self) -> Option<Box<dyn Any + Send + 'static>> {
        match self {
            Self::Panicked(panicked) => Some(panicked.into_panic()),
            _ => None,
        }
    }
}

impl fmt::Display for JobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panicked(panicked) => write!(f, "the job panicked: {panicked}"),
            Self::Cancelled => f.write_str("the job was cancelled before it started"),
            Self::Rejected(reason) => write!(f, "the job was not taken: {reason}"),
            Self::WouldDeadlock => {
                f.write_str("the job cannot end before the one that waits for it, which is waiting")
            }
        }
    }
}

/// A panic is no source: its message is part of the error's own.
impl Error for JobError {}

/// Why a pool does not take a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The pool is shut down.
    ShutDown,
    /// The queue is full, and was for as long as the call could wait.
    Full,
    /// The queue is full, and no worker is left to make room.
    NoWorkers,
    /// A request with the same number is on its way or waits for its callback.
    DuplicateId,
    /// The request was run, or cancelled, before.
    Spent,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ShutDown => "the pool is shut down",
            Self::Full => "the queue is full",
            Self::NoWorkers => "the queue is full, and the pool has no workers",
            Self::DuplicateId => "the pool has a request with the same number",
            Self::Spent => "the request was run before",
        })
    }
}

/// A closure or request that the pool did not take, and why.
pub struct Rejected<F> {
    pub(crate) job: Exclusive<F>,
    pub(crate) reason: Reason,
}

impl<F> Rejected<F> {
    /// Gives it back.
    pub fn into_inner(self) -> F {
        self.job.into_inner()
    }

    /// Says why it was not taken.
    pub fn reason(&self) -> Reason {
        self.reason
    }
}

impl<F> fmt::Debug for Rejected<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rejected").field("reason", &self.reason).finish_non_exhaustive()
    }
}

impl<F> fmt::Display for Rejected<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the job was not taken: {}", self.reason)
    }
}

impl<F> Error for Rejected<F> {}

/// Why a wait for the whole pool did not end with all jobs done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitError {
    /// The time was over.
    TimedOut,
    /// Jobs are queued, but no worker is there to run them.
    NoWorkers,
    /// A job of this pool waits for all jobs of this pool, so also for itself.
    WouldDeadlock,
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TimedOut => "the time was over before all jobs were done",
            Self::NoWorkers => "jobs are queued, but the pool has no workers",
            Self::WouldDeadlock => "a job cannot wait for all jobs of its own pool",
        })
    }
}

impl Error for WaitError {}
