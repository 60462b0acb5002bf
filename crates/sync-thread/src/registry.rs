//! Which threads are alive.
//!
//! A thread is entered before it starts and leaves before its result can be had, so that a thread
//! that was joined is not counted any more.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use sync_core::thread::{ThreadId, current_id, current_name};
use sync_core::time::Deadline;
use sync_lock::{Condition, Lock};

sync_core::global! {
    static REGISTRY: Registry = Registry::new();
}

/// The threads started here that are alive, in order of their start.
struct Registry {
    threads: Lock<BTreeMap<ThreadId, Alive>>,
    /// Told whenever a thread leaves, or begins to wait for the others itself.
    changed: Condition,
}

impl Registry {
    sync_core::const_on_hardware! {
        fn new() -> Self {
            Self { threads: Lock::new(BTreeMap::new()), changed: Condition::new() }
        }
    }
}

/// A thread that is alive, and whether it waits until all the others have left.
struct Alive {
    thread: Thread,
    waits: bool,
}

/// What is known of a thread.
///
/// # Examples
///
/// ```
/// let builder = sync_thread::Builder::new().name("worker".into());
/// let handle = builder.spawn(sync_thread::current).unwrap();
/// let worker = handle.join().unwrap();
/// assert_eq!(worker.name(), Some("worker"));
/// assert_ne!(worker.id(), sync_thread::current().id());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Thread {
    id: ThreadId,
    name: Option<Arc<str>>,
    daemon: bool,
}

impl Thread {
    pub(crate) fn new(id: ThreadId, name: Option<&str>, daemon: bool) -> Self {
        Self { id, name: name.map(Arc::from), daemon }
    }

    /// The thread's id, which no other thread of the process ever has.
    pub fn id(&self) -> ThreadId {
        self.id
    }

    /// The thread's name, if it has one.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Tells whether the end of the program does without it.
    pub fn is_daemon(&self) -> bool {
        self.daemon
    }
}

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Thread")
            .field("id", &self.id.get())
            .field("name", &self.name())
            .field("daemon", &self.daemon)
            .finish()
    }
}

/// Returns what is known of the calling thread, whoever started it.
pub fn current() -> Thread {
    let id = current_id();
    let known = REGISTRY.threads.lock().get(&id).map(|alive| alive.thread.clone());
    known.unwrap_or_else(|| Thread::new(id, current_name().as_deref(), false))
}

/// Returns how many threads are alive: those started by this crate, and the main thread.
///
/// Threads that others started, with `std::thread` for instance, are not counted.
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
    REGISTRY.threads.lock().len() + 1
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
    let main = Thread::new(ThreadId::MAIN, Some("main"), false);
    let started = REGISTRY.threads.lock();
    std::iter::once(main).chain(started.values().map(|alive| alive.thread.clone())).collect()
}

/// A thread's entry, which goes with this value.
pub(crate) struct Entry(ThreadId);

/// Enters a thread that is about to start.
pub(crate) fn enter(thread: Thread) -> Entry {
    let id = thread.id;
    REGISTRY.threads.lock().insert(id, Alive { thread, waits: false });
    Entry(id)
}

impl Drop for Entry {
    fn drop(&mut self) {
        sync_core::panic::while_dropping(|| {
            let left = REGISTRY.threads.lock().remove(&self.0);
            if sync_core::mutant!("thread-leaves-and-tells-one") {
                REGISTRY.changed.notify_one();
            } else if !sync_core::mutant!("thread-leaves-without-a-word") {
                REGISTRY.changed.notify_all();
            }
            drop(left);
        });
    }
}

/// Waits until every thread but daemons and the calling one has left; `false` when the time was over.
///
/// Threads started here that wait like this do not wait for each other, which would never end.
#[track_caller]
pub(crate) fn wait_for_all(deadline: Deadline) -> bool {
    let me = current_id();
    let mut threads = REGISTRY.threads.lock();
    let started_here = mark(&mut threads, me, true);
    let somebody_else = |threads: &BTreeMap<ThreadId, Alive>| {
        threads.values().any(|Alive { thread, waits }| {
            let counts = !thread.daemon || sync_core::mutant!("thread-daemons-count");
            let waits_too =
                started_here && *waits && !sync_core::mutant!("thread-waits-for-waiters");
            counts && thread.id != me && !waits_too
        })
    };
    let all_left = REGISTRY.changed.wait_while_deadline(&mut threads, somebody_else, deadline);
    mark(&mut threads, me, false);
    all_left
}

/// Notes whether a thread waits for the others; `false` if it was not started here. One that begins to
/// may be the last that somebody waits for, so they are told.
fn mark(threads: &mut BTreeMap<ThreadId, Alive>, id: ThreadId, waits: bool) -> bool {
    let Some(alive) = threads.get_mut(&id) else { return false };
    alive.waits = waits;
    if waits {
        REGISTRY.changed.notify_all();
    }
    true
}
