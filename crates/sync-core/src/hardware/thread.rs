//! Operating-system threads.

use std::cell::Cell;
use std::io;
use std::time::{Duration, Instant};

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
        None => adopt(first_id()),
    }
}

/// The id of a thread that was not started here: `MAIN` for the one that runs `main`, once.
#[cold]
fn first_id() -> ThreadId {
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
    static MAIN_IS_TAKEN: AtomicBool = AtomicBool::new(false);
    // ORDERING: Relaxed, because the swap alone decides who is first, so no id is given twice.
    if is_main() && !MAIN_IS_TAKEN.swap(true, Relaxed) { ThreadId::MAIN } else { ThreadId::fresh() }
}

/// Tells whether the calling thread is the one that the process began with, or the child of a `fork`.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn is_main() -> bool {
    // SAFETY: both calls only return a number.
    unsafe { libc::syscall(libc::SYS_gettid) == libc::c_long::from(libc::getpid()) }
}

/// Tells whether the calling thread is the one that the process began with.
#[cfg(any(target_vendor = "apple", target_os = "freebsd", target_os = "openbsd"))]
fn is_main() -> bool {
    // SAFETY: the call only returns a number.
    unsafe { libc::pthread_main_np() == 1 }
}

/// Tells whether `std` calls the thread main, which another thread may be named, too: the system has no
/// better answer.
#[cfg(not(any(
    target_os = "linux",
    target_os = "android",
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "openbsd"
)))]
fn is_main() -> bool {
    std::thread::current().name() == Some("main")
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

/// What the operating system hands out for a thread.
pub(crate) type Handle<T> = std::thread::JoinHandle<T>;

/// Starts a thread that has this id.
pub(crate) fn spawn<T: Send + 'static>(
    id: ThreadId,
    name: Option<String>,
    stack_size: Option<usize>,
    f: impl FnOnce() -> T + Send + 'static,
) -> io::Result<Handle<T>> {
    builder(name, stack_size)?.spawn(move || {
        adopt(id);
        f()
    })
}

/// Starts a thread that has this id, within a scope.
pub(crate) fn spawn_scoped<'scope, T: Send + 'scope>(
    id: ThreadId,
    name: Option<String>,
    stack_size: Option<usize>,
    scope: &'scope Scope<'scope, '_>,
    f: impl FnOnce() -> T + Send + 'scope,
) -> io::Result<ScopedJoinHandle<'scope, T>> {
    builder(name, stack_size)?.spawn_scoped(scope, move || {
        adopt(id);
        f()
    })
}

fn builder(name: Option<String>, stack_size: Option<usize>) -> io::Result<std::thread::Builder> {
    if name.as_ref().is_some_and(|name| name.contains('\0')) {
        let message = "a thread name must not contain a NUL byte";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    let mut builder = std::thread::Builder::new();
    if let Some(name) = name {
        builder = builder.name(name);
    }
    if let Some(bytes) = stack_size {
        builder = builder.stack_size(bytes);
    }
    Ok(builder)
}

/// A busy wait of about ten microseconds, which then gives up.
///
/// It never yields to the scheduler: a thread that does stays runnable, and where more threads wait
/// than there are cores, all of them are run in turn and find nothing, ahead of the one that holds the
/// lock.
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
#[derive(Debug, Default)]
pub struct SpinWait {
    rounds: u32,
    end: Option<Instant>,
}

impl SpinWait {
    /// About what going to sleep and being woken costs, so that whoever waits awake for so long and sleeps
    /// then pays no more than twice the price of the better choice.
    const LIMIT: Duration = Duration::from_micros(10);
    /// So many rounds pass between two looks at the clock. What a pause takes differs from one processor to
    /// the next, so rounds alone say nothing.
    const UNTIMED: u32 = 32;

    /// Starts from the first round.
    pub fn new() -> Self {
        Self::default()
    }

    /// Passes one round, a pause of the processor; returns `false` once sleeping is the better choice.
    #[inline]
    pub fn spin(&mut self) -> bool {
        self.rounds += 1;
        std::hint::spin_loop();
        !self.rounds.is_multiple_of(Self::UNTIMED) || self.has_time()
    }

    #[cold]
    fn has_time(&mut self) -> bool {
        let now = Instant::now();
        now < *self.end.get_or_insert(now + Self::LIMIT)
    }

    /// Starts again from the first round.
    #[inline]
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_wait_takes_its_time_and_ends() {
        let mut wait = SpinWait::new();
        for _again in 0..2 {
            let start = Instant::now();
            while wait.spin() {}
            assert!(start.elapsed() >= SpinWait::LIMIT);
            wait.reset();
        }
    }
}
