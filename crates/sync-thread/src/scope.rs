//! Threads that borrow from the caller's stack, on `std`'s scope.

use std::fmt;
use std::io;
use std::panic::resume_unwind;

use sync_core::panic::{Panicked, catch};
use sync_core::thread::{self, ThreadId};
use sync_core::time::{Deadline, Duration, Instant};

use crate::handle::{Claim, Packet};
use crate::registry::enter;
use crate::{Builder, JoinError, Thread};

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
pub fn scope<'env, R>(f: impl for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> R) -> R {
    thread::scope(|inner| f(Scope::over(inner)))
}

/// Where threads that borrow are started; see [`scope`].
#[derive(Debug)]
#[repr(transparent)]
pub struct Scope<'scope, 'env>(thread::Scope<'scope, 'env>);

impl<'scope, 'env> Scope<'scope, 'env> {
    fn over(inner: &'scope thread::Scope<'scope, 'env>) -> &'scope Self {
        let outer: *const thread::Scope<'scope, 'env> = inner;
        // SAFETY: the one is a transparent wrapper of the other, with the same lifetimes.
        unsafe { &*outer.cast::<Self>() }
    }

    /// Starts a thread.
    ///
    /// A thread of the scope may start others there.
    ///
    /// # Panics
    ///
    /// If the operating system refuses; [`Builder::spawn_scoped`] returns its error instead.
    ///
    /// # Examples
    ///
    /// ```
    /// let greeting = String::from("hello");
    /// let length = sync_thread::scope(|s| {
    ///     let outer = s.spawn(|| s.spawn(|| greeting.len()).join());
    ///     outer.join()?
    /// });
    /// assert_eq!(length?, 5);
    /// # Ok::<(), sync_thread::JoinError>(())
    /// ```
    #[track_caller]
    pub fn spawn<T: Send + 'scope>(
        &'scope self,
        f: impl FnOnce() -> T + Send + 'scope,
    ) -> ScopedJoinHandle<'scope, T> {
        Builder::new().spawn_scoped(self, f).expect("the operating system refuses a thread")
    }
}

impl Builder {
    /// Starts a thread that may borrow, within a [`scope`].
    ///
    /// # Errors
    ///
    /// The operating system's, if it refuses; `InvalidInput` for a name with a NUL byte.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_thread::{Builder, scope};
    ///
    /// let numbers = [1, 2, 3];
    /// let sum = scope(|s| {
    ///     let adder = Builder::new().name("adder").spawn_scoped(s, || numbers.iter().sum::<i32>())?;
    ///     assert_eq!(adder.name(), Some("adder"));
    ///     Ok::<_, std::io::Error>(adder.join().unwrap())
    /// });
    /// assert_eq!(sum?, 6);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn spawn_scoped<'scope, T: Send + 'scope>(
        self,
        scope: &'scope Scope<'scope, '_>,
        f: impl FnOnce() -> T + Send + 'scope,
    ) -> io::Result<ScopedJoinHandle<'scope, T>> {
        let (os, thread) = self.draft();
        let packet = Packet::new();
        let entry = enter(thread.clone());
        let body = {
            let packet = packet.clone();
            move || {
                // First, as with threads that borrow nothing.
                let entry = entry;
                let result = catch(f);
                let panicked = result.is_err();
                packet.complete(entry, result);
                if panicked {
                    // For the end of the scope, if nobody joins the thread. The payload stays out of it,
                    // since `std` ends the process if that panics as it is dropped.
                    resume_unwind(Box::new(()));
                }
            }
        };
        let os = os.spawn_scoped(&scope.0, body)?;
        Ok(ScopedJoinHandle { claim: Claim::new(thread, packet, os) })
    }
}

/// The right to wait for a scoped thread and to take its result.
///
/// Dropping it leaves the waiting to the scope, and the result to be dropped as with a
/// [`JoinHandle`](crate::JoinHandle).
pub struct ScopedJoinHandle<'scope, T> {
    claim: Claim<Result<T, Panicked>, thread::ScopedJoinHandle<'scope, ()>>,
}

impl<T> ScopedJoinHandle<'_, T> {
    /// Waits until the thread has ended, for as long as it takes.
    ///
    /// # Errors
    ///
    /// The thread's panic, with its payload; at once, if the thread is the calling one.
    ///
    /// # Panics
    ///
    /// If the result was taken already.
    #[track_caller]
    pub fn join(mut self) -> Result<T, JoinError> {
        self.thread().check_join()?;
        // Whether it panicked is said by what it has left.
        let _ = self.claim.take_os().join();
        let result = self.claim.take(Deadline::NEVER)?;
        result.expect("a wait without a deadline ends with the result").map_err(JoinError::Panicked)
    }

    /// Waits until the thread has left its result, at most for `timeout`; `None` when the time was over.
    ///
    /// A thread that panicked is joined on `std`'s terms: the destructors of its thread-locals are waited
    /// for as well, and no time-out covers them.
    ///
    /// # Errors
    ///
    /// As [`join`](Self::join).
    ///
    /// # Panics
    ///
    /// If the result was taken already.
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
        Some(match self.claim.take(deadline).transpose()? {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(panicked)) => {
                // So that the scope does not panic for it.
                let _ = self.claim.take_os().join();
                Err(JoinError::Panicked(panicked))
            }
            Err(error) => Err(error),
        })
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
}

impl<T> fmt::Debug for ScopedJoinHandle<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedJoinHandle").field("thread", self.thread()).finish_non_exhaustive()
    }
}
