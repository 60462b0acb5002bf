//! Corners where schedules may have been missed: who gives up while a release comes, requests of different
//! sizes, the brim, and permits that go back in unusual ways.

use std::sync::{Arc, Mutex};

use sync_core::cell::{UnsafeCell, Witness};
use sync_core::checker::{Outcomes, in_threads, model};
use sync_core::panic::catch;
use sync_semaphore::{BoundedSemaphore, MAX_PERMITS, Permit, Policy, Semaphore};

use super::SOON;

/// The first in the queue wants two and gives up, while the one permit comes that the second wants.
#[test]
fn a_head_gives_up_while_a_release_comes() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model("a_head_gives_up_while_a_release_comes").bound(1).bound(2).floor(300).passes(move || {
        let semaphore = Arc::new(Semaphore::new(0));
        let shared = semaphore.clone();
        let [got, ..] = in_threads::<3, _>(move |number| match number {
            0 => shared.try_acquire_many_for(2, SOON).unwrap().is_some(),
            1 => {
                shared.acquire().forget();
                true
            }
            _ => {
                shared.release(1);
                true
            }
        });
        assert_eq!((semaphore.available(), semaphore.waiters()), (0, 0));
        seen.saw(got);
    });
    outcomes.are([false]);
}

/// Two large requests give up, one after the other or in between, and a small one waits behind both.
#[test]
fn two_heads_give_up_before_a_small_request() {
    fn program<P: Policy>() {
        let semaphore = Arc::new(Semaphore::<P>::with_policy(1));
        let shared = semaphore.clone();
        in_threads::<3, _>(move |number| match number {
            2 => drop(shared.acquire()),
            _ => assert!(shared.try_acquire_many_for(3 - number, SOON).unwrap().is_none()),
        });
        assert_eq!((semaphore.available(), semaphore.waiters()), (1, 0));
    }
    let model = model("two_heads_give_up_before_a_small_request").bound(1).floor(300);
    model.clone().passes(program::<sync_semaphore::Fifo>);
    model.passes(program::<sync_semaphore::Greedy>);
}

/// Permits come in twos, and are wanted in a three and a one.
#[test]
fn releases_of_many_meet_requests_of_other_sizes() {
    fn program<P: Policy>() {
        let semaphore = Arc::new(Semaphore::<P>::with_policy(0));
        let shared = semaphore.clone();
        in_threads::<3, _>(move |number| match number {
            0 => (0..2).for_each(|_| shared.release(2)),
            1 => shared.acquire_many(3).unwrap().forget(),
            _ => shared.acquire().forget(),
        });
        assert_eq!((semaphore.available(), semaphore.waiters()), (0, 0));
    }
    let model = model("releases_of_many_meet_requests_of_other_sizes").bound(1).bound(2).floor(300);
    model.clone().passes(program::<sync_semaphore::Fifo>);
    model.passes(program::<sync_semaphore::Greedy>);
}

/// Two threads release at once, for two requests of two: each request needs a part of each release.
#[test]
fn releases_at_once_are_not_torn_between_two_requests() {
    let name = "releases_at_once_are_not_torn_between_two_requests";
    model(name).bound(1).floor(300).passes(|| {
        let semaphore = Arc::new(Semaphore::new(0));
        let shared = semaphore.clone();
        in_threads::<4, _>(move |number| match number {
            0 => shared.release(1),
            1 => shared.release(3),
            _ => shared.acquire_many(2).unwrap().forget(),
        });
        assert_eq!((semaphore.available(), semaphore.waiters()), (0, 0));
    });
}

