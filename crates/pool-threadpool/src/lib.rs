#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod builder;
mod core;
mod crew;
mod error;
mod handle;
mod map;
mod pool;
mod put;
mod report;
mod request;
mod scope;
mod task;
mod worker;

pub use builder::{BuildError, Builder, WhenFull};
pub use error::{JobError, Reason, Rejected, WaitError};
pub use handle::JobHandle;
pub use map::Map;
pub use pool::ThreadPool;
pub use put::NoResultsPending;
pub use report::{ShutdownReport, Stats};
pub use request::{RequestId, Requests, WorkRequest, make_requests};
pub use scope::Scope;
pub use sync_core::panic::Panicked;
pub use sync_core::shutdown::Shutdown;
