//! The same promises under the policy that lets whoever comes take what is free, and that nobody is
//! forgotten by those who are woken to try.

use std::sync::Arc;

use sync_core::cell::Witness;
use sync_core::checker::{Model, Outcomes, in_threads, model};
use sync_semaphore::{BoundedSemaphore, Semaphore};

use super::SOON;

#[test]
fn one_greedy_permit_is_a_lock() {
    model("one_greedy_permit_is_a_lock").unbounded().floor(100).passes(|| {
        let shared = Arc::new((BoundedSemaphore::greedy(1), Witness::new()));
        in_threads::<2, _>(move |_| {
            let _permit = shared.0.acquire();
            shared.1.touch();
        });
    });
}

/// Two wait for whoever is inside, so there is somebody to be woken when another comes.
#[test]
fn one_greedy_permit_for_three() {
    one_permit_for_three(model("one_greedy_permit_for_three").floor(600));
}

/// One sleep may end by itself, at any point or not at all: the thread then waits in order.
#[test]
fn one_greedy_permit_for_three_of_which_one_loses_its_patience() {
    let name = "one_greedy_permit_for_three_of_which_one_loses_its_patience";
    one_permit_for_three(model(name).first_sleep_may_end().floor(700));
}

fn one_permit_for_three(model: Model) {
    model.bound(1).bound(2).passes(|| {
        let shared = Arc::new((BoundedSemaphore::greedy(1), Witness::new()));
        let semaphore = shared.clone();
        in_threads::<3, _>(move |_| {
            let _permit = shared.0.acquire();
            shared.1.touch();
        });
        assert_eq!((semaphore.0.available(), semaphore.0.waiters()), (1, 0));
    });
}

/// The thread leaves the queue and comes back, while one permit after the other is released.
#[test]
fn a_thread_that_loses_its_patience_loses_no_permit() {
    let name = "a_thread_that_loses_its_patience_loses_no_permit";
    model(name).unbounded().first_sleep_may_end().floor(100).passes(|| {
        let semaphore = Arc::new(Semaphore::greedy(0));
        let shared = semaphore.clone();
        in_threads::<2, _>(move |number| match number {
            0 => (0..2).for_each(|_| shared.release(1)),
            _ => (0..2).for_each(|_| shared.acquire().forget()),
        });
        assert_eq!((semaphore.available(), semaphore.waiters()), (0, 0));
    });
}

#[test]
fn one_release_of_two_is_passed_on() {
    model("one_release_of_two_is_passed_on").bound(1).bound(2).floor(200).passes(|| {
        let semaphore = Arc::new(Semaphore::greedy(0));
        let shared = semaphore.clone();
        in_threads::<3, _>(move |number| match number {
            0 => shared.release(2),
            _ => shared.acquire().forget(),
        });
        assert_eq!((semaphore.available(), semaphore.waiters()), (0, 0));
    });
}

/// The releaser takes its permit back, if it can, from under the nose of the one it has just woken.
#[test]
fn who_is_woken_in_vain_is_served_and_forgets_nobody() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    let name = "who_is_woken_in_vain_is_served_and_forgets_nobody";
    model(name).bound(1).floor(7000).passes(move || {
        let semaphore = Arc::new(Semaphore::greedy(0));
        let shared = semaphore.clone();
        let [came_first, ..] = in_threads::<3, _>(move |number| {
            if number > 0 {
                shared.acquire().forget();
                return false;
            }
            let waiting = shared.waiters();
            shared.release(1);
            let overtook = match shared.try_acquire() {
                Some(permit) => {
                    permit.forget();
                    shared.release(1);
                    waiting == 2
                }
                None => false,
            };
            shared.release(1);
            overtook
        });
        assert_eq!((semaphore.available(), semaphore.waiters()), (0, 0));
        seen.saw(came_first);
    });
    outcomes.are([true, false]);
}

/// Whoever wants two waits in order, whoever wants one is patient; the permits come all at once.
#[test]
fn one_release_serves_who_waits_in_order_and_who_is_patient() {
    let name = "one_release_serves_who_waits_in_order_and_who_is_patient";
    model(name).bound(1).bound(2).floor(300).passes(|| {
        let semaphore = Arc::new(Semaphore::greedy(0));
        let shared = semaphore.clone();
        in_threads::<3, _>(move |number| match number {
            0 => shared.release(3),
            1 => shared.acquire_many(2).unwrap().forget(),
            _ => shared.acquire().forget(),
        });
        assert_eq!((semaphore.available(), semaphore.waiters()), (0, 0));
    });
}

