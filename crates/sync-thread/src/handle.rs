//! Waiting for a thread and taking its result.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use sync_core::panic::{Panicked, catch, while_dropping};
use sync_core::thread::{self, ThreadId};
use sync_core::time::{Deadline, Duration, Instant};
use sync_lock::{Condition, Lock};

use crate::Thread;
use crate::registry::Entry;

/// Where a thread leaves its result.
pub(crate) struct Packet<T> {
    outcome: Lock<Outcome<T>>,
    done: Condition,
}

enum Outcome<T> {
    Running,
    Done(Result<T, Panicked>),
    Taken,
    /// The handle is gone, so the thread itself drops its result.
    Abandoned,
}

impl<T> Packet<T> {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { outcome: Lock::new(Outcome::Running), done: Condition::new() })
    }

    /// Leaves the result and wakes who waits for it. `entry` counts the thread among the living: it goes
    /// before anybody can have the result, and after the result if nobody wants it, whose destructor
    /// is part of the thread's work.
    pub(crate) fn complete(&self, entry: Option<Entry>, result: Result<T, Panicked>) {
        let mut outcome = self.outcome.lock();
        if matches!(*outcome, Outcome::Abandoned) {
            drop(outcome);
            // The panic hook has printed what a destructor had to say, and nobody is left to be told.
            std::mem::forget(catch(|| drop(result)));
            drop(entry);
            return;
        }
        // Under the lock, so that the handle cannot go in between.
        drop(entry);
        *outcome = Outcome::Done(result);
        drop(outcome);
        if !sync_core::mutant!("thread-ends-without-a-word") {
            self.done.notify_all();
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        matches!(*self.outcome.lock(), Outcome::Running)
    }

    /// Waits for the result and takes it; `None` when the time was over.
    #[track_caller]
    pub(crate) fn take(&self, deadline: Deadline) -> Option<Result<T, Panicked>> {
        let mut outcome = self.outcome.lock();
        let running = |outcome: &Outcome<T>| matches!(outcome, Outcome::Running);
        if !self.done.wait_while_deadline(&mut outcome, running, deadline) {
            return None;
        }
        match std::mem::replace(&mut *outcome, Outcome::Taken) {
            Outcome::Done(result) => Some(result),
            Outcome::Running | Outcome::Taken | Outcome::Abandoned => {
                panic!("the thread's result was taken already")
            }
        }
    }
}

/// A handle's end of a packet: when it goes, the result is the thread's own business.
pub(crate) struct Claim<T>(pub(crate) Arc<Packet<T>>);

impl<T> Deref for Claim<T> {
    type Target = Packet<T>;

    fn deref(&self) -> &Packet<T> {
        &self.0
    }
}

impl<T> Drop for Claim<T> {
    fn drop(&mut self) {
        while_dropping(|| {
            let left = std::mem::replace(&mut *self.outcome.lock(), Outcome::Abandoned);
            drop(left);
        });
    }
}

/// The right to wait for a thread's end and to take its result.
///
/// Dropping it lets the thread run on by itself.
pub struct JoinHandle<T> {
    pub(crate) thread: Thread,
    pub(crate) packet: Claim<T>,
    pub(crate) os: thread::JoinHandle<()>,
}

impl<T> JoinHandle<T> {
    /// Waits until the thread has ended, for as long as it takes.
    ///
    /// # Errors
    ///
    /// The thread's panic, with its payload.
    ///
    /// # Panics
    ///
    /// If [`join_for`](Self::join_for) or [`join_until`](Self::join_until) took the result already.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(sync_thread::spawn(|| 6 * 7).join().unwrap(), 42);
    ///
    /// let panicked = sync_thread::spawn(|| panic!("on purpose")).join().unwrap_err();
    /// assert_eq!(panicked.message(), "on purpose");
    /// ```
    #[track_caller]
    pub fn join(self) -> Result<T, Panicked> {
        if self.os.join().is_err() {
            unreachable!("the thread catches its panics");
        }
        self.packet.take(Deadline::NEVER).expect("a wait without a deadline ends with the result")
    }

    /// Waits until the thread has left its result, at most for `timeout`; `None` when the time was
    /// over. `Duration::MAX` is for ever.
    ///
    /// Destructors of the thread's thread-locals may still run then, since they may take any time.
    ///
    /// # Errors
    ///
    /// The thread's panic, with its payload.
    ///
    /// # Panics
    ///
    /// If the result was taken already.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let (end, wait) = std::sync::mpsc::channel::<()>();
    /// let mut thread = sync_thread::spawn(move || wait.recv().is_err());
    /// assert!(thread.join_for(Duration::from_millis(1)).is_none());
    /// assert!(thread.is_alive());
    /// drop(end);
    /// assert_eq!(thread.join_for(Duration::MAX).unwrap().unwrap(), true);
    /// ```
    #[track_caller]
    pub fn join_for(&mut self, timeout: Duration) -> Option<Result<T, Panicked>> {
        self.packet.take(Deadline::after(timeout))
    }

    /// As [`join_for`](Self::join_for), at most until `moment`.
    ///
    /// # Errors
    ///
    /// The thread's panic, with its payload.
    ///
    /// # Panics
    ///
    /// If the result was taken already.
    #[track_caller]
    pub fn join_until(&mut self, moment: Instant) -> Option<Result<T, Panicked>> {
        self.packet.take(Deadline::at(moment))
    }

    /// Tells whether the thread has yet to leave its result.
    pub fn is_alive(&self) -> bool {
        self.packet.is_running()
    }

    /// The thread's name, if it has one.
    pub fn name(&self) -> Option<&str> {
        self.thread.name()
    }

    /// The thread's id, which no other thread of the process ever has.
    pub fn id(&self) -> ThreadId {
        self.thread.id()
    }

    /// Tells whether the end of the program does without the thread.
    pub fn is_daemon(&self) -> bool {
        self.thread.is_daemon()
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").field("thread", &self.thread).finish_non_exhaustive()
    }
}
