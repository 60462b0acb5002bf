//! Deadlines without a clock: a timed wait may give up at any point, and the checker tries both.

use std::time::{Duration, Instant};

use super::choices;
use super::engine::thread;

/// Whether a wait may give up. The moment itself is ignored: reading a clock would make an
/// execution impossible to repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(When);

/// In order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum When {
    Past,
    MayCome,
    Never,
}

impl Deadline {
    /// Waits for ever.
    pub const NEVER: Self = Self(When::Never);

    /// Has passed already: does not wait.
    pub const PAST: Self = Self(When::Past);

    /// May give up at any point, unless `timeout` is [`Duration::MAX`].
    pub fn after(timeout: Duration) -> Self {
        if timeout == Duration::MAX { Self::NEVER } else { Self(When::MayCome) }
    }

    /// May give up at any point.
    pub const fn at(_moment: Instant) -> Self {
        Self(When::MayCome)
    }

    /// No, unless it was in the past to begin with: time passes in waits alone, where the checker
    /// decides.
    pub const fn is_over(self) -> bool {
        matches!(self.0, When::Past)
    }

    /// Some time, if it is neither past nor never: a wait for that long may give up or not.
    pub const fn remaining(self) -> Duration {
        match self.0 {
            When::Past => Duration::ZERO,
            When::MayCome => Duration::from_millis(1),
            When::Never => Duration::MAX,
        }
    }

    /// Tells whether it never comes.
    pub const fn is_never(self) -> bool {
        matches!(self.0, When::Never)
    }
}

/// Lets the others go on before a time-out, unless it is to come early.
#[track_caller]
pub(super) fn time_passes() {
    if !choices::timeout_is_early() {
        thread::yield_now();
    }
}
