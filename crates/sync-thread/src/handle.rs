//! Waiting for a thread and taking its result.

use std::fmt;
use std::mem;
use std::sync::Arc;

use sync_core::panic::{Panicked, catch, while_dropping};
use sync_core::thread::{self, ThreadId};
use sync_core::time::{Deadline, Duration, Instant};
use sync_lock::{Condition, Lock};

use crate::registry::Entry;
use crate::{JoinError, Thread};

/// Where a thread leaves its result.
pub(crate) struct Packet<R> {
    outcome: Lock<Outcome<R>>,
    done: Condition,
}

enum Outcome<R> {
    Running,
    Done(R),
    Taken,
    /// The handle is gone, so the thread itself drops its result.
    Abandoned,
}

impl<R> Packet<R> {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { outcome: Lock::new(Outcome::Running), done: Condition::new() })
    }

    /// Leaves the result and wakes the thread that waits for it. `entry` counts the thread among the
    /// living: it goes before anybody can have the result, and after the result if nobody wants it,
    /// whose destructor is part of the thread's work.
    pub(crate) fn complete(&self, entry: Entry, result: R) {
        if !entry.is_of_this_process() {
            // The thread has called `fork`, and this is the child. Nobody can wait for it here, and whoever
            // held the lock then never lets go of it.
            discard(result);
            return;
        }
        let mut outcome = self.outcome.lock();
        if matches!(*outcome, Outcome::Abandoned) {
            drop(outcome);
            discard(result);
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

    /// Waits for the result and takes it; `None` when the time was over.
    #[track_caller]
    pub(crate) fn take(&self, deadline: Deadline) -> Option<R> {
        let mut outcome = self.outcome.lock();
        let running = |outcome: &Outcome<R>| matches!(outcome, Outcome::Running);
        if !self.done.wait_while_deadline(&mut outcome, running, deadline) {
            return None;
        }
        match mem::replace(&mut *outcome, Outcome::Taken) {
            Outcome::Done(result) => Some(result),
            Outcome::Running | Outcome::Taken | Outcome::Abandoned => {
                panic!("the thread's result was taken already")
            }
        }
    }

    /// Leaves the result to the thread itself, or drops it if it is there already.
    fn abandon(&self) {
        let left = mem::replace(&mut *self.outcome.lock(), Outcome::Abandoned);
        if let Outcome::Done(result) = left {
            discard(result);
        }
    }
}

/// Drops a result that nobody wants. The panic hook has printed what its destructor had to say, and
/// nobody is left to be told.
fn discard<R>(result: R) {
    mem::forget(catch(|| drop(result)));
}

/// A handle's end of a packet: when it goes, the result is the thread's own business. `H` is what the
/// operating system has handed out.
pub(crate) struct Claim<R, H> {
    pub(crate) thread: Thread,
    packet: Arc<Packet<R>>,
    /// None once it was used.
    os: Option<H>,
}

impl<R, H> Claim<R, H> {
    pub(crate) fn new(thread: Thread, packet: Arc<Packet<R>>, os: H) -> Self {
        Self { thread, packet, os: Some(os) }
    }

    /// Waits for the result and takes it; `None` when the time was over.
    #[track_caller]
    pub(crate) fn take(&self, deadline: Deadline) -> Result<Option<R>, JoinError> {
        self.thread.check_join()?;
        Ok(self.packet.take(deadline))
    }

    /// Takes what the operating system has handed out, to wait for the end with it.
    pub(crate) fn take_os(&mut self) -> H {
        self.os.take().expect("the thread's result was taken already")
    }
}

impl<R, H> Drop for Claim<R, H> {
    fn drop(&mut self) {
        if self.thread.is_of_this_process() {
            while_dropping(|| self.packet.abandon());
        } else {
            // The child of a `fork` does not have the thread, and whatever it was about to do with the
            // packet it will not finish.
            mem::forget(self.os.take());
            if let Some(packet) = Arc::get_mut(&mut self.packet) {
                let left = mem::replace(packet.outcome.get_mut(), Outcome::Abandoned);
                discard(left);
            }
        }
    }
}

/// The right to wait for a thread's end and to take its result.
///
/// Dropping it lets the thread run on by itself and its result be dropped, on whichever of the two
/// threads is the last: the thread itself or the one that drops the handle. That never panics: a panic of
/// the result's destructor is caught, and reported by the panic hook as all are.
///
/// Others may wait for the end as well, with clones of [`thread`](Self::thread).
pub struct JoinHandle<T> {
    pub(crate) claim: Claim<Result<T, Panicked>, thread::JoinHandle<()>>,
}

impl<T> JoinHandle<T> {
    /// Waits until the thread has ended, for as long as it takes.
    ///
    /// # Errors
    ///
    /// The thread's panic, with its payload. At once, if the thread is the calling one, or one of the
    /// process that this one was forked from.
    ///
    /// # Panics
    ///
    /// If [`join_for`](Self::join_for) or [`join_until`](Self::join_until) took the result already.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_thread::JoinError;
    ///
    /// assert_eq!(sync_thread::spawn(|| 6 * 7).join()?, 42);
    ///
    /// match sync_thread::spawn(|| panic!("on purpose")).join() {
    ///     Err(JoinError::Panicked(panicked)) => assert_eq!(panicked.message(), "on purpose"),
    ///     other => unreachable!("{other:?}"),
    /// }
    /// # Ok::<(), JoinError>(())
    /// ```
    #[track_caller]
    pub fn join(mut self) -> Result<T, JoinError> {
        self.thread().check_join()?;
        if self.claim.take_os().join().is_err() {
            unreachable!("the thread catches its panics");
        }
        let result = self.claim.take(Deadline::NEVER)?;
        result.expect("a wait without a deadline ends with the result").map_err(JoinError::Panicked)
    }

    /// Waits until the thread has left its result, at most for `timeout`; `None` when the time was
    /// over. `Duration::MAX` is for ever.
    ///
    /// Destructors of the thread's thread-locals may still run then, since they may take any time.
    ///
    /// # Errors
    ///
    /// As [`join`](Self::join).
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
    pub fn join_for(&mut self, timeout: Duration) -> Option<Result<T, JoinError>> {
        self.join_deadline(Deadline::after(timeout))
    }

    /// As [`join_for`](Self::join_for), at most until `moment`.
    ///
    /// # Errors
    ///
    /// As [`join`](Self::join).
    ///
    /// # Panics
    ///
    /// If the result was taken already.
    #[track_caller]
    pub fn join_until(&mut self, moment: Instant) -> Option<Result<T, JoinError>> {
        self.join_deadline(Deadline::at(moment))
    }

    #[track_caller]
    fn join_deadline(&mut self, deadline: Deadline) -> Option<Result<T, JoinError>> {
        match self.claim.take(deadline).transpose()? {
            Ok(result) => Some(result.map_err(JoinError::Panicked)),
            Err(error) => Some(Err(error)),
        }
    }

    /// Tells whether the thread has yet to leave its result.
    pub fn is_alive(&self) -> bool {
        self.thread().is_alive()
    }

    /// Returns what is known of the thread, with which anybody can wait for its end.
    pub fn thread(&self) -> &Thread {
        &self.claim.thread
    }

    /// Returns the thread's name.
    pub fn name(&self) -> Option<&str> {
        self.thread().name()
    }

    /// Returns the thread's id, which no other thread of the process ever has.
    pub fn id(&self) -> ThreadId {
        self.thread().id()
    }

    /// Tells whether the end of the program does without the thread.
    pub fn is_daemon(&self) -> bool {
        self.thread().is_daemon()
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").field("thread", self.thread()).finish_non_exhaustive()
    }
}