/// One permit comes. The first thread wants two and gives up; the patient one must get it, whether the
/// permit came before that or after it.
#[test]
fn who_waits_in_order_and_gives_up_lets_the_patient_have_what_is_free() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    let name = "who_waits_in_order_and_gives_up_lets_the_patient_have_what_is_free";
    model(name).bound(1).bound(2).floor(400).passes(move || {
        let semaphore = Arc::new(Semaphore::greedy(0));
        let shared = semaphore.clone();
        let [gave_up, ..] = in_threads::<3, _>(move |number| match number {
            0 => shared.try_acquire_many_for(2, SOON).unwrap().is_none(),
            1 => {
                shared.acquire().forget();
                false
            }
            _ => {
                shared.release(1);
                false
            }
        });
        assert_eq!((semaphore.available(), semaphore.waiters()), (0, 0));
        seen.saw(gave_up);
    });
    outcomes.are([true]);
}

/// A request for two waits; single ones that come later do not take a permit away from it.
#[test]
fn many_are_not_overtaken_by_the_greedy() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model("many_are_not_overtaken_by_the_greedy").bound(1).bound(2).floor(400).passes(move || {
        let semaphore = Arc::new(BoundedSemaphore::greedy(2));
        semaphore.acquire_many(2).unwrap().forget();
        let shared = semaphore.clone();
        let [_, overtook, _] = in_threads::<3, _>(move |number| match number {
            0 => {
                shared.release(1).unwrap();
                shared.release(1).unwrap();
                false
            }
            1 => {
                // In the queue there is nobody but who wants two.
                let waiting = shared.waiters();
                let got = shared.try_acquire();
                got.is_some() && waiting > 0 && shared.waiters() > 0
            }
            _ => {
                drop(shared.acquire_many(2).unwrap());
                false
            }
        });
        assert_eq!(semaphore.available(), 2, "every permit is back once");
        assert!(!overtook, "a permit was taken that was kept for somebody");
        seen.saw(overtook);
    });
    outcomes.are([false]);
}

#[test]
fn a_time_out_of_the_patient_neither_loses_nor_doubles_a_permit() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    let name = "a_time_out_of_the_patient_neither_loses_nor_doubles_a_permit";
    model(name).bound(1).bound(2).floor(700).passes(move || {
        let semaphore = Arc::new(BoundedSemaphore::greedy(1));
        let shared = semaphore.clone();
        let got = in_threads::<3, _>(move |number| match number {
            0 => shared.try_acquire_for(SOON).is_some(),
            _ => {
                let _permit = shared.acquire();
                true
            }
        });
        assert_eq!((semaphore.available(), semaphore.waiters()), (1, 0), "all are back");
        seen.saw(got[0]);
    });
    outcomes.are([true, false]);
}

/// What is taken is at least one and at most so many, and none is lost on the way.
#[test]
fn up_to_two_are_one_or_two() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model("up_to_two_are_one_or_two").unbounded().floor(100).passes(move || {
        let semaphore = Arc::new(Semaphore::greedy(0));
        let shared = semaphore.clone();
        let [_, count] = in_threads::<2, _>(move |number| match number {
            0 => {
                shared.release(1);
                shared.release(2);
                0
            }
            _ => {
                let permits = shared.acquire_up_to(2);
                let count = permits.count();
                permits.forget();
                count
            }
        });
        assert_eq!((semaphore.available(), semaphore.waiters()), (3 - count, 0));
        seen.saw(count);
    });
    outcomes.are([1, 2]);
}

/// Two permits come at once, for one that is patient and one that waits for two in order.
#[test]
fn who_waits_in_order_is_served_past_the_patient() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    let name = "who_waits_in_order_is_served_past_the_patient";
    model(name).bound(1).floor(1000).passes(move || {
        let semaphore = Arc::new(Semaphore::greedy(0));
        let shared = semaphore.clone();
        let [.., both] = in_threads::<3, _>(move |number| match number {
            0 => {
                shared.acquire().forget();
                false
            }
            1 => {
                shared.acquire_many(2).unwrap().forget();
                false
            }
            _ => {
                let both = shared.waiters() == 2;
                shared.release(2);
                assert!(!both || shared.available() == 0, "what came was not for the one in order");
                shared.release(1);
                both
            }
        });
        assert_eq!((semaphore.available(), semaphore.waiters()), (0, 0));
        seen.saw(both);
    });
    outcomes.are([true, false]);
}
