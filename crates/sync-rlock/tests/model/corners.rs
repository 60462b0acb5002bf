//! Corners where schedules may have been missed: what the first owner and those who revoke its bias do to
//! each other in the middle of something else.

use std::cell::Cell;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;

use sync_core::cell::Witness;
use sync_core::checker::{Model, Outcomes, in_threads, model, spawn};
use sync_core::panic::catch;
use sync_core::thread::yield_now;
use sync_core::time::Duration;
use sync_lock::Condition;
use sync_rlock::{MappedRLockGuard, RLock, RLockGuard};

use super::SOON;

/// A value that is `Sync`, and the evidence that whoever has the outermost level is alone.
#[derive(Default)]
struct Shared {
    count: AtomicU32,
    alone: Witness,
}

/// What the lock of these models protects: how often it was taken, but for the owner's visits after the first.
pub(super) type Count = Cell<u32>;

/// Who goes on first once the others are there. Loom may miss schedules where a thread begins with a load
/// (tokio-rs/loom#392), and misses others where its starter yields, so each model is explored in both ways.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum First {
    Owner,
    Others,
}

impl First {
    pub(super) const EITHER: [Self; 2] = [Self::Owner, Self::Others];
}

/// One who has the lock by its bias, and `N` others who want it. Returns what the owner does, and how often
/// each of the others had the lock.
pub(super) fn against_a_first_owner<const N: usize, T: Send + 'static>(
    first: First,
    owner: impl FnOnce(&RLock<Count>, RLockGuard<'_, Count>) -> T + Send + 'static,
    other: impl Fn(usize, &RLock<Count>) -> u32 + Clone + Send + 'static,
) -> (T, [u32; N]) {
    let first_owner = spawn(move || {
        let lock = Arc::new(RLock::new(Cell::new(0)));
        let guard = lock.lock();
        let others: [_; N] = std::array::from_fn(|number| {
            let (lock, other) = (lock.clone(), other.clone());
            spawn(move || other(number, &lock))
        });
        if first == First::Others {
            yield_now();
        }
        let result = owner(&lock, guard);
        let counts = others.map(|other| other.join().unwrap());
        let count = lock.try_lock().expect("nobody left with the lock");
        assert_eq!(count.get(), counts.iter().sum::<u32>() + 1);
        (result, counts)
    });
    first_owner.join().unwrap()
}

/// Counts by `limit`, with a second level; tells how often that was.
pub(super) fn count_by(lock: &RLock<Count>, limit: Duration) -> u32 {
    lock.try_lock_for(limit).map_or(0, |count| {
        let inner = lock.try_lock().expect("owned already");
        inner.set(inner.get() + 1);
        drop(count);
        1
    })
}

/// The owner goes up and down between one level and three while it is being revoked, and the guards go in
/// another order than they came.
#[test]
fn an_owner_climbs_while_it_is_revoked() {
    for first in First::EITHER {
        model("an_owner_climbs_while_it_is_revoked").bound(2).bound(3).floor(1_000).passes(
            move || {
                let owner = |lock: &RLock<Count>, outer: RLockGuard<'_, Count>| {
                    outer.set(1);
                    let second = lock.lock();
                    let third = lock.try_lock().expect("owned already");
                    drop(outer);
                    drop(second);
                    let last = lock.try_lock_for(SOON).expect("owned already");
                    drop(third);
                    assert_eq!(RLockGuard::depth(&last), 1);
                };
                let (_, got) = against_a_first_owner::<1, _>(first, owner, |_, lock| {
                    count_by(lock, Duration::MAX)
                });
                assert_eq!(got, [1]);
            },
        );
    }
}

/// The one who revokes gives up, comes back, and gives up or not; the owner comes back in between, too.
#[test]
fn a_revoker_gives_up_and_comes_back_as_the_owner_does() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    let name = "a_revoker_gives_up_and_comes_back_as_the_owner_does";
    for first in First::EITHER {
        let seen = seen.clone();
        model(name).bound(1).bound(2).floor(100).passes(move || {
            let owner = |lock: &RLock<Count>, outer: RLockGuard<'_, Count>| {
                outer.set(1);
                drop(outer);
                let again = lock.lock();
                again.set(again.get() + 1);
                let inner = lock.lock();
                inner.set(inner.get() - 1);
            };
            let (_, got) = against_a_first_owner::<1, _>(first, owner, |_, lock| {
                count_by(lock, SOON) + count_by(lock, Duration::MAX)
            });
            seen.saw(got);
        });
    }
    outcomes.are([[1], [2]]);
}

