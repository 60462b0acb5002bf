//! Noticing that the process was forked.

use super::sleepers;
use crate::thread::ThreadId;

/// Tells how many `fork`s lie between the process that was started and this one.
///
/// What belongs to threads, such as a list of them, belongs to one generation: the child of a `fork`
/// has none of its parent's threads but the one that called it. Always 0 where there is no `fork`.
///
/// # Examples
///
/// ```
/// assert_eq!(sync_core::process::generation(), 0);
/// ```
pub fn generation() -> u32 {
    observe_forks();
    sleepers::empty_queues();
    count()
}

/// The same number, for what is part of noticing.
pub(super) fn count() -> u32 {
    // ORDERING: Relaxed: it changes in a process with one thread, which every other one comes from.
    fork::GENERATION.load(fork::Relaxed)
}

/// Begins to count, unless that was done already.
pub(super) fn observe_forks() {
    fork::observe();
}

/// Returns the first thread of this process: `main`'s, or in a child the one that called `fork`.
pub fn first_thread() -> ThreadId {
    // ORDERING: Relaxed, as for the generation.
    let in_child = fork::FIRST_THREAD.load(fork::Relaxed);
    ThreadId::from_u64(in_child).unwrap_or(ThreadId::MAIN)
}

#[cfg(unix)]
mod fork {
    use std::sync::Once;
    pub(super) use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

    use super::super::{fence, sleepers, thread::current_id};

    pub(super) static GENERATION: AtomicU32 = AtomicU32::new(0);
    pub(super) static FIRST_THREAD: AtomicU64 = AtomicU64::new(0);

    pub(super) fn observe() {
        static OBSERVED: Once = Once::new();
        OBSERVED.call_once(|| {
            // SAFETY: the child's handler does nothing that is forbidden in the child of a process with
            // several threads: it touches atomics and the clock.
            let error =
                unsafe { libc::pthread_atfork(Some(before_fork), Some(in_parent), Some(in_child)) };
            assert_eq!(error, 0, "no memory is left to register what a fork must do");
        });
    }

    extern "C" fn before_fork() {
        sleepers::before_fork();
    }

    extern "C" fn in_parent() {
        sleepers::in_parent();
    }

    extern "C" fn in_child() {
        // ORDERING: Relaxed: there is one thread.
        GENERATION.fetch_add(1, Relaxed);
        FIRST_THREAD.store(current_id().get(), Relaxed);
        fence::in_child();
        sleepers::in_child();
    }
}

#[cfg(not(unix))]
mod fork {
    pub(super) use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

    pub(super) static GENERATION: AtomicU32 = AtomicU32::new(0);
    pub(super) static FIRST_THREAD: AtomicU64 = AtomicU64::new(0);

    pub(super) fn observe() {}
}
