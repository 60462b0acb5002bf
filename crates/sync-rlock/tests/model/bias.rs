//! The bias: given, taken away, and what the first owner and those who revoke it owe each other.
//!
//! Every model of the lock begins with a bias; these here look at how it ends.

use std::cell::Cell;
use std::sync::Arc;

use sync_core::checker::{Model, Outcomes, in_threads, model};
use sync_core::time::Duration;
use sync_rlock::{RLock, RLockGuard};

use super::corners::{First, against_a_first_owner};
use super::{ReEntrant, SOON, nested_program};

/// Two threads add their numbers to a list; `patient` ones wait for the lock, others may give up. Returns
/// the order in which they got it.
fn order_of_two(rounds: usize, is_patient: bool) -> Vec<usize> {
    let list = Arc::new(RLock::new(Cell::new(Vec::new())));
    let shared = list.clone();
    in_threads::<2, _>(move |number| {
        for _ in 0..rounds {
            let list = if is_patient { Some(shared.lock()) } else { shared.try_lock_for(SOON) };
            if let Some(list) = list {
                let mut order = list.take();
                order.push(number);
                list.set(order);
            }
        }
    });
    // Not by the lock: who is refused every fence might wait for ever.
    Arc::into_inner(list).expect("both have ended").into_inner().into_inner()
}

/// Explores the model, in which both take the lock once, in either order.
fn either_order(model: Model) {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model.passes(move || seen.saw(order_of_two(1, true)));
    outcomes.are([vec![0, 1], vec![1, 0]]);
}

#[test]
fn two_threads_without_a_bias() {
    let model = model("two_threads_without_a_bias").bound(2).bound(3);
    either_order(model.symmetric_fences().floor(50));
}

/// The theorem once more, with nothing but the ordinary way.
#[test]
fn two_threads_two_rounds_without_a_bias() {
    model("two_threads_two_rounds_without_a_bias")
        .bound(1)
        .bound(2)
        .symmetric_fences()
        .floor(50)
        .passes(nested_program::<ReEntrant, 2, 2>);
}

/// The first thread takes the lock in the ordinary way, and the second one must not be given the bias.
#[test]
fn a_lock_once_taken_in_the_ordinary_way_gets_no_bias() {
    let name = "a_lock_once_taken_in_the_ordinary_way_gets_no_bias";
    either_order(model(name).bound(2).bound(3).first_reserve_refused().floor(50));
}

/// Who revokes must ask for another fence.
#[test]
fn a_fence_refused_once_is_asked_for_again() {
    let name = "a_fence_refused_once_is_asked_for_again";
    either_order(model(name).bound(2).bound(3).first_fence_refused().floor(50));
}

/// Without any fence the lock changes hands if the first owner notices that it is wanted, and only then. Of
/// two that wait for each other to have done with the bias both may give up, after more switches than these.
#[test]
fn a_first_owner_that_notices_lets_others_in_without_a_fence() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    let name = "a_first_owner_that_notices_lets_others_in_without_a_fence";
    model(name).bound(2).bound(3).no_deeper().refused_fences().floor(35).passes(move || {
        let order = order_of_two(1, false);
        assert!(!order.is_empty(), "whoever is first needs no fence");
        seen.saw(order);
    });
    outcomes.are([vec![0], vec![1], vec![0, 1], vec![1, 0]]);
}

/// One waits for the first owner and gives up, while another one waits behind it: for the second, the
/// revocation has been begun, and the first owner is perhaps still inside.
#[test]
fn a_revoker_that_gives_up_leaves_the_rest_to_the_next() {
    for first in First::EITHER {
        let outcomes = Outcomes::new();
        let seen = outcomes.clone();
        let name = "a_revoker_that_gives_up_leaves_the_rest_to_the_next";
        model(name).bound(2).floor(500).passes(move || {
            let visit = |number: usize, count: &RLock<Cell<u32>>| {
                let count = count.try_lock_for([SOON, Duration::MAX][number]);
                count.map_or(0, |count| {
                    count.set(count.get() + 1);
                    1
                })
            };
            let ((), [got, waited]) =
                against_a_first_owner(first, |_, outer| outer.set(outer.get() + 1), visit);
            assert_eq!(waited, 1);
            seen.saw(got);
        });
        outcomes.are([0, 1]);
    }
}

/// Whoever tries sees the lock free once its first owner is gone, and never while it is there.
#[test]
fn who_only_tries_gets_the_lock_from_a_first_owner_that_has_left() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    let name = "who_only_tries_gets_the_lock_from_a_first_owner_that_has_left";
    model(name).bound(2).bound(3).floor(50).passes(move || {
        let count = Arc::new(RLock::new(Cell::new(0)));
        let shared = count.clone();
        let got = in_threads::<2, _>(move |number| {
            let outer = if number == 0 { Some(shared.lock()) } else { shared.try_lock() };
            outer.is_some_and(|count| {
                let inner = shared.try_lock().expect("owned already");
                assert_eq!(RLockGuard::depth(&inner), 2);
                count.set(count.get() + 1);
                true
            })
        });
        let expected = got.iter().filter(|&&got| got).count();
        let count = count.try_lock().expect("both have left");
        assert_eq!(count.get(), expected);
        seen.saw(got[1]);
    });
    outcomes.are([true, false]);
}
