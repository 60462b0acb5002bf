//! The model checker's side: every atomic operation, access, wait and switch goes through loom.
//!
//! Which of loom's bugs are stepped around, and how, stands at the place where it is done.

pub(crate) mod atomic;
pub(crate) mod cell;
#[cfg(feature = "channel")]
pub(crate) mod channel;
pub mod checker;
pub(crate) mod fence;
pub(crate) mod panic;
pub(crate) mod parking;
pub(crate) mod patience;
mod slot;
pub(crate) mod thread;
pub(crate) mod time;
