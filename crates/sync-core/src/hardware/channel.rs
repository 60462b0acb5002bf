//! Crossbeam's channels.

use std::time::Instant;

use crossbeam_channel::{RecvTimeoutError, SendError, TryRecvError, TrySendError, select};

use crate::channel::{Either, Received, Unsent};
use crate::time::Deadline;

pub use crossbeam_channel::{IntoIter, Iter, Receiver, Sender, TryIter, bounded, unbounded};

/// Sends a value, waiting for room until `deadline` or until `control` has lost its senders; what is
/// sent over `control` is thrown away.
///
/// # Errors
///
/// With the value, if the wait was called off, the time is over, or the receivers are gone. A channel
/// with room takes the value even if the wait has been called off already.
///
/// # Examples
///
/// ```
/// use sync_core::channel::{Unsent, bounded, send_or_stop};
/// use sync_core::time::{Deadline, Duration};
///
/// let (tx, rx) = bounded(1);
/// let (stop, control) = bounded::<()>(0);
/// send_or_stop(&tx, 1, &control, Deadline::NEVER).unwrap();
/// let soon = Deadline::after(Duration::from_millis(1));
/// assert_eq!(send_or_stop(&tx, 2, &control, soon), Err(Unsent::TimedOut(2)));
/// drop(stop);
/// assert_eq!(send_or_stop(&tx, 3, &control, Deadline::NEVER), Err(Unsent::Stopped(3)));
/// assert_eq!(rx.recv(), Ok(1));
/// ```
#[inline]
pub fn send_or_stop<T, S>(
    tx: &Sender<T>,
    value: T,
    control: &Receiver<S>,
    deadline: Deadline,
) -> Result<(), Unsent<T>> {
    match tx.try_send(value) {
        Ok(()) => Ok(()),
        Err(TrySendError::Disconnected(value)) => Err(Unsent::Disconnected(value)),
        Err(TrySendError::Full(value)) if deadline == Deadline::PAST => {
            Err(Unsent::TimedOut(value))
        }
        Err(TrySendError::Full(value)) => send_slowly(tx, value, control, deadline),
    }
}

#[cold]
fn send_slowly<T, S>(
    tx: &Sender<T>,
    value: T,
    control: &Receiver<S>,
    deadline: Deadline,
) -> Result<(), Unsent<T>> {
    let gone = |SendError(value)| Unsent::Disconnected(value);
    loop {
        if let Some(moment) = deadline.instant() {
            select! {
                send(tx, value) -> sent => return sent.map_err(gone),
                recv(control) -> word => {
                    if word.is_err() {
                        return Err(Unsent::Stopped(value));
                    }
                }
                default(moment.saturating_duration_since(Instant::now())) => {
                    return Err(Unsent::TimedOut(value));
                }
            }
        } else {
            select! {
                send(tx, value) -> sent => return sent.map_err(gone),
                recv(control) -> word => {
                    if word.is_err() {
                        return Err(Unsent::Stopped(value));
                    }
                }
            }
        }
    }
}

/// Receives a message or a word of `control`, whichever is there first, waiting until `deadline`.
/// Messages come before control if both are there.
///
/// # Examples
///
/// ```
/// use sync_core::channel::{Received, bounded, recv_or_stop};
/// use sync_core::time::Deadline;
///
/// let (tx, rx) = bounded(1);
/// let (nudge, control) = bounded(1);
/// tx.send("hello").unwrap();
/// nudge.send(1).unwrap();
/// assert_eq!(recv_or_stop(&rx, &control, Deadline::NEVER), Received::Message("hello"));
/// assert_eq!(recv_or_stop(&rx, &control, Deadline::NEVER), Received::Signal(1));
/// assert_eq!(recv_or_stop(&rx, &control, Deadline::PAST), Received::TimedOut);
/// drop(nudge);
/// assert_eq!(recv_or_stop(&rx, &control, Deadline::NEVER), Received::Stopped);
/// ```
#[inline]
pub fn recv_or_stop<M, S>(
    messages: &Receiver<M>,
    control: &Receiver<S>,
    deadline: Deadline,
) -> Received<M, S> {
    match messages.try_recv() {
        Ok(message) => Received::Message(message),
        Err(TryRecvError::Disconnected) => Received::Disconnected,
        Err(TryRecvError::Empty) => recv_slowly(messages, control, deadline),
    }
}

#[cold]
fn recv_slowly<M, S>(
    messages: &Receiver<M>,
    control: &Receiver<S>,
    deadline: Deadline,
) -> Received<M, S> {
    if let Some(moment) = deadline.instant() {
        select! {
            recv(messages) -> message => message.map_or(Received::Disconnected, Received::Message),
            recv(control) -> word => word.map_or(Received::Stopped, Received::Signal),
            default(moment.saturating_duration_since(Instant::now())) => Received::TimedOut,
        }
    } else {
        select! {
            recv(messages) -> message => message.map_or(Received::Disconnected, Received::Message),
            recv(control) -> word => word.map_or(Received::Stopped, Received::Signal),
        }
    }
}

/// Receives from one channel, waiting until `deadline`.
///
/// # Errors
///
/// If the time is over, or the senders are gone.
pub fn recv_until<T>(rx: &Receiver<T>, deadline: Deadline) -> Result<T, RecvTimeoutError> {
    match deadline.instant() {
        Some(moment) => rx.recv_deadline(moment),
        None => rx.recv().map_err(|_| RecvTimeoutError::Disconnected),
    }
}

/// Waits until one of two channels takes its value, or has lost its receivers; the other value comes
/// back.
///
/// # Examples
///
/// ```
/// use sync_core::channel::{Either, bounded, send_either};
///
/// let (full, _full) = bounded(1);
/// let (free, taken) = bounded(1);
/// full.send(1).unwrap();
/// assert_eq!(send_either(&full, 2, &free, "two"), Either::Second(2, Ok(())));
/// assert_eq!(taken.recv(), Ok("two"));
/// ```
pub fn send_either<A, B>(first: &Sender<A>, a: A, second: &Sender<B>, b: B) -> Either<A, B> {
    select! {
        send(first, a) -> sent => Either::First(sent, b),
        send(second, b) -> sent => Either::Second(a, sent),
    }
}
