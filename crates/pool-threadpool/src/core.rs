//! The heart of the pool: one lock around the queue and the books, and whom to wake for what.
//!
//! # Invariants
//!
//! 1. A job is in the queue, or in `running`, or counted as ended, and each change of place is one
//!    step under the lock. So no job is lost or run twice, and the counts balance at every moment.
//! 2. Who puts a job into the queue wakes a worker, and who takes one out wakes whoever waits for
//!    space; the last one to leave the pool without a job wakes those who wait for that.
//! 3. User code (jobs, destructors, hooks, wakers) never runs under the lock.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use sync_core::panic::{Panicked, catch};
use sync_core::thread::{ThreadId, current_id};
use sync_core::time::Deadline;
use sync_lock::{Condition, Lock, LockGuard};

use crate::builder::{Settings, WhenFull};
use crate::error::{Reason, WaitError};
use crate::report::Stats;
use crate::task::{Ending, Task, contain};

/// Jobs are numbered in the order in which the pool took them.
pub(crate) type JobId = u64;

/// A job on its way to a worker.
pub(crate) struct Entry {
    id: JobId,
    task: Box<dyn Task>,
}

pub(crate) struct Core {
    state: Lock<State>,
    /// For workers: a job was queued, or the pool was closed.
    work: Condition,
    /// For submitters: the queue has room, or the pool was closed.
    space: Condition,
    /// For those who wait for the whole pool: nothing is queued or running, or a worker has left.
    quiet: Condition,
    settings: Settings,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Entry>,
    /// No more jobs are taken, and workers end when the queue is empty.
    closed: bool,
    workers: BTreeSet<ThreadId>,
    /// Which thread runs which job.
    running: BTreeMap<JobId, ThreadId>,
    /// Which job a worker waits for.
    joining: BTreeMap<ThreadId, JobId>,
    /// The next job's number, so also how many were taken.
    next: JobId,
    completed: u64,
    panicked: u64,
    cancelled: u64,
    rejected: u64,
}

impl State {
    fn is_quiet(&self) -> bool {
        let looks_at_running = !sync_core::mutant!("pool-wait-ignores-the-running");
        self.queue.is_empty() && (self.running.is_empty() || !looks_at_running)
    }

    /// Moves the job at that place of the queue to those that run on the calling thread.
    fn start(&mut self, place: usize) -> Option<Entry> {
        let entry = self.queue.remove(place)?;
        self.running.insert(entry.id, current_id());
        Some(entry)
    }

    /// Where in the queue a job is; the queue is in order of numbers.
    fn place_of(&self, id: JobId) -> Option<usize> {
        self.queue.binary_search_by_key(&id, |entry| entry.id).ok()
    }

    /// Tells whether this thread is a worker or runs a job, so that the pool's end waits for it.
    fn belongs(&self, thread: ThreadId) -> bool {
        self.workers.contains(&thread) || self.running.values().any(|&runner| runner == thread)
    }

    /// Tells whether a thread's wait for this job would be a wait for itself: because it runs it, or
    /// because the thread that runs it waits, over however many others, for one that this thread runs.
    fn closes_a_circle(&self, waiter: ThreadId, id: JobId) -> bool {
        let mut job = id;
        while let Some(&runner) = self.running.get(&job) {
            if runner == waiter {
                return true;
            }
            match self.joining.get(&runner) {
                Some(&next) => job = next,
                None => return false,
            }
        }
        false
    }

    fn stats(&self) -> Stats {
        Stats {
            workers: self.workers.len(),
            submitted: self.next,
            queued: self.queue.len() as u64,
            running: self.running.len() as u64,
            completed: self.completed,
            panicked: self.panicked,
            cancelled: self.cancelled,
            rejected: self.rejected,
        }
    }
}

/// What a worker that wants to join a job has to do.
pub(crate) enum Joining {
    /// Run it: it has not started, and nobody else might ever be free to.
    Run(Entry),
    /// Wait for it, and say so when done.
    Wait,
    /// Nothing: the wait would never end.
    Never,
}

