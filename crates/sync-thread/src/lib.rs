#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod error;
mod exit;
mod handle;
mod registry;
sync_core::hardware_only! {
    mod scope;
    pub use scope::{Scope, ScopedJoinHandle, scope};
}
mod spawn;
mod thread;

pub use error::JoinError;
pub use exit::{ExitGuard, join_all, join_all_for, join_all_until, wait_at_exit};
pub use handle::JoinHandle;
pub use registry::{active_count, current, enumerate};
pub use spawn::{Builder, Run, spawn, start};
pub use sync_core::panic::Panicked;
pub use sync_core::thread::{ThreadId, available_parallelism, sleep, yield_now};
pub use thread::Thread;
