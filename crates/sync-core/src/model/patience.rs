//! Patience without a clock: it lasts for one wait, or for ever.

use std::time::Duration;

use super::choices;
use crate::time::Deadline;

/// One quiet release is enough.
pub const CALM: u8 = 1;

/// The patience of one waiter: over as soon as it was woken in vain, or woke up by itself, unless the model
/// says that it lasts.
#[derive(Debug, Default)]
pub struct Patience {
    has_waited: bool,
}

impl Patience {
    /// Starts with all of it.
    pub fn new() -> Self {
        Self::default()
    }

    /// No for the first time, yes ever after; or always no.
    pub fn is_over(&mut self, _key: usize) -> bool {
        std::mem::replace(&mut self.has_waited, true) && !choices::chosen().patience_lasts
    }

    /// The same.
    pub fn is_over_without_turns(&mut self) -> bool {
        self.is_over(0)
    }

    /// Never, but for the first in a model that asks for it: sleeps that end by themselves would hide that
    /// nobody ends them.
    pub fn limit(&self) -> Deadline {
        if choices::sleep_may_end() { Deadline::after(Duration::ZERO) } else { Deadline::NEVER }
    }
}
