//! The engine within the process: a channel for messages, and a list of those that wait for another
//! attempt.
//!
//! # States of a message
//!
//! | state       | where                          | left by                                        |
//! |-------------|--------------------------------|------------------------------------------------|
//! | on its way  | with its sender                | the send (queued), or its refusal (rejected)   |
//! | queued      | in the channel, or `beyond` it | `next` (running), or a closing that cancels    |
//! | waiting     | in `again`, by its due time    | `next` when it is due, or a closing            |
//! | running     | with a worker                  | `settle` (ended), or `retry` (waiting)         |
//!
//! # Invariants
//!
//! 1. `unfinished` counts a message before it enters the channel and until it is settled or refused.
//!    So when the engine is closed and `unfinished` is zero nothing is in the channel, and nothing
//!    ever will be: only then are the workers stopped.
//! 2. No worker ever waits for room in the channel, which only workers empty: retries go to `again`, and
//!    what handlers send to a full channel goes `beyond` it.
//! 3. While `again` or `beyond` is not empty and a worker sleeps, one of the sleepers knows a moment not
//!    later than the first due time, or a nudge is in the control channel. Who inserts, and who takes
//!    and leaves some behind, nudges.
//! 4. While as many messages wait as fit into the queue, workers take none from the channel, so that
//!    back-offs keep up the back-pressure. They sleep until the first is due. When fewer wait, one that
//!    was due was taken, so the moment they know has passed as well; or a closing has cancelled them,
//!    and has nudged.
//! 5. A message beyond the channel has its turn when as many have come out of the channel as were in it
//!    before, or the channel is empty. So neither keeps the other waiting for ever.
//! 6. The control channel has one slot, so that nudges never pile up; losing its only sender stops all
//!    workers. Losing the sender of `closing` tells those who wait for room.

use std::collections::{BTreeMap, VecDeque};

use sync_core::channel::{
    Received, Receiver, RecvTimeoutError, Sender, Unsent, bounded, recv_or_stop, recv_until,
    send_or_stop, unbounded,
};
use sync_core::shutdown::Shutdown;
use sync_core::time::{Deadline, Duration};
use sync_lock::{Condition, Lock, LockGuard};

use crate::engine::{Counts, Delivery, Engine, Room, Settled};
use crate::error::{Reason, Rejected};
use crate::handler::MessageId;
use crate::outlet::Capacity;

/// Nothing is ever sent over it: it is there to be closed.
#[derive(Debug)]
pub(crate) enum Never {}

/// Keeps messages in the process, in a channel of crossbeam's.
pub struct ChannelEngine<M> {
    tx: Sender<Delivery<M>>,
    rx: Receiver<Delivery<M>>,
    /// How many may wait for another attempt before workers take no more from the channel.
    bound: usize,
    /// For senders: disconnected when no more messages are taken.
    closing: Receiver<Never>,
    /// For workers.
    control: Receiver<()>,
    books: Lock<Books<M>>,
    /// Nothing is unfinished.
    idle: Condition,
}

struct Books<M> {
    closing: Option<Sender<Never>>,
    control: Option<Sender<()>>,
    cancelling: bool,
    /// By due time, and then by age.
    again: BTreeMap<(Deadline, u64), Delivery<M>>,
    /// In the order of sending, each with the count of `received` at which it has its turn.
    beyond: VecDeque<(u64, Delivery<M>)>,
    /// How many have come out of the channel.
    received: u64,
    next_id: MessageId,
    next_turn: u64,
    unfinished: u64,
    counts: Counts,
}

impl<M> Books<M> {
    fn is_closed(&self) -> bool {
        self.closing.is_none()
    }

    /// When the first of those that wait is due.
    fn due(&self) -> Deadline {
        self.again.first_key_value().map_or(Deadline::NEVER, |(&(due, _), _)| due)
    }

    fn put_again(&mut self, delivery: Delivery<M>, due: Deadline) {
        let turn = self.next_turn;
        self.next_turn += 1;
        self.again.insert((due, turn), delivery);
        self.nudge();
    }

    /// Keeps a message of a handler that the channel, with so many in it, has no room for.
    fn put_beyond(&mut self, delivery: Delivery<M>, ahead: usize) {
        self.beyond.push_back((self.received + ahead as u64, delivery));
        self.nudge();
    }

    /// Takes the first message beyond the channel, if it has its turn.
    fn take_beyond(&mut self, channel_is_empty: bool) -> Option<Delivery<M>> {
        let &(turn, _) = self.beyond.front()?;
        if turn > self.received && !channel_is_empty {
            return None;
        }
        let (_, delivery) = self.beyond.pop_front()?;
        self.counts.running += 1;
        self.pass_on();
        Some(delivery)
    }

