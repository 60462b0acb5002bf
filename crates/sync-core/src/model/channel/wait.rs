//! Sleeping until a channel is ready, or one of two.

use crate::model::engine::mpsc;
use crate::model::time::time_passes;
use crossbeam_channel::{RecvTimeoutError, SendError, TryRecvError, TrySendError};

use super::{Channel, Receiver, Sender, Side, Waiter};
use crate::channel::{Either, Received, Unsent};
use crate::time::Deadline;

/// A line that a thread waits in, whatever the channel holds.
trait Place {
    fn leave(&self, id: usize) -> bool;
    fn pass_on(&self);
}

impl<T> Place for Sender<T> {
    #[track_caller]
    fn leave(&self, id: usize) -> bool {
        Channel::leave(&self.channel, Side::Senders, id)
    }

    #[track_caller]
    fn pass_on(&self) {
        self.channel.pass_on(Side::Senders);
    }
}

impl<T> Place for Receiver<T> {
    #[track_caller]
    fn leave(&self, id: usize) -> bool {
        Channel::leave(&self.channel, Side::Receivers, id)
    }

    #[track_caller]
    fn pass_on(&self) {
        self.channel.pass_on(Side::Receivers);
    }
}

/// Sleeps until woken in one of these places, and says in which; or gives up, where the deadline
/// allows it.
#[track_caller]
fn sleep(
    places: &[&dyn Place],
    id: usize,
    sleep: &mpsc::Receiver<usize>,
    deadline: Deadline,
) -> Option<usize> {
    let woken = || sleep.recv().expect("a waker sends before it lets go");
    let mut first = None;
    if deadline.is_never() {
        first = Some(woken());
    } else {
        time_passes();
    }
    let came_from = first;
    for (number, place) in places.iter().enumerate() {
        if came_from == Some(number) || place.leave(id) {
            continue;
        }
        // It has been woken there, too, and the word is on its way.
        let number = woken();
        if first.is_none() {
            first = Some(number);
        } else if !crate::mutant!("channel-keeps-a-wake-it-does-not-use") {
            places[number].pass_on();
        }
    }
    first
}

/// Sends a value, waiting for room.
#[track_caller]
pub(super) fn send<T>(tx: &Sender<T>, mut value: T) -> Result<(), SendError<T>> {
    loop {
        let (waiter, wake) = Waiter::new();
        let id = waiter.id;
        match tx.channel.put(value, Some(waiter)) {
            Ok(()) => return Ok(()),
            Err(TrySendError::Disconnected(value)) => return Err(SendError(value)),
            Err(TrySendError::Full(back)) => value = back,
        }
        sleep(&[tx], id, &wake, Deadline::NEVER);
    }
}

/// Receives from one channel, waiting until `deadline`.
///
/// # Errors
///
/// If the time is over, or the senders are gone.
#[track_caller]
pub fn recv_until<T>(rx: &Receiver<T>, deadline: Deadline) -> Result<T, RecvTimeoutError> {
    loop {
        let (waiter, wake) = Waiter::new();
        let id = waiter.id;
        match rx.channel.take((!deadline.is_over()).then_some(waiter)) {
            Ok(value) => return Ok(value),
            Err(TryRecvError::Disconnected) => return Err(RecvTimeoutError::Disconnected),
            Err(TryRecvError::Empty) if deadline.is_over() => {
                return Err(RecvTimeoutError::Timeout);
            }
            Err(TryRecvError::Empty) => {}
        }
        if sleep(&[rx], id, &wake, deadline).is_none() {
            return Err(RecvTimeoutError::Timeout);
        }
    }
}

