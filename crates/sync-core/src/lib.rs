#![doc = include_str!("../README.md")]

#[cfg(not(all(any(loom, threadkit_loom), feature = "loom")))]
mod hardware;
#[cfg(not(all(any(loom, threadkit_loom), feature = "loom")))]
use hardware as backend;

#[cfg(all(any(loom, threadkit_loom), feature = "loom"))]
mod model;
#[cfg(all(any(loom, threadkit_loom), feature = "loom"))]
use model as backend;
#[cfg(all(any(loom, threadkit_loom), feature = "loom"))]
pub use model::checker;

pub mod atomic;
pub mod cell;
#[cfg(feature = "channel")]
pub mod channel;
pub mod fence;
mod macros;
pub mod mutant;
pub mod panic;
pub mod parking;
pub mod patience;
pub mod shutdown;
pub mod thread;
pub mod time;

/// What the exported macros need to reach from other crates.
#[doc(hidden)]
#[cfg(all(any(loom, threadkit_loom), feature = "loom"))]
pub mod __private {
    pub use loom;
}
