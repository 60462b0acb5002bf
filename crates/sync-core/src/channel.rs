//! Channels with many senders and many receivers, and waits that can be called off.
//!
//! On hardware these are the channels of [crossbeam](https://docs.rs/crossbeam-channel), so that
//! receivers can be waited for with its `select!`. Crossbeam's code cannot be explored by the model
//! checker: there, a small channel with the same calls takes its place, and what is checked is the
//! protocol of whoever uses it, not crossbeam.
//!
//! [`send_or_stop`] and [`recv_or_stop`] are the two waits on two channels at once that a pool needs.
//! The second channel is for control: it calls the wait off when the last of its senders is gone.

use std::fmt;

pub use crossbeam_channel::{RecvError, RecvTimeoutError, SendError, TryRecvError, TrySendError};

pub use crate::backend::channel::{
    IntoIter, Iter, Receiver, Sender, TryIter, bounded, recv_or_stop, recv_until, send_either,
    send_or_stop, unbounded,
};

/// Why a value was not sent, and the value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Unsent<T> {
    /// The control channel has lost its senders.
    Stopped(T),
    /// The channel was full for as long as the call could wait.
    TimedOut(T),
    /// The channel has lost its receivers.
    Disconnected(T),
}

impl<T> Unsent<T> {
    /// Gives the value back.
    pub fn into_inner(self) -> T {
        match self {
            Self::Stopped(value) | Self::TimedOut(value) | Self::Disconnected(value) => value,
        }
    }
}

impl<T> fmt::Debug for Unsent<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Stopped(_) => "Stopped(..)",
            Self::TimedOut(_) => "TimedOut(..)",
            Self::Disconnected(_) => "Disconnected(..)",
        })
    }
}

/// What came first to somebody who waits for messages and for control.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received<M, S> {
    /// A message.
    Message(M),
    /// A word on the control channel.
    Signal(S),
    /// The control channel has lost its senders.
    Stopped,
    /// The channel of messages has lost its senders.
    Disconnected,
    /// Nothing, and the time is over.
    TimedOut,
}

/// Which of two values found room, and what became of the other one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Either<A, B> {
    /// The first was sent, or came back because its channel has lost its receivers.
    First(Result<(), SendError<A>>, B),
    /// The second, likewise.
    Second(A, Result<(), SendError<B>>),
}