/// Sends a value, waiting for room until `deadline` or until `control` has lost its senders; what is
/// sent over `control` is thrown away.
///
/// # Errors
///
/// With the value, if the wait was called off, the time is over, or the receivers are gone.
#[track_caller]
pub fn send_or_stop<T, S>(
    tx: &Sender<T>,
    mut value: T,
    control: &Receiver<S>,
    deadline: Deadline,
) -> Result<(), Unsent<T>> {
    // Crossbeam's, too, tries the channel before it looks at `control`.
    loop {
        let (waiter, wake) = Waiter::new();
        let id = waiter.id;
        match tx.channel.put(value, (!deadline.is_over()).then(|| waiter.at(0))) {
            Ok(()) => return Ok(()),
            Err(TrySendError::Disconnected(value)) => return Err(Unsent::Disconnected(value)),
            Err(TrySendError::Full(value)) if deadline.is_over() => {
                return Err(Unsent::TimedOut(value));
            }
            Err(TrySendError::Full(back)) => value = back,
        }
        loop {
            match control.channel.take(Some(waiter.at(1))) {
                Ok(_) => {}
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => {
                    give_up(tx, id, &wake);
                    return Err(Unsent::Stopped(value));
                }
            }
        }
        match sleep(&[tx, control], id, &wake, deadline) {
            Some(0) => {}
            Some(_) => match control.try_recv() {
                Err(TryRecvError::Disconnected) => return Err(Unsent::Stopped(value)),
                _ => continue,
            },
            None => return Err(Unsent::TimedOut(value)),
        }
    }
}

/// Leaves the line at the first place; if it was woken there meanwhile, the next in line is.
#[track_caller]
fn give_up(place: &dyn Place, id: usize, wake: &mpsc::Receiver<usize>) {
    if !place.leave(id) {
        wake.recv().expect("a waker sends before it lets go");
        place.pass_on();
    }
}

/// Receives a message or a word of `control`, whichever is there first, waiting until `deadline`.
#[track_caller]
pub fn recv_or_stop<M, S>(
    messages: &Receiver<M>,
    control: &Receiver<S>,
    deadline: Deadline,
) -> Received<M, S> {
    let of_control = |word| match word {
        Ok(word) => Some(Received::Signal(word)),
        Err(TryRecvError::Disconnected) => Some(Received::Stopped),
        Err(TryRecvError::Empty) => None,
    };
    loop {
        let (waiter, wake) = Waiter::new();
        let id = waiter.id;
        match messages.channel.take((!deadline.is_over()).then(|| waiter.at(0))) {
            Ok(message) => return Received::Message(message),
            Err(TryRecvError::Disconnected) => return Received::Disconnected,
            Err(TryRecvError::Empty) => {}
        }
        let word = control.channel.take((!deadline.is_over()).then(|| waiter.at(1)));
        if let Some(received) = of_control(word) {
            if !deadline.is_over() {
                give_up(messages, id, &wake);
            }
            return received;
        }
        if deadline.is_over() {
            return Received::TimedOut;
        }
        match sleep(&[messages, control], id, &wake, deadline) {
            // What it was woken for comes first: nobody else was told of it.
            Some(0) => {}
            Some(_) => {
                if let Some(received) = of_control(control.try_recv()) {
                    return received;
                }
            }
            None => return Received::TimedOut,
        }
    }
}

/// Waits until one of two channels takes its value, or has lost its receivers; the other value comes
/// back.
#[track_caller]
pub fn send_either<A, B>(
    first: &Sender<A>,
    mut a: A,
    second: &Sender<B>,
    mut b: B,
) -> Either<A, B> {
    loop {
        let (waiter, wake) = Waiter::new();
        let id = waiter.id;
        match first.channel.put(a, Some(waiter.at(0))) {
            Ok(()) => return Either::First(Ok(()), b),
            Err(TrySendError::Disconnected(a)) => return Either::First(Err(SendError(a)), b),
            Err(TrySendError::Full(back)) => a = back,
        }
        match second.channel.put(b, Some(waiter.at(1))) {
            Ok(()) => {
                give_up(first, id, &wake);
                return Either::Second(a, Ok(()));
            }
            Err(TrySendError::Disconnected(b)) => {
                give_up(first, id, &wake);
                return Either::Second(a, Err(SendError(b)));
            }
            Err(TrySendError::Full(back)) => b = back,
        }
        if sleep(&[first, second], id, &wake, Deadline::NEVER) == Some(1) {
            match second.try_send(b) {
                Ok(()) => return Either::Second(a, Ok(())),
                Err(TrySendError::Disconnected(b)) => return Either::Second(a, Err(SendError(b))),
                Err(TrySendError::Full(back)) => b = back,
            }
        }
    }
}