/// Two revoke at once, and only one of them has time; the owner takes its second level meanwhile.
fn two_revokers_and_an_owner(model: Model, limits: [Duration; 2]) {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    for first in First::EITHER {
        let seen = seen.clone();
        model.clone().passes(move || {
            let owner = |lock: &RLock<Count>, outer: RLockGuard<'_, Count>| {
                let inner = lock.lock();
                drop(outer);
                inner.set(inner.get() + 1);
            };
            let (_, got) = against_a_first_owner::<2, _>(first, owner, move |number, lock| {
                count_by(lock, limits[number])
            });
            seen.saw(got);
        });
    }
    if limits[0] == limits[1] {
        outcomes.are([[1, 1]]);
    } else {
        outcomes.are([[0, 1], [1, 1]]);
    }
}

#[test]
fn two_revokers_at_once() {
    let model = model("two_revokers_at_once").bound(1).floor(1_000);
    two_revokers_and_an_owner(model, [Duration::MAX; 2]);
}

#[test]
fn two_revokers_at_once_and_one_gives_up() {
    let model = model("two_revokers_at_once_and_one_gives_up").bound(1).floor(1_000);
    two_revokers_and_an_owner(model, [SOON, Duration::MAX]);
}

/// The first who revokes is refused its fence and may give up; the next one must not rely on it.
#[test]
fn a_fence_is_refused_to_one_of_two_revokers() {
    let model = model("a_fence_is_refused_to_one_of_two_revokers").bound(1).floor(200);
    two_revokers_and_an_owner(model.first_fence_refused(), [SOON, Duration::MAX]);
}

/// With full fences there is no bias to be revoked, and the same program runs.
#[test]
fn two_who_wait_and_an_owner_without_a_bias() {
    let model = model("two_who_wait_and_an_owner_without_a_bias").bound(1).floor(500);
    two_revokers_and_an_owner(model.symmetric_fences(), [SOON, Duration::MAX]);
}

/// The fence is refused, and the owner comes back for two more rounds and leaves for good in one of them.
#[test]
fn a_fence_is_refused_while_the_owner_comes_and_goes() {
    let name = "a_fence_is_refused_while_the_owner_comes_and_goes";
    for first in First::EITHER {
        model(name).bound(2).bound(3).bound(4).floor(10).first_fence_refused().passes(move || {
            let owner = |lock: &RLock<Count>, outer: RLockGuard<'_, Count>| {
                outer.set(1);
                drop(outer);
                for _ in 0..2 {
                    drop(lock.try_lock());
                }
            };
            let (_, got) = against_a_first_owner::<1, _>(first, owner, |_, lock| {
                count_by(lock, Duration::MAX)
            });
            assert_eq!(got, [1]);
        });
    }
}

/// Nobody may get in while the owner is inside, however many fences are refused.
#[test]
fn refused_fences_let_nobody_in_beside_an_owner_at_any_level() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    let name = "refused_fences_let_nobody_in_beside_an_owner_at_any_level";
    model(name).bound(2).bound(3).floor(400).refused_fences().passes(move || {
        let shared = Arc::new(RLock::new(Shared::default()));
        let got = in_threads::<2, _>(move |_| {
            let visit = || {
                shared.try_lock_for(SOON).is_some_and(|outer| {
                    outer.alone.touch();
                    let inner = shared.try_lock().expect("owned already");
                    drop(outer);
                    inner.alone.touch();
                    true
                })
            };
            [visit(), visit()]
        });
        assert!(got != [[false; 2]; 2], "whoever is first needs no fence");
        seen.saw(got.iter().all(|got| got[1]));
    });
    outcomes.are([true, false]);
}

