//! Which threads are alive, and waiting until none is.
//!
//! A thread is entered before it starts and leaves before its result can be had, so that a thread
//! that was joined is not counted any more.
//!
//! # Waiting for all
//!
//! A thread that was not started here waits until no thread but daemons is *living*. A thread that was
//! started here would wait in vain for one that waits for it in turn. So a thread that waits is not
//! *working*, and as soon as none but daemons is working, all those that wait go on together: each of
//! them has nothing left to wait for but the others. That is the end of a *round*.
//!
//! # Invariants
//!
//! 1. `living` is the number of threads in the list that are no daemons.
//! 2. `working` is that number without those that wait in this round.
//! 3. `working` is not 0 while the list is unlocked, unless `living` is.
//!
//! # Forks
//!
//! The child of a `fork` has the thread alone that called it. What the others were about to do, to this
//! list for instance, is never finished there. So each process has a list of its own.

use std::collections::BTreeMap;

use sync_core::process::{self, PerProcess};
use sync_core::thread::{ThreadId, current_id, current_name};
use sync_core::time::Deadline;
use sync_lock::{Condition, Lock};

use crate::Thread;

sync_core::global! {
    static REGISTRY: PerProcess<Registry> = PerProcess::new(Registry::new(None));
}

/// The threads of this process.
struct Registry {
    state: Lock<State>,
    /// Told when a round ends. With the last living thread one does.
    round_ended: Condition,
}

struct State {
    /// The first thread of the process, if that is not `main`'s.
    first: Option<Thread>,
    /// The threads started here that are alive, in order of their start.
    started: BTreeMap<ThreadId, Thread>,
    living: usize,
    working: usize,
    /// How many rounds have ended.
    rounds: u64,
    /// How many threads have been given a name for want of another.
    unnamed: u64,
}

impl Registry {
    sync_core::const_on_hardware! {
        fn new(first: Option<Thread>) -> Self {
            let state = State {
                first,
                started: BTreeMap::new(),
                living: 0,
                working: 0,
                rounds: 0,
                unnamed: 0,
            };
            Self { state: Lock::new(state), round_ended: Condition::new() }
        }
    }

    /// That of the child of a `fork`.
    fn of_child() -> Self {
        let first = process::first_thread();
        let name = if first == current_id() { current_name() } else { None };
        Self::new(Some(Thread::foreign(first, Some(name.as_deref().unwrap_or("main")))))
    }
}

fn registry() -> &'static Registry {
    REGISTRY.get(Registry::of_child)
}

impl State {
    fn first(&self) -> Thread {
        let main = || Thread::foreign(ThreadId::MAIN, Some("main"));
        self.first.clone().unwrap_or_else(main)
    }

    fn add(&mut self, thread: Thread) {
        if !thread.is_daemon() || sync_core::mutant!("thread-daemons-count") {
            self.living += 1;
            self.working += 1;
        }
        self.started.insert(thread.id(), thread);
    }

    /// Takes a thread off the list; tells whether that ended a round.
    fn remove(&mut self, id: ThreadId) -> bool {
        let left = self.started.remove(&id);
        let counts = left.is_some_and(|thread| !thread.is_daemon());
        if counts {
            self.living -= 1;
            self.working -= 1;
        }
        counts && self.end_round()
    }

    /// Begins to wait as a thread that was started here; tells whether that ended the round.
    fn begin_wait(&mut self, is_daemon: bool) -> bool {
        if !is_daemon && !sync_core::mutant!("thread-waits-for-waiters") {
            self.working -= 1;
        }
        self.end_round()
    }

    /// Ends a wait in vain, in the round in which it began.
    fn give_up(&mut self, is_daemon: bool) {
        if !is_daemon && !sync_core::mutant!("thread-that-gave-up-counts-as-waiting") {
            self.working += 1;
        }
    }

