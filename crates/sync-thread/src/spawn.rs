//! Starting threads: from a closure, or from a value that knows how to run.

use std::io;

use sync_core::panic::catch;
use sync_core::thread;

use crate::handle::{Claim, Packet};
use crate::registry::{current, enter, next_name};
use crate::{JoinHandle, Thread};

/// A value that is the whole work of a thread: Python's subclass of `Thread` with its `run`.
///
/// # Examples
///
/// ```
/// use sync_thread::Run;
///
/// struct Greeter { name: String }
///
/// impl Run for Greeter {
///     type Output = usize;
///
///     fn run(self) -> usize {
///         format!("hello, {}", self.name).len()
///     }
/// }
///
/// let thread = sync_thread::start(Greeter { name: "t1".into() });
/// assert_eq!(thread.join().unwrap(), 9);
/// ```
pub trait Run: Send + 'static {
    /// What the thread leaves to the one who joins it.
    type Output: Send + 'static;

    /// Does the work.
    fn run(self) -> Self::Output;
}

/// Starts a thread.
///
/// # Panics
///
/// If the operating system refuses; [`Builder::spawn`] returns its error instead.
///
/// # Examples
///
/// ```
/// let threads: Vec<_> = (0..3).map(|n| sync_thread::spawn(move || n * n)).collect();
/// let squares: Result<Vec<_>, _> = threads.into_iter().map(|thread| thread.join()).collect();
/// assert_eq!(squares.unwrap(), [0, 1, 4]);
/// ```
#[track_caller]
pub fn spawn<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    Builder::new().spawn(f).expect("the operating system refuses a thread")
}

/// Starts a thread that runs this value; see [`Run`].
///
/// # Panics
///
/// If the operating system refuses; [`Builder::start`] returns its error instead.
#[track_caller]
pub fn start<R: Run>(work: R) -> JoinHandle<R::Output> {
    Builder::new().start(work).expect("the operating system refuses a thread")
}

/// The settings of a thread that is about to be started.
///
/// # Examples
///
/// ```
/// let thread = sync_thread::Builder::new()
///     .name("ticker")
///     .daemon(true)
///     .spawn(|| ())
///     .unwrap();
/// assert!(thread.is_daemon());
/// assert_eq!(thread.name(), Some("ticker"));
/// # thread.join().unwrap();
/// ```
#[must_use = "nothing starts before `spawn` or `start`"]
#[derive(Debug, Clone, Default)]
pub struct Builder {
    name: Option<String>,
    stack_size: Option<usize>,
    daemon: Option<bool>,
}

impl Builder {
    /// Creates a builder of threads that are like the one that starts them: a daemon's are daemons.
    pub fn new() -> Self {
        Self::default()
    }

    /// Names the thread; a name must not contain NUL bytes.
    ///
    /// Threads that are given no name are called `Thread-1`, `Thread-2` and so on.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the size of its stack in bytes; the platform may round it up.
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.stack_size = Some(bytes);
        self
    }

    /// Says whether the end of the program does without it; see [`wait_at_exit`](crate::wait_at_exit).
    pub fn daemon(mut self, daemon: bool) -> Self {
        self.daemon = Some(daemon);
        self
    }

    /// Starts a thread.
    ///
    /// # Errors
    ///
    /// The operating system's, if it refuses; `InvalidInput` for a name with a NUL byte.
    #[track_caller]
    pub fn spawn<T: Send + 'static>(
        self,
        f: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<JoinHandle<T>> {
        let (os, thread) = self.draft();
        let packet = Packet::new();
        let entry = enter(thread.clone());
        let body = {
            let packet = packet.clone();
            move || {
                // A refused thread drops `body`, and its entry first: `f` may wait for all as it goes.
                let entry = entry;
                let result = catch(f);
                packet.complete(entry, result);
            }
        };
        let os = os.spawn(body)?;
        Ok(JoinHandle { claim: Claim::new(thread, packet, os) })
    }

    /// The operating system's builder, and what the registry is to know of the thread.
    pub(crate) fn draft(self) -> (thread::Builder, Thread) {
        let daemon = self.daemon.unwrap_or_else(|| current().is_daemon());
        let name = self.name.unwrap_or_else(next_name);
        let os = thread::Builder::new();
        let thread = Thread::new(os.id(), &name, daemon);
        (os.name(name).stack_size(self.stack_size), thread)
    }

    /// Starts a thread that runs this value.
    ///
    /// # Errors
    ///
    /// As [`spawn`](Self::spawn).
    #[track_caller]
    pub fn start<R: Run>(self, work: R) -> io::Result<JoinHandle<R::Output>> {
        self.spawn(|| work.run())
    }
}
