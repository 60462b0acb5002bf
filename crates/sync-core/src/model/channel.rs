//! Channels inside the checker: a queue that changes in [`Steps`], with the calls of crossbeam's channels.
//!
//! # States and invariants
//!
//! A channel holds its values and two lines of sleeping threads: those that wait for a value, and
//! those that wait for room.
//!
//! 1. Who puts a value in wakes the first that waits for one, who takes one out wakes the first that
//!    waits for room, and the last to leave one side wakes everybody on the other.
//! 2. A thread enters a line in the step in which it finds that it has to wait, so no wake-up falls
//!    between the two.
//! 3. Who is woken has been taken out of the line, and receives exactly one word on its own channel,
//!    which names the place where it was woken.
//! 4. A thread that waits in two places and is woken in one leaves the other; if it was woken there
//!    too, it passes that on to the next in line, because it is going to use but one of the two.

use std::cell::Cell;
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::engine::mpsc;
use crossbeam_channel::{RecvError, RecvTimeoutError, SendError, TryRecvError, TrySendError};

use super::contract::Steps;
use crate::time::{Deadline, Duration, Instant};

mod wait;

pub use wait::{recv_or_stop, recv_until, send_either, send_or_stop};

/// A thread in line.
#[derive(Clone)]
pub(super) struct Waiter {
    id: usize,
    /// Which of the places where it waits this is.
    place: usize,
    wake: mpsc::Sender<usize>,
}

/// Tells waiters apart; not one of the checker's objects, because its value decides nothing.
static WAITERS: AtomicUsize = AtomicUsize::new(0);

impl Waiter {
    /// A waiter for the calling thread, and where it is going to sleep.
    #[track_caller]
    fn new() -> (Self, mpsc::Receiver<usize>) {
        let (wake, sleep) = mpsc::channel();
        (Self { id: WAITERS.fetch_add(1, Ordering::Relaxed), place: 0, wake }, sleep)
    }

    fn at(&self, place: usize) -> Self {
        Self { place, ..self.clone() }
    }

    #[track_caller]
    fn wake(self) {
        self.wake.send(self.place).expect("a waiter receives or takes itself out of the line");
    }
}

/// The two sides of a channel.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Senders,
    Receivers,
}

struct State<T> {
    values: VecDeque<T>,
    for_values: VecDeque<Waiter>,
    for_room: VecDeque<Waiter>,
}

impl<T> State<T> {
    fn line(&mut self, side: Side) -> &mut VecDeque<Waiter> {
        match side {
            Side::Senders => &mut self.for_room,
            Side::Receivers => &mut self.for_values,
        }
    }
}

struct Channel<T> {
    steps: Steps<State<T>>,
    capacity: usize,
    /// How many ends there are. Plain cells: ends are cloned from ends, so only the last one's drop
    /// decides anything, and that is done in a step.
    senders: Cell<usize>,
    receivers: Cell<usize>,
}

// SAFETY: all threads of a model are coroutines on one OS thread, so the cells are never touched by
// two at once; values move between threads as `T: Send` allows.
unsafe impl<T: Send> Send for Channel<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Channel<T> {}

impl<T> Channel<T> {
    /// Puts a value in if there is room; if not, the waiter gets in line.
    #[track_caller]
    fn put(&self, value: T, waiter: Option<Waiter>) -> Result<(), TrySendError<T>> {
        let (result, woken) = self.steps.step(|state| {
            if self.receivers.get() == 0 {
                return (Err(TrySendError::Disconnected(value)), None);
            }
            let bounded = !crate::mutant!("channel-has-no-bound");
            if bounded && state.values.len() >= self.capacity {
                state.for_room.extend(waiter);
                return (Err(TrySendError::Full(value)), None);
            }
            state.values.push_back(value);
            (Ok(()), state.for_values.pop_front())
        });
        if !crate::mutant!("channel-sends-without-a-word") {
            woken.into_iter().for_each(Waiter::wake);
        }
        result
    }

    /// Takes a value out if there is one; if not, the waiter gets in line.
    #[track_caller]
    fn take(&self, waiter: Option<Waiter>) -> Result<T, TryRecvError> {
        let (result, woken) = self.steps.step(|state| match state.values.pop_front() {
            Some(value) => (Ok(value), state.for_room.pop_front()),
            None if self.senders.get() == 0 => (Err(TryRecvError::Disconnected), None),
            None => {
                state.for_values.extend(waiter);
                (Err(TryRecvError::Empty), None)
            }
        });
        if !crate::mutant!("channel-takes-without-a-word") {
            woken.into_iter().for_each(Waiter::wake);
        }
        result
    }

    /// Takes a waiter out of its line; `false` if it is not there any more.
    #[track_caller]
    fn leave(&self, side: Side, id: usize) -> bool {
        self.steps.step(|state| {
            let line = state.line(side);
            let place = line.iter().position(|waiter| waiter.id == id);
            place.and_then(|place| line.remove(place)).is_some()
        })
    }

    /// Wakes the next in line in the place of somebody who was woken and needs it no more.
    #[track_caller]
    fn pass_on(&self, side: Side) {
        let next = self.steps.step(|state| state.line(side).pop_front());
        next.into_iter().for_each(Waiter::wake);
    }

