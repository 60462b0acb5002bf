//! What threads promise, on real ones.
#![cfg(not(all(any(loom, threadkit_loom), feature = "loom")))]

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::time::{Duration, Instant};

use static_assertions::assert_impl_all;
use sync_lock::Lock;
use sync_thread::{
    Builder, JoinError, JoinHandle, Panicked, Run, Scope, ScopedJoinHandle, Thread, active_count,
    current, enumerate, join_all, join_all_for, scope, spawn, start,
};

const SHORT: Duration = Duration::from_millis(20);

assert_impl_all!(JoinHandle<std::cell::Cell<u8>>: Send, Sync);
assert_impl_all!(ScopedJoinHandle<'static, std::cell::Cell<u8>>: Send, Sync);
assert_impl_all!(Scope<'static, 'static>: Send, Sync);
assert_impl_all!(Thread: Send, Sync);
assert_impl_all!(Panicked: std::error::Error, Send, Sync);
assert_impl_all!(JoinError: std::error::Error, Send, Sync);

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
    let error = spawn(|| std::panic::panic_any(42_u8)).join().unwrap_err();
    assert_eq!(error.as_panic().unwrap().message(), "a payload that is not text");
    assert_eq!(*error.into_panic().unwrap().downcast::<u8>().unwrap(), 42);
    let mut other = spawn(|| panic!("on {}", "purpose"));
    let error = other.join_for(Duration::MAX).unwrap().unwrap_err();
    assert_eq!(error.to_string(), "the thread panicked: on purpose");
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
    let named = Builder::new().name("named").stack_size(1 << 20);
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
    let daemon = Builder::new().name("parent").daemon(true);
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

/// A stack that no address space has room for, and less than what musl does not even take.
fn too_large() -> usize {
    usize::try_from(1_u64 << 60).unwrap_or(3 << 30)
}

#[test]
fn what_cannot_start_is_an_error_and_leaves_no_trace() {
    let _alone = ALONE.lock();
    let before = active_count();
    let error = Builder::new().name("nul\0").spawn(|| ()).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    assert!(Builder::new().stack_size(too_large()).spawn(|| ()).is_err());
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
        let named = Builder::new().name("summer");
        let summer = named.spawn_scoped(s, || (numbers.iter().sum::<i32>(), current())).unwrap();
        assert_eq!(summer.name(), Some("summer"));
        let id = summer.id();
        let (sum, itself) = summer.join().unwrap();
        assert_eq!(itself.id(), id);
        drop(end);
        waiting.join_for(Duration::MAX).unwrap().unwrap();
        let error = s.spawn(|| panic!("joined")).join().unwrap_err();
        assert_eq!(error.as_panic().unwrap().message(), "joined");
        let error = s.spawn(|| panic!("timed")).join_for(Duration::MAX).unwrap().unwrap_err();
        assert_eq!(error.as_panic().unwrap().message(), "timed");
        sum
    });
    numbers.push(sum);
    assert_eq!(numbers, [1, 2, 3, 6]);
    assert_eq!(active_count(), before);
}

#[test]
fn a_panic_in_a_scope_that_nobody_joined_is_not_lost() {
    let _alone = ALONE.lock();
    let dropped_before_the_end = catch_unwind(|| {
        scope(|s| {
            let (end, body) = until_dropped();
            let panics = || {
                body();
                panic!("nobody joins this one");
            };
            drop(s.spawn(panics));
            drop(end);
        });
    });
    assert!(dropped_before_the_end.is_err());
    let dropped_after_the_end = catch_unwind(|| {
        scope(|s| {
            let handle = s.spawn(|| panic!("nor this one"));
            handle.thread().join().unwrap();
            drop(handle);
        });
    });
    assert!(dropped_after_the_end.is_err());
}

#[test]
fn threads_of_a_scope_start_others_there() {
    let _alone = ALONE.lock();
    let numbers = [1, 2, 3];
    let sum = scope(|s| {
        let outer = s.spawn(|| {
            let inner = s.spawn(|| numbers[1..].iter().sum::<i32>());
            numbers[0] + inner.join().unwrap()
        });
        outer.join().unwrap()
    });
    assert_eq!(sum, 6);
}

