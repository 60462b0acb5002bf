#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod builder;
mod channel;
mod crew;
mod engine;
mod error;
mod handler;
mod outcome;
mod outlet;
mod pool;
mod report;
mod worker;

pub use builder::{BuildError, Builder};
pub use channel::ChannelEngine;
pub use engine::{Counts, Delivery, Engine, Room, Settled};
pub use error::{Reason, Rejected, RestUnsent, WaitError};
pub use handler::{Fail, Handler, Job, MessageId};
pub use outcome::{DeadLetter, Done, Failure};
pub use pool::QueuePool;
pub use report::{ShutdownReport, Stats};
pub use sync_core::channel::{Receiver, RecvError, RecvTimeoutError, TryRecvError};
pub use sync_core::panic::Panicked;
pub use sync_core::shutdown::Shutdown;
pub use sync_core::time::Deadline;
