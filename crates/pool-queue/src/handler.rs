//! What handles messages, what it is told about them, and how it says that it failed.

use std::error::Error;
use std::fmt;

use sync_core::time::Duration;

/// Messages are numbered in the order in which they were offered, also those that were refused then;
/// of two that are sent at once, the one with the greater number may get in first.
pub type MessageId = u64;

/// Handles messages of a type, many at a time.
///
/// A closure `Fn(&Job, &In) -> Result<Out, Fail>` is one; a struct can be one, too. The message is
/// borrowed, so that it is still there for another attempt, or as a dead letter.
///
/// # Examples
///
/// ```
/// use pool_queue::{Fail, Handler, Job, QueuePool, Shutdown};
/// use std::time::Duration;
///
/// struct Multiplier(u32);
///
/// impl Handler<u32> for Multiplier {
///     type Out = u32;
///
///     fn handle(&self, _job: &Job<'_>, number: &u32) -> Result<u32, Fail> {
///         number.checked_mul(self.0).ok_or_else(|| Fail::dead("too large"))
///     }
/// }
///
/// let pool = QueuePool::builder(Multiplier(3)).workers(1).results(10).build()?;
/// pool.send(14)?;
/// assert_eq!(pool.results().recv()?.outcome.unwrap(), 42);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Handler<In>: Send + Sync + 'static {
    /// What comes out for a message.
    type Out;

    /// Handles a message.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from being handled, and whether it is to be tried again. A panic counts as a
    /// failure to be tried again.
    fn handle(&self, job: &Job<'_>, input: &In) -> Result<Self::Out, Fail>;
}

impl<In, Out, F> Handler<In> for F
where
    F: Fn(&Job<'_>, &In) -> Result<Out, Fail> + Send + Sync + 'static,
{
    type Out = Out;

    fn handle(&self, job: &Job<'_>, input: &In) -> Result<Out, Fail> {
        self(job, input)
    }
}

/// What a handler may want to know of the message at hand.
pub struct Job<'a> {
    pub(crate) id: MessageId,
    pub(crate) attempt: u32,
    pub(crate) attempts: u32,
    pub(crate) is_cancelled: &'a (dyn Fn() -> bool + Sync),
}

impl Job<'_> {
    /// Returns the message's number: that which `send` returned.
    pub fn id(&self) -> MessageId {
        self.id
    }

    /// Returns the number of this attempt, from 1.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Tells whether there is no further attempt, even if this one asks for it.
    pub fn is_last_attempt(&self) -> bool {
        self.attempt >= self.attempts
    }

    /// Tells whether the pool is being shut down with its messages cancelled, so that a handler that
    /// takes long may as well give up.
    pub fn is_cancelled(&self) -> bool {
        (self.is_cancelled)()
    }
}

impl fmt::Debug for Job<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").field("id", &self.id).field("attempt", &self.attempt).finish()
    }
}

/// How a handler fails.
///
/// Every error converts into one that asks for another attempt, so that `?` works in handlers. It is no
/// error type itself.
///
/// # Examples
///
/// ```
/// use pool_queue::{Fail, Job};
///
/// fn parse(_job: &Job<'_>, text: &String) -> Result<u32, Fail> {
///     if text.is_empty() {
///         return Err(Fail::dead("nothing to parse"));
///     }
///     Ok(text.parse()?)
/// }
/// ```
#[must_use = "it is what a handler returns"]
pub struct Fail {
    pub(crate) error: Box<dyn Error + Send + Sync>,
    pub(crate) then: Then,
}

/// What is to become of a message that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// Another attempt, after the pool's back-off.
    Retry,
    RetryAfter(Duration),
    Dead,
}

impl Fail {
    /// Asks for another attempt, after the pool's back-off and if any attempts are left.
    pub fn retry(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { error: error.into(), then: Then::Retry }
    }

    /// Asks for another attempt when `delay` has passed, instead of the pool's back-off, if any attempts
    /// are left.
    pub fn retry_after(error: impl Into<Box<dyn Error + Send + Sync>>, delay: Duration) -> Self {
        Self { error: error.into(), then: Then::RetryAfter(delay) }
    }

    /// Gives the message up.
    pub fn dead(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { error: error.into(), then: Then::Dead }
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for Fail {
    fn from(error: E) -> Self {
        Self::retry(error)
    }
}

impl fmt::Debug for Fail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fail").field("error", &self.error).field("then", &self.then).finish()
    }
}
