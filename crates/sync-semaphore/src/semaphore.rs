//! The semaphore whose permits may be increased.

use std::error::Error;
use std::fmt;

use sync_core::time::{Deadline, Duration, Instant};

use crate::Permit;
use crate::raw::RawSemaphore;

/// The most permits a semaphore can have: four thousand million.
pub const MAX_PERMITS: usize = u32::MAX as usize;

/// A number of permits that threads take and give back.
///
/// The counterpart of Python's `threading.Semaphore`: [`release`](Self::release) may add permits
/// beyond the initial number. When that would be a mistake, take
/// [`BoundedSemaphore`](crate::BoundedSemaphore).
///
/// # Fairness
///
/// First come, first served, always: permits go straight to the thread that has waited longest, a
/// request for many is not overtaken by requests for few, and `try_acquire` takes nothing while
/// somebody waits.
///
/// # Memory ordering
///
/// Giving a permit back *happens before* its next acquisition.
///
/// # Examples
///
/// ```
/// use sync_semaphore::Semaphore;
///
/// // A consumer waits until a producer has added something.
/// static FILLED: Semaphore = Semaphore::new(0);
///
/// let consumer = std::thread::spawn(|| FILLED.acquire().forget());
/// FILLED.release(1);
/// consumer.join().unwrap();
/// assert_eq!(FILLED.available(), 0);
/// ```
pub struct Semaphore {
    raw: RawSemaphore,
}

impl Semaphore {
    sync_core::const_on_hardware! {
        /// Creates a semaphore with that many free permits.
        ///
        /// # Panics
        ///
        /// If they are more than [`MAX_PERMITS`].
        pub fn new(permits: usize) -> Self {
            assert!(permits <= MAX_PERMITS, "more permits than MAX_PERMITS");
            Self { raw: RawSemaphore::new(permits as u32) }
        }
    }

    /// Adds permits, or gives back forgotten ones.
    ///
    /// # Panics
    ///
    /// If there would be more than [`MAX_PERMITS`]; nothing changes then.
    #[track_caller]
    pub fn release(&self, count: usize) {
        let released = u32::try_from(count).ok().and_then(|count| self.raw.release(count).ok());
        assert!(released.is_some(), "releasing {count} permits makes more than MAX_PERMITS");
    }

    /// What can be asked for at once: anything that `release` can make available.
    fn limit(&self) -> usize {
        MAX_PERMITS
    }
}

impl Default for Semaphore {
    /// One permit, as in Python.
    fn default() -> Self {
        Self::new(1)
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore")
            .field("available", &self.available())
            .field("waiters", &self.waiters())
            .finish()
    }
}

/// More permits were asked for than the semaphore can ever have, so waiting would never end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany {
    /// How many were asked for.
    pub wanted: usize,
    /// How many there can be.
    pub limit: usize,
}

impl fmt::Display for TooMany {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { wanted, limit } = self;
        write!(f, "{wanted} permits were asked for, but there are never more than {limit}")
    }
}

impl Error for TooMany {}

/// What both semaphores have in common: taking permits, and looking at them.
macro_rules! acquiring {
    ($semaphore:ty) => {
        impl $semaphore {
            /// Takes one permit, waiting for as long as it takes.
            #[inline]
            #[track_caller]
            pub fn acquire(&self) -> Permit<'_> {
                self.raw.acquire(1, Deadline::NEVER);
                Permit::new(&self.raw, 1)
            }

            /// Takes one permit if one is free now and nobody waits for it.
            #[inline]
            #[track_caller]
            pub fn try_acquire(&self) -> Option<Permit<'_>> {
                self.raw.try_acquire(1).then(|| Permit::new(&self.raw, 1))
            }

            /// Takes one permit, waiting at most for `timeout`; `Duration::MAX` is for ever.
            #[track_caller]
            pub fn try_acquire_for(&self, timeout: Duration) -> Option<Permit<'_>> {
                self.acquire_one(Deadline::after(timeout))
            }

            /// Takes one permit, waiting at most until `moment`.
            #[track_caller]
            pub fn try_acquire_until(&self, moment: Instant) -> Option<Permit<'_>> {
                self.acquire_one(Deadline::at(moment))
            }

            /// Takes `count` permits at once, waiting for as long as it takes.
            ///
            /// None is taken before all are there, so two threads that each want many cannot end up
            /// with half of them each.
            ///
            /// # Errors
            ///
            /// If there can never be that many, at once and without taking any.
            #[track_caller]
            pub fn acquire_many(&self, count: usize) -> Result<Permit<'_>, TooMany> {
                let count = self.check(count)?;
                self.raw.acquire(count, Deadline::NEVER);
                Ok(Permit::new(&self.raw, count))
            }

            /// Takes `count` permits if they are free now and nobody waits for them.
            ///
            /// # Errors
            ///
            /// If there can never be that many.
            #[track_caller]
            pub fn try_acquire_many(&self, count: usize) -> Result<Option<Permit<'_>>, TooMany> {
                let count = self.check(count)?;
                Ok(self.raw.try_acquire(count).then(|| Permit::new(&self.raw, count)))
            }

            /// Takes `count` permits at once, waiting at most for `timeout`; `Duration::MAX` is for ever.
            ///
            /// # Errors
            ///
            /// If there can never be that many, at once and without taking any.
            #[track_caller]
            pub fn try_acquire_many_for(
                &self,
                count: usize,
                timeout: Duration,
            ) -> Result<Option<Permit<'_>>, TooMany> {
                self.acquire_checked(count, Deadline::after(timeout))
            }

            /// Takes `count` permits at once, waiting at most until `moment`.
            ///
            /// # Errors
            ///
            /// If there can never be that many, at once and without taking any.
            #[track_caller]
            pub fn try_acquire_many_until(
                &self,
                count: usize,
                moment: Instant,
            ) -> Result<Option<Permit<'_>>, TooMany> {
                self.acquire_checked(count, Deadline::at(moment))
            }

            /// Returns how many permits are free at this moment.
            pub fn available(&self) -> usize {
                self.raw.free() as usize
            }

            /// Returns how many threads wait at this moment.
            pub fn waiters(&self) -> usize {
                self.raw.waiting() as usize
            }

            #[track_caller]
            fn acquire_one(&self, deadline: Deadline) -> Option<Permit<'_>> {
                self.raw.acquire(1, deadline).then(|| Permit::new(&self.raw, 1))
            }

            #[track_caller]
            fn acquire_checked(
                &self,
                count: usize,
                deadline: Deadline,
            ) -> Result<Option<Permit<'_>>, TooMany> {
                let count = self.check(count)?;
                Ok(self.raw.acquire(count, deadline).then(|| Permit::new(&self.raw, count)))
            }

            fn check(&self, wanted: usize) -> Result<u32, TooMany> {
                let limit = self.limit();
                if wanted > limit {
                    return Err(TooMany { wanted, limit });
                }
                Ok(wanted as u32)
            }
        }
    };
}

acquiring!(Semaphore);
acquiring!(crate::BoundedSemaphore);
