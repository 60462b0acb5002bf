//! What is known of a thread, and waiting for its end.

use std::fmt;
use std::sync::Arc;

use sync_core::process;
use sync_core::thread::{ThreadId, current_id};
use sync_core::time::{Deadline, Duration, Instant};
use sync_lock::Event;

use crate::JoinError;

/// What is known of a thread; any number of these may stand for one thread.
///
/// Two are equal if they are of the same thread.
///
/// # Examples
///
/// ```
/// let handle = sync_thread::Builder::new().name("worker").spawn(sync_thread::current).unwrap();
/// let worker = handle.join().unwrap();
/// assert_eq!(worker.name(), Some("worker"));
/// assert_ne!(worker, sync_thread::current());
/// ```
#[derive(Clone)]
pub struct Thread {
    id: ThreadId,
    name: Option<Arc<str>>,
    daemon: bool,
    /// None if the thread was not started here.
    end: Option<Arc<End>>,
}

/// The end of a thread, and in which process it is to be.
struct End {
    generation: u32,
    event: Event,
}

impl Thread {
    /// A thread that is about to be started.
    pub(crate) fn new(id: ThreadId, name: &str, daemon: bool) -> Self {
        let end = End { generation: process::generation(), event: Event::new() };
        Self { id, name: Some(name.into()), daemon, end: Some(Arc::new(end)) }
    }

    /// A thread that was not started here.
    pub(crate) fn foreign(id: ThreadId, name: Option<&str>) -> Self {
        Self { id, name: name.map(Arc::from), daemon: false, end: None }
    }

    /// Returns the thread's id, which no other thread of the process ever has.
    pub fn id(&self) -> ThreadId {
        self.id
    }

    /// Returns the thread's name, if it has one. Threads that this crate starts always do.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Tells whether the end of the program does without it.
    pub fn is_daemon(&self) -> bool {
        self.daemon
    }

    /// Tells whether the thread has yet to end its work; true of threads that this crate did not start.
    ///
    /// In the child of a `fork` no thread of the parent is alive but the one that called it.
    pub fn is_alive(&self) -> bool {
        match &self.end {
            Some(end) if end.is_of_this_process() => !end.event.is_set(),
            Some(_) => self.id == process::first_thread(),
            None => true,
        }
    }

    /// Waits until the thread has ended its work, for as long as it takes.
    ///
    /// Any number of threads may wait for one. The result is left to the owner of the
    /// [`JoinHandle`](crate::JoinHandle), and so is a panic.
    ///
    /// # Errors
    ///
    /// If it is the calling thread itself, or one whose end cannot be seen.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_thread::JoinError;
    ///
    /// sync_thread::spawn(|| println!("still printed"));
    /// for thread in sync_thread::enumerate() {
    ///     match thread.join() {
    ///         Ok(()) => assert!(!thread.is_alive()),
    ///         Err(JoinError::WouldDeadlock) => assert_eq!(thread, sync_thread::current()),
    ///         Err(error) => panic!("{error}"),
    ///     }
    /// }
    /// ```
    #[track_caller]
    pub fn join(&self) -> Result<(), JoinError> {
        self.wait(Deadline::NEVER).map(drop)
    }

    /// Waits until the thread has ended its work, at most for `timeout`; tells whether it has.
    /// `Duration::MAX` is for ever.
    ///
    /// # Errors
    ///
    /// As [`join`](Self::join).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let (end, wait) = std::sync::mpsc::channel::<()>();
    /// let thread = sync_thread::spawn(move || wait.recv()).thread().clone();
    /// assert!(!thread.join_for(Duration::from_millis(1))?);
    /// drop(end);
    /// assert!(thread.join_for(Duration::MAX)?);
    /// # Ok::<(), sync_thread::JoinError>(())
    /// ```
    #[track_caller]
    pub fn join_for(&self, timeout: Duration) -> Result<bool, JoinError> {
        self.wait(Deadline::after(timeout))
    }

    /// Waits until the thread has ended its work, at most until `moment`; tells whether it has.
    ///
    /// # Errors
    ///
    /// As [`join`](Self::join).
    #[track_caller]
    pub fn join_until(&self, moment: Instant) -> Result<bool, JoinError> {
        self.wait(Deadline::at(moment))
    }

    #[track_caller]
    fn wait(&self, deadline: Deadline) -> Result<bool, JoinError> {
        self.check_join()?;
        let end = self.end.as_ref().ok_or(JoinError::Foreign)?;
        Ok(end.event.wait_deadline(deadline))
    }

    /// Makes sure that a join could end.
    pub(crate) fn check_join(&self) -> Result<(), JoinError> {
        if self.id == current_id() {
            Err(JoinError::WouldDeadlock)
        } else if self.is_of_this_process() {
            Ok(())
        } else {
            Err(JoinError::Foreign)
        }
    }

    /// Tells whether this process started the thread, and not one that it was forked from.
    pub(crate) fn is_of_this_process(&self) -> bool {
        self.end.as_ref().is_some_and(|end| end.is_of_this_process())
    }

    /// Has those go on that wait for the thread.
    #[track_caller]
    pub(crate) fn ended(&self) {
        if let Some(end) = &self.end
            && !sync_core::mutant!("thread-ends-and-tells-no-thread")
        {
            end.event.set();
        }
    }
}

impl End {
    fn is_of_this_process(&self) -> bool {
        self.generation == process::generation()
    }
}

impl PartialEq for Thread {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Thread {}

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Thread")
            .field("id", &self.id.get())
            .field("name", &self.name())
            .field("daemon", &self.daemon)
            .finish()
    }
}