#[test]
fn threads_without_a_name_are_named_in_order() {
    let _alone = ALONE.lock();
    let name = || spawn(|| std::thread::current().name().map(str::to_owned)).join().unwrap();
    let number = |name: Option<String>| -> u64 {
        name.unwrap().strip_prefix("Thread-").unwrap().parse().unwrap()
    };
    let (first, second) = (number(name()), number(name()));
    assert_eq!(second, first + 1);
    let named = Builder::new().name(format!("named-{first}")).spawn(|| ()).unwrap();
    assert_eq!(named.name(), Some(format!("named-{first}").as_str()));
    named.join().unwrap();
    assert_eq!(number(name()), second + 1, "a name of one's own takes no number");
}

#[test]
fn any_number_of_threads_join_one() {
    let _alone = ALONE.lock();
    let (end, body) = until_dropped();
    let thread = spawn(body);
    let joiners = [(); 4].map(|()| {
        let thread = thread.thread().clone();
        spawn(move || thread.join().map(|()| thread.is_alive()))
    });
    assert!(!thread.thread().join_for(SHORT).unwrap());
    assert!(!thread.thread().join_until(Instant::now()).unwrap());
    drop(end);
    for joiner in joiners {
        assert!(!joiner.join().unwrap().unwrap(), "joined and still alive");
    }
    thread.join().unwrap();
}

#[test]
fn a_thread_that_joins_itself_gets_an_error() {
    fn is_itself<T>(result: Result<T, JoinError>) -> bool {
        matches!(result, Err(JoinError::WouldDeadlock))
    }
    let _alone = ALONE.lock();
    assert!(is_itself(spawn(|| current().join()).join().unwrap()));
    assert!(is_itself(spawn(|| current().join_for(Duration::ZERO)).join().unwrap()));

    let (give, take) = mpsc::channel::<JoinHandle<()>>();
    let (tell, told) = mpsc::channel();
    let joins_itself = spawn(move || {
        let mut own = take.recv().unwrap();
        let timed = own.join_for(Duration::MAX).is_some_and(is_itself);
        tell.send((timed, is_itself(own.join()))).unwrap();
    });
    give.send(joins_itself).unwrap();
    assert_eq!(told.recv().unwrap(), (true, true));

    scope(|s| {
        let (give, take) = mpsc::channel::<ScopedJoinHandle<'_, ()>>();
        let (tell, told) = mpsc::channel();
        let joins_itself = s.spawn(move || {
            let own = take.recv().unwrap();
            tell.send(is_itself(own.join())).unwrap();
        });
        give.send(joins_itself).unwrap();
        assert!(told.recv().unwrap());
    });
    assert!(join_all_for(Duration::MAX));
}

#[test]
fn the_end_of_a_thread_that_others_started_is_unknown() {
    let _alone = ALONE.lock();
    let foreign = std::thread::spawn(current).join().unwrap();
    assert!(matches!(foreign.join(), Err(JoinError::Foreign)));
    assert!(matches!(foreign.join_for(SHORT), Err(JoinError::Foreign)));
}

#[test]
fn a_thread_that_is_named_main_is_not_the_main_thread() {
    let named = std::thread::Builder::new().name("main".into());
    let id = named.spawn(|| current().id()).unwrap().join().unwrap();
    assert_ne!(id, enumerate()[0].id());
}

/// Two threads wait for all, and the one that is through waits for the other one.
#[test]
fn join_all_in_two_threads_is_over_for_both() {
    let _alone = ALONE.lock();
    let (start, body) = until_dropped();
    let first = spawn(|| join_all());
    let second = spawn(move || {
        body();
        join_all();
        first.join().unwrap();
    });
    drop(start);
    second.join().unwrap();
}

/// A daemon that waits for all is not waited for, and leaves the numbers as they are when it gives up.
#[test]
fn a_daemon_that_waits_for_all_counts_for_nothing() {
    const LONG: Duration = Duration::from_secs(60);
    let _alone = ALONE.lock();
    let daemon = |time| Builder::new().daemon(true).spawn(move || join_all_for(time)).unwrap();
    let (end, body) = until_dropped();
    let working = spawn(body);
    assert!(!daemon(Duration::ZERO).join().unwrap(), "somebody is working");
    assert!(!join_all_for(Duration::ZERO));
    let waits = daemon(LONG);
    drop(end);
    working.join().unwrap();
    assert!(waits.join().unwrap(), "nobody is working any more");
    assert!(spawn(|| join_all_for(LONG)).join().unwrap());
    assert!(join_all_for(LONG));
}

