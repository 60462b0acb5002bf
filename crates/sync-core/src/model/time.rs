//! Deadlines without a clock: a timed wait may give up at any point, and the checker tries both.

use std::time::{Duration, Instant};

/// Whether a wait may give up. The moment itself is ignored: reading a clock would make an
/// execution impossible to repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    never: bool,
}

impl Deadline {
    /// Waits for ever.
    pub const NEVER: Self = Self { never: true };

    /// May give up at any point, unless `timeout` is [`Duration::MAX`].
    pub fn after(timeout: Duration) -> Self {
        Self { never: timeout == Duration::MAX }
    }

    /// May give up at any point.
    pub const fn at(_moment: Instant) -> Self {
        Self { never: false }
    }

    /// No: time passes in waits alone, where the checker decides.
    pub const fn is_over(self) -> bool {
        false
    }

    /// Tells whether it never comes.
    pub const fn is_never(self) -> bool {
        self.never
    }
}
