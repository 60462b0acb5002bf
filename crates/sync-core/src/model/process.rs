//! Processes are not forked under the checker.

use crate::thread::ThreadId;

/// Always 0.
pub const fn generation() -> u32 {
    0
}

/// No thread of a model.
pub const fn first_thread() -> ThreadId {
    ThreadId::MAIN
}
