//! What threads promise, on real ones.
#![cfg(not(all(any(loom, threadkit_loom), feature = "loom")))]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use static_assertions::assert_impl_all;
use sync_lock::Lock;
use sync_thread::{
    Builder, JoinHandle, Panicked, Run, active_count, current, enumerate, join_all_for, scope,
    spawn, start,
};

const SHORT: Duration = Duration::from_millis(20);

assert_impl_all!(JoinHandle<std::cell::Cell<u8>>: Send, Sync);
assert_impl_all!(Panicked: std::error::Error, Send, Sync);

/// Tests that look at the whole process take turns.
static ALONE: Lock<()> = Lock::new(());

/// A thread that lives until the sender is dropped.
fn until_dropped() -> (mpsc::Sender<()>, impl FnOnce() + Send) {
    let (sender, receiver) = mpsc::channel::<()>();
    (sender, move || assert!(receiver.recv().is_err()))
}

#[test]
fn a_result_and_a_struct_that_runs() {
    struct Adder(u32, u32);
    impl Run for Adder {
        type Output = u32;
        fn run(self) -> u32 {
            self.0 + self.1
        }
    }
    let _alone = ALONE.lock();
    assert_eq!(spawn(|| "x".repeat(3)).join().unwrap(), "xxx");
    assert_eq!(start(Adder(2, 3)).join().unwrap(), 5);
    assert_eq!(Builder::new().start(Adder(4, 5)).unwrap().join().unwrap(), 9);
}

#[test]
fn a_panic_comes_back_with_its_payload() {
    let _alone = ALONE.lock();
    let panicked = spawn(|| std::panic::panic_any(42_u8)).join().unwrap_err();
    assert_eq!(panicked.message(), "a payload that is not text");
    assert_eq!(*panicked.into_panic().downcast::<u8>().unwrap(), 42);
    let mut other = spawn(|| panic!("on {}", "purpose"));
    let panicked = other.join_for(Duration::MAX).unwrap().unwrap_err();
    assert_eq!(panicked.to_string(), "on purpose");
}

#[test]
fn a_timed_join_gives_up_in_time_and_can_be_tried_again() {
    let _alone = ALONE.lock();
    let (end, body) = until_dropped();
    let mut thread = spawn(body);
    let start = Instant::now();
    assert!(thread.join_for(SHORT).is_none());
    assert!(start.elapsed() >= SHORT);
    assert!(thread.join_until(Instant::now()).is_none());
    assert!(thread.is_alive());
    drop(end);
    thread.join_for(Duration::MAX).unwrap().unwrap();
    assert!(!thread.is_alive());
    let twice = catch_unwind(AssertUnwindSafe(|| thread.join_for(SHORT).is_some()));
    assert!(twice.is_err(), "a result can be taken once");
}

#[test]
fn names_ids_and_the_list_of_the_living() {
    let _alone = ALONE.lock();
    let before = active_count();
    let (end, body) = until_dropped();
    let named = Builder::new().name("named".into()).stack_size(1 << 20);
    let thread = named.daemon(true).spawn(body).unwrap();
    assert_eq!((thread.name(), thread.is_daemon()), (Some("named"), true));
    assert_eq!(active_count(), before + 1);
    let listed = enumerate();
    assert_eq!(listed.len(), active_count());
    assert_eq!(listed[0].name(), Some("main"));
    let entry = listed.iter().find(|entry| entry.id() == thread.id()).unwrap();
    assert_eq!((entry.name(), entry.is_daemon()), (Some("named"), true));
    drop(end);
    thread.join().unwrap();
    assert_eq!(active_count(), before);
}

#[test]
fn a_thread_knows_itself_and_its_children_are_like_it() {
    let _alone = ALONE.lock();
    let daemon = Builder::new().name("parent".into()).daemon(true);
    let children = daemon.spawn(|| {
        let child = spawn(|| current().is_daemon());
        let other = Builder::new().daemon(false).spawn(|| current().is_daemon()).unwrap();
        (current(), child.join().unwrap(), other.join().unwrap())
    });
    let children = children.unwrap();
    let id = children.id();
    let (parent, child, other) = children.join().unwrap();
    assert_eq!((parent.id(), parent.name(), parent.is_daemon()), (id, Some("parent"), true));
    assert_eq!((child, other), (true, false));
    let foreign = std::thread::Builder::new().name("foreign".into()).spawn(current).unwrap();
    assert_eq!(foreign.join().unwrap().name(), Some("foreign"));
}

#[test]
fn join_all_gives_up_in_time_and_does_without_daemons() {
    let _alone = ALONE.lock();
    let (end, body) = until_dropped();
    let thread = spawn(body);
    assert!(!join_all_for(SHORT));
    drop(end);
    thread.join().unwrap();
    let (end, body) = until_dropped();
    let daemon = Builder::new().daemon(true).spawn(body).unwrap();
    assert!(join_all_for(Duration::MAX));
    drop(end);
    daemon.join().unwrap();
    assert!(spawn(|| join_all_for(Duration::MAX)).join().unwrap(), "nobody waits for itself");
}

#[test]
fn what_cannot_start_is_an_error_and_leaves_no_trace() {
    let _alone = ALONE.lock();
    let before = active_count();
    let error = Builder::new().name("nul\0".into()).spawn(|| ()).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    assert!(Builder::new().stack_size(usize::MAX / 2).spawn(|| ()).is_err());
    assert_eq!(active_count(), before);
}

#[test]
fn a_dropped_handle_lets_the_thread_go_on() {
    let _alone = ALONE.lock();
    let (tell, told) = mpsc::channel();
    drop(spawn(move || tell.send("done").unwrap()));
    assert_eq!(told.recv().unwrap(), "done");
    assert!(join_all_for(Duration::MAX));
}

#[test]
fn scoped_threads_borrow_are_counted_and_are_over_at_the_end() {
    let _alone = ALONE.lock();
    let before = active_count();
    let mut numbers = vec![1, 2, 3];
    let sum = scope(|s| {
        let (end, body) = until_dropped();
        let mut waiting = s.spawn(body);
        assert_eq!(active_count(), before + 1);
        assert!(waiting.join_for(SHORT).is_none());
        assert!(waiting.is_alive());
        let named = Builder::new().name("summer".into());
        let summer = s.spawn_with(named, || (numbers.iter().sum::<i32>(), current())).unwrap();
        assert_eq!(summer.name(), Some("summer"));
        let id = summer.id();
        let (sum, itself) = summer.join().unwrap();
        assert_eq!(itself.id(), id);
        drop(end);
        waiting.join_for(Duration::MAX).unwrap().unwrap();
        let panicked = s.spawn(|| panic!("joined")).join().unwrap_err();
        assert_eq!(panicked.message(), "joined");
        sum
    });
    numbers.push(sum);
    assert_eq!(numbers, [1, 2, 3, 6]);
    assert_eq!(active_count(), before);
}

#[test]
fn a_panic_in_a_scope_that_nobody_joined_is_not_lost() {
    let _alone = ALONE.lock();
    let result = catch_unwind(|| {
        scope(|s| {
            s.spawn(|| panic!("nobody joins this one"));
        });
    });
    assert!(result.is_err());
}