    /// One end less on this side. The last one wakes the other side; the last receiver of a channel
    /// without a bound drops what nobody will receive.
    #[track_caller]
    fn leave_side(&self, side: Side) {
        let (ends, other) = match side {
            Side::Senders => (&self.senders, Side::Receivers),
            Side::Receivers => (&self.receivers, Side::Senders),
        };
        if ends.get() > 1 {
            ends.set(ends.get() - 1);
            return;
        }
        let (woken, values) = self.steps.step(|state| {
            ends.set(0);
            let values = match side {
                Side::Senders => VecDeque::new(),
                // As crossbeam's: what a bounded one holds goes with the last end.
                Side::Receivers if self.capacity < usize::MAX => VecDeque::new(),
                Side::Receivers => std::mem::take(&mut state.values),
            };
            (std::mem::take(state.line(other)), values)
        });
        if !crate::mutant!("channel-ends-without-a-word") {
            woken.into_iter().for_each(Waiter::wake);
        }
        drop(values);
    }
}

/// Creates a channel that holds at most `capacity` values.
///
/// # Panics
///
/// If that is none: the checker's channel has no rendezvous.
#[track_caller]
pub fn bounded<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    assert!(capacity > 0, "the checker's channel has no rendezvous");
    let state =
        State { values: VecDeque::new(), for_values: VecDeque::new(), for_room: VecDeque::new() };
    let (senders, receivers) = (Cell::new(1), Cell::new(1));
    let channel = Arc::new(Channel { steps: Steps::new(state), capacity, senders, receivers });
    (Sender { channel: channel.clone() }, Receiver { channel })
}

/// Creates a channel without a bound.
#[track_caller]
pub fn unbounded<T>() -> (Sender<T>, Receiver<T>) {
    bounded(usize::MAX)
}

/// The sending end of a channel.
pub struct Sender<T> {
    channel: Arc<Channel<T>>,
}

impl<T> Sender<T> {
    /// Sends a value, waiting for room.
    ///
    /// # Errors
    ///
    /// With the value, if the receivers are gone.
    #[track_caller]
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        wait::send(self, value)
    }

    /// Sends a value if there is room.
    ///
    /// # Errors
    ///
    /// With the value, if there is none, or the receivers are gone.
    #[track_caller]
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        self.channel.put(value, None)
    }
}

/// The receiving end of a channel.
pub struct Receiver<T> {
    channel: Arc<Channel<T>>,
}

impl<T> Receiver<T> {
    /// Receives a value, waiting for one.
    ///
    /// # Errors
    ///
    /// If there is none and the senders are gone.
    #[track_caller]
    pub fn recv(&self) -> Result<T, RecvError> {
        recv_until(self, Deadline::NEVER).map_err(|_: RecvTimeoutError| RecvError)
    }

    /// Receives a value if there is one.
    ///
    /// # Errors
    ///
    /// If there is none; it says whether the senders are gone.
    #[track_caller]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.channel.take(None)
    }

    /// Receives a value, waiting at most for `timeout`, which the checker may let pass or not.
    ///
    /// # Errors
    ///
    /// If the time is over, or there is none and the senders are gone.
    #[track_caller]
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        recv_until(self, Deadline::after(timeout))
    }

    /// As [`recv_timeout`](Self::recv_timeout), at most until `moment`.
    ///
    /// # Errors
    ///
    /// As [`recv_timeout`](Self::recv_timeout).
    #[track_caller]
    pub fn recv_deadline(&self, moment: Instant) -> Result<T, RecvTimeoutError> {
        recv_until(self, Deadline::at(moment))
    }

    /// Receives until the senders are gone.
    pub fn iter(&self) -> Iter<'_, T> {
        Iter(self)
    }

    /// Receives what is there, without waiting.
    pub fn try_iter(&self) -> TryIter<'_, T> {
        TryIter(self)
    }
}

/// What both ends have.
macro_rules! end {
    ($End:ident, $side:expr, $ends:ident) => {
        impl<T> $End<T> {
            /// How many values are in the channel.
            #[track_caller]
            pub fn len(&self) -> usize {
                self.channel.steps.step(|state| state.values.len())
            }

            /// Tells whether there are none.
            #[track_caller]
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }
        }

        impl<T> Clone for $End<T> {
            fn clone(&self) -> Self {
                let Channel { $ends, .. } = &*self.channel;
                $ends.set($ends.get() + 1);
                Self { channel: self.channel.clone() }
            }
        }

        impl<T> Drop for $End<T> {
            #[track_caller]
            fn drop(&mut self) {
                crate::panic::while_dropping(|| self.channel.leave_side($side));
            }
        }

        impl<T> fmt::Debug for $End<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(concat!(stringify!($End), " { .. }"))
            }
        }
    };
}

end!(Sender, Side::Senders, senders);
end!(Receiver, Side::Receivers, receivers);

/// Receives until the senders are gone; see [`Receiver::iter`].
#[derive(Debug)]
pub struct Iter<'a, T>(&'a Receiver<T>);

impl<T> Iterator for Iter<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.0.recv().ok()
    }
}

/// Receives what is there; see [`Receiver::try_iter`].
#[derive(Debug)]
pub struct TryIter<'a, T>(&'a Receiver<T>);

impl<T> Iterator for TryIter<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.0.try_recv().ok()
    }
}

/// Receives until the senders are gone, and owns the receiver.
#[derive(Debug)]
pub struct IntoIter<T>(Receiver<T>);

impl<T> Iterator for IntoIter<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.0.recv().ok()
    }
}

impl<T> IntoIterator for Receiver<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    fn into_iter(self) -> IntoIter<T> {
        IntoIter(self)
    }
}

impl<'a, T> IntoIterator for &'a Receiver<T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}