    /// Has a sleeper look at what waits (invariants 3 and 4).
    fn nudge(&self) {
        if let Some(control) = &self.control
            && !sync_core::mutant!("queue-nudges-nobody")
        {
            // Full means that a nudge is there already.
            let _ = control.try_send(());
        }
    }

    /// As [`nudge`](Self::nudge), on behalf of who takes a message and leaves others waiting.
    fn pass_on(&self) {
        if !self.again.is_empty() || !self.beyond.is_empty() {
            self.nudge();
        }
    }

    /// Takes the first of those that wait, if it is due by then.
    fn take_due(&mut self, now: impl FnOnce(Deadline) -> bool) -> Option<Delivery<M>> {
        let entry = self.again.first_entry()?;
        if !now(entry.key().0) {
            return None;
        }
        let delivery = entry.remove();
        self.counts.running += 1;
        self.pass_on();
        Some(delivery)
    }
}

impl<M: Send + 'static> ChannelEngine<M> {
    /// Creates an engine with room for so many messages; above 16 million it has no bound.
    ///
    /// # Panics
    ///
    /// If that is none.
    pub fn bounded(capacity: usize) -> Self {
        assert!(capacity > 0, "a queue needs room for at least one message");
        Self::new(capacity, Capacity::Bounded(capacity).channel())
    }

    /// Creates an engine with room for any number of messages.
    pub fn unbounded() -> Self {
        Self::new(usize::MAX, unbounded())
    }

    fn new(bound: usize, (tx, rx): (Sender<Delivery<M>>, Receiver<Delivery<M>>)) -> Self {
        let (closing_tx, closing) = bounded(1);
        let (control_tx, control) = bounded(1);
        let books = Books {
            closing: Some(closing_tx),
            control: Some(control_tx),
            cancelling: false,
            again: BTreeMap::new(),
            beyond: VecDeque::new(),
            received: 0,
            next_id: 0,
            next_turn: 0,
            unfinished: 0,
            counts: Counts::default(),
        };
        Self { tx, rx, bound, closing, control, books: Lock::new(books), idle: Condition::new() }
    }

    /// Counts a message as ended.
    fn finish(&self, mut books: LockGuard<'_, Books<M>>) {
        books.unfinished -= 1;
        self.stop_if_done(books);
    }

    /// Ends a change of the books: wakes who waits for all messages, and stops the workers if no message
    /// is left and none will come (invariant 1).
    fn stop_if_done(&self, mut books: LockGuard<'_, Books<M>>) {
        let idle = books.unfinished == 0;
        let done = books.is_closed() && (idle || sync_core::mutant!("queue-stops-at-once"));
        let control = if done { books.control.take() } else { None };
        drop(books);
        drop(control);
        if idle && !sync_core::mutant!("queue-is-idle-without-a-word") {
            self.idle.notify_all();
        }
    }

    fn refuse(&self, message: M, reason: Reason) -> Rejected<M> {
        let mut books = self.books.lock();
        books.counts.sent -= 1;
        books.counts.rejected += 1;
        if !sync_core::mutant!("queue-counts-the-refused") {
            self.finish(books);
        }
        Rejected::new(message, reason)
    }

    /// A message has come out of the channel.
    fn received(&self, delivery: Delivery<M>) -> Delivery<M> {
        let mut books = self.books.lock();
        books.counts.running += 1;
        books.received += 1;
        books.pass_on();
        delivery
    }

    /// Waits for a message, or for a reason to look at those that wait.
    #[track_caller]
    fn receive(&self, may_take: bool, due: Deadline) -> Received<Delivery<M>, ()> {
        if may_take {
            return recv_or_stop(&self.rx, &self.control, due);
        }
        match recv_until(&self.control, due) {
            Ok(()) => Received::Signal(()),
            Err(RecvTimeoutError::Timeout) => Received::TimedOut,
            Err(RecvTimeoutError::Disconnected) => Received::Stopped,
        }
    }
}