/// Two permits come for one who waits for two and one who may give up; if the second got them it gives
/// them back, so the first must come to its end.
#[test]
fn a_time_out_exactly_at_the_grant_of_many() {
    fn program<P: Policy>(seen: &Outcomes<bool>) {
        let semaphore = Arc::new(Semaphore::<P>::with_policy(0));
        let shared = semaphore.clone();
        let got = in_threads::<3, _>(move |number| match number {
            0 => shared.try_acquire_many_for(2, SOON).unwrap().is_some(),
            1 => {
                shared.acquire_many(2).unwrap().forget();
                true
            }
            _ => {
                (0..2).for_each(|_| shared.release(1));
                true
            }
        });
        assert_eq!((semaphore.available(), semaphore.waiters()), (0, 0));
        seen.saw(got[0]);
    }
    let outcomes = Outcomes::new();
    let model = model("a_time_out_exactly_at_the_grant_of_many").bound(1).bound(2).floor(500);
    let seen = outcomes.clone();
    model.clone().passes(move || program::<sync_semaphore::Fifo>(&seen));
    let seen = outcomes.clone();
    model.passes(move || program::<sync_semaphore::Greedy>(&seen));
    outcomes.are([true, false]);
}

/// Alone with the one who releases, in every schedule: two permits are there in the end, taken or not.
#[test]
fn a_time_out_of_many_leaves_all_or_nothing() {
    fn program<P: Policy>(seen: &Outcomes<bool>) {
        let semaphore = Arc::new(Semaphore::<P>::with_policy(0));
        let shared = semaphore.clone();
        let [got, _] = in_threads::<2, _>(move |number| match number {
            0 => shared.try_acquire_many_for(2, SOON).unwrap().map(Permit::forget).is_some(),
            _ => {
                (0..2).for_each(|_| shared.release(1));
                true
            }
        });
        let left = if got { 0 } else { 2 };
        assert_eq!((semaphore.available(), semaphore.waiters()), (left, 0));
        seen.saw(got);
    }
    let outcomes = Outcomes::new();
    let model = model("a_time_out_of_many_leaves_all_or_nothing").unbounded().floor(100);
    let seen = outcomes.clone();
    model.clone().passes(move || program::<sync_semaphore::Fifo>(&seen));
    let seen = outcomes.clone();
    model.passes(move || program::<sync_semaphore::Greedy>(&seen));
    outcomes.are([true, false]);
}

/// The greedy one takes and gives back twice, while somebody waits for two in order and a patient one for
/// one: the word goes to and fro between its marks.
#[test]
fn a_greedy_taker_against_one_in_order_and_one_patient() {
    model("a_greedy_taker_against_one_in_order_and_one_patient").bound(1).floor(1_000).passes(
        || {
            let semaphore = Arc::new(BoundedSemaphore::greedy(2));
            let shared = semaphore.clone();
            in_threads::<3, _>(move |number| match number {
                0 => (0..2).for_each(|_| drop(shared.acquire())),
                1 => drop(shared.acquire_many(2).unwrap()),
                _ => drop(shared.acquire()),
            });
            assert_eq!((semaphore.available(), semaphore.waiters()), (2, 0));
        },
    );
}

/// Two patient ones, one of whom may have been woken when a large request comes and gives up again. No
/// forced switch but in deep runs, since there are four threads.
#[test]
fn a_large_request_comes_and_goes_between_a_wake_up_and_its_try() {
    let name = "a_large_request_comes_and_goes_between_a_wake_up_and_its_try";
    model(name).bound(0).floor(30).passes(|| {
        let semaphore = Arc::new(Semaphore::greedy(0));
        let shared = semaphore.clone();
        in_threads::<4, _>(move |number| match number {
            0 => shared.release(2),
            1 => assert!(shared.try_acquire_many_for(3, SOON).unwrap().is_none()),
            _ => shared.acquire().forget(),
        });
        assert_eq!((semaphore.available(), semaphore.waiters()), (0, 0));
    });
}

/// The releaser takes back what it gave; who is woken in vain may give up in its second sleep, which is in
/// order, and another one sleeps behind it.
#[test]
fn who_was_woken_in_vain_gives_up_and_forgets_nobody() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    let name = "who_was_woken_in_vain_gives_up_and_forgets_nobody";
    model(name).bound(1).floor(1_000).passes(move || {
        let semaphore = Arc::new(Semaphore::greedy(0));
        let shared = semaphore.clone();
        let [got, ..] = in_threads::<3, _>(move |number| match number {
            0 => shared.try_acquire_for(SOON).map(Permit::forget).is_some(),
            1 => {
                shared.acquire().forget();
                true
            }
            _ => {
                shared.release(1);
                let taken = shared.try_acquire().map(Permit::forget).is_some();
                shared.release(1);
                if taken {
                    shared.release(1);
                }
                true
            }
        });
        assert_eq!((semaphore.available(), semaphore.waiters()), (usize::from(!got), 0));
        seen.saw(got);
    });
    outcomes.are([true, false]);
}

