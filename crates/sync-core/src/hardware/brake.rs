//! What a process may spend on barriers: a hundredth of the time that passes.
//!
//! A barrier interrupts every processor that runs the process, so it costs others than its caller.
//! Each one is measured and makes the next ones wait for a hundred times as long, less what may be
//! spent in advance. Whoever finds nothing left does without, see [`affordable`].
//!
//! Barriers that will be needed some day, perhaps, have an account of their own: see [`reserve`]. As many
//! as were reserved may then come all at once.
//!
//! This is the generic cell rate algorithm, with one number for its state.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use super::clock::{nanos, now};

/// One part in so many is for barriers.
const SHARE: u64 = 100;
/// What a barrier costs by experience; reserved are as many as cost this.
const PRICE: Duration = Duration::from_micros(10);

/// A hundred barriers may be paid in advance.
static SPENT: Account = Account::new(Duration::from_millis(100));
/// A thousand may be reserved in advance.
static RESERVED: Account = Account::new(Duration::from_secs(1));

/// Tells whether another barrier is within the limit.
pub(super) fn affordable() -> bool {
    SPENT.allows(now())
}

/// Puts another barrier that may come later on the account of those, if that is within the limit.
pub(super) fn reserve() -> bool {
    let now = now();
    let allowed = RESERVED.allows(now);
    if allowed {
        RESERVED.charge(now, nanos(PRICE));
    }
    allowed
}

/// Runs `barrier` and puts what it cost on the account.
pub(super) fn charge<R>(barrier: impl FnOnce() -> R) -> R {
    let start = now();
    let result = barrier();
    SPENT.charge(start, now().saturating_sub(start));
    result
}

/// All times are nanoseconds since some common moment.
struct Account {
    /// The moment at which everything spent so far is made up for.
    even: AtomicU64,
    /// For how much of the time to come barriers may be paid in advance.
    in_advance: Duration,
}

impl Account {
    const fn new(in_advance: Duration) -> Self {
        Self { even: AtomicU64::new(0), in_advance }
    }

    fn allows(&self, now: u64) -> bool {
        // ORDERING: Relaxed: a number that limits, and nothing is read on its strength.
        self.even.load(Relaxed) <= now.saturating_add(nanos(self.in_advance))
    }

    fn charge(&self, now: u64, cost: u64) {
        let later = |even: u64| Some(even.max(now).saturating_add(cost.saturating_mul(SHARE)));
        // ORDERING: Relaxed, as above; the update loses no charge.
        let _always = self.even.fetch_update(Relaxed, Relaxed, later);
    }
}

#[cfg(test)]
pub(super) use tests::{accounts, reserve_all, spend_all, used};

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Mutex, MutexGuard, PoisonError};

    /// Keeps the accounts of the process for one test at a time, with nothing on them.
    pub(in super::super) fn accounts() -> MutexGuard<'static, ()> {
        static ALONE: Mutex<()> = Mutex::new(());
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        [&SPENT, &RESERVED].iter().for_each(|account| account.even.store(0, Relaxed));
        alone
    }

    /// Has somebody spend so much that nothing is left for years.
    pub(in super::super) fn spend_all() {
        SPENT.charge(0, u64::MAX);
    }

    /// The same for what is reserved.
    pub(in super::super) fn reserve_all() {
        RESERVED.charge(0, u64::MAX);
    }

    /// Whether anything was spent, and whether anything was reserved, since nothing was.
    pub(in super::super) fn used() -> [bool; 2] {
        [&SPENT, &RESERVED].map(|account| account.even.load(Relaxed) != 0)
    }

    const MILLI: u64 = 1_000_000;
    const IN_ADVANCE: Duration = Duration::from_millis(100);

    #[test]
    fn a_hundredth_of_the_time_is_for_barriers() {
        let account = Account::new(IN_ADVANCE);
        let mut spent = 0;
        // A program that wants a barrier of 10 microseconds every 20.
        for now in (0..10_000 * MILLI).step_by(20_000) {
            if account.allows(now) {
                account.charge(now, 10_000);
                spent += 10_000;
            }
        }
        let share = 100 * MILLI;
        assert!((share..share + 2 * MILLI).contains(&spent), "{spent} ns in 10 s");
    }

    /// How many of the usual price are allowed at once.
    fn burst(account: &Account, now: u64) -> usize {
        let allowed = |_: &u64| account.allows(now);
        (0..).take_while(allowed).inspect(|_| account.charge(now, nanos(PRICE))).count()
    }

    #[test]
    fn after_a_rest_no_more_is_allowed_than_at_first() {
        let account = Account::new(IN_ADVANCE);
        let first = burst(&account, 0);
        assert_eq!(burst(&account, 0), 0);
        assert_eq!(burst(&account, 3_600_000 * MILLI), first);
        assert_eq!(first, 101);
    }

    #[test]
    fn one_that_took_for_ever_is_the_last() {
        let account = Account::new(IN_ADVANCE);
        account.charge(0, u64::MAX);
        assert!(!account.allows(u64::MAX / 2));
        let account = Account::new(IN_ADVANCE);
        account.charge(MILLI, u64::MAX / SHARE + 1);
        assert!(!account.allows(u64::MAX / 2));
    }

    #[test]
    fn a_hundred_may_be_spent_at_once_and_a_thousand_reserved() {
        let fresh = |account: &Account| burst(&Account::new(account.in_advance), 0);
        assert_eq!([&SPENT, &RESERVED].map(fresh), [101, 1_001]);
    }

    #[test]
    fn what_is_spent_and_what_is_reserved_do_not_limit_each_other() {
        let alone = accounts();
        spend_all();
        assert!(!affordable() && reserve());
        drop(alone);
        let _alone = accounts();
        reserve_all();
        assert!(affordable() && !reserve());
    }

    #[test]
    fn a_reserved_barrier_costs_the_usual_price_when_it_is_reserved() {
        let _alone = accounts();
        let start = now();
        assert!(reserve());
        assert_eq!(used(), [false, true]);
        let paid = RESERVED.even.load(Relaxed) - SHARE * nanos(PRICE);
        assert!((start..=now()).contains(&paid));
        let years = nanos(Duration::from_hours(100_000));
        RESERVED.even.store(years, Relaxed);
        assert!(!reserve());
        assert_eq!(RESERVED.even.load(Relaxed), years, "it costs nothing if the answer is no");
    }

    #[test]
    fn a_barrier_costs_what_it_takes() {
        let _alone = accounts();
        let start = now();
        let took = charge(|| {
            let begin = now();
            while now() < begin + MILLI {}
            now() - begin
        });
        let even = SPENT.even.load(Relaxed);
        let end = now();
        assert!((start + SHARE * took..=end + SHARE * (end - start)).contains(&even));
    }
}
