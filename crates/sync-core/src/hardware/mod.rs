//! The real thing: processor atomics, operating-system threads and clocks.

#[cfg(all(target_os = "linux", not(miri)))]
mod at_start;
pub(crate) mod atomic;
mod brake;
pub(crate) mod cell;
#[cfg(feature = "channel")]
pub(crate) mod channel;
mod clock;
pub(crate) mod fence;
mod macros;
pub(crate) mod panic;
pub(crate) mod parking;
pub(crate) mod patience;
pub(crate) mod process;
pub(crate) mod thread;
pub(crate) mod time;
