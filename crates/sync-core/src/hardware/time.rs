//! Deadlines on the monotonic clock.

use std::time::{Duration, Instant};

/// The moment at which a wait gives up, or never.
///
/// Deadlines are in order: the earlier one is the smaller one.
///
/// # Examples
///
/// ```
/// use sync_core::time::{Deadline, Duration};
///
/// assert!(Deadline::after(Duration::MAX).is_never());
/// assert!(!Deadline::after(Duration::from_secs(1)).is_never());
/// assert!(Deadline::PAST < Deadline::after(Duration::ZERO));
/// assert!(Deadline::after(Duration::ZERO) < Deadline::NEVER);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(When);

/// In order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum When {
    Past,
    At(Instant),
    Never,
}

impl Deadline {
    /// Waits for ever.
    pub const NEVER: Self = Self(When::Never);

    /// Has passed already: does not wait, and reads no clock to find out.
    pub const PAST: Self = Self(When::Past);

    /// The moment `timeout` from now; for ever if the clock cannot express it.
    pub fn after(timeout: Duration) -> Self {
        Instant::now().checked_add(timeout).map_or(Self::NEVER, Self::at)
    }

    /// That moment.
    pub const fn at(moment: Instant) -> Self {
        Self(When::At(moment))
    }

    /// Tells whether it never comes.
    pub const fn is_never(self) -> bool {
        matches!(self.0, When::Never)
    }

    /// Tells whether it has passed.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_core::time::{Deadline, Duration};
    ///
    /// assert!(Deadline::after(Duration::ZERO).is_over());
    /// assert!(Deadline::PAST.is_over());
    /// assert!(!Deadline::NEVER.is_over());
    /// ```
    pub fn is_over(self) -> bool {
        match self.0 {
            When::Past => true,
            When::At(moment) => moment <= Instant::now(),
            When::Never => false,
        }
    }

    /// Returns how much time is left: none if it has passed, `Duration::MAX` if it never comes.
    ///
    /// # Examples
    ///
    /// ```
    /// use sync_core::time::{Deadline, Duration};
    ///
    /// assert!(Deadline::after(Duration::from_secs(5)).remaining() <= Duration::from_secs(5));
    /// assert_eq!(Deadline::PAST.remaining(), Duration::ZERO);
    /// assert_eq!(Deadline::NEVER.remaining(), Duration::MAX);
    /// ```
    pub fn remaining(self) -> Duration {
        match self.0 {
            When::Past => Duration::ZERO,
            When::At(moment) => moment.saturating_duration_since(Instant::now()),
            When::Never => Duration::MAX,
        }
    }

    /// The moment on the clock, if there is one.
    pub(crate) fn instant(self) -> Option<Instant> {
        match self.0 {
            When::Past => Some(Instant::now()),
            When::At(moment) => Some(moment),
            When::Never => None,
        }
    }
}
