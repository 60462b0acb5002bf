//! What an acquirer holds: permits that go back when dropped.

use crate::raw::RawSemaphore;

/// Permits of a semaphore, given back when dropped.
///
/// `let _ = semaphore.acquire()` gives them back at once; name them, `let _permit = ..`, to keep them.
/// A permit may be sent to another thread and given back there.
#[must_use = "the permits are given back as soon as this is dropped"]
#[clippy::has_significant_drop]
#[derive(Debug)]
pub struct Permit<'a> {
    home: &'a RawSemaphore,
    count: u32,
}

impl<'a> Permit<'a> {
    /// Stands for `count` permits that were taken just now.
    #[inline]
    pub(crate) fn new(home: &'a RawSemaphore, count: u32) -> Self {
        Self { home, count }
    }

    /// Returns how many permits these are.
    pub fn count(&self) -> usize {
        self.count as usize
    }

    /// Keeps the permits from going back on their own: a later `release` has to do it.
    ///
    /// Python's `acquire` and `release` are this call and that one.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_semaphore::BoundedSemaphore;
    ///
    /// let slots = BoundedSemaphore::new(5);
    /// slots.acquire().forget();
    /// assert_eq!(slots.available(), 4);
    /// slots.release(1)?;
    /// assert_eq!(slots.available(), 5);
    /// # Ok::<(), sync_semaphore::OverRelease>(())
    /// ```
    pub fn forget(self) {
        self.home.forget(self.count);
        std::mem::forget(self);
    }
}

impl Drop for Permit<'_> {
    #[inline]
    #[track_caller]
    fn drop(&mut self) {
        sync_core::panic::while_dropping(|| {
            // Too many to count can only be when `Semaphore::release` has added permits meanwhile. Then
            // as many go back as fit.
            let mut count = self.count;
            while self.home.release(count).is_err() {
                count = self.count.min(u32::MAX - self.home.free());
            }
        });
    }
}