impl Core {
    pub(crate) fn new(settings: Settings) -> Arc<Self> {
        Arc::new(Self {
            state: Lock::new(State::default()),
            work: Condition::new(),
            space: Condition::new(),
            quiet: Condition::new(),
            settings,
        })
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn stats(&self) -> Stats {
        self.state.lock().stats()
    }

    /// Takes a job, waiting for room until `deadline` if the queue is full.
    ///
    /// A worker of this pool need not wait: a queue that only workers can empty would stay full.
    #[track_caller]
    pub(crate) fn push<K: Task + 'static>(
        &self,
        task: Box<K>,
        when_full: WhenFull,
        deadline: Deadline,
    ) -> Result<JobId, (Box<K>, Reason)> {
        let mut state = self.state.lock();
        let mut full = self.is_full(&state);
        if full && when_full == WhenFull::Block {
            let no_room = |state: &State| self.is_full(state);
            full = !self.space.wait_while_deadline(&mut state, no_room, deadline);
        }
        if state.closed || (full && when_full != WhenFull::RunInCaller) {
            state.rejected += 1;
            let reason = if state.closed { Reason::ShutDown } else { Reason::Full };
            return Err((task, reason));
        }
        let id = state.next;
        state.next += 1;
        if full {
            state.running.insert(id, current_id());
            drop(state);
            self.run(Entry { id, task });
            return Ok(id);
        }
        state.queue.push_back(Entry { id, task });
        drop(state);
        if !sync_core::mutant!("pool-queues-without-a-word") {
            self.work.notify_one();
        }
        Ok(id)
    }

    fn is_full(&self, state: &State) -> bool {
        let bound = self.settings.queue.unwrap_or(usize::MAX);
        !state.closed && state.queue.len() >= bound && !state.workers.contains(&current_id())
    }

    /// Enters a thread, which is about to start, among the workers.
    pub(crate) fn enter(&self, worker: ThreadId) {
        self.state.lock().workers.insert(worker);
    }

    /// The next job for a worker, who waits for it; `None` when the pool is closed and all is done.
    #[track_caller]
    pub(crate) fn next(&self) -> Option<Entry> {
        let mut state = self.state.lock();
        self.work.wait_while(&mut state, |state| state.queue.is_empty() && !state.closed);
        let entry = state.start(0);
        drop(state);
        if entry.is_some() && !sync_core::mutant!("pool-takes-without-a-word") {
            self.space.notify_one();
        }
        entry
    }

    /// Takes a thread out of the workers.
    pub(crate) fn leave(&self, worker: ThreadId) {
        self.state.lock().workers.remove(&worker);
        self.quiet.notify_all();
    }

    /// Runs a job that is entered as running, and enters its end.
    pub(crate) fn run(&self, Entry { id, task }: Entry) {
        let ending = Ending::of(task);
        let mut state = self.state.lock();
        state.running.remove(&id);
        let unclaimed = match ending {
            Ending::Completed => {
                state.completed += 1;
                None
            }
            Ending::Panicked(unclaimed) => {
                state.panicked += 1;
                unclaimed
            }
        };
        self.tell_if_quiet(state);
        if let Some(panicked) = unclaimed {
            self.report(panicked);
        }
    }

    /// Gives a panic that nobody else has to the hook. The hook's own panics go no further.
    pub(crate) fn report(&self, panicked: Panicked) {
        if let Some(hook) = &self.settings.on_panic {
            contain(|| hook(&panicked));
        }
        contain(|| drop(panicked));
    }

    /// Takes a job out of the queue; `false` if it is not there any more.
    pub(crate) fn cancel(&self, id: JobId) -> bool {
        let mut state = self.state.lock();
        let Some(entry) = state.place_of(id).and_then(|place| state.queue.remove(place)) else {
            return false;
        };
        state.cancelled += 1;
        if !sync_core::mutant!("pool-cancel-leaves-the-pool-busy") {
            self.tell_if_quiet(state);
        }
        if !sync_core::mutant!("pool-cancel-makes-no-room") {
            self.space.notify_one();
        }
        self.discard(entry);
        true
    }

