//! The everyday names: `use threadkit::prelude::*;`.

pub use std::time::Duration;

pub use crate::global;

#[cfg(any(feature = "threadpool", feature = "queue"))]
pub use crate::Shutdown;
#[cfg(feature = "thread")]
pub use crate::thread::{self, Run};
#[cfg(feature = "lock")]
pub use crate::{Barrier, Condition, Event, Lock, LockGuard};
#[cfg(feature = "semaphore")]
pub use crate::{BoundedSemaphore, Greedy, OwnedPermit, Permit, Semaphore};
#[cfg(feature = "queue")]
pub use crate::{Fail, Handler, Job, QueuePool};
#[cfg(feature = "threadpool")]
pub use crate::{JobError, JobHandle, ThreadPool, WorkRequest, make_requests};
#[cfg(feature = "rlock")]
pub use crate::{RLock, RLockGuard};
