//! Patience without a clock: it lasts for one wait.

use std::cell::Cell;
use std::time::Duration;

use crate::time::Deadline;

/// One quiet release is enough.
pub const CALM: u8 = 1;

thread_local! {
    /// Whether a sleep of this execution may still end by itself.
    static MAY_END: Cell<bool> = const { Cell::new(false) };
}

/// Begins an execution in which the first sleep may end by itself, or none.
pub(super) fn prepare(first_may_end: bool) {
    MAY_END.set(first_may_end);
}

/// The patience of one waiter: over as soon as it was woken in vain, or woke up by itself.
#[derive(Debug, Default)]
pub struct Patience {
    has_waited: bool,
}

impl Patience {
    /// Starts with all of it.
    pub fn new() -> Self {
        Self::default()
    }

    /// No for the first time, yes ever after.
    pub fn is_over(&mut self, _key: usize) -> bool {
        std::mem::replace(&mut self.has_waited, true)
    }

    /// The same.
    pub fn is_over_without_turns(&mut self) -> bool {
        self.is_over(0)
    }

    /// Never, but for the first in a model that asks for it: sleeps that end by themselves would hide that
    /// nobody ends them.
    pub fn limit(&self) -> Deadline {
        if MAY_END.take() { Deadline::after(Duration::ZERO) } else { Deadline::NEVER }
    }
}
