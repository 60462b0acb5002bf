//! Patience without a clock: it lasts for one wait.

use crate::time::Deadline;

/// One quiet release is enough.
pub const CALM: u8 = 1;

/// The patience of one waiter: over as soon as it was woken in vain.
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

    /// Never: a sleep that ends by itself would hide that nobody ends it.
    pub fn limit(&self) -> Deadline {
        Deadline::NEVER
    }
}
