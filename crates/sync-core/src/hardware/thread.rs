//! Operating-system threads.

use std::cell::Cell;
use std::fmt;
use std::io;

use crate::thread::ThreadId;

pub use std::thread::{Scope, ScopedJoinHandle, available_parallelism, scope, sleep, yield_now};

thread_local! {
    /// This thread's id, zero until somebody asks. It is constant-initialised and has no destructor,
    /// so it can be read at any time, in the destructors of other thread-locals too.
    static ID: Cell<u64> = const { Cell::new(0) };
}

/// Returns the calling thread's id.
#[inline]
pub fn current_id() -> ThreadId {
    match ThreadId::from_u64(ID.get()) {
        Some(id) => id,
        None => adopt(ThreadId::fresh()),
    }
}

#[cold]
fn adopt(id: ThreadId) -> ThreadId {
    ID.set(id.get());
    id
}

/// Returns the calling thread's name, if it has one.
pub fn current_name() -> Option<String> {
    std::thread::current().name().map(str::to_owned)
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

    /// Names the thread.
    #[must_use]
    pub fn name(mut self, name: String) -> Self {
        self.name = Some(name);
        self
    }

    /// Sets the size of its stack in bytes.
    #[must_use]
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.stack_size = Some(bytes);
        self
    }

    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// The operating system's, if it refuses; and `InvalidInput` for a name with a NUL byte.
    pub fn spawn<T: Send + 'static>(
        self,
        f: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<JoinHandle<T>> {
        let id = self.id;
        let inner = self.into_std()?.spawn(move || {
            adopt(id);
            f()
        })?;
        Ok(JoinHandle { id, inner })
    }

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
        let id = self.id;
        self.into_std()?.spawn_scoped(scope, move || {
            adopt(id);
            f()
        })
    }

    fn into_std(self) -> io::Result<std::thread::Builder> {
        if self.name.as_ref().is_some_and(|name| name.contains('\0')) {
            let message = "a thread name must not contain a NUL byte";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let mut builder = std::thread::Builder::new();
        if let Some(name) = self.name {
            builder = builder.name(name);
        }
        if let Some(bytes) = self.stack_size {
            builder = builder.stack_size(bytes);
        }
        Ok(builder)
    }
}

/// The right to wait for a thread's end and to have its result.
pub struct JoinHandle<T> {
    id: ThreadId,
    inner: std::thread::JoinHandle<T>,
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
    /// The payload, if the thread panicked.
    pub fn join(self) -> std::thread::Result<T> {
        self.inner.join()
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A short busy wait that grows from round to round and then gives up.
///
/// # Examples
///
/// ```
/// let mut wait = sync_core::thread::SpinWait::new();
/// while wait.spin() {
///     // look whether it is done
/// }
/// // time to sleep
/// ```
#[derive(Default)]
pub struct SpinWait(parking_lot_core::SpinWait);

impl SpinWait {
    /// Starts from the shortest round.
    pub fn new() -> Self {
        Self::default()
    }

    /// Passes one round; returns `false` once sleeping is the better choice.
    #[inline]
    pub fn spin(&mut self) -> bool {
        self.0.spin()
    }

    /// Starts again from the shortest round.
    #[inline]
    pub fn reset(&mut self) {
        self.0.reset();
    }
}

impl fmt::Debug for SpinWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("SpinWait { .. }")
    }
}
