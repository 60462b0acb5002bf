#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
// What is documented is what ordinary builds have: "not under the checker" is left unsaid.
#![cfg_attr(docsrs, doc(auto_cfg = false))]

#[cfg(not(any(
    all(any(loom, threadkit_loom), feature = "loom"),
    all(any(shuttle, threadkit_shuttle), feature = "shuttle")
)))]
mod hardware;
#[cfg(not(any(
    all(any(loom, threadkit_loom), feature = "loom"),
    all(any(shuttle, threadkit_shuttle), feature = "shuttle")
)))]
use hardware as backend;

#[cfg(any(
    all(any(loom, threadkit_loom), feature = "loom"),
    all(any(shuttle, threadkit_shuttle), feature = "shuttle")
))]
mod model;
#[cfg(any(
    all(any(loom, threadkit_loom), feature = "loom"),
    all(any(shuttle, threadkit_shuttle), feature = "shuttle")
))]
use model as backend;
#[cfg(any(
    all(any(loom, threadkit_loom), feature = "loom"),
    all(any(shuttle, threadkit_shuttle), feature = "shuttle")
))]
#[doc(hidden)]
pub use model::contract;
#[cfg(any(
    all(any(loom, threadkit_loom), feature = "loom"),
    all(any(shuttle, threadkit_shuttle), feature = "shuttle")
))]
pub use model::engine::checker;

pub mod atomic;
pub mod cell;
#[cfg(feature = "channel")]
#[cfg_attr(docsrs, doc(cfg(feature = "channel")))]
pub mod channel;
pub mod fence;
#[doc(hidden)]
pub mod gate;
mod macros;
pub mod mutant;
pub mod panic;
pub mod parking;
pub mod patience;
pub mod process;
pub mod shutdown;
pub mod thread;
pub mod time;

/// What the exported macros need to reach from other crates.
#[doc(hidden)]
#[cfg(any(
    all(any(loom, threadkit_loom), feature = "loom"),
    all(any(shuttle, threadkit_shuttle), feature = "shuttle")
))]
pub mod __private {
    pub use crate::model::engine::{Lazy, lazy};
}
