//! The bias and the inner lock ask for fences each in its own way: what becomes of one when the other has had
//! the last of them.

use sync_core::checker::model;

use super::{ReEntrant, nested_program};

/// The first fence goes to whoever revokes or to whoever waits for the inner lock; the others are refused.
#[test]
fn two_threads_two_rounds_with_one_fence() {
    model("two_threads_two_rounds_with_one_fence")
        .bound(1)
        .granted_fences(1)
        .floor(50)
        .passes(nested_program::<ReEntrant, 2, 2>);
}

/// The inner lock must do without, while the fence for the bias was reserved.
#[test]
fn three_threads_that_cannot_afford_a_fence() {
    model("three_threads_that_cannot_afford_a_fence")
        .bound(1)
        .affordable_fences(0)
        .floor(50)
        .passes(nested_program::<ReEntrant, 3, 1>);
}

/// Those who wait for the inner lock look before they sleep.
#[test]
fn three_threads_that_look_before_they_sleep() {
    model("three_threads_that_look_before_they_sleep")
        .bound(1)
        .spins()
        .floor(50)
        .passes(nested_program::<ReEntrant, 3, 1>);
}
