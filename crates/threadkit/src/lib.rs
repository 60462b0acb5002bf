#![doc = include_str!("../README.md")]

pub use sync_core::global;

#[cfg(feature = "threadpool")]
#[doc(inline)]
pub use pool_threadpool::{
    BuildError, Builder as ThreadPoolBuilder, JobError, JobHandle, Reason, Rejected, Shutdown,
    ShutdownReport, Stats, ThreadPool, WaitError, WhenFull,
};
#[cfg(feature = "lock")]
#[doc(inline)]
pub use sync_lock::{ArcLockGuard, Condition, Lock, LockGuard, MappedLockGuard, RawLock};
#[cfg(feature = "rlock")]
#[doc(inline)]
pub use sync_rlock::{MappedRLockGuard, Nested, NotOwner, RLock, RLockGuard, RawRLock};
#[cfg(feature = "semaphore")]
#[doc(inline)]
pub use sync_semaphore::{BoundedSemaphore, MAX_PERMITS, OverRelease, Permit, Semaphore, TooMany};
#[cfg(feature = "thread")]
#[doc(inline)]
pub use sync_thread as thread;

pub mod prelude;

/// The workspace's own README, so that its example is tested.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct WorkspaceReadme;