#[test]
fn a_join_waits_for_the_destructors_of_thread_locals() {
    struct Slow(mpsc::Receiver<()>, Arc<AtomicBool>);
    impl Drop for Slow {
        fn drop(&mut self) {
            assert!(self.0.recv().is_err());
            (0..1_000).for_each(|_| std::thread::yield_now());
            self.1.store(true, Ordering::Relaxed);
        }
    }
    thread_local! {
        static SLOW: RefCell<Option<Slow>> = const { RefCell::new(None) };
    }
    let _alone = ALONE.lock();
    let (begin, wait) = mpsc::channel::<()>();
    let destroyed = Arc::new(AtomicBool::new(false));
    let slow = Slow(wait, destroyed.clone());
    let thread = spawn(move || SLOW.set(Some(slow)));
    thread.thread().join().unwrap();
    drop(begin);
    thread.join().unwrap();
    assert!(destroyed.load(Ordering::Relaxed));
}

/// Panics when it is dropped, after it has met the other side twice.
struct Bomb(Arc<Barrier>);

impl Drop for Bomb {
    fn drop(&mut self) {
        self.0.wait();
        self.0.wait();
        panic!("in a destructor");
    }
}

/// `start` runs the closure in a thread and drops the handle before the closure ends.
fn join_all_waits_for_a_destructor(start: impl FnOnce(Box<dyn FnOnce() -> Bomb + Send>)) {
    let barrier = Arc::new(Barrier::new(2));
    let shared = barrier.clone();
    start(Box::new(move || {
        shared.wait();
        Bomb(shared)
    }));
    barrier.wait();
    barrier.wait();
    assert!(!join_all_for(Duration::ZERO), "the destructor of the result has not ended");
    barrier.wait();
    assert!(join_all_for(Duration::MAX));
}

#[test]
fn join_all_waits_for_the_destructor_of_an_unwanted_result() {
    let _alone = ALONE.lock();
    join_all_waits_for_a_destructor(|body| drop(spawn(body)));
}

#[test]
fn join_all_waits_for_the_destructor_of_an_unwanted_result_of_a_scope() {
    let _alone = ALONE.lock();
    scope(|s| join_all_waits_for_a_destructor(|body| drop(s.spawn(body))));
}

struct Panics;

impl Drop for Panics {
    fn drop(&mut self) {
        panic!("in a destructor");
    }
}

/// `std` ends the process if it has to drop such a payload.
#[test]
fn a_payload_that_panics_as_it_is_dropped_does_no_harm() {
    fn panics() {
        std::panic::panic_any(Panics);
    }
    let _alone = ALONE.lock();
    drop(spawn(panics));
    let nobody_joins = catch_unwind(|| scope(|s| drop(s.spawn(panics))));
    assert!(nobody_joins.is_err(), "the panic is lost");
    let dropped_after_the_end = catch_unwind(|| {
        scope(|s| {
            let handle = s.spawn(panics);
            handle.thread().join().unwrap();
        });
    });
    assert!(dropped_after_the_end.is_err(), "the panic is lost");
    let joined = scope(|s| s.spawn(panics).join()).unwrap_err().into_panic().unwrap();
    assert!(joined.is::<Panics>());
    std::mem::forget(joined);
    assert!(join_all_for(Duration::MAX));
}

/// What a thread was to work with is dropped where it was to be started, and may wait for all there.
#[test]
fn what_a_refused_thread_leaves_does_not_wait_for_it() {
    struct WaitsForAll<'a>(&'a Lock<Option<bool>>);
    impl Drop for WaitsForAll<'_> {
        fn drop(&mut self) {
            *self.0.lock() = Some(join_all_for(Duration::ZERO));
        }
    }
    static ALL_ENDED: Lock<Option<bool>> = Lock::new(None);
    let _alone = ALONE.lock();
    let waits = WaitsForAll(&ALL_ENDED);
    let refused = Builder::new().stack_size(too_large()).spawn(move || drop(waits));
    assert!(refused.is_err());
    assert_eq!(ALL_ENDED.lock().take(), Some(true), "it waited for itself");
    scope(|s| {
        let waits = WaitsForAll(&ALL_ENDED);
        let builder = Builder::new().stack_size(too_large());
        assert!(builder.spawn_scoped(s, move || drop(waits)).is_err());
    });
    assert_eq!(ALL_ENDED.lock().take(), Some(true), "it waited for itself");
}

#[test]
fn a_result_dropped_with_its_handle_does_not_panic_there() {
    let _alone = ALONE.lock();
    let handle = spawn(|| Panics);
    handle.thread().join().unwrap();
    drop(handle);
    scope(|s| {
        let handle = s.spawn(|| Panics);
        handle.thread().join().unwrap();
        drop(handle);
    });
}
