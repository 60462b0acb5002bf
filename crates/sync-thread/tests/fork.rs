//! What the child of a `fork` finds.
//!
//! One test, so that no other one is in the middle of something when it forks.
#![cfg(all(unix, not(all(any(loom, threadkit_loom), feature = "loom"))))]

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::time::Duration;

use sync_lock::{Condition, Lock};
use sync_thread::{
    Builder, JoinError, JoinHandle, active_count, current, enumerate, join_all, scope, spawn,
    wait_at_exit,
};

/// Runs `child` in a copy of this process and tells whether it went through, in a minute at most.
fn in_child(child: impl FnOnce()) -> bool {
    // SAFETY: the child runs what this file says, and ends by `_exit` or a signal.
    let id = unsafe { libc::fork() };
    if id == 0 {
        // SAFETY: the call only sets a timer.
        unsafe { libc::alarm(60) };
        let result = catch_unwind(AssertUnwindSafe(child));
        // SAFETY: nothing of this process is needed any more.
        unsafe { libc::_exit(if result.is_ok() { 0 } else { 1 }) };
    }
    assert!(id > 0, "the system refuses to fork");
    let mut status = 0;
    // SAFETY: `status` lives until the call returns.
    assert_eq!(unsafe { libc::waitpid(id, &mut status, 0) }, id);
    status == 0
}

/// Threads of the child, on locks of its own and on those that were left behind.
fn threads_work() {
    static HITS: Lock<u32> = Lock::new(0);
    static CHANGED: Condition = Condition::new();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            spawn(|| {
                for _ in 0..1_000 {
                    *HITS.lock() += 1;
                }
                CHANGED.notify_all();
            })
        })
        .collect();
    CHANGED.wait_while(&mut HITS.lock(), |hits| *hits % 4_000 != 0);
    let waits = spawn(join_all);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    waits.join().unwrap();
    let sum = scope(|s| s.spawn(|| s.spawn(|| 1).join().unwrap() + 1).join().unwrap());
    assert_eq!(sum, 2);
    assert_eq!(active_count(), 1);
}

/// What the parent has left behind, and what the child has for itself.
fn looks_around(mut left_behind: JoinHandle<()>) {
    let here = current();
    assert_eq!((active_count(), enumerate()), (1, vec![here.clone()]));
    assert!(here.is_alive());
    assert!(!left_behind.is_alive());
    assert!(!left_behind.thread().is_alive());
    let is_foreign = |error: JoinError| matches!(error, JoinError::Foreign);
    assert!(is_foreign(left_behind.thread().join().unwrap_err()));
    assert!(is_foreign(left_behind.join_for(Duration::MAX).unwrap().unwrap_err()));
    assert!(is_foreign(left_behind.join().unwrap_err()));
    join_all();
    drop(wait_at_exit());
    assert!(sync_core::fence::heavy(), "the system refuses what it granted to the parent");
    threads_work();
    assert_eq!(current(), here);
}

/// A thread that was started here goes on in the child to its end, whatever others did in the parent with what
/// it shares with its handle.
fn comes_to_its_end_in_the_child() {
    let mut forks = spawn(|| {
        for _ in 0..100 {
            // SAFETY: the child does no more than to end this thread.
            let id = unsafe { libc::fork() };
            if id == 0 {
                // SAFETY: the call only sets a timer.
                unsafe { libc::alarm(10) };
                return true;
            }
            let mut status = 0;
            // SAFETY: `status` lives until the call returns.
            if id < 0 || unsafe { libc::waitpid(id, &mut status, 0) } != id || status != 0 {
                return false;
            }
        }
        true
    });
    let ended = loop {
        if let Some(ended) = forks.join_for(Duration::ZERO) {
            break ended;
        }
    };
    assert!(ended.unwrap(), "a child hangs");
}

/// The handle is dropped by the child, after the thread has left its result in the parent.
fn a_result_of_the_parent_does_not_panic_in_the_child() {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            panic!("in a destructor");
        }
    }
    thread_local!(static LAST: RefCell<Option<mpsc::Sender<()>>> = const { RefCell::new(None) });
    let (end, wait) = mpsc::channel();
    let thread = spawn(|| {
        LAST.set(Some(end));
        Panics
    });
    assert!(wait.recv().is_err(), "the thread has let go of everything but the result");
    let handle = Lock::new(Some(thread));
    assert!(in_child(|| drop(handle.lock().take())));
    drop(handle);
}

/// From threads that nobody had asked for their id before. In the child such a one is the first thread, and still not
/// another that was the first one of the parent and may own locks.
fn a_thread_of_others_forks() {
    let forked = std::thread::spawn(|| {
        in_child(|| {
            let here = current();
            assert_eq!(enumerate(), vec![here.clone()]);
            assert_eq!(here.name(), Some("main"), "the first thread is called so");
            let forked = std::thread::spawn(move || in_child(|| assert_ne!(current(), here)));
            assert!(forked.join().unwrap());
        })
    });
    assert!(forked.join().unwrap());
}

#[test]
fn the_child_of_a_fork_has_its_own_thread_alone() {
    let (end, wait) = mpsc::channel::<()>();
    let blocked = || {
        let wait = wait;
        assert!(wait.recv().is_err());
    };
    let thread = spawn(blocked);
    // Somebody waits in each of the ways that go through the list of threads.
    let waiting = spawn(join_all);
    let joining = thread.thread().clone();
    let joining = std::thread::spawn(move || joining.join().unwrap());

    let handle = Lock::new(Some(thread));
    let main = current().id();
    assert!(in_child(|| {
        assert_eq!(current().id(), main);
        looks_around(handle.lock().take().unwrap());
        // A child may have children.
        let (end, wait) = mpsc::channel::<()>();
        let thread = spawn(move || assert!(wait.recv().is_err()));
        assert_eq!(active_count(), 2);
        let handle = Lock::new(Some(thread));
        assert!(in_child(|| looks_around(handle.lock().take().unwrap())));
        drop(end);
        handle.lock().take().unwrap().join().unwrap();
    }));

    // From a thread that was started here, which is the first one in the child.
    let forks = Builder::new().name("forks").daemon(true).spawn(|| {
        let here = current();
        in_child(|| {
            assert_eq!(enumerate(), vec![here.clone()]);
            assert!(spawn(move || here.is_alive()).join().unwrap(), "it runs this child");
            assert_eq!(current().name(), Some("forks"));
            assert!(!current().is_daemon(), "its end is the end of the child");
            join_all();
            threads_work();
        })
    });
    assert!(forks.unwrap().join().unwrap());

    a_thread_of_others_forks();
    comes_to_its_end_in_the_child();
    a_result_of_the_parent_does_not_panic_in_the_child();

    assert!(handle.lock().as_ref().unwrap().is_alive(), "nothing has changed in the parent");
    assert_eq!(active_count(), 3);
    drop(end);
    handle.lock().take().unwrap().join().unwrap();
    waiting.join().unwrap();
    joining.join().unwrap();
    threads_work();
}
