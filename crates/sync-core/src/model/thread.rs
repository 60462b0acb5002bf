//! The checker's threads: coroutines that switch at every operation it sees.

use std::cell::Cell;
use std::fmt;
use std::io;
use std::num::NonZeroUsize;
use std::time::Duration;

use crate::thread::ThreadId;

pub use loom::thread::yield_now;

loom::thread_local! {
    static ID: Cell<u64> = Cell::new(0);
}

/// Returns the calling thread's id.
pub fn current_id() -> ThreadId {
    ID.with(|id| ThreadId::from_u64(id.get())).unwrap_or_else(|| adopt(ThreadId::fresh()))
}

fn adopt(new: ThreadId) -> ThreadId {
    ID.with(|id| id.set(new.get()));
    new
}

/// Returns the calling thread's name, if it has one.
pub fn current_name() -> Option<String> {
    loom::thread::current().name().map(str::to_owned)
}

/// Lets the other threads go on: time does not pass here.
pub fn sleep(_duration: Duration) {
    yield_now();
}

/// Two, whatever the machine: models do not depend on it.
///
/// # Errors
///
/// Never.
pub fn available_parallelism() -> io::Result<NonZeroUsize> {
    Ok(NonZeroUsize::MIN.saturating_add(1))
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
    /// Never; loom fails the whole model when there are more than four besides the main thread.
    #[track_caller]
    pub fn spawn<T: Send + 'static>(
        self,
        f: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<JoinHandle<T>> {
        let id = self.id;
        let mut builder = loom::thread::Builder::new();
        if let Some(name) = self.name {
            builder = builder.name(name);
        }
        if let Some(bytes) = self.stack_size {
            builder = builder.stack_size(bytes);
        }
        let inner = builder.spawn(move || {
            adopt(id);
            f()
        })?;
        Ok(JoinHandle { id, inner })
    }
}

/// The right to wait for a thread's end and to have its result.
pub struct JoinHandle<T> {
    id: ThreadId,
    inner: loom::thread::JoinHandle<T>,
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
    /// Never: a panic in a thread fails the whole model.
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

/// No busy waiting under the checker: it would only lengthen every execution.
#[derive(Debug, Default)]
pub struct SpinWait(());

impl SpinWait {
    /// Starts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says at once that sleeping is the better choice.
    pub fn spin(&mut self) -> bool {
        false
    }

    /// Does nothing.
    pub fn reset(&mut self) {}
}
