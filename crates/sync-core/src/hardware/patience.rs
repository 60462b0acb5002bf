//! Patience by the clock.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use super::clock::{self, nanos};
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
    /// When it may ask, once that is arranged.
    turn: Option<Instant>,
    next_look: Option<Instant>,
}

impl Patience {
    /// Starts with all of it; the clock runs from the first call of [`is_over`](Self::is_over).
    pub const fn new() -> Self {
        Self { since: None, turn: None, next_look: None }
    }

    /// Tells whether the caller should ask to be handed what it waits for. `key` says what that is, and
    /// those who wait for the same take turns, first come, first served.
    pub fn is_over(&mut self, key: usize) -> bool {
        self.look(Instant::now(), Some(key))
    }

    /// The same without turns, for what can be handed to one thread without keeping it from the others.
    pub fn is_over_without_turns(&mut self) -> bool {
        self.look(Instant::now(), None)
    }

    /// Looks whether it is over at that moment, and if not, when to look again. A turn is arranged if there
    /// is a key for it.
    fn look(&mut self, now: Instant, key: Option<usize>) -> bool {
        let since = *self.since.get_or_insert(now);
        if let Some(key) = key
            && self.turn.is_none()
            && now >= since + SHORT
        {
            self.turn = Some(arrange_turn(key, now).min(since + LONG));
        }
        let next_look = self.turn.unwrap_or(since + SHORT);
        self.next_look = (next_look > now).then_some(next_look);
        self.next_look.is_none()
    }

    /// Until when to sleep at most, and then to look again whether it [`is_over`](Self::is_over): whoever
    /// has what it waits for may keep it for long, and should find that somebody asks when it lets go.
    pub fn limit(&self) -> Deadline {
        self.next_look.map_or(Deadline::NEVER, Deadline::at)
    }
}

/// As many turns run side by side; two locks that share one by chance wait for each other's turns.
const TURNS: usize = 64;

/// The moments at which the latest turns that were arranged begin, in nanoseconds since [`clock::start`]: at first a
/// turn right there, which nobody had.
static BEGIN: [AtomicU64; TURNS] = [const { AtomicU64::new(0) }; TURNS];

/// The next turn that is free, a whole one after the last.
fn arrange_turn(key: usize, now: Instant) -> Instant {
    let start = clock::start();
    let now = nanos(now.saturating_duration_since(start));
    // Nobody waits for a turn for longer than that, so none is arranged later either.
    let latest = now.saturating_add(nanos(LONG));
    let next = |last: u64| last.saturating_add(nanos(TURN)).max(now).min(latest);
    // ORDERING: Relaxed: the update alone decides whose turn it is, and it orders nothing.
    let last = BEGIN[spread(key)].fetch_update(Relaxed, Relaxed, |last| Some(next(last)));
    start + Duration::from_nanos(next(last.expect("there is always a next one")))
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
        assert_eq!(arrange_turn(17, now), now);
        assert_eq!(arrange_turn(17, now), now + TURN);
        assert_eq!(arrange_turn(17, now + TURN / 2), now + 2 * TURN);
        assert_eq!(arrange_turn(17, now + 5 * TURN), now + 5 * TURN);
    }

    #[test]
    fn no_turn_is_later_than_one_would_wait_for_it() {
        let now = Instant::now() + Duration::from_secs(1);
        let turns: Vec<_> = (0..300).map(|_| arrange_turn(20, now)).collect();
        assert_eq!(turns.last(), Some(&(now + LONG)));
        assert_eq!(arrange_turn(20, now + 2 * LONG), now + 2 * LONG);
    }

    #[test]
    fn patience_lasts_and_then_ends_for_everybody() {
        let mut patience = Patience::new();
        assert!(!patience.is_over(18));
        assert_eq!(patience.limit(), Deadline::at(patience.since.unwrap() + SHORT));
        for _everybody in 0..2 {
            let mut patience =
                Patience { since: Instant::now().checked_sub(LONG), ..Patience::new() };
            assert!(patience.is_over(18));
            assert!(patience.is_over(18));
            assert_eq!(patience.limit(), Deadline::NEVER);
        }
    }

    #[test]
    fn without_turns_everybody_asks_after_the_same_time() {
        let now = Instant::now();
        for _everybody in 0..2 {
            let mut patience = Patience::new();
            assert!(!patience.look(now, None));
            assert_eq!(patience.limit(), Deadline::at(now + SHORT));
            assert!(patience.look(now + SHORT, None));
            assert_eq!(patience.limit(), Deadline::NEVER);
        }
    }

    #[test]
    fn who_does_not_get_a_turn_at_once_looks_again_when_it_has_come() {
        let now = Instant::now();
        let taken = arrange_turn(19, now + LONG / 2);
        let mut patience = Patience::new();
        assert!(!patience.look(now, Some(19)));
        assert_eq!(patience.limit(), Deadline::at(now + SHORT));
        for _same_turn in 0..2 {
            assert!(!patience.look(now + SHORT, Some(19)));
            assert_eq!(patience.limit(), Deadline::at(taken + TURN));
        }
        assert!(patience.look(taken + TURN, Some(19)));
        assert_eq!(patience.limit(), Deadline::NEVER);
    }

    #[test]
    fn keys_spread_over_all_turns() {
        let used: std::collections::BTreeSet<_> = (0..1_000).map(|key| spread(key * 64)).collect();
        assert_eq!(used.len(), TURNS);
    }
}
