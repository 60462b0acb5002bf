//! Giving the lock to those who wait: fair releases and bumps, by the bias and in the ordinary way.

use std::cell::Cell;
use std::sync::Arc;

use sync_core::checker::{Model, Outcomes, in_threads, model, spawn};
use sync_core::thread::yield_now;
use sync_core::time::Duration;
use sync_rlock::{ArcRLockGuard, MappedRLockGuard, RLock, RLockGuard, RawRLock};

use super::SOON;
use super::corners::{Count, First, against_a_first_owner};

/// Counts with a second level by `limit`, and gives back both of them fairly; tells how often that
/// was.
fn count_fairly_by(lock: &RLock<Count>, limit: Duration) -> u32 {
    lock.try_lock_for(limit).map_or(0, |count| {
        let inner = lock.try_lock().expect("owned already");
        RLockGuard::unlock_fair(count);
        inner.set(inner.get() + 1);
        RLockGuard::unlock_fair(inner);
        1
    })
}

/// The owner gives back both levels fairly, by the bias or in the ordinary way, while another
/// revokes; then it comes back for one more.
#[test]
fn fair_releases_of_a_first_owner_lose_nobody() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    let name = "fair_releases_of_a_first_owner_lose_nobody";
    for first in First::EITHER {
        let seen = seen.clone();
        model(name).bound(1).bound(2).floor(200).passes(move || {
            let owner = |lock: &RLock<Count>, outer: RLockGuard<'_, Count>| {
                outer.set(1);
                let inner = lock.lock();
                RLockGuard::unlock_fair(outer);
                assert_eq!(RLockGuard::depth(&inner), 1, "one level and no more");
                RLockGuard::unlock_fair(inner);
                let part = RLockGuard::map(lock.lock(), |count| count);
                MappedRLockGuard::unlock_fair(part);
            };
            let (_, got) =
                against_a_first_owner::<1, _>(first, owner, |_, lock| count_fairly_by(lock, SOON));
            seen.saw(got);
        });
    }
    outcomes.are([[0], [1]]);
}

/// Two in the ordinary way, one of which may give up.
#[test]
fn fair_releases_without_a_bias_lose_nobody() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    let name = "fair_releases_without_a_bias_lose_nobody";
    model(name).bound(2).bound(3).floor(20).symmetric_fences().passes(move || {
        let lock = Arc::new(RLock::new(Cell::new(0)));
        let shared = lock.clone();
        let limits = [SOON, Duration::MAX];
        let got = in_threads::<2, _>(move |number| count_fairly_by(&shared, limits[number]));
        let count = lock.try_lock().expect("nobody left with the lock");
        assert_eq!(count.get(), got.iter().sum());
        assert_eq!(got[1], 1);
        seen.saw(got[0]);
    });
    outcomes.are([0, 1]);
}

/// The owner waits for another thread to have been in, and lets it in by bumps alone.
fn bumps_until_the_waiter_was_in(model: Model) {
    for first in First::EITHER {
        model.clone().passes(move || {
            let owner = |lock: &RLock<Count>, mut outer: RLockGuard<'_, Count>| {
                outer.set(1);
                let mut bumps = 0;
                while outer.get() == 1 {
                    bumps += 1;
                    assert!(bumps < 40, "the waiter never has its turn");
                    let mut inner = lock.lock();
                    let before = inner.get();
                    RLockGuard::bump(&mut inner);
                    assert_eq!(inner.get(), before, "nobody gets in between two levels");
                    drop(inner);
                    RLockGuard::bump(&mut outer);
                    assert_eq!(RLockGuard::depth(&outer), 1);
                    yield_now();
                }
            };
            let (_, got) = against_a_first_owner::<1, _>(first, owner, |_, lock| {
                count_fairly_by(lock, Duration::MAX)
            });
            assert_eq!(got, [1]);
        });
    }
}

#[test]
fn a_bump_lets_the_one_that_revokes_have_its_turn() {
    let name = "a_bump_lets_the_one_that_revokes_have_its_turn";
    bumps_until_the_waiter_was_in(model(name).bound(1).no_deeper().floor(400));
}

#[test]
fn a_bump_without_a_bias_lets_the_waiter_have_its_turn() {
    let name = "a_bump_without_a_bias_lets_the_waiter_have_its_turn";
    let model = model(name).bound(1).bound(2).no_deeper().floor(50);
    bumps_until_the_waiter_was_in(model.symmetric_fences());
}

/// Without a forced switch the waiter is asleep when the owner gives the lock back, and the owner
/// would be the first to have it again if it was not handed over.
fn has_its_turn_before_the_owner_comes_back(model: Model) {
    model.passes(|| {
        let owner = spawn(|| {
            let lock = Arc::new(RLock::new(Cell::new(0)));
            let guard = lock.lock_arc();
            let other = spawn({
                let lock = lock.clone();
                move || {
                    let count = lock.lock_arc();
                    count.set(count.get() + 1);
                    ArcRLockGuard::unlock_fair(count);
                }
            });
            yield_now();
            ArcRLockGuard::unlock_fair(guard);
            assert_eq!(lock.lock().get(), 1, "the owner came back before the waiter");
            other.join().unwrap();
        });
        owner.join().unwrap();
    });
}

#[test]
fn a_fair_release_goes_to_the_one_that_revokes() {
    let name = "a_fair_release_goes_to_the_one_that_revokes";
    has_its_turn_before_the_owner_comes_back(model(name).bound(0).no_deeper().floor(5));
}

#[test]
fn a_fair_release_without_a_bias_goes_to_the_waiter() {
    let name = "a_fair_release_without_a_bias_goes_to_the_waiter";
    let model = model(name).bound(0).no_deeper().floor(2);
    has_its_turn_before_the_owner_comes_back(model.symmetric_fences());
}

/// Without data: the verbs of the raw lock are refused to a stranger and change nothing then.
#[test]
fn a_stranger_releases_and_bumps_nothing() {
    model("a_stranger_releases_and_bumps_nothing").unbounded().floor(25).passes(|| {
        let lock = Arc::new(RawRLock::new());
        let shared = lock.clone();
        in_threads::<2, _>(move |number| {
            if number == 0 {
                shared.acquire();
                assert_eq!((shared.bump(), shared.depth()), (Ok(()), 1));
                assert_eq!(shared.release_fair(), Ok(()));
            } else {
                assert!(shared.release_fair().is_err() && shared.bump().is_err());
                assert!(!shared.is_owned());
            }
        });
        assert!(!lock.is_locked());
    });
}
