//! The end of the program: what waits for threads, and what does not.

use sync_core::time::{Deadline, Duration, Instant};

use crate::registry::wait_for_all;

/// Makes the end of `main` wait for the threads that are not daemons.
///
/// Without it a Rust program ends with `main`, whatever its threads are doing; with it, as in Python,
/// when `main` returns or panics and every thread but the daemons has ended. Daemon threads are cut
/// off where they stand.
///
/// Bind it to a name: `let _ = wait_at_exit()` would wait at once. `std::process::exit` skips it.
///
/// # Examples
///
/// ```
/// let _exit = sync_thread::wait_at_exit();
///
/// sync_thread::spawn(|| println!("still printed"));
/// // The end of main waits here.
/// ```
pub fn wait_at_exit() -> ExitGuard {
    ExitGuard(())
}

/// Waits for the threads that are not daemons when dropped; see [`wait_at_exit`].
#[must_use = "it waits where it is dropped, which should be the end of main"]
#[clippy::has_significant_drop]
#[derive(Debug)]
pub struct ExitGuard(());

impl Drop for ExitGuard {
    fn drop(&mut self) {
        sync_core::panic::while_dropping(join_all);
    }
}

/// Waits until every thread that is not a daemon has ended, also those started meanwhile.
///
/// The calling thread does not wait for itself. Threads started by this crate that call this do not
/// wait for each other: as soon as every thread that is not a daemon has ended or is in such a call,
/// all these calls return. The main thread, and others that this crate did not start, wait for them
/// all the same.
///
/// The destructor of a result that nobody wants is waited for, those of thread-locals are not. Panics
/// of the threads stay with their handles.
#[track_caller]
pub fn join_all() {
    wait_for_all(Deadline::NEVER);
}

/// As [`join_all`], at most for `timeout`; tells whether all have ended.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// let (end, wait) = std::sync::mpsc::channel::<()>();
/// let thread = sync_thread::spawn(move || wait.recv());
/// assert!(!sync_thread::join_all_for(Duration::from_millis(1)));
/// drop(end);
/// assert!(sync_thread::join_all_for(Duration::MAX));
/// ```
#[must_use = "false says that the time was over"]
#[track_caller]
pub fn join_all_for(timeout: Duration) -> bool {
    wait_for_all(Deadline::after(timeout))
}

/// As [`join_all`], at most until `moment`; tells whether all have ended.
#[must_use = "false says that the time was over"]
#[track_caller]
pub fn join_all_until(moment: Instant) -> bool {
    wait_for_all(Deadline::at(moment))
}
