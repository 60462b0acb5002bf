//! Models of joining, of panics as values, and of the end of the program.
//!
//! They stand on the contracts of the lock, the condition and the event. All schedules are explored, but for two that
//! grow faster: there it is up to four forced switches, which take a thread away where it could go on.
#![cfg(all(any(loom, threadkit_loom), feature = "loom"))]

use std::sync::Arc;
use std::time::Duration;

use sync_core::checker::{Outcomes, model};
use sync_lock::{Condition, Lock};
use sync_thread::{Builder, active_count, enumerate, join_all, join_all_for, spawn};

/// A time-out that the checker may let pass or not.
const SOON: Duration = Duration::from_millis(1);

#[test]
fn a_joined_thread_has_left_its_result_and_the_registry() {
    model("a_joined_thread_has_left_its_result_and_the_registry").unbounded().floor(300).passes(
        || {
            let first = spawn(|| 1);
            let second = spawn(|| 2);
            assert_eq!((first.join().unwrap(), second.join().unwrap()), (1, 2));
            assert_eq!(active_count(), 1);
        },
    );
}

#[test]
fn a_panic_comes_back_as_a_value() {
    model("a_panic_comes_back_as_a_value").unbounded().floor(6).passes(|| {
        let lock = Arc::new(Lock::new(0));
        let shared = lock.clone();
        let thread = spawn(move || {
            let mut count = shared.lock();
            *count += 1;
            // Past the hook, which would print it in every execution.
            std::panic::resume_unwind(Box::new("on purpose"));
        });
        *lock.lock() += 1;
        assert_eq!(thread.join().unwrap_err().as_panic().unwrap().message(), "on purpose");
        assert_eq!(*lock.lock(), 2);
    });
}

#[test]
fn a_wait_for_the_result_always_ends() {
    model("a_wait_for_the_result_always_ends").unbounded().floor(5).passes(|| {
        let mut thread = spawn(|| 7);
        assert_eq!(thread.join_for(Duration::MAX).unwrap().unwrap(), 7);
        assert!(!thread.is_alive());
        assert_eq!(active_count(), 1, "who left a result is not counted any more");
    });
}

#[test]
fn a_timed_join_has_the_result_or_gives_up() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model("a_timed_join_has_the_result_or_gives_up").unbounded().floor(30).passes(move || {
        let mut thread = spawn(|| 7);
        let first_try = thread.join_for(SOON);
        seen.saw(first_try.is_some());
        if let Some(result) = first_try {
            assert_eq!(result.unwrap(), 7);
        } else {
            assert_eq!(thread.join().unwrap(), 7, "giving up takes nothing away");
        }
    });
    outcomes.are([true, false]);
}

#[test]
fn join_all_waits_for_the_others_and_not_for_daemons() {
    model("join_all_waits_for_the_others_and_not_for_daemons").unbounded().floor(2_200).passes(
        || {
            let end = Arc::new((Lock::new(false), Condition::new()));
            let wait_for_end = {
                let end = end.clone();
                move || end.1.wait_while(&mut end.0.lock(), |end| !*end)
            };
            let daemon = Builder::new().daemon(true).spawn(wait_for_end).unwrap();
            let thread = spawn(|| ());
            join_all();
            assert!(enumerate().iter().all(|alive| alive.id() != thread.id()));
            *end.0.lock() = true;
            end.1.notify_all();
            daemon.join().unwrap();
            thread.join().unwrap();
        },
    );
}

#[test]
fn everybody_who_waits_for_all_is_told() {
    model("everybody_who_waits_for_all_is_told").unbounded().floor(4_500).passes(|| {
        let thread = spawn(|| ());
        let waiters = [(); 2].map(|()| sync_core::checker::spawn(join_all));
        for waiter in waiters {
            waiter.join().unwrap();
        }
        thread.join().unwrap();
    });
}