/// The owner panics with two levels, which unwinding gives back one by one under the eyes of a revoker.
#[test]
fn an_owner_panics_while_it_is_revoked() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    for first in First::EITHER {
        let seen = seen.clone();
        model("an_owner_panics_while_it_is_revoked").unbounded().floor(19_000).passes(move || {
            let owner = |lock: &RLock<Count>, outer: RLockGuard<'_, Count>| {
                let panicked = catch(move || {
                    let inner = lock.lock();
                    outer.set(1);
                    let _innermost = RLockGuard::map(inner, |count| count);
                    std::panic::resume_unwind(Box::new("on purpose"));
                });
                assert!(panicked.is_err());
            };
            let (_, got) =
                against_a_first_owner::<1, _>(first, owner, |_, lock| count_by(lock, SOON));
            seen.saw(got);
        });
    }
    outcomes.are([[0], [1]]);
}

/// A thread ends with a level whose guard was forgotten: it stays taken, also for who gives up on it twice,
/// and nobody else is taken for its owner.
#[test]
fn an_owner_that_died_with_a_level_keeps_it() {
    model("an_owner_that_died_with_a_level_keeps_it").bound(2).bound(3).floor(2_000).passes(|| {
        let lock = Arc::new(RLock::new(Witness::new()));
        let shared = lock.clone();
        let got = in_threads::<2, _>(move |number| {
            if number == 0 {
                let outer = shared.lock();
                outer.touch();
                mem::forget(shared.lock());
                outer.touch();
                drop(outer);
                return false;
            }
            let visit = |guard: Option<RLockGuard<'_, Witness>>| {
                guard.is_some_and(|guard| {
                    guard.touch();
                    true
                })
            };
            let got = visit(shared.try_lock_for(SOON));
            visit(shared.try_lock()) || got
        });
        let _before_the_owner: bool = got[1];
        assert!(lock.try_lock().is_none() && lock.try_lock_for(SOON).is_none());
        assert_eq!((lock.is_locked(), lock.is_owned(), lock.depth()), (true, false, 0));
    });
}

/// A forgotten guard of two keeps the others out, forbids to unlock, and is given up and restored by a wait
/// like any other level.
#[test]
fn a_forgotten_level_is_a_level() {
    let name = "a_forgotten_level_is_a_level";
    model(name).bound(1).bound(2).floor(90).passes(|| {
        let shared = Arc::new((RLock::new(Shared::default()), Condition::new()));
        let first_owner = spawn(move || {
            let (lock, changed) = &*shared;
            let mut outer = lock.lock();
            let other = spawn({
                let shared = shared.clone();
                move || {
                    let (lock, changed) = &*shared;
                    let guard = lock.lock();
                    guard.alone.touch();
                    guard.count.store(1, Relaxed);
                    changed.notify_one();
                }
            });
            mem::forget(lock.lock());
            assert!(RLockGuard::unlocked(&mut outer, || unreachable!()).is_err());
            assert!(changed.wait_outermost(&mut outer).is_err());
            changed.wait_while(&mut outer, |shared| shared.count.load(Relaxed) == 0);
            outer.alone.touch();
            assert_eq!(RLockGuard::depth(&outer), 2);
            drop(outer);
            assert_eq!(lock.depth(), 1);
            other.join().unwrap();
            assert!(spawn(move || shared.0.try_lock().is_none()).join().unwrap());
        });
        first_owner.join().unwrap();
    });
}

/// A wait with two levels begins with a bias, which another one revokes before, while, or after the levels
/// are given up; a third notifies with the lock or, when that takes too long, without.
#[test]
fn a_wait_with_two_biased_levels_is_revoked_and_notified() {
    let name = "a_wait_with_two_biased_levels_is_revoked_and_notified";
    model(name).bound(1).floor(9_000).passes(|| {
        let shared = Arc::new((RLock::new(Shared::default()), Condition::new()));
        let first_owner = spawn(move || {
            let (lock, changed) = &*shared;
            let outer = lock.lock();
            let others: [_; 2] = std::array::from_fn(|number| {
                let shared = shared.clone();
                spawn(move || {
                    let (lock, changed) = &*shared;
                    if let Some(guard) = lock.try_lock_for(SOON) {
                        guard.alone.touch();
                    }
                    if number == 0 {
                        changed.notify_all();
                    }
                })
            });
            let mut inner = lock.lock();
            let _notified_or_not: bool = changed.wait_for(&mut inner, SOON);
            outer.alone.touch();
            assert_eq!(RLockGuard::depth(&outer), 2);
            drop(outer);
            inner.alone.touch();
            drop(inner);
            for other in others {
                other.join().unwrap();
            }
            assert!(lock.try_lock().is_some(), "nobody left with the lock");
        });
        first_owner.join().unwrap();
    });
}

