//! The real thing: processor atomics, operating-system threads and clocks.

pub(crate) mod atomic;
mod brake;
pub(crate) mod cell;
#[cfg(feature = "channel")]
pub(crate) mod channel;
pub(crate) mod fence;
mod macros;
pub(crate) mod panic;
pub(crate) mod parking;
pub(crate) mod patience;
pub(crate) mod thread;
pub(crate) mod time;