/// Two fill up what has room for one; who wants all there can ever be waits in order meanwhile, so the
/// overflow may be found with the queue locked.
#[test]
fn two_overfill_at_once_and_one_wants_all() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model("two_overfill_at_once_and_one_wants_all").unbounded().floor(26_000).passes(move || {
        let semaphore = Arc::new(Semaphore::new(MAX_PERMITS - 1));
        let shared = semaphore.clone();
        let released = in_threads::<3, _>(move |number| match number {
            2 => {
                shared.acquire_many(MAX_PERMITS).unwrap().forget();
                false
            }
            _ => catch(|| shared.release(1)).is_ok(),
        });
        let released = released.iter().filter(|&&ok| ok).count();
        assert_eq!((semaphore.available(), semaphore.waiters()), (released - 1, 0));
        seen.saw(released);
    });
    outcomes.are([1, 2]);
}

/// A permit of two goes back where there is room for one, or for all once somebody has taken some: no more
/// and no less than fits at some moment.
#[test]
fn a_permit_goes_back_to_the_brim_while_others_take() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    let name = "a_permit_goes_back_to_the_brim_while_others_take";
    model(name).bound(2).unbounded().floor(15).passes(move || {
        let semaphore = Arc::new(Semaphore::new(2));
        let two = Arc::new(Mutex::new(semaphore.acquire_many_arc(2).ok()));
        semaphore.release(MAX_PERMITS - 1);
        let shared = semaphore.clone();
        in_threads::<2, _>(move |number| match number {
            0 => {
                let two = two.lock().unwrap().take();
                drop(two);
            }
            _ => shared.acquire_many(MAX_PERMITS - 1).unwrap().forget(),
        });
        assert_eq!(semaphore.waiters(), 0);
        seen.saw(semaphore.available());
    });
    outcomes.are([1, 2]);
}

/// One forgets and two release by hand: never more than there were, and what was said is what happened.
#[test]
fn a_race_for_what_is_being_forgotten() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model("a_race_for_what_is_being_forgotten").unbounded().floor(37_000).passes(move || {
        let semaphore = Arc::new(BoundedSemaphore::new(2));
        let shared = semaphore.clone();
        let released = in_threads::<3, _>(move |number| match number {
            0 => {
                let mut two = shared.acquire_many(2).unwrap();
                two.split(1).unwrap().forget();
                false
            }
            _ => shared.release(1).is_ok(),
        });
        let released = released.iter().filter(|&&ok| ok).count();
        assert!(released <= 1);
        assert_eq!((semaphore.available(), semaphore.waiters()), (1 + released, 0));
        seen.saw(released);
    });
    outcomes.are([0, 1]);
}

/// One takes as many as there are, one waits for two and may give up: nothing is lost between them.
#[test]
fn up_to_so_many_beside_a_request_that_gives_up() {
    fn program<P: Policy>(seen: &Outcomes<(usize, bool)>) {
        let semaphore = Arc::new(Semaphore::<P>::with_policy(0));
        let shared = semaphore.clone();
        let [count, two, _] = in_threads::<3, _>(move |number| match number {
            0 => {
                let permits = shared.acquire_up_to(3);
                let count = permits.count();
                permits.forget();
                count
            }
            1 => shared.try_acquire_many_for(2, SOON).unwrap().map_or(0, |permits| {
                permits.forget();
                2
            }),
            _ => {
                shared.release(3);
                0
            }
        });
        assert_eq!((semaphore.available(), semaphore.waiters()), (3 - count - two, 0));
        seen.saw((count, two > 0));
    }
    let model = model("up_to_so_many_beside_a_request_that_gives_up").bound(1).bound(2).floor(300);
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model.clone().passes(move || program::<sync_semaphore::Fifo>(&seen));
    outcomes.are([(1, true), (3, false)]);
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model.passes(move || program::<sync_semaphore::Greedy>(&seen));
    outcomes.are([(1, true), (3, false)]);
}