/// Mapped guards of outer levels read on while another thread owns the lock: their value is `Sync`.
#[test]
fn an_outer_mapped_guard_reads_on_during_a_wait() {
    model("an_outer_mapped_guard_reads_on_during_a_wait").bound(1).bound(2).floor(200).passes(
        || {
            let shared = Arc::new((RLock::new(AtomicU32::new(0)), Condition::new()));
            in_threads::<2, _>(move |number| {
                let (ready, changed) = &*shared;
                let outer = RLockGuard::map(ready.lock(), |ready| ready);
                let outer = MappedRLockGuard::map(outer, |ready| ready);
                if number == 0 {
                    let mut inner = ready.lock();
                    changed.wait_while(&mut inner, |_| outer.load(Relaxed) == 0);
                    assert_eq!(RLockGuard::depth(&inner), 2);
                } else {
                    outer.store(1, Relaxed);
                    changed.notify_one();
                }
            });
        },
    );
}

/// The outermost guard lets go for a while, during which its thread takes two levels of its own, and another
/// thread revokes the bias whenever it likes.
#[test]
fn an_unlocked_guard_is_revoked() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    for first in First::EITHER {
        let seen = seen.clone();
        model("an_unlocked_guard_is_revoked").bound(1).bound(2).floor(200).passes(move || {
            let owner = |lock: &RLock<Count>, mut outer: RLockGuard<'_, Count>| {
                outer.set(1);
                let between = RLockGuard::unlocked(&mut outer, || {
                    assert!(!lock.is_owned());
                    let guard = lock.lock();
                    let inner = lock.lock();
                    drop(guard);
                    inner.get()
                });
                assert_eq!(RLockGuard::depth(&outer), 1);
                (between.unwrap(), outer.get())
            };
            let (between, after) =
                against_a_first_owner::<1, _>(first, owner, |_, lock| count_by(lock, SOON)).0;
            seen.saw((between, after));
        });
    }
    outcomes.are([(1, 1), (1, 2), (2, 2)]);
}

/// What runs unlocked panics, and a guard that it made escapes: both levels are there afterwards, whoever
/// was in meanwhile.
#[test]
fn an_unlocked_guard_comes_back_with_one_that_escaped() {
    let name = "an_unlocked_guard_comes_back_with_one_that_escaped";
    for first in First::EITHER {
        model(name).bound(1).bound(2).floor(90).passes(move || {
            let owner = |lock: &RLock<Count>, mut outer: RLockGuard<'_, Count>| {
                outer.set(1);
                let mut escaped = None;
                let panicked = catch(|| {
                    RLockGuard::unlocked(&mut outer, || {
                        escaped = Some(lock.lock());
                        std::panic::resume_unwind(Box::new("on purpose"));
                    })
                });
                assert!(panicked.is_err());
                drop(outer);
                assert_eq!(RLockGuard::depth(escaped.as_ref().unwrap()), 1);
            };
            against_a_first_owner::<1, _>(first, owner, |_, lock| count_by(lock, SOON));
        });
    }
}

/// Nobody has taken the lock yet, and two only try: the documentation says that both may be told no.
#[test]
fn two_who_only_try_may_both_be_told_no() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model("two_who_only_try_may_both_be_told_no").bound(2).bound(3).floor(600).passes(move || {
        let lock = Arc::new(RLock::new(Witness::new()));
        let shared = lock.clone();
        let got = in_threads::<2, _>(move |_| {
            shared.try_lock().is_some_and(|guard| {
                guard.touch();
                true
            })
        });
        assert!(lock.try_lock().is_some(), "nobody left with the lock");
        seen.saw(got);
    });
    outcomes.are([[true, true], [true, false], [false, true], [false, false]]);
}
