//! The checker's threads: coroutines that switch at every operation it sees.

use std::cell::{Cell, RefCell};
use std::io;
use std::mem;
use std::num::NonZeroUsize;
use std::time::Duration;

use super::choices;
use super::engine::{mpsc, thread, thread_local};
use crate::thread::ThreadId;

pub use super::engine::thread::yield_now;

thread_local! {
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
    thread::current().name().map(str::to_owned)
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

/// What loom hands out for a thread.
pub(crate) type Handle<T> = thread::JoinHandle<T>;

/// Starts a thread that has this id. It cannot be refused; loom fails the whole model when there are
/// more than four besides the main thread.
#[track_caller]
pub(crate) fn spawn<T: Send + 'static>(
    id: ThreadId,
    name: Option<String>,
    stack_size: Option<usize>,
    f: impl FnOnce() -> T + Send + 'static,
) -> io::Result<Handle<T>> {
    let mut builder = thread::Builder::new();
    if let Some(name) = name {
        builder = builder.name(name);
    }
    if let Some(bytes) = stack_size {
        builder = builder.stack_size(bytes);
    }
    let ending = Ending::announce();
    builder.spawn(move || {
        adopt(id);
        let result = f();
        ending.tell();
        result
    })
}

std::thread_local! {
    /// How each thread of this execution tells that it has ended; none in models that do not ask.
    static STARTED: RefCell<Option<Vec<mpsc::Receiver<()>>>> = const { RefCell::new(None) };
}

/// Tells the main thread that this one has ended.
struct Ending(Option<mpsc::Sender<()>>);

impl Ending {
    #[track_caller]
    fn announce() -> Self {
        Self(STARTED.with_borrow_mut(|started| {
            started.as_mut().map(|started| {
                let (tell, told) = mpsc::channel();
                started.push(told);
                tell
            })
        }))
    }

    #[track_caller]
    fn tell(self) {
        if let Some(main) = self.0 {
            main.send(()).expect("the main thread waits");
        }
    }
}

/// Begins an execution that ends with [`wait_for_all`].
pub(super) fn prepare() {
    STARTED.set(Some(Vec::new()));
}

/// Waits until all threads have ended: the checker's globals are destroyed at the end of the main one,
/// and others may still have work there.
pub(super) fn wait_for_all() {
    let started = STARTED.take();
    started.into_iter().flatten().for_each(|told| told.recv().expect("it is told, or all fails"));
}

/// Forgets an execution that failed; outside of it nothing of the checker's can be dropped.
pub(super) fn clear() {
    STARTED.take().into_iter().flatten().for_each(mem::forget);
}

/// A busy wait without time: it looks once in a model that asks for it, and otherwise never.
#[derive(Debug, Default)]
pub struct SpinWait {
    has_looked: bool,
}

impl SpinWait {
    /// Starts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says yes for the first time, if at all; then sleeping is the better choice.
    ///
    /// That is a round without a switch of its own: giving way would keep the checker from coming back
    /// before the others have done what they can.
    pub fn spin(&mut self) -> bool {
        choices::chosen().spins && !mem::replace(&mut self.has_looked, true)
    }

    /// Starts again.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}
