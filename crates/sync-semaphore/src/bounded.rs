//! The semaphore whose permits never become more.

use std::error::Error;
use std::fmt;

use crate::raw::RawSemaphore;
use crate::semaphore::MAX_PERMITS;

/// A fixed number of permits: so many threads at a time, and never one more.
///
/// The counterpart of Python's `threading.BoundedSemaphore`. Permits go back when their [`Permit`] is
/// dropped; only forgotten ones can be released by hand, and releasing more is an error.
///
/// Fairness and memory ordering are those of [`Semaphore`](crate::Semaphore): first come, first
/// served; giving back happens before the next acquisition.
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
pub struct BoundedSemaphore {
    pub(crate) raw: RawSemaphore,
    capacity: u32,
}

impl BoundedSemaphore {
    sync_core::const_on_hardware! {
        /// Creates a semaphore with that many permits, all of them free.
        ///
        /// # Panics
        ///
        /// If they are none, or more than [`MAX_PERMITS`].
        pub fn new(permits: usize) -> Self {
            assert!(permits > 0, "a bounded semaphore without permits lets nobody in, ever");
            assert!(permits <= MAX_PERMITS, "more permits than MAX_PERMITS");
            let capacity = permits as u32;
            Self { raw: RawSemaphore::new(capacity), capacity }
        }
    }

    /// Gives back permits that were forgotten.
    ///
    /// # Errors
    ///
    /// If fewer are forgotten at this moment; nothing changes then.
    #[track_caller]
    pub fn release(&self, count: usize) -> Result<(), OverRelease> {
        match u32::try_from(count).ok().filter(|&count| self.raw.remember(count)) {
            Some(count) => {
                self.raw.release(count).expect("no more come back than were taken");
                Ok(())
            }
            None => Err(OverRelease { released: count, forgotten: self.raw.forgotten() as usize }),
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

impl fmt::Debug for BoundedSemaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundedSemaphore")
            .field("available", &self.available())
            .field("capacity", &self.capacity())
            .field("waiters", &self.waiters())
            .finish()
    }
}

/// More permits were released than are forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OverRelease {
    /// How many were to be released.
    pub released: usize,
    /// How many were forgotten when that was looked up.
    pub forgotten: usize,
}

impl fmt::Display for OverRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { released, forgotten } = self;
        write!(f, "{released} permits were released, but only {forgotten} are out without a guard")
    }
}

impl Error for OverRelease {}