/// Who gives up offers what another one released to a third: the third sees what went on before that.
#[test]
fn what_is_offered_by_one_who_gives_up_shows_what_went_on_before() {
    struct Shared<P: Policy>(Semaphore<P>, UnsafeCell<u32>);
    // SAFETY: the semaphore orders the accesses, which is what this model checks.
    unsafe impl<P: Policy> Sync for Shared<P> {}

    fn program<P: Policy>() {
        let shared = Arc::new(Shared(Semaphore::<P>::with_policy(0), UnsafeCell::new(0)));
        in_threads::<3, _>(move |number| {
            let Shared(released, cell) = &*shared;
            match number {
                0 => assert!(released.try_acquire_many_for(2, SOON).unwrap().is_none()),
                1 => {
                    released.acquire().forget();
                    // SAFETY: the writer has released.
                    assert_eq!(cell.with(|cell| unsafe { *cell }), 1);
                }
                _ => {
                    // SAFETY: nobody reads before the release.
                    cell.with_mut(|cell| unsafe { *cell = 1 });
                    released.release(1);
                }
            }
        });
    }
    let name = "what_is_offered_by_one_who_gives_up_shows_what_went_on_before";
    let model = model(name).bound(1).bound(2).floor(200);
    model.clone().passes(program::<sync_semaphore::Fifo>);
    model.passes(program::<sync_semaphore::Greedy>);
}

/// Everybody has a share of the semaphore, and lets go of it as soon as it has been woken or has given its
/// permit back: the last one drops it, whoever that is.
#[test]
fn the_last_share_is_dropped_right_after_a_wake_up() {
    fn program<P: Policy>() {
        let semaphore = Arc::new(Semaphore::<P>::with_policy(1));
        let alone = Arc::new(Witness::new());
        let shares: Vec<_> = (0..3).map(|_| semaphore.clone()).collect();
        drop(semaphore);
        let shares = Arc::new(Mutex::new(shares));
        in_threads::<3, _>(move |_| {
            let share = shares.lock().unwrap().pop().unwrap();
            let permit = share.acquire_arc();
            drop(share);
            alone.touch();
            drop(permit);
        });
    }
    let model =
        model("the_last_share_is_dropped_right_after_a_wake_up").bound(1).bound(2).floor(200);
    model.clone().passes(program::<sync_semaphore::Fifo>);
    model.passes(program::<sync_semaphore::Greedy>);
}

/// Permits are divided among threads and made one again elsewhere, while somebody waits for all of them.
#[test]
fn permits_are_split_and_merged_across_threads() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    let name = "permits_are_split_and_merged_across_threads";
    model(name).unbounded().floor(280).passes(move || {
        let semaphore = Arc::new(BoundedSemaphore::new(3));
        let mut first = semaphore.acquire_many_arc(2).unwrap();
        let parts = Arc::new(Mutex::new(vec![first.split(1).unwrap(), first]));
        let shared = semaphore.clone();
        let [together, all] = in_threads::<2, _>(move |number| {
            if number == 0 {
                let mine = parts.lock().unwrap().pop().unwrap();
                let other = parts.lock().unwrap().pop().unwrap();
                let both = mine.merge(other).unwrap();
                let all = match shared.try_acquire_arc() {
                    Some(third) => both.merge(third).unwrap(),
                    None => both,
                };
                let foreign = Arc::new(BoundedSemaphore::new(1));
                let error = all.merge(foreign.acquire_arc()).unwrap_err();
                assert!(error.is_foreign());
                error.first.count()
            } else {
                drop(shared.acquire());
                shared.acquire_many(3).unwrap().count()
            }
        });
        assert_eq!(all, 3);
        seen.saw(together);
        assert_eq!((semaphore.available(), semaphore.waiters()), (3, 0));
    });
    outcomes.are([2, 3]);
}
