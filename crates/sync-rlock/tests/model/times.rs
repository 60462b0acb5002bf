//! Threads that wait for the end of the bias keep their time, and hold up no thread behind them.

use std::sync::Arc;

use sync_core::checker::{Model, model};
use sync_core::time::Duration;
use sync_lock::Event;
use sync_rlock::{RLock, RLockGuard};

use super::SOON;
use super::corners::{Count, First, against_a_first_owner, count_by};

/// The first owner stays until the last of the others has given up: that one must not wait for it.
fn gives_up_in_time<const N: usize>(model: &Model) {
    for first in First::EITHER {
        model.clone().passes(move || {
            let gave_up = Arc::new(Event::new());
            let stays = gave_up.clone();
            let owner = move |lock: &RLock<Count>, outer: RLockGuard<'_, Count>| {
                outer.set(1);
                let inner = lock.lock();
                drop(outer);
                stays.wait();
                assert_eq!(RLockGuard::depth(&inner), 1);
            };
            let (_, got) = against_a_first_owner::<N, _>(first, owner, move |number, lock| {
                if number < N - 1 {
                    return count_by(lock, Duration::MAX);
                }
                let got = count_by(lock, SOON);
                gave_up.set();
                got
            });
            assert_eq!(got[N - 1], 0, "there was somebody in");
        });
    }
}

#[test]
fn one_that_revokes_keeps_its_time() {
    let name = "one_that_revokes_keeps_its_time";
    gives_up_in_time::<1>(&model(name).bound(1).bound(2).floor(10));
}

#[test]
fn one_that_revokes_keeps_its_time_though_its_fence_is_refused() {
    let name = "one_that_revokes_keeps_its_time_though_its_fence_is_refused";
    gives_up_in_time::<1>(&model(name).bound(1).bound(2).refused_fences().floor(5));
}

/// The one before it has all the time of the world, and the inner lock. Without a forced switch, since one more is
/// half a minute.
#[test]
fn one_behind_another_that_revokes_keeps_its_time() {
    let name = "one_behind_another_that_revokes_keeps_its_time";
    gives_up_in_time::<2>(&model(name).bound(0).floor(2));
}
