//! The semaphore whose permits never become more.

use std::fmt;
use std::marker::PhantomData;

use crate::permit::{AnySemaphore, sealed};
use crate::raw::RawSemaphore;
use crate::semaphore::MAX_PERMITS;
use crate::{Fifo, Greedy, OverRelease, Policy};

/// A fixed number of permits: so many threads at a time, and never one more.
///
/// The counterpart of Python's `threading.BoundedSemaphore`. Permits go back when their [`Permit`] is
/// dropped; only forgotten ones can be released by hand, and releasing more is an error.
///
/// Fairness and memory ordering are those of [`Semaphore`](crate::Semaphore): first come, first
/// served, or whoever comes if made by [`greedy`](BoundedSemaphore::greedy); giving back happens before
/// the next acquisition.
///
/// [`Permit`]: crate::Permit
///
/// # Examples
///
/// ```
/// use sync_semaphore::BoundedSemaphore;
///
/// static SLOTS: BoundedSemaphore = BoundedSemaphore::new(5);
///
/// std::thread::scope(|s| {
///     for _ in 0..22 {
///         s.spawn(|| {
///             let _permit = SLOTS.acquire();
///             assert!(SLOTS.available() < 5);
///         });
///     }
/// });
/// assert_eq!(SLOTS.available(), 5);
/// assert!(SLOTS.acquire_many(6).is_err(), "an error at once, not a hang");
/// assert!(SLOTS.release(1).is_err(), "nothing was forgotten");
/// ```
pub struct BoundedSemaphore<P: Policy = Fifo> {
    pub(crate) raw: RawSemaphore,
    capacity: u32,
    policy: PhantomData<P>,
}

impl BoundedSemaphore {
    sync_core::const_on_hardware! {
        /// Creates a semaphore with that many permits, all of them free, first come, first served.
        ///
        /// # Panics
        ///
        /// If they are none, or more than [`MAX_PERMITS`].
        pub fn new(permits: usize) -> Self {
            Self::with_policy(permits)
        }
    }
}

impl BoundedSemaphore<Greedy> {
    sync_core::const_on_hardware! {
        /// Creates a semaphore with that many permits, all of them free, for whoever comes.
        ///
        /// # Panics
        ///
        /// If they are none, or more than [`MAX_PERMITS`].
        pub fn greedy(permits: usize) -> Self {
            Self::with_policy(permits)
        }
    }
}

impl<P: Policy> BoundedSemaphore<P> {
    sync_core::const_on_hardware! {
        /// Creates a semaphore with that many permits, all of them free, where the type says in which
        /// order they go.
        ///
        /// # Panics
        ///
        /// If they are none, or more than [`MAX_PERMITS`].
        pub fn with_policy(permits: usize) -> Self {
            assert!(permits > 0, "a bounded semaphore without permits lets nobody in, ever");
            assert!(permits <= MAX_PERMITS, "more permits than MAX_PERMITS");
            let capacity = permits as u32;
            Self { raw: RawSemaphore::new(capacity), capacity, policy: PhantomData }
        }
    }

    /// Gives back permits that were forgotten.
    ///
    /// # Errors
    ///
    /// If fewer are forgotten at this moment; nothing changes then.
    #[track_caller]
    pub fn release(&self, count: usize) -> Result<(), OverRelease> {
        match u32::try_from(count).ok().filter(|&count| self.raw.forgotten.remember(count)) {
            Some(count) => {
                self.raw.release(count).expect("no more come back than were taken");
                Ok(())
            }
            None => {
                Err(OverRelease { released: count, forgotten: self.raw.forgotten.count() as usize })
            }
        }
    }

    /// Returns how many permits there are, free or taken.
    pub fn capacity(&self) -> usize {
        self.capacity as usize
    }

    pub(crate) fn limit(&self) -> usize {
        self.capacity()
    }
}

impl<P: Policy> AnySemaphore for BoundedSemaphore<P> {}

impl<P: Policy> sealed::Raw for BoundedSemaphore<P> {
    #[inline]
    fn raw(&self) -> &RawSemaphore {
        &self.raw
    }
}

impl<P: Policy> fmt::Debug for BoundedSemaphore<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundedSemaphore")
            .field("available", &self.available())
            .field("capacity", &self.capacity())
            .field("waiters", &self.waiters())
            .finish()
    }
}
