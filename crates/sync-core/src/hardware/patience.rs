//! Patience by the clock.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use crate::time::Deadline;

/// After so many quiet releases in a row a lock stops to expect waiters.
pub const CALM: u8 = 250;

/// Nobody asks before this time.
const SHORT: Duration = Duration::from_micros(500);
/// Only one of all who wait for the same asks within this time.
const TURN: Duration = Duration::from_millis(1);
/// Everybody asks after this time.
const LONG: Duration = Duration::from_millis(100);

/// The patience of one waiter, from its first question on.
#[derive(Debug, Default)]
pub struct Patience {
    since: Option<Instant>,
    is_over: bool,
    next_look: Option<Instant>,
}

impl Patience {
    /// Starts with all of it; the clock runs from the first call of [`is_over`](Self::is_over).
    pub const fn new() -> Self {
        Self { since: None, is_over: false, next_look: None }
    }

    /// Tells whether the caller should ask to be handed what it waits for. `key` says what that is, and
    /// those who wait for the same share their turns.
    pub fn is_over(&mut self, key: usize) -> bool {
        let now = Instant::now();
        let since = *self.since.get_or_insert(now);
        let waited = now.duration_since(since);
        self.is_over |= waited >= LONG || waited >= SHORT && takes_turn(key, now);
        let last_for = if waited < SHORT { SHORT } else { LONG };
        self.next_look = (!self.is_over).then(|| since + last_for);
        self.is_over
    }

    /// Until when to sleep at most, and then to look again whether it [`is_over`](Self::is_over): whoever
    /// has what it waits for may keep it for long, and should find that somebody asks when it lets go.
    pub fn limit(&self) -> Deadline {
        self.next_look.map_or(Deadline::NEVER, Deadline::at)
    }
}

/// As many turns run side by side; two locks that share one by chance wait for each other's turns.
const TURNS: usize = 64;

/// The moments at which the latest turns began, in nanoseconds since the first one of all.
static BEGUN: [AtomicU64; TURNS] = [const { AtomicU64::new(0) }; TURNS];

fn takes_turn(key: usize, now: Instant) -> bool {
    static START: OnceLock<Instant> = OnceLock::new();
    let start = *START.get_or_init(|| now.checked_sub(TURN).unwrap_or(now));
    let now = u64::try_from(now.saturating_duration_since(start).as_nanos()).unwrap_or(u64::MAX);
    let turn = &BEGUN[spread(key)];
    // ORDERING: Relaxed: the exchange alone decides whose turn it is, and it orders nothing.
    let begun = turn.load(Relaxed);
    Duration::from_nanos(now.saturating_sub(begun)) >= TURN
        && turn.compare_exchange(begun, now, Relaxed, Relaxed).is_ok()
}

/// Fibonacci hashing: the upper bits of the product, since neighbours differ in the lower ones.
fn spread(key: usize) -> usize {
    const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
    let mixed = (key as u64).wrapping_mul(GOLDEN);
    (mixed >> (u64::BITS - TURNS.ilog2())) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_turn_in_a_millisecond_for_all_who_wait_for_the_same() {
        let now = Instant::now() + Duration::from_secs(1);
        assert!(takes_turn(17, now));
        assert!(!takes_turn(17, now));
        assert!(!takes_turn(17, now + TURN / 2));
        assert!(takes_turn(17, now + TURN));
    }

    #[test]
    fn patience_lasts_and_then_ends_for_everybody() {
        let mut patience = Patience::new();
        assert!(!patience.is_over(18));
        assert_eq!(patience.limit(), Deadline::at(patience.since.unwrap() + SHORT));
        let long_ago = || Patience { since: Instant::now().checked_sub(LONG), ..Patience::new() };
        for _everybody in 0..2 {
            let mut patience = long_ago();
            assert!(patience.is_over(18));
            assert_eq!(patience.limit(), Deadline::NEVER);
        }
    }

    #[test]
    fn who_does_not_get_a_turn_looks_again_when_it_needs_none() {
        let _taken = takes_turn(19, Instant::now() + LONG);
        let mut patience = Patience { since: Instant::now().checked_sub(SHORT), ..Patience::new() };
        assert!(!patience.is_over(19));
        assert_eq!(patience.limit(), Deadline::at(patience.since.unwrap() + LONG));
    }

    #[test]
    fn keys_spread_over_all_turns() {
        let used: std::collections::BTreeSet<_> = (0..1_000).map(|key| spread(key * 64)).collect();
        assert_eq!(used.len(), TURNS);
    }
}
