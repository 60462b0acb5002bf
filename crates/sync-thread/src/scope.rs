//! Threads that borrow from the caller's stack, on `std`'s scope.

use std::fmt;
use std::io;
use std::sync::Arc;

use sync_core::panic::Panicked;
use sync_core::thread::{self, ThreadId};
use sync_core::time::{Deadline, Duration, Instant};

use crate::handle::Packet;
use crate::registry::{Entry, enter};
use crate::{Builder, Thread};

/// Runs `f`, which may start threads that borrow what outlives the call; all of them have ended when
/// it returns.
///
/// The threads are counted and listed like all others.
///
/// # Panics
///
/// If `f` does, or a thread whose handle nobody joined.
///
/// # Examples
///
/// ```
/// let mut numbers = [1, 2, 3, 4];
/// let (left, right) = numbers.split_at_mut(2);
/// sync_thread::scope(|s| {
///     s.spawn(|| left.iter_mut().for_each(|n| *n *= 10));
///     s.spawn(|| right.iter_mut().for_each(|n| *n *= 100));
/// });
/// assert_eq!(numbers, [10, 20, 300, 400]);
/// ```
#[track_caller]
pub fn scope<'env, R>(f: impl for<'scope> FnOnce(Scope<'scope, 'env>) -> R) -> R {
    thread::scope(|inner| f(Scope { inner }))
}

/// Where threads that borrow are started; see [`scope`].
#[derive(Debug, Clone, Copy)]
pub struct Scope<'scope, 'env> {
    inner: &'scope thread::Scope<'scope, 'env>,
}

impl<'scope> Scope<'scope, '_> {
    /// Starts a thread.
    ///
    /// # Panics
    ///
    /// If the operating system refuses; [`spawn_with`](Self::spawn_with) returns its error instead.
    #[track_caller]
    pub fn spawn<T: Send + 'scope>(
        self,
        f: impl FnOnce() -> T + Send + 'scope,
    ) -> ScopedJoinHandle<'scope, T> {
        self.spawn_with(Builder::new(), f).expect("the operating system refuses a thread")
    }

    /// Starts a thread that is as `builder` says.
    ///
    /// # Errors
    ///
    /// The operating system's, if it refuses; `InvalidInput` for a name with a NUL byte.
    pub fn spawn_with<T: Send + 'scope>(
        self,
        builder: Builder,
        f: impl FnOnce() -> T + Send + 'scope,
    ) -> io::Result<ScopedJoinHandle<'scope, T>> {
        let (os, thread) = builder.draft();
        let packet = Packet::new();
        let end = End { entry: Some(enter(thread.clone())), packet: packet.clone() };
        let os = os.spawn_scoped(self.inner, move || {
            let _end = end;
            f()
        })?;
        Ok(ScopedJoinHandle { thread, packet, os: Some(os) })
    }
}

/// The end of a scoped thread's work, by return or by panic: `std` passes the result on itself.
struct End {
    entry: Option<Entry>,
    packet: Arc<Packet<()>>,
}

impl Drop for End {
    fn drop(&mut self) {
        self.packet.complete(self.entry.take(), Ok(()));
    }
}

/// The right to wait for a scoped thread and to take its result.
///
/// Dropping it leaves the waiting to the scope.
pub struct ScopedJoinHandle<'scope, T> {
    thread: Thread,
    packet: Arc<Packet<()>>,
    /// Gone once the result was taken.
    os: Option<thread::ScopedJoinHandle<'scope, T>>,
}

impl<T> ScopedJoinHandle<'_, T> {
    /// Waits until the thread has ended, for as long as it takes.
    ///
    /// # Errors
    ///
    /// The thread's panic, with its payload.
    ///
    /// # Panics
    ///
    /// If the result was taken already.
    #[track_caller]
    pub fn join(mut self) -> Result<T, Panicked> {
        self.take()
    }

    /// Waits until the thread's work is done, at most for `timeout`; `None` when the time was over.
    ///
    /// Work that is done is joined on `std`'s terms: the destructors of the thread's thread-locals are
    /// waited for as well, and no time-out covers them.
    ///
    /// # Errors
    ///
    /// The thread's panic, with its payload.
    ///
    /// # Panics
    ///
    /// If the result was taken already.
    #[track_caller]
    pub fn join_for(&mut self, timeout: Duration) -> Option<Result<T, Panicked>> {
        self.take_by(Deadline::after(timeout))
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
        self.take_by(Deadline::at(moment))
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

    #[track_caller]
    fn take_by(&mut self, deadline: Deadline) -> Option<Result<T, Panicked>> {
        self.packet.take(deadline)?.expect("the end of a scoped thread is no failure");
        Some(self.take())
    }

    #[track_caller]
    fn take(&mut self) -> Result<T, Panicked> {
        let os = self.os.take().expect("the thread's result was taken already");
        os.join().map_err(Panicked::new)
    }
}

impl<T> fmt::Debug for ScopedJoinHandle<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedJoinHandle").field("thread", &self.thread).finish_non_exhaustive()
    }
}
