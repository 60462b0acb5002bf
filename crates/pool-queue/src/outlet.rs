//! Where results and dead letters leave the pool.
//!
//! A channel that is full holds the worker up until the pool is being closed. From then on what finds
//! no room is kept in order in a backlog, so that no reader, slow or gone, can keep the pool from its
//! end. The last worker to leave feeds the backlog to the channel, for as long as somebody reads.

use std::collections::VecDeque;
use std::sync::Arc;

use sync_core::channel::{
    Either, Receiver, SendError, Sender, Unsent, bounded, send_either, send_or_stop, unbounded,
};
use sync_core::panic::catch;
use sync_core::time::Deadline;
use sync_lock::Lock;

use crate::channel::Never;
use crate::outcome::{DeadLetter, Done};

/// Calls user code, a destructor or a hook, whose panic has nowhere to go; the payload's destructor is
/// user code too, and is not called.
pub(crate) fn contain(f: impl FnOnce()) {
    std::mem::forget(catch(f));
}

/// The largest bound that is kept: bounded channels take all of their memory at once.
const MOST_BOUNDED: usize = 1 << 24;

/// How much a channel for messages, results or dead letters holds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Capacity {
    Bounded(usize),
    Unbounded,
}

impl Capacity {
    pub(crate) fn channel<T>(self) -> (Sender<T>, Receiver<T>) {
        match self {
            Self::Bounded(capacity) if capacity <= MOST_BOUNDED => bounded(capacity),
            Self::Bounded(_) | Self::Unbounded => unbounded(),
        }
    }
}

/// What waits for room.
struct Backlog<T> {
    list: VecDeque<T>,
    /// Whether one more is in the feeder's hand.
    in_hand: bool,
}

/// One of the two ways out.
pub(crate) struct Outlet<T> {
    /// None if nobody asked for a channel.
    backlog: Option<Arc<Lock<Backlog<T>>>>,
    /// None on behalf of the pool itself, which must not keep the channel open: it delivers only when
    /// it is being closed, to the backlog.
    tx: Option<Sender<T>>,
}

impl<T> Clone for Outlet<T> {
    fn clone(&self) -> Self {
        Self { backlog: self.backlog.clone(), tx: self.tx.clone() }
    }
}

impl<T> Outlet<T> {
    pub(crate) fn new(tx: Option<Sender<T>>) -> Self {
        let backlog = || Arc::new(Lock::new(Backlog { list: VecDeque::new(), in_hand: false }));
        Self { backlog: tx.as_ref().map(|_| backlog()), tx }
    }

    /// The same, for the pool itself.
    fn without_channel(&self) -> Self {
        Self { backlog: self.backlog.clone(), tx: None }
    }

    pub(crate) fn is_wanted(&self) -> bool {
        self.backlog.is_some()
    }

    fn len(&self) -> u64 {
        self.backlog.as_ref().map_or(0, |backlog| {
            let backlog = backlog.lock();
            backlog.list.len() as u64 + u64::from(backlog.in_hand)
        })
    }

    /// Lets a value out, waiting for room unless the pool is being closed; drops it if nobody asked
    /// for it or all readers are gone.
    #[track_caller]
    fn deliver(&self, value: T, closing: &Receiver<Never>) {
        let Some(backlog) = &self.backlog else {
            return contain(|| drop(value));
        };
        let late = |value| backlog.lock().list.push_back(value);
        // What is late stays behind what was late before.
        let is_late = !self.flush(backlog);
        let Some(tx) = self.tx.as_ref().filter(|_| !is_late) else {
            return late(value);
        };
        match send_or_stop(tx, value, closing, Deadline::NEVER) {
            Ok(()) => {}
            Err(Unsent::Disconnected(value)) => contain(|| drop(value)),
            Err(Unsent::Stopped(value) | Unsent::TimedOut(value)) => {
                if sync_core::mutant!("queue-drops-what-is-late") {
                    contain(|| drop(value));
                } else {
                    late(value);
                }
            }
        }
    }

