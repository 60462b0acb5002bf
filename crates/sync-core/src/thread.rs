//! Threads, their never-reused ids, and ways to pass the time.

use std::fmt;
use std::io;
use std::num::NonZeroU64;

use crate::backend;

pub use crate::backend::thread::{
    SpinWait, available_parallelism, current_id, current_name, sleep, yield_now,
};

crate::hardware_only! {
    pub use crate::backend::thread::{Scope, ScopedJoinHandle, scope};
}

/// The identity of a thread: a number that no other thread of the process ever gets.
///
/// Unlike an address in thread-local storage it is not recycled when a thread ends, and unlike
/// `std`'s id it can be asked for while the thread's storage is being torn down.
///
/// # Examples
///
/// ```
/// use sync_core::thread;
///
/// let other = std::thread::spawn(thread::current_id).join().unwrap();
/// assert_ne!(thread::current_id(), other);
/// assert_eq!(thread::current_id(), thread::current_id());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ThreadId(NonZeroU64);

impl ThreadId {
    /// The id as a number; never zero, so that zero can stand for "nobody".
    #[inline]
    pub const fn get(self) -> u64 {
        self.0.get()
    }

    /// The thread that runs `main`; nobody has this id under the model checker.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_core::thread::{self, ThreadId};
    ///
    /// let other = std::thread::spawn(thread::current_id).join().unwrap();
    /// assert_ne!(other, ThreadId::MAIN);
    /// assert_eq!(thread::current_id(), ThreadId::MAIN);
    /// ```
    pub const MAIN: Self = Self(NonZeroU64::MIN);

    /// Takes a fresh number.
    pub(crate) fn fresh() -> Self {
        use std::sync::atomic::{AtomicU64, Ordering};
        // Not one of the checker's atomics: ids are compared, and which number it is decides nothing.
        static NEXT: AtomicU64 = AtomicU64::new(ThreadId::MAIN.get() + 1);
        // ORDERING: Relaxed, because the increment alone makes the number unique.
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        Self(NonZeroU64::new(id).expect("more threads than 64 bits can count"))
    }

    /// Reads an id back from its number; `None` for zero.
    #[inline]
    pub(crate) const fn from_u64(id: u64) -> Option<Self> {
        match NonZeroU64::new(id) {
            Some(id) => Some(Self(id)),
            None => None,
        }
    }
}

/// What a new thread is to be like.
#[derive(Debug)]
pub struct Builder {
    id: ThreadId,
    name: Option<String>,
    stack_size: Option<usize>,
}

impl Default for Builder {
    fn default() -> Self {
        Self::new()
    }
}

impl Builder {
    /// Draws an id for the thread, and has it otherwise as the platform makes them.
    pub fn new() -> Self {
        Self { id: ThreadId::fresh(), name: None, stack_size: None }
    }

    /// The id that the thread is going to have.
    pub fn id(&self) -> ThreadId {
        self.id
    }

    /// Names the thread, or leaves it without a name.
    #[must_use]
    pub fn name(mut self, name: impl Into<Option<String>>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets the size of its stack in bytes, or leaves it to the platform.
    #[must_use]
    pub fn stack_size(mut self, bytes: impl Into<Option<usize>>) -> Self {
        self.stack_size = bytes.into();
        self
    }

    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// The operating system's, if it refuses; and `InvalidInput` for a name with a NUL byte. Never
    /// under the model checker.
    #[track_caller]
    pub fn spawn<T: Send + 'static>(
        self,
        f: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<JoinHandle<T>> {
        let Self { id, name, stack_size } = self;
        let inner = backend::thread::spawn(id, name, stack_size, f)?;
        Ok(JoinHandle { id, inner })
    }
}

crate::hardware_only! {
    impl Builder {
        /// Starts the thread within a scope.
        ///
        /// # Errors
        ///
        /// As [`spawn`](Self::spawn).
        pub fn spawn_scoped<'scope, T: Send + 'scope>(
            self,
            scope: &'scope Scope<'scope, '_>,
            f: impl FnOnce() -> T + Send + 'scope,
        ) -> io::Result<ScopedJoinHandle<'scope, T>> {
            backend::thread::spawn_scoped(self.id, self.name, self.stack_size, scope, f)
        }
    }
}

/// The right to wait for a thread's end and to have its result.
pub struct JoinHandle<T> {
    id: ThreadId,
    inner: backend::thread::Handle<T>,
}

impl<T> JoinHandle<T> {
    /// The thread's id.
    pub fn id(&self) -> ThreadId {
        self.id
    }

    /// Waits until the thread has ended.
    ///
    /// # Errors
    ///
    /// The payload, if the thread panicked. Under the model checker that fails the whole model instead.
    #[track_caller]
    pub fn join(self) -> std::thread::Result<T> {
        self.inner.join()
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").field("id", &self.id).finish_non_exhaustive()
    }
}
