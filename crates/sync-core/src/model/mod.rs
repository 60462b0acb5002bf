//! The model checker's side: every atomic operation, access, wait and switch goes through the checker, which
//! is loom or, for programs that are too large for it, shuttle.
//!
//! Which of loom's bugs are stepped around, and how, stands at the place where it is done.

#[cfg(all(any(loom, threadkit_loom), feature = "loom"))]
#[path = "loom/mod.rs"]
pub(crate) mod engine;
#[cfg(not(all(any(loom, threadkit_loom), feature = "loom")))]
#[path = "shuttle/mod.rs"]
pub(crate) mod engine;

pub(crate) mod atomic;
pub(crate) mod cell;
#[cfg(feature = "channel")]
pub(crate) mod channel;
mod choices;
pub mod contract;
mod macros;
pub(crate) mod panic;
pub(crate) mod parking;
pub(crate) mod patience;
pub(crate) mod process;
mod slot;
pub(crate) mod thread;
pub(crate) mod time;

pub(crate) use engine::fence;