    /// Ends the round if none but daemons is working, and has those work again that waited.
    fn end_round(&mut self) -> bool {
        let ends = self.working == 0;
        if ends {
            self.rounds += 1;
            if !sync_core::mutant!("thread-works-unseen-after-a-round") {
                self.working = self.living;
            }
        }
        ends
    }
}

/// Returns what is known of the calling thread, even if another crate started it.
pub fn current() -> Thread {
    let id = current_id();
    let state = registry().state.lock();
    let known = state.started.get(&id).or(state.first.as_ref().filter(|first| first.id() == id));
    let known = known.cloned();
    drop(state);
    known.unwrap_or_else(|| Thread::foreign(id, current_name().as_deref()))
}

/// Returns how many threads are alive: those started by this crate, and the main thread.
///
/// Threads that others started, with `std::thread` for instance, are not counted. The child of a `fork`
/// begins with one, the thread that called it.
///
/// # Examples
///
/// ```
/// let before = sync_thread::active_count();
/// let (end, wait) = std::sync::mpsc::channel::<()>();
/// let thread = sync_thread::spawn(move || wait.recv());
/// assert_eq!(sync_thread::active_count(), before + 1);
/// drop(end);
/// thread.join().unwrap().unwrap_err();
/// assert_eq!(sync_thread::active_count(), before);
/// ```
pub fn active_count() -> usize {
    registry().state.lock().started.len() + 1
}

/// Lists the threads that [`active_count`] counts: the main thread first, then in order of start.
///
/// # Examples
///
/// ```
/// let here = sync_thread::current(); // the main thread
/// assert_eq!(sync_thread::enumerate(), [here]);
/// ```
pub fn enumerate() -> Vec<Thread> {
    let state = registry().state.lock();
    std::iter::once(state.first()).chain(state.started.values().cloned()).collect()
}

/// Returns the name of the next thread that was given none, `Thread-1` at first, as in Python.
pub(crate) fn next_name() -> String {
    let mut state = registry().state.lock();
    state.unnamed += 1;
    let number = state.unnamed;
    drop(state);
    format!("Thread-{number}")
}

/// A thread's entry, which goes with this value.
pub(crate) struct Entry(Thread);

/// Enters a thread that is about to start.
pub(crate) fn enter(thread: Thread) -> Entry {
    registry().state.lock().add(thread.clone());
    Entry(thread)
}

impl Entry {
    /// Tells whether this process entered the thread, and not one that it was forked from.
    pub(crate) fn is_of_this_process(&self) -> bool {
        self.0.is_of_this_process()
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if !self.is_of_this_process() {
            return;
        }
        sync_core::panic::while_dropping(|| {
            let registry = registry();
            let ends_round = registry.state.lock().remove(self.0.id());
            if ends_round && !sync_core::mutant!("thread-leaves-without-a-word") {
                if sync_core::mutant!("thread-leaves-and-tells-one") {
                    registry.round_ended.notify_one();
                } else {
                    registry.round_ended.notify_all();
                }
            }
            self.0.ended();
        });
    }
}

/// Waits until every thread but daemons and the calling one has left, or waits like this itself; `false`
/// when the time was over.
#[track_caller]
pub(crate) fn wait_for_all(deadline: Deadline) -> bool {
    let registry = registry();
    let mut state = registry.state.lock();
    let Some(is_daemon) = state.started.get(&current_id()).map(Thread::is_daemon) else {
        let somebody_lives = |state: &State| state.living > 0;
        return registry.round_ended.wait_while_deadline(&mut state, somebody_lives, deadline);
    };
    let round = state.rounds;
    if state.begin_wait(is_daemon) && !sync_core::mutant!("thread-waits-without-a-word") {
        registry.round_ended.notify_all();
    }
    let goes_on = |state: &State| state.rounds == round;
    let ended = registry.round_ended.wait_while_deadline(&mut state, goes_on, deadline);
    if !ended {
        state.give_up(is_daemon);
    }
    ended
}
