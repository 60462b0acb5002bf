//! Deadlines on the monotonic clock.

use std::time::{Duration, Instant};

/// The moment at which a wait gives up, or never.
///
/// # Examples
///
/// ```
/// use sync_core::time::{Deadline, Duration};
///
/// assert!(Deadline::after(Duration::MAX).is_never());
/// assert!(!Deadline::after(Duration::from_secs(1)).is_never());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// Waits for ever.
    pub const NEVER: Self = Self(None);

    /// The moment `timeout` from now; for ever if the clock cannot express it.
    pub fn after(timeout: Duration) -> Self {
        Self(Instant::now().checked_add(timeout))
    }

    /// That moment.
    pub const fn at(moment: Instant) -> Self {
        Self(Some(moment))
    }

    /// Tells whether it never comes.
    pub const fn is_never(self) -> bool {
        self.0.is_none()
    }

    /// Tells whether it has passed.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_core::time::{Deadline, Duration};
    ///
    /// assert!(Deadline::after(Duration::ZERO).is_over());
    /// assert!(!Deadline::NEVER.is_over());
    /// ```
    pub fn is_over(self) -> bool {
        self.0.is_some_and(|moment| moment <= Instant::now())
    }

    /// The moment on the clock, if there is one.
    pub(crate) const fn instant(self) -> Option<Instant> {
        self.0
    }
}