#[test]
fn threads_that_wait_for_all_do_not_wait_for_each_other() {
    let name = "threads_that_wait_for_all_do_not_wait_for_each_other";
    model(name).bound(3).bound(4).floor(14_000).passes(|| {
        let waiters = [spawn(join_all), spawn(join_all)];
        join_all();
        assert_eq!(active_count(), 1, "and the main thread waits for both");
        for waiter in waiters {
            waiter.join().unwrap();
        }
    });
}

/// The first to be through may wait for the other one, which must be through as well then.
#[test]
fn a_wait_for_all_is_over_for_all_that_wait() {
    model("a_wait_for_all_is_over_for_all_that_wait").unbounded().floor(500).passes(|| {
        let first = spawn(join_all);
        let second = spawn(move || {
            join_all();
            first.join().unwrap();
        });
        second.join().unwrap();
    });
}

/// A thread that gave up waiting is one to wait for again, and so is one whose wait is over.
#[test]
fn a_thread_that_waits_no_more_is_waited_for() {
    let name = "a_thread_that_waits_no_more_is_waited_for";
    model(name).unbounded().floor(63_000).passes(|| {
        let working = Arc::new(Lock::new(true));
        let seen = working.clone();
        let other = spawn(move || {
            let all_ended = join_all_for(SOON);
            *working.lock() = false;
            all_ended
        });
        let waiter = spawn(move || {
            join_all();
            *seen.lock()
        });
        // If the other one gave up, its wait and this one's were not over at the same time.
        let (all_ended, still_working) = (other.join().unwrap(), waiter.join().unwrap());
        assert!(all_ended || !still_working, "a thread that had given up was not waited for");
    });
}

/// Rounds begin anew: whoever waits a second time waits for those whose first wait is over.
#[test]
fn a_second_wait_for_all_is_one_of_its_own() {
    model("a_second_wait_for_all_is_one_of_its_own").unbounded().floor(2_300).passes(|| {
        let done = Arc::new(Lock::new(false));
        let seen = done.clone();
        let worker = spawn(move || {
            join_all();
            *done.lock() = true;
        });
        let twice = spawn(move || {
            join_all();
            join_all();
            *seen.lock()
        });
        worker.join().unwrap();
        assert!(twice.join().unwrap(), "the second wait was over before the other thread was");
    });
}

#[test]
fn everybody_who_joins_one_thread_is_told() {
    model("everybody_who_joins_one_thread_is_told").bound(3).bound(4).floor(4_900).passes(|| {
        let value = Arc::new(Lock::new(0));
        let shared = value.clone();
        let thread = spawn(move || *shared.lock() = 1);
        let joiners = [(); 2].map(|()| {
            let (thread, value) = (thread.thread().clone(), value.clone());
            sync_core::checker::spawn(move || {
                thread.join().unwrap();
                assert!(enumerate().iter().all(|alive| alive != &thread));
                *value.lock()
            })
        });
        for joiner in joiners {
            assert_eq!(joiner.join().unwrap(), 1);
        }
        thread.join().unwrap();
    });
}

/// The result of a thread whose handle is gone is dropped as part of its work.
#[test]
fn join_all_waits_for_the_destructor_of_an_unwanted_result() {
    struct Locks(Arc<Lock<u32>>);
    impl Drop for Locks {
        fn drop(&mut self) {
            *self.0.lock() += 1;
        }
    }
    let name = "join_all_waits_for_the_destructor_of_an_unwanted_result";
    model(name).unbounded().floor(20).passes(|| {
        let dropped = Arc::new(Lock::new(0));
        let result = Locks(dropped.clone());
        drop(spawn(move || result));
        join_all();
        assert_eq!(*dropped.lock(), 1, "the destructor has run");
    });
}

#[test]
fn a_timed_join_all_tells_whether_all_have_ended() {
    let outcomes = Outcomes::new();
    let seen = outcomes.clone();
    model("a_timed_join_all_tells_whether_all_have_ended").unbounded().floor(45).passes(
        move || {
            let thread = spawn(|| ());
            let ended = join_all_for(SOON);
            assert!(!ended || active_count() == 1);
            seen.saw(ended);
            thread.join().unwrap();
        },
    );
    outcomes.are([true, false]);
}
