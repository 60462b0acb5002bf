//! The lock: who has it, in which order, and what is seen of what went on before.

use std::sync::Arc;

use sync_core::atomic::AtomicU32;
use sync_core::atomic::Ordering::Relaxed;
use sync_core::checker::{Model, in_threads, scenario, spawn};
use sync_lock::{ArcLockGuard, Event, Lock, LockGuard, MappedLockGuard, RawLock};

use super::SOON;

#[test]
fn two_threads_twice() {
    scenario("two_threads_twice").bound(3).shows(|| {
        let visits = Arc::new(Lock::new(Vec::new()));
        let seen = visits.clone();
        in_threads::<2, _>(move |number| {
            for _ in 0..2 {
                visits.lock().push(number);
            }
        });
        seen.lock().clone()
    });
}

#[test]
fn three_threads() {
    scenario("three_threads").shows(|| {
        let visits = Arc::new(Lock::new(Vec::new()));
        let seen = visits.clone();
        in_threads::<3, _>(move |number| visits.lock().push(number));
        seen.lock().clone()
    });
}

/// What was written before taking the lock and what was written under it, as the other sees it.
#[test]
fn what_is_seen_under_the_lock() {
    scenario("what_is_seen_under_the_lock").bound(3).shows(|| {
        let shared = Arc::new((Lock::new(false), AtomicU32::new(0), AtomicU32::new(0)));
        in_threads::<2, _>(move |number| {
            let (lock, before, under) = &*shared;
            if number == 0 {
                before.store(1, Relaxed);
                let mut came = lock.lock();
                under.store(1, Relaxed);
                *came = true;
                return None;
            }
            let came = lock.lock();
            Some((*came, before.load(Relaxed), under.load(Relaxed)))
        })
    });
}

#[test]
fn an_attempt_beside_a_holder() {
    scenario("an_attempt_beside_a_holder").bound(3).shows(|| {
        let shared = Arc::new((Lock::new(Vec::new()), AtomicU32::new(0)));
        let seen = shared.clone();
        let got = in_threads::<2, _>(move |number| {
            let (lock, written) = &*shared;
            if number == 0 {
                written.store(1, Relaxed);
                lock.lock().push(number);
                return (true, 0);
            }
            let guard = lock.try_lock().map(|mut visits| visits.push(number));
            (guard.is_some(), written.load(Relaxed))
        });
        (got, seen.0.lock().clone())
    });
}

/// The one that tries knows that the holder is there for the second time, and nothing more.
#[test]
fn what_is_seen_by_who_tries_in_vain() {
    scenario("what_is_seen_by_who_tries_in_vain").bound(3).shows(|| {
        let shared = Arc::new((Lock::new(()), [0; 2].map(AtomicU32::new)));
        in_threads::<2, _>(move |number| {
            let (lock, [written, again]) = &*shared;
            if number == 0 {
                written.store(1, Relaxed);
                drop(lock.lock());
                let _held = lock.lock();
                again.store(1, Relaxed);
                return (0, true, 0);
            }
            let is_there = again.load(Relaxed);
            let got = lock.try_lock().is_some();
            (is_there, got, written.load(Relaxed))
        })
    });
}

#[test]
fn attempts_alone_succeed_unless_they_meet() {
    scenario("attempts_alone_succeed_unless_they_meet").bound(4).shows(|| {
        let lock = Arc::new(Lock::new(0));
        in_threads::<2, _>(move |_| {
            [0; 2].map(|_| {
                lock.try_lock().map(|mut count| {
                    *count += 1;
                    *count
                })
            })
        })
    });
}

/// The holder waits for the end of the one that tries.
#[test]
fn an_attempt_while_the_lock_is_held_on() {
    scenario("an_attempt_while_the_lock_is_held_on").bound(3).shows(|| {
        let shared = Arc::new((Lock::new(()), Event::new()));
        in_threads::<2, _>(move |number| {
            let (lock, tried) = &*shared;
            if number == 0 {
                let _held = lock.lock();
                tried.wait();
                return true;
            }
            let got = lock.try_lock().is_some();
            tried.set();
            got
        })
    });
}

#[test]
fn a_question_whether_it_is_held() {
    scenario("a_question_whether_it_is_held").bound(3).shows(|| {
        let shared = Arc::new((Lock::new(()), AtomicU32::new(0)));
        in_threads::<2, _>(move |number| {
            let (lock, written) = &*shared;
            if number == 0 {
                drop(lock.lock());
                written.store(1, Relaxed);
                drop(lock.lock());
                return (false, 0, false);
            }
            let first = lock.is_locked();
            (first, written.load(Relaxed), lock.is_locked())
        })
    });
}

#[test]
fn time_that_may_be_over() {
    scenario("time_that_may_be_over").bound(3).also(Model::first_timeout_is_early).shows(|| {
        let shared = Arc::new((Lock::new(Vec::new()), AtomicU32::new(0)));
        let seen = shared.clone();
        let got = in_threads::<2, _>(move |number| {
            let (lock, written) = &*shared;
            if number == 0 {
                written.store(1, Relaxed);
                lock.lock().push(number);
                lock.lock().push(number);
                return (true, 0);
            }
            let guard = lock.try_lock_for(SOON).map(|mut visits| visits.push(number));
            (guard.is_some(), written.load(Relaxed))
        });
        (got, seen.0.lock().clone())
    });
}

#[test]
fn two_whose_time_may_be_over() {
    let name = "two_whose_time_may_be_over";
    scenario(name).bound(2).also(Model::first_timeout_is_early).shows(|| {
        let lock = Arc::new(Lock::new(Vec::new()));
        let seen = lock.clone();
        let got = in_threads::<3, _>(move |number| {
            if number == 0 {
                lock.lock().push(number);
                return true;
            }
            lock.try_lock_for(SOON).map(|mut visits| visits.push(number)).is_some()
        });
        (got, seen.lock().clone())
    });
}

