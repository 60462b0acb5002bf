#![doc = include_str!("../README.md")]

mod builder;
mod core;
mod error;
mod handle;
mod pool;
mod report;
mod task;
mod worker;

pub use builder::{BuildError, Builder, WhenFull};
pub use error::{JobError, Reason, Rejected, WaitError};
pub use handle::JobHandle;
pub use pool::ThreadPool;
pub use report::{ShutdownReport, Stats};
pub use sync_core::panic::Panicked;
pub use sync_core::shutdown::Shutdown;
