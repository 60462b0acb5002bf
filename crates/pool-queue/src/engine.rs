//! The seam between the pool and what keeps its messages.
//!
//! Above it stand the workers, panics and retries, results and dead letters: the same for every
//! engine. Below it a message is kept from the moment it is taken until it is settled. The engine in
//! this crate is a channel in the process; another one may keep messages on a server, and batch calls
//! on threads of its own.

use sync_core::shutdown::Shutdown;
use sync_core::time::{Deadline, Duration};

use crate::error::Rejected;
use crate::handler::MessageId;

/// Keeps messages until they are handled.
///
/// # What an engine promises
///
/// 1. A message that `push` took is given out by `next` or `close`, once for each attempt, until it is
///    settled. It counts as unfinished from before `push` returns until then.
/// 2. After `close`, `push` takes nothing, those that wait in it are told, and `next` goes on until
///    nothing is unfinished. Then it returns `None`, to each who calls it.
/// 3. No call panics: the worker would end, and its message be lost.
/// 4. No call runs user code while it holds a lock that another call needs.
pub trait Engine: Send + Sync + 'static {
    /// What it keeps.
    type Message: Send + 'static;

    /// Takes a message.
    ///
    /// # Errors
    ///
    /// With the message, if there was no room or the engine is closed.
    fn push(
        &self,
        message: Self::Message,
        room: Room,
    ) -> Result<MessageId, Rejected<Self::Message>>;

    /// Waits for the next message to handle; `None` when the engine is closed and all have ended.
    fn next(&self) -> Option<Delivery<Self::Message>>;

    /// Ends a message that was given out.
    fn settle(&self, id: MessageId, how: Settled);

    /// Puts a message back, to be given out again when `delay` has passed. May wait for room.
    ///
    /// # Errors
    ///
    /// With the message, if it is to be cancelled instead.
    fn retry(
        &self,
        delivery: Delivery<Self::Message>,
        delay: Duration,
    ) -> Result<(), Delivery<Self::Message>>;

    /// Takes no more messages; hands out all that can be cancelled, if that is what is to be done.
    fn close(&self, what: Shutdown) -> Vec<Delivery<Self::Message>>;

    /// Tells whether messages are to be cancelled rather than handled.
    fn is_cancelling(&self) -> bool;

    /// Waits until all messages have ended; `false` when the time was over.
    fn wait_until_idle(&self, deadline: Deadline) -> bool;

    /// Counts its messages, all at one moment.
    fn counts(&self) -> Counts;
}

/// A message on its way to a handler.
#[derive(Debug)]
pub struct Delivery<M> {
    /// Its number.
    pub id: MessageId,
    /// How often it was handed to a handler before.
    pub attempts: u32,
    /// The message.
    pub message: M,
}

/// What to do about a queue without room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// Wait for some until then.
    WaitUntil(Deadline),
    /// Take the message all the same: it comes from a handler, and if handlers waited for room that
    /// only handlers can make, nobody would ever go on.
    Exceed,
}

/// How a message ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// It was handled.
    Completed,
    /// It was given up.
    Dead,
    /// It was not handled because of a shutdown.
    Cancelled,
}

/// How many messages are where; `sent` is the sum of `queued`, `waiting`, `running`, `completed`, `dead`
/// and `cancelled`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Taken, or on the way in.
    pub sent: u64,
    /// Not given out yet.
    pub queued: u64,
    /// Put back for another attempt.
    pub waiting: u64,
    /// Given out and not settled.
    pub running: u64,
    /// Handled.
    pub completed: u64,
    /// Given up.
    pub dead: u64,
    /// Ended by a shutdown.
    pub cancelled: u64,
    /// Not taken.
    pub rejected: u64,
    /// How often one was put back.
    pub retried: u64,
}
