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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_goes_on_from_its_start() {
        let before = start().elapsed();
        let at = now();
        assert!((nanos(before)..=nanos(start().elapsed())).contains(&at));
    }

    #[test]
    fn a_duration_is_counted_in_nanoseconds_as_far_as_they_go() {
        assert_eq!(nanos(Duration::new(1, 2)), 1_000_000_002);
        assert_eq!(nanos(Duration::MAX), u64::MAX);
    }
}
