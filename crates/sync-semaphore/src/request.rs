//! What is asked of a semaphore, and what it may refuse.

use sync_core::time::Deadline;

/// More permits than can be counted.
#[derive(Debug)]
pub(crate) struct Overflow;

/// What a thread asks for that comes for permits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request {
    pub(crate) count: u32,
    /// Whether it puts up with being overtaken, for a time.
    pub(crate) is_patient: bool,
    pub(crate) deadline: Deadline,
}
