//! Choices that hardware makes by the clock, and other models leave out: those who look for a moment before they
//! sleep, those whose patience lasts though they are woken in vain, and a time-out that comes at once.

use std::sync::Arc;

use sync_core::checker::{Model, Outcomes, in_threads, model};
use sync_semaphore::{BoundedSemaphore, Permit, Semaphore};

use super::SOON;

/// Permits come one by one, and whoever releases them takes the first one back, if it can, from under the nose
/// of the one it has just woken. That one comes twice, and must be woken again.
fn one_is_woken_in_vain(model: Model) {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model.floor(50).passes(move || {
        let semaphore = Arc::new(Semaphore::greedy(0));
        let shared = semaphore.clone();
        let [took_back, _] = in_threads::<2, _>(move |number| {
            if number == 1 {
                shared.acquire().forget();
                shared.acquire().forget();
                return false;
            }
            shared.release(1);
            let took_back = shared.try_acquire().map(Permit::forget).is_some();
            shared.release(1);
            if took_back {
                shared.release(1);
            }
            took_back
        });
        assert_eq!((semaphore.available(), semaphore.waiters()), (0, 0));
        seen.saw(took_back);
    });
    outcomes.are([true, false]);
}

#[test]
fn who_is_woken_and_looks_is_woken_again() {
    let model = model("who_is_woken_and_looks_is_woken_again").bound(2).bound(3).spins();
    one_is_woken_in_vain(model);
}

#[test]
fn who_is_woken_in_vain_and_stays_patient_is_woken_again() {
    let name = "who_is_woken_in_vain_and_stays_patient_is_woken_again";
    one_is_woken_in_vain(model(name).bound(2).bound(3).patience_lasts());
}

#[test]
fn a_time_out_that_comes_at_once_neither_loses_nor_doubles_a_permit() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    let name = "a_time_out_that_comes_at_once_neither_loses_nor_doubles_a_permit";
    model(name).bound(1).bound(2).first_timeout_is_early().floor(100).passes(move || {
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
