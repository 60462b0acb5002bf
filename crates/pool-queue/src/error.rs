//! What can keep a message out, or a wait from ending well.

use std::error::Error;
use std::fmt;

use sync_core::cell::Exclusive;

/// Why a pool does not take a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The queue is full, and was for as long as the call could wait.
    Full,
    /// The pool is shut down.
    ShutDown,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "the queue is full",
            Self::ShutDown => "the pool is shut down",
        })
    }
}

/// A message that the pool did not take, and why.
pub struct Rejected<In> {
    message: Exclusive<In>,
    reason: Reason,
}

impl<In> Rejected<In> {
    /// Gives a message back; for engines.
    pub fn new(message: In, reason: Reason) -> Self {
        Self { message: Exclusive::new(message), reason }
    }

    /// Gives the message back.
    pub fn into_inner(self) -> In {
        self.message.into_inner()
    }

    /// Says why it was not taken.
    pub fn reason(&self) -> Reason {
        self.reason
    }
}

impl<In> fmt::Debug for Rejected<In> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rejected").field("reason", &self.reason).finish_non_exhaustive()
    }
}

impl<In> fmt::Display for Rejected<In> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the message was not taken: {}", self.reason)
    }
}

impl<In> Error for Rejected<In> {}

/// What [`send_many`](crate::QueuePool::send_many) did not send: the message that was refused, and
/// those after it.
pub struct RestUnsent<I: Iterator> {
    sent: usize,
    reason: Reason,
    rest: Exclusive<(I::Item, I)>,
}

impl<I: Iterator> RestUnsent<I> {
    pub(crate) fn new(sent: usize, refused: Rejected<I::Item>, rest: I) -> Self {
        let reason = refused.reason();
        Self { sent, reason, rest: Exclusive::new((refused.into_inner(), rest)) }
    }

    /// How many were sent before.
    pub fn sent(&self) -> usize {
        self.sent
    }

    /// Says why the next one was not taken.
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// Gives back the refused message and the iterator with those after it.
    pub fn into_inner(self) -> (I::Item, I) {
        self.rest.into_inner()
    }
}

impl<I: Iterator> fmt::Debug for RestUnsent<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RestUnsent")
            .field("sent", &self.sent)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

impl<I: Iterator> fmt::Display for RestUnsent<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} messages were sent, the next was not taken: {}", self.sent, self.reason)
    }
}

impl<I: Iterator> Error for RestUnsent<I> {}

/// Why a wait for all messages did not end with all of them done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitError {
    /// The time was over.
    TimedOut,
    /// A handler waits for all messages of its own pool, so also for the one it handles.
    WouldDeadlock,
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TimedOut => "the time was over before all messages had ended",
            Self::WouldDeadlock => "a handler cannot wait for all messages of its own pool",
        })
    }
}

impl Error for WaitError {}