    /// Lets out as much of the backlog as there is room for; tells whether that was all.
    fn flush(&self, backlog: &Lock<Backlog<T>>) -> bool {
        let mut backlog = backlog.lock();
        let Some(tx) = &self.tx else { return backlog.list.is_empty() };
        while let Some(value) = backlog.list.pop_front() {
            // If nobody reads any more, whoever feeds the rest drops it.
            if let Err(unsent) = tx.try_send(value) {
                backlog.list.push_front(unsent.into_inner());
                return false;
            }
        }
        true
    }

    /// Lets go of the channel. What it still holds goes with the last that does, and its destructors are
    /// user code.
    fn close(&mut self) {
        contain(|| drop(self.tx.take()));
    }

    /// Takes the first of the backlog in hand.
    fn take(&self) -> Option<T> {
        let mut backlog = self.backlog.as_ref()?.lock();
        let value = backlog.list.pop_front();
        backlog.in_hand = value.is_some();
        value
    }

    fn put_back(&self, value: T) {
        if let Some(backlog) = &self.backlog {
            let mut backlog = backlog.lock();
            backlog.list.push_front(value);
            backlog.in_hand = false;
        }
    }
}

/// Both ways out.
pub(crate) struct Outlets<In, Out> {
    pub(crate) results: Outlet<Done<Out>>,
    pub(crate) letters: Outlet<DeadLetter<In>>,
    closing: Receiver<Never>,
}

impl<In, Out> Clone for Outlets<In, Out> {
    fn clone(&self) -> Self {
        let (results, letters) = (self.results.clone(), self.letters.clone());
        Self { results, letters, closing: self.closing.clone() }
    }
}

impl<In, Out> Outlets<In, Out> {
    pub(crate) fn new(
        results: Outlet<Done<Out>>,
        letters: Outlet<DeadLetter<In>>,
        closing: Receiver<Never>,
    ) -> Self {
        Self { results, letters, closing }
    }

    /// The same for the pool itself, which delivers only when it is being closed.
    pub(crate) fn without_channels(&self) -> Self {
        let (results, letters) = (self.results.without_channel(), self.letters.without_channel());
        Self { results, letters, closing: self.closing.clone() }
    }

    #[track_caller]
    pub(crate) fn result(&self, done: Done<Out>) {
        self.results.deliver(done, &self.closing);
    }

    #[track_caller]
    pub(crate) fn letter(&self, letter: DeadLetter<In>) {
        self.letters.deliver(letter, &self.closing);
    }

    /// How many results and dead letters wait for room.
    pub(crate) fn undelivered(&self) -> u64 {
        self.results.len() + self.letters.len()
    }

    /// Feeds both backlogs to their channels, until all is delivered or nobody reads, and disconnects
    /// each as soon as its own is done. Nobody delivers any more by then.
    #[track_caller]
    pub(crate) fn feed(&mut self) {
        while let (Some(results), Some(letters)) = (&self.results.tx, &self.letters.tx) {
            match (self.results.take(), self.letters.take()) {
                (Some(done), Some(letter)) => match send_either(results, done, letters, letter) {
                    Either::First(sent, letter) => {
                        contain(|| drop(sent));
                        self.letters.put_back(letter);
                    }
                    Either::Second(done, sent) => {
                        contain(|| drop(sent));
                        self.results.put_back(done);
                    }
                },
                (Some(done), None) => {
                    self.results.put_back(done);
                    if sync_core::mutant!("queue-keeps-open-what-is-done") {
                        break;
                    }
                    self.letters.close();
                }
                (None, letter) => {
                    letter.into_iter().for_each(|letter| self.letters.put_back(letter));
                    self.results.close();
                }
            }
        }
        self.results.feed();
        self.letters.feed();
    }

    /// Lets go of both channels.
    pub(crate) fn close(&mut self) {
        self.results.close();
        self.letters.close();
    }
}

impl<T> Outlet<T> {
    /// Feeds the backlog to the channel, and disconnects it.
    #[track_caller]
    fn feed(&mut self) {
        let Some(tx) = &self.tx else { return };
        while let Some(value) = self.take() {
            if let Err(SendError(value)) = tx.send(value) {
                contain(|| drop(value));
            }
        }
        self.close();
    }
}