    /// Closes the pool to new jobs, and takes out the queued ones if they are to be cancelled;
    /// returns how many that were.
    pub(crate) fn close(&self, cancel: bool) -> u64 {
        let mut state = self.state.lock();
        state.closed = true;
        let mut queued = if cancel { std::mem::take(&mut state.queue) } else { VecDeque::new() };
        state.cancelled += queued.len() as u64;
        self.tell_if_quiet(state);
        if sync_core::mutant!("pool-close-wakes-one-worker") {
            self.work.notify_one();
        } else {
            self.work.notify_all();
        }
        if !sync_core::mutant!("pool-close-forgets-submitters") {
            self.space.notify_all();
        }
        let count = queued.len() as u64;
        // A closure's destructor may wait for another one of these jobs: all are told first.
        for entry in &mut queued {
            contain(|| entry.task.cancel());
        }
        queued.into_iter().for_each(|entry| self.discard(entry));
        count
    }

    /// Drops a job that will not run; a panic of a destructor is reported like a job's.
    fn discard(&self, entry: Entry) {
        if let Err(panicked) = catch(|| drop(entry)) {
            self.report(panicked);
        }
    }

    /// What joining this job means for the calling thread; `None` if it is no worker of this pool.
    pub(crate) fn begin_join(&self, id: JobId) -> Option<Joining> {
        let me = current_id();
        let mut state = self.state.lock();
        // A job that runs here may be run by its submitter, who is no worker then but waits like one.
        if !state.belongs(me) {
            return None;
        }
        if let Some(entry) = state.place_of(id).and_then(|place| state.start(place)) {
            drop(state);
            self.space.notify_one();
            return Some(Joining::Run(entry));
        }
        if state.closes_a_circle(me, id) && !sync_core::mutant!("pool-joins-in-circles") {
            return Some(Joining::Never);
        }
        state.joining.insert(me, id);
        Some(Joining::Wait)
    }

    /// The wait that `begin_join` allowed is over.
    pub(crate) fn end_join(&self) {
        self.state.lock().joining.remove(&current_id());
    }

    /// Waits until nothing is queued or running.
    #[track_caller]
    pub(crate) fn wait_until_quiet(&self, deadline: Deadline) -> Result<(), WaitError> {
        let me = current_id();
        let mut state = self.state.lock();
        if state.belongs(me) {
            return Err(WaitError::WouldDeadlock);
        }
        let busy = |state: &State| !state.is_quiet() && !Self::is_stranded(state);
        if !self.quiet.wait_while_deadline(&mut state, busy, deadline) {
            return Err(WaitError::TimedOut);
        }
        if state.is_quiet() { Ok(()) } else { Err(WaitError::NoWorkers) }
    }

    /// Jobs are queued, but nobody is there or busy to take them.
    fn is_stranded(state: &State) -> bool {
        state.workers.is_empty() && state.running.is_empty()
    }

    /// Waits until every worker has left; `false` when the time was over, and at once if the calling
    /// thread is a worker or runs a job, which would wait for itself.
    #[track_caller]
    pub(crate) fn wait_for_workers(&self, deadline: Deadline) -> bool {
        let me = current_id();
        let mut state = self.state.lock();
        if state.belongs(me) && !sync_core::mutant!("pool-waits-for-itself") {
            return false;
        }
        self.quiet.wait_while_deadline(&mut state, |state| !state.workers.is_empty(), deadline)
    }

    /// Ends a change of the books: unlocks, and wakes those who wait for the pool to be quiet.
    fn tell_if_quiet(&self, state: LockGuard<'_, State>) {
        let quiet = state.is_quiet();
        drop(state);
        if quiet && !sync_core::mutant!("pool-is-quiet-without-a-word") {
            self.quiet.notify_all();
        }
    }
}