impl<M: Send + 'static> Engine for ChannelEngine<M> {
    type Message = M;

    #[track_caller]
    fn push(&self, message: M, room: Room) -> Result<MessageId, Rejected<M>> {
        let mut books = self.books.lock();
        if books.is_closed() {
            books.counts.rejected += 1;
            return Err(Rejected::new(message, Reason::ShutDown));
        }
        let id = books.next_id;
        books.next_id += 1;
        books.counts.sent += 1;
        if !sync_core::mutant!("queue-counts-what-it-has-sent") {
            books.unfinished += 1;
        }
        let delivery = Delivery { id, attempts: 0, message };
        let deadline = match room {
            Room::WaitUntil(deadline) => deadline,
            Room::Exceed if self.tx.len() < self.bound && books.beyond.is_empty() => Deadline::PAST,
            Room::Exceed => {
                books.put_beyond(delivery, self.tx.len());
                return Ok(id);
            }
        };
        drop(books);
        let sent = if deadline.is_never() && sync_core::mutant!("queue-senders-hear-nothing") {
            self.tx.send(delivery).map_err(|unsent| Unsent::Disconnected(unsent.into_inner()))
        } else {
            send_or_stop(&self.tx, delivery, &self.closing, deadline)
        };
        if sync_core::mutant!("queue-counts-what-it-has-sent") {
            self.books.lock().unfinished += 1;
        }
        match sent {
            Ok(()) => Ok(id),
            // It became full meanwhile.
            Err(Unsent::TimedOut(delivery)) if room == Room::Exceed => {
                self.books.lock().put_beyond(delivery, self.bound);
                Ok(id)
            }
            Err(Unsent::TimedOut(delivery)) => Err(self.refuse(delivery.message, Reason::Full)),
            Err(Unsent::Stopped(delivery) | Unsent::Disconnected(delivery)) => {
                Err(self.refuse(delivery.message, Reason::ShutDown))
            }
        }
    }

    #[track_caller]
    fn next(&self) -> Option<Delivery<M>> {
        loop {
            let mut books = self.books.lock();
            // What is due comes before what is queued, or a steady flow would keep it waiting.
            if let Some(delivery) = books.take_due(Deadline::is_over) {
                return Some(delivery);
            }
            let (may_take, due) = (books.again.len() < self.bound, books.due());
            if may_take && let Some(delivery) = books.take_beyond(self.rx.is_empty()) {
                return Some(delivery);
            }
            drop(books);
            match self.receive(may_take, due) {
                Received::Message(delivery) => return Some(self.received(delivery)),
                Received::Signal(()) => {}
                Received::TimedOut => {
                    if let Some(delivery) = self.books.lock().take_due(|first| first <= due) {
                        return Some(delivery);
                    }
                }
                Received::Stopped | Received::Disconnected => return None,
            }
        }
    }

    fn settle(&self, _id: MessageId, how: Settled) {
        let mut books = self.books.lock();
        books.counts.running -= 1;
        let count = match how {
            Settled::Completed => &mut books.counts.completed,
            Settled::Dead => &mut books.counts.dead,
            Settled::Cancelled => &mut books.counts.cancelled,
        };
        *count += 1;
        self.finish(books);
    }

    fn retry(&self, delivery: Delivery<M>, delay: Duration) -> Result<(), Delivery<M>> {
        let due = if delay.is_zero() { Deadline::PAST } else { Deadline::after(delay) };
        let mut books = self.books.lock();
        if books.cancelling && !sync_core::mutant!("queue-retries-what-is-cancelled") {
            return Err(delivery);
        }
        books.counts.running -= 1;
        books.counts.retried += 1;
        books.put_again(delivery, due);
        Ok(())
    }

    fn close(&self, what: Shutdown) -> Vec<Delivery<M>> {
        let mut books = self.books.lock();
        // Those who wait for room are told first, or what is taken out would let them in.
        drop(books.closing.take());
        let mut cancelled = Vec::new();
        if what == Shutdown::Cancel {
            books.cancelling = true;
            cancelled.extend(std::mem::take(&mut books.again).into_values());
            cancelled.extend(self.rx.try_iter());
            cancelled.extend(std::mem::take(&mut books.beyond).into_iter().map(|(_, it)| it));
            books.counts.running += cancelled.len() as u64;
            if !sync_core::mutant!("queue-cancels-without-a-word") {
                books.nudge();
            }
        }
        self.stop_if_done(books);
        cancelled
    }

    fn is_cancelling(&self) -> bool {
        self.books.lock().cancelling
    }

    #[track_caller]
    fn wait_until_idle(&self, deadline: Deadline) -> bool {
        let mut books = self.books.lock();
        self.idle.wait_while_deadline(&mut books, |books| books.unfinished > 0, deadline)
    }

    fn counts(&self) -> Counts {
        let books = self.books.lock();
        let (waiting, running) = (books.again.len() as u64, books.counts.running);
        // What is neither waiting nor running is in the channel or on its way there.
        let queued = books.unfinished - waiting - running;
        Counts { waiting, queued, ..books.counts }
    }
}

impl<M: Send + 'static> std::fmt::Debug for ChannelEngine<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChannelEngine").field("counts", &self.counts()).finish_non_exhaustive()
    }
}
