//! The condition: who is notified, in which order, and how often.

use std::sync::Arc;

use sync_core::atomic::AtomicU32;
use sync_core::atomic::Ordering::Relaxed;
use sync_core::checker::{Model, in_threads, scenario};
use sync_lock::{Condition, Lock};

use super::SOON;

#[derive(Default)]
struct Shared<T> {
    value: Lock<T>,
    changed: Condition,
}

#[test]
fn a_wait_and_a_notification() {
    scenario("a_wait_and_a_notification").bound(3).shows(|| {
        let shared = Arc::new(Shared::<u32>::default());
        in_threads::<2, _>(move |number| {
            let mut value = shared.value.lock();
            if number == 0 {
                let mut waits = 0;
                while *value == 0 {
                    shared.changed.wait(&mut value);
                    waits += 1;
                }
                return (waits, *value);
            }
            *value = 1;
            let told = shared.changed.notify_one();
            drop(value);
            (u32::from(told), 0)
        })
    });
}

/// Without the lock, a notification that comes too early is for nobody.
#[test]
fn a_notification_without_the_lock() {
    let name = "a_notification_without_the_lock";
    scenario(name).bound(3).also(Model::first_timeout_is_early).shows(|| {
        let shared = Arc::new((Shared::<()>::default(), AtomicU32::new(0)));
        in_threads::<2, _>(move |number| {
            let (Shared { value, changed }, written) = &*shared;
            if number == 0 {
                let told = changed.wait_for(&mut value.lock(), SOON);
                return (told, written.load(Relaxed));
            }
            written.store(1, Relaxed);
            (changed.notify_one(), 1)
        })
    });
}

#[test]
fn two_who_wait_are_told_in_order() {
    scenario("two_who_wait_are_told_in_order").bound(1).shows(|| {
        let shared = Arc::new((Shared::<Vec<usize>>::default(), Condition::new()));
        let seen = shared.clone();
        in_threads::<3, _>(move |number| {
            let (Shared { value, changed }, arrived) = &*shared;
            let mut list = value.lock();
            if number > 0 {
                list.push(number);
                arrived.notify_one();
                changed.wait(&mut list);
                list.push(10 + number);
                return;
            }
            arrived.wait_while(&mut list, |list| list.len() < 2);
            assert!(changed.notify_one());
            drop(list);
            assert!(changed.notify_one(), "the second one waits");
        });
        seen.0.value.lock().clone()
    });
}

#[test]
fn so_many_are_told() {
    scenario("so_many_are_told").bound(1).also(Model::first_timeout_is_early).shows(|| {
        let shared = Arc::new(Shared::<u32>::default());
        let told = in_threads::<3, _>(move |number| {
            if number > 0 {
                let told = shared.changed.wait_for(&mut shared.value.lock(), SOON);
                return usize::from(told);
            }
            let _held = shared.value.lock();
            shared.changed.notify_many(2)
        });
        assert_eq!(told[0], told[1] + told[2], "those were told that it says");
        told
    });
}

#[test]
fn all_are_told() {
    scenario("all_are_told").bound(1).also(Model::first_timeout_is_early).shows(|| {
        let shared = Arc::new(Shared::<u32>::default());
        in_threads::<3, _>(move |number| {
            if number > 0 {
                let mut value = shared.value.lock();
                let told = if number == 1 {
                    shared.changed.wait_for(&mut value, SOON)
                } else {
                    shared.changed.wait_while(&mut value, |&value| value == 0);
                    true
                };
                return usize::from(told);
            }
            *shared.value.lock() = 1;
            shared.changed.notify_all()
        })
    });
}

/// One that gives up takes no notification with it.
#[test]
fn who_gives_up_takes_nothing_along() {
    let name = "who_gives_up_takes_nothing_along";
    scenario(name).bound(1).also(Model::first_timeout_is_early).shows(|| {
        let shared = Arc::new(Shared::<bool>::default());
        in_threads::<3, _>(move |number| {
            let mut is_done = shared.value.lock();
            match number {
                0 => {
                    *is_done = true;
                    u32::from(shared.changed.notify_one())
                }
                1 if *is_done => 2,
                1 => u32::from(shared.changed.wait_for(&mut is_done, SOON)),
                _ => {
                    // Told by the first, or else by the one that was told instead.
                    let told = shared.changed.wait_while_for(&mut is_done, |it| !*it, SOON);
                    u32::from(told)
                }
            }
        })
    });
}

#[test]
fn a_last_look_when_the_time_is_over() {
    let name = "a_last_look_when_the_time_is_over";
    scenario(name).bound(2).also(Model::first_timeout_is_early).shows(|| {
        let shared = Arc::new(Shared::<bool>::default());
        in_threads::<2, _>(move |number| {
            let mut is_done = shared.value.lock();
            if number == 0 {
                *is_done = true;
                return true;
            }
            shared.changed.wait_while_for(&mut is_done, |it| !*it, SOON)
        })
    });
}

#[test]
fn two_locks_and_one_condition() {
    let name = "two_locks_and_one_condition";
    scenario(name).bound(1).also(Model::first_timeout_is_early).shows(|| {
        let shared = Arc::new(([Lock::new(()), Lock::new(())], Condition::new()));
        in_threads::<3, _>(move |number| {
            let (locks, changed) = &*shared;
            match locks.get(number) {
                Some(lock) => usize::from(changed.wait_for(&mut lock.lock(), SOON)),
                None => changed.notify_all(),
            }
        })
    });
}

/// Nobody but the lock orders what was written without it, but for the notification itself.
#[test]
fn what_is_seen_after_a_wait() {
    scenario("what_is_seen_after_a_wait").bound(2).also(Model::first_timeout_is_early).shows(
        || {
            let shared = Arc::new((Shared::<()>::default(), AtomicU32::new(0)));
            in_threads::<2, _>(move |number| {
                let (Shared { value, changed }, written) = &*shared;
                if number == 0 {
                    let told = changed.wait_for(&mut value.lock(), SOON);
                    return (told, written.load(Relaxed));
                }
                drop(value.lock());
                written.store(1, Relaxed);
                let told = changed.notify_one();
                written.store(2, Relaxed);
                (told, 0)
            })
        },
    );
}
