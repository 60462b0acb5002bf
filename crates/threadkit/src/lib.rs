#![cfg_attr(not(doctest), doc = include_str!("../README.md"))]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub use sync_core::global;

/// The queue pool's crate. `Reason`, `Rejected`, `Stats`, `WaitError`, `BuildError` and `ShutdownReport` at
/// the root of `threadkit` are the thread pool's; the queue pool's are here.
#[cfg(feature = "queue")]
#[doc(inline)]
pub use pool_queue as queue;
#[cfg(feature = "queue")]
#[doc(inline)]
pub use pool_queue::{DeadLetter, Done, Fail, Failure, Handler, Job, QueuePool};
#[cfg(feature = "threadpool")]
#[doc(inline)]
pub use pool_threadpool::{
    BuildError, Builder as ThreadPoolBuilder, JobError, JobHandle, Map, NoResultsPending, Reason,
    Rejected, RequestId, Requests, Scope, ShutdownReport, Stats, ThreadPool, WaitError, WhenFull,
    WorkRequest, make_requests,
};
#[cfg(any(feature = "thread", feature = "threadpool", feature = "queue"))]
#[doc(inline)]
pub use sync_core::panic::Panicked;
#[cfg(any(feature = "threadpool", feature = "queue"))]
#[doc(inline)]
pub use sync_core::shutdown::Shutdown;
#[cfg(feature = "lock")]
#[doc(inline)]
pub use sync_lock::{
    ArcLockGuard, Barrier, BrokenBarrier, Condition, Event, Lock, LockGuard, MappedLockGuard,
    RawLock,
};
#[cfg(feature = "rlock")]
#[doc(inline)]
pub use sync_rlock::{
    ArcRLockGuard, MappedRLockGuard, Nested, NotOwner, RLock, RLockGuard, RawRLock, RawThreadId,
};
#[cfg(feature = "semaphore")]
#[doc(inline)]
pub use sync_semaphore::{
    AnySemaphore, BoundedSemaphore, Fifo, Greedy, MAX_PERMITS, MergeError, OverRelease,
    OwnedPermit, Permit, Policy, Semaphore, TooMany,
};
#[cfg(feature = "thread")]
#[doc(inline)]
pub use sync_thread as thread;

pub mod prelude;

/// This crate's guide, so that its examples are tested: where all that they use is there.
#[cfg(all(
    doctest,
    feature = "lock",
    feature = "rlock",
    feature = "semaphore",
    feature = "thread",
    feature = "threadpool",
    feature = "queue",
))]
#[doc = include_str!("../README.md")]
struct Guide;
