//! The semaphore whose permits may be increased.

use std::fmt;
use std::marker::PhantomData;

use crate::permit::{AnySemaphore, sealed};
use crate::raw::RawSemaphore;
use crate::{Fifo, Greedy, Policy};

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
/// First come, first served, always, if made by [`new`](Semaphore::new): permits go straight to the
/// thread that has waited longest, a request for many is not overtaken by requests for few, and
/// `try_acquire` takes nothing while somebody waits. If made by [`greedy`](Semaphore::greedy), whoever
/// comes takes what is free, and nobody is passed over for long: see [`Greedy`].
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
pub struct Semaphore<P: Policy = Fifo> {
    pub(crate) raw: RawSemaphore,
    policy: PhantomData<P>,
}

impl Semaphore {
    sync_core::const_on_hardware! {
        /// Creates a semaphore with that many free permits, first come, first served.
        ///
        /// # Panics
        ///
        /// If they are more than [`MAX_PERMITS`].
        pub fn new(permits: usize) -> Self {
            Self::with_policy(permits)
        }
    }
}

impl Semaphore<Greedy> {
    sync_core::const_on_hardware! {
        /// Creates a semaphore with that many free permits, for whoever comes.
        ///
        /// # Panics
        ///
        /// If they are more than [`MAX_PERMITS`].
        ///
        /// # Examples
        ///
        /// ```
        /// use sync_semaphore::{Greedy, Semaphore};
        ///
        /// static SLOTS: Semaphore<Greedy> = Semaphore::greedy(5);
        ///
        /// let _permit = SLOTS.acquire();
        /// assert_eq!(SLOTS.available(), 4);
        /// ```
        pub fn greedy(permits: usize) -> Self {
            Self::with_policy(permits)
        }
    }
}

impl<P: Policy> Semaphore<P> {
    sync_core::const_on_hardware! {
        /// Creates a semaphore with that many free permits, where the type says in which order they go.
        ///
        /// # Panics
        ///
        /// If they are more than [`MAX_PERMITS`].
        pub fn with_policy(permits: usize) -> Self {
            assert!(permits <= MAX_PERMITS, "more permits than MAX_PERMITS");
            Self { raw: RawSemaphore::new(permits as u32), policy: PhantomData }
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
    pub(crate) fn limit(&self) -> usize {
        MAX_PERMITS
    }
}

impl<P: Policy> AnySemaphore for Semaphore<P> {}

impl<P: Policy> sealed::Raw for Semaphore<P> {
    #[inline]
    fn raw(&self) -> &RawSemaphore {
        &self.raw
    }
}

impl Default for Semaphore {
    /// One permit, as in Python.
    fn default() -> Self {
        Self::new(1)
    }
}

impl<P: Policy> fmt::Debug for Semaphore<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore")
            .field("available", &self.available())
            .field("waiters", &self.waiters())
            .finish()
    }
}
