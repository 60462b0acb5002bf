#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod exit;
mod handle;
mod registry;
sync_core::hardware_only! {
    mod scope;
    pub use scope::{Scope, ScopedJoinHandle, scope};
}
mod spawn;

pub use exit::{ExitGuard, join_all, join_all_for, join_all_until, wait_at_exit};
pub use handle::JoinHandle;
pub use registry::{Thread, active_count, current, enumerate};
pub use spawn::{Builder, Run, spawn, start};
pub use sync_core::panic::Panicked;
pub use sync_core::thread::{ThreadId, available_parallelism, sleep, yield_now};