/// A thread that has no time at all takes what is free.
#[test]
fn no_time_is_an_attempt() {
    scenario("no_time_is_an_attempt").bound(3).shows(|| {
        let lock = Arc::new(Lock::new(()));
        in_threads::<2, _>(move |number| {
            if number == 0 {
                drop(lock.lock());
                return true;
            }
            lock.try_lock_for(std::time::Duration::ZERO).is_some()
        })
    });
}

#[test]
fn a_fair_release_and_an_attempt() {
    scenario("a_fair_release_and_an_attempt").bound(3).shows(|| {
        let lock = Arc::new(Lock::new(Vec::new()));
        let seen = lock.clone();
        let again = in_threads::<2, _>(move |number| {
            let mut visits = lock.lock();
            visits.push(number);
            if number == 0 {
                LockGuard::unlock_fair(visits);
                return lock.try_lock().map(|mut visits| visits.push(number)).is_some();
            }
            false
        });
        (again, seen.lock().clone())
    });
}

#[test]
fn a_bump_between_two_visits() {
    scenario("a_bump_between_two_visits").bound(3).shows(|| {
        let lock = Arc::new(Lock::new(Vec::new()));
        let seen = lock.clone();
        in_threads::<2, _>(move |number| {
            let mut visits = lock.lock();
            visits.push(number);
            LockGuard::bump(&mut visits);
            visits.push(number);
        });
        seen.lock().clone()
    });
}

#[test]
fn a_bump_beside_an_attempt() {
    scenario("a_bump_beside_an_attempt").bound(3).shows(|| beside_a_bump(|lock| lock.try_lock()));
}

#[test]
fn a_bump_beside_one_who_waits_for_a_time() {
    let name = "a_bump_beside_one_who_waits_for_a_time";
    let world = scenario(name).bound(3).also(Model::first_timeout_is_early);
    world.shows(|| beside_a_bump(|lock| lock.try_lock_for(SOON)));
}

/// One thread bumps the lock that it holds, the other one takes it as it may.
fn beside_a_bump(
    take: impl FnOnce(&Lock<Vec<u32>>) -> Option<LockGuard<'_, Vec<u32>>> + Clone + Send + 'static,
) -> (bool, Vec<u32>) {
    let lock = Arc::new(Lock::new(Vec::new()));
    let (held, seen) = (lock.clone(), lock.clone());
    let bumps = spawn(move || {
        let mut visits = held.lock();
        visits.push(0);
        LockGuard::bump(&mut visits);
        visits.push(0);
    });
    let got = spawn(move || take(&lock).map(|mut visits| visits.push(1)).is_some()).join().unwrap();
    bumps.join().unwrap();
    (got, seen.lock().clone())
}

#[test]
fn fair_releases_of_three() {
    scenario("fair_releases_of_three").bound(1).shows(|| {
        let lock = Arc::new(Lock::new(Vec::new()));
        let seen = lock.clone();
        in_threads::<3, _>(move |number| {
            let mut visits = lock.lock();
            visits.push(number);
            if number == 0 {
                let second = LockGuard::map(visits, |visits| visits);
                MappedLockGuard::unlock_fair(second);
            } else {
                LockGuard::unlock_fair(visits);
            }
        });
        seen.lock().clone()
    });
}

#[test]
fn a_guard_is_sent_away() {
    scenario("a_guard_is_sent_away").shows(|| {
        let lock = Arc::new(Lock::new(Vec::new()));
        let (held, other, seen) = (lock.clone(), lock.clone(), lock.clone());
        let first = spawn(move || {
            let mut visits: ArcLockGuard<Vec<u32>> = held.lock_arc();
            visits.push(0);
            spawn(move || {
                visits.push(1);
                drop(visits);
            })
        });
        let second = spawn(move || {
            other.lock().push(2);
            other.try_lock_arc().map(|mut visits| visits.push(3)).is_some()
        });
        first.join().unwrap().join().unwrap();
        let again = second.join().unwrap();
        (again, seen.lock().clone())
    });
}

#[test]
fn a_lock_is_let_go_for_a_while() {
    scenario("a_lock_is_let_go_for_a_while").bound(3).shows(|| {
        let lock = Arc::new(Lock::new(Vec::new()));
        let seen = lock.clone();
        in_threads::<2, _>(move |number| {
            let mut visits = lock.lock();
            visits.push(number);
            if number == 0 {
                LockGuard::unlocked(&mut visits, || ());
                visits.push(number);
            }
        });
        seen.lock().clone()
    });
}

/// All kinds of calls at once, on the lock without data.
#[test]
fn calls_of_every_kind() {
    let name = "calls_of_every_kind";
    scenario(name).bound(2).also(Model::first_timeout_is_early).also(Model::spins).shows(|| {
        let lock = Arc::new((RawLock::new(), AtomicU32::new(0)));
        in_threads::<3, _>(move |number| {
            let (lock, count) = &*lock;
            let got = match number {
                0 => {
                    lock.lock();
                    true
                }
                1 => lock.try_lock(),
                _ => lock.try_lock_for(SOON),
            };
            if !got {
                return None;
            }
            let place = count.load(Relaxed);
            count.store(place + 1, Relaxed);
            // SAFETY: it was taken above.
            unsafe {
                if number == 1 {
                    lock.unlock_fair();
                } else {
                    lock.unlock();
                }
            }
            Some(place)
        })
    });
}
