//! Choices that hardware makes by the clock, and other models leave out: those who look for a moment before they
//! sleep, those whose patience lasts though they are woken in vain, and a time-out that comes at once.

use sync_core::checker::model;

use super::modes::one_gives_up;
use super::{every_order_of_three, every_order_of_two, three_threads};

#[test]
fn two_threads_that_look_before_they_sleep() {
    every_order_of_two(model("two_threads_that_look_before_they_sleep").bound(2).bound(4).spins());
}

#[test]
fn three_threads_that_look_before_they_sleep() {
    let name = "three_threads_that_look_before_they_sleep";
    every_order_of_three(three_threads(name).spins());
}

/// Whoever is woken in vain sleeps again without asking for the lock.
#[test]
fn three_threads_whose_patience_lasts() {
    every_order_of_three(three_threads("three_threads_whose_patience_lasts").patience_lasts());
}

#[test]
fn a_waiter_that_gives_up_at_once_leaves_the_others_their_turn() {
    let name = "a_waiter_that_gives_up_at_once_leaves_the_others_their_turn";
    one_gives_up(model(name).bound(1).bound(2).first_timeout_is_early());
}
