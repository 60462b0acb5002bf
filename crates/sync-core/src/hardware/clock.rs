//! The monotonic clock as a number, for what is kept in atomic variables.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

static START: OnceLock<Instant> = OnceLock::new();

/// The moment from which on the nanoseconds are counted: the first call.
///
/// That is best made while there is one thread, as [`at_start`](super::at_start) does: ThreadSanitizer does not
/// see that `std` hands it from one thread to another, and would report the one who comes next.
pub(super) fn start() -> Instant {
    *START.get_or_init(Instant::now)
}

/// The nanoseconds that have passed since [`start`].
pub(super) fn now() -> u64 {
    nanos(start().elapsed())
}

/// The nanoseconds in a duration, all that there can be if it is longer.
pub(super) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
