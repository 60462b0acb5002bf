//! Who works in the pool.

use std::collections::BTreeSet;

use sync_core::thread::{ThreadId, current_id};
use sync_core::time::Deadline;
use sync_lock::{Condition, Lock};

#[derive(Default)]
pub(crate) struct Crew {
    members: Lock<Members>,
    /// A worker has left.
    left: Condition,
}

#[derive(Default)]
struct Members {
    workers: BTreeSet<ThreadId>,
    /// Threads that do a worker's work for a while: they cancel messages.
    helpers: Vec<ThreadId>,
    /// The last to leave, if it stays behind to feed a backlog.
    feeder: Option<ThreadId>,
}

impl Crew {
    /// Enters a thread that is about to start.
    pub(crate) fn enter(&self, worker: ThreadId) {
        self.members.lock().workers.insert(worker);
    }

    /// Takes a worker out; tells whether it was the last one, and there is a backlog to feed.
    pub(crate) fn leave(&self, worker: ThreadId, has_backlog: impl FnOnce() -> bool) -> bool {
        let mut members = self.members.lock();
        members.workers.remove(&worker);
        let feeds = members.workers.is_empty() && has_backlog();
        if feeds {
            members.feeder = Some(worker);
        }
        drop(members);
        if !sync_core::mutant!("queue-leaves-without-a-word") {
            self.left.notify_all();
        }
        feeds
    }

    pub(crate) fn count(&self) -> usize {
        self.members.lock().workers.len()
    }

    /// Tells whether the calling thread is one of the workers, or helps, so that waiting for all messages
    /// would be waiting for itself.
    pub(crate) fn is_at_home(&self) -> bool {
        let (members, me) = (self.members.lock(), current_id());
        members.workers.contains(&me) || members.helpers.contains(&me)
    }

    /// Has the calling thread count as one of the workers while it runs this, which does not unwind.
    pub(crate) fn helping<R>(&self, f: impl FnOnce() -> R) -> R {
        let me = current_id();
        self.members.lock().helpers.push(me);
        let result = f();
        let mut members = self.members.lock();
        if let Some(place) = members.helpers.iter().rposition(|&helper| helper == me) {
            members.helpers.remove(place);
        }
        result
    }

    /// Tells whether this thread stayed behind to feed a backlog.
    pub(crate) fn feeds(&self, thread: ThreadId) -> bool {
        self.members.lock().feeder == Some(thread)
    }

    /// Waits until all have left; `false` when the time was over.
    #[track_caller]
    pub(crate) fn wait_until_empty(&self, deadline: Deadline) -> bool {
        let mut members = self.members.lock();
        self.left.wait_while_deadline(&mut members, |it| !it.workers.is_empty(), deadline)
    }
}
