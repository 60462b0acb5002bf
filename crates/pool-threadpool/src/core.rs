//! The heart of the pool: one lock around the [books](books::Books), and whom to wake for what.
//!
//! # Invariants
//!
//! 1. A job is in the queue, or running, or counted as ended, and each change of place is one step
//!    under the lock. So no job is lost or run twice, and the counts balance at every moment.
//! 2. Who puts a job into the queue wakes a worker, and who takes one out wakes whoever waits for
//!    space. Whoever ends the last job, brings an answer, ends a scope's last job, or leaves the queue
//!    with nobody to empty it, wakes those who wait for that.
//! 3. User code (jobs, destructors, hooks, callbacks, wakers) never runs under the lock.
//! 4. A job counts as running until nothing of its closure is left. A scope relies on it: what its
//!    jobs borrow may be gone as soon as none of them is queued or running.
//! 5. A request is in the books' `requests` from the step in which it is queued until the step in
//!    which its answer is taken out to be called, or it has ended with nothing to call. So it is
//!    answered once, and nobody who waits for all answers misses one that is on its way.

mod books;
mod threads;
mod waits;

use std::collections::VecDeque;
use std::sync::Arc;

use sync_core::panic::{Panicked, catch};
use sync_core::thread::{JoinHandle, ThreadId, current_id};
use sync_core::time::Deadline;
use sync_lock::{Condition, Lock, LockGuard};

use crate::builder::{Settings, Starts, WhenFull};
use crate::error::Reason;
use crate::report::Stats;
use crate::task::{Answer, Ending, Left, Task, contain};

use self::books::{Books, Duty};
pub(crate) use self::books::{Entry, JobId, Owner, ScopeId};
pub(crate) use self::waits::Joining;

pub(crate) struct Core {
    books: Lock<Books>,
    /// For workers: a job was queued, the pool was closed, or somebody is to be dismissed.
    work: Condition,
    /// For submitters: the queue has room or nobody to make some, or the pool was closed.
    space: Condition,
    /// For all other waits: nothing is queued or running, an answer has come, a scope's jobs have
    /// ended or want to be run by its owner, a worker has left.
    news: Condition,
    /// Joined when the pool ends, unless a worker itself ends it.
    threads: Lock<Vec<JoinHandle<()>>>,
    body: Body,
    settings: Settings,
}

/// What a worker's thread does; it gets the worker's number, and where to tell how it starts.
pub(crate) type Body = fn(&Arc<Core>, usize, Option<Arc<Starts>>);

/// Room for one job, found; the lock is held until it is used.
pub(crate) struct Admission<'a> {
    core: &'a Arc<Core>,
    books: LockGuard<'a, Books>,
    owner: Owner,
    /// The submitter runs the job itself.
    here: bool,
}

impl Core {
    pub(crate) fn new(settings: Settings, body: Body) -> Arc<Self> {
        Arc::new(Self {
            books: Lock::new(Books::default()),
            work: Condition::new(),
            space: Condition::new(),
            news: Condition::new(),
            threads: Lock::new(Vec::new()),
            body,
            settings,
        })
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn stats(&self) -> Stats {
        self.books.lock().stats()
    }

    /// Lets a job in, after waiting until `deadline` if the queue is full, or says why not.
    ///
    /// Who runs a job of this pool need not wait: a queue that only such threads empty would stay full.
    #[track_caller]
    pub(crate) fn admit(
        self: &Arc<Self>,
        owner: Owner,
        when_full: WhenFull,
        deadline: Deadline,
    ) -> Result<Admission<'_>, Reason> {
        let mut books = self.books.lock();
        if self.is_full(&books)
            && let Some(recruit) = Self::recruit(&mut books)
        {
            drop(books);
            self.start_again(recruit);
            books = self.books.lock();
        }
        if when_full == WhenFull::Block {
            let wait = |books: &Books| {
                self.is_full(books) && !books.is_stranded() && !Self::is_taken(books, owner)
            };
            let _ = self.space.wait_while_deadline(&mut books, wait, deadline);
        }
        let full = self.is_full(&books);
        let here = match owner {
            // Each job of a scope runs. In a closed pool, those of its jobs are queued all the same, or a
            // chain of them would pile up on the stack: who runs them now, or their scope, will see them.
            Owner::Scope(_) => full || (books.closed && !books.belongs(current_id())),
            _ => full,
        };
        match self.refusal(&books, owner, when_full) {
            None => Ok(Admission { core: self, books, owner, here }),
            Some(reason) => {
                books.rejected += 1;
                drop(books);
                // It may have been woken for room that it does not use.
                if !sync_core::mutant!("pool-refused-keeps-the-wake-up") {
                    self.space.notify_one();
                }
                Err(reason)
            }
        }
    }

    /// Counts a job that was refused before it got this far.
    pub(crate) fn count_rejected(&self) {
        self.books.lock().rejected += 1;
    }

    /// Tells whether a request's number is in use.
    fn is_taken(books: &Books, owner: Owner) -> bool {
        matches!(owner, Owner::Request(id) if books.requests.contains(&id))
            && !sync_core::mutant!("pool-takes-any-id")
    }

    /// Why a job is not taken now, if so.
    fn refusal(&self, books: &Books, owner: Owner, when_full: WhenFull) -> Option<Reason> {
        match owner {
            Owner::Scope(_) => None,
            _ if books.closed => Some(Reason::ShutDown),
            _ if Self::is_taken(books, owner) => Some(Reason::DuplicateId),
            _ if !self.is_full(books) || when_full == WhenFull::RunInCaller => None,
            _ if books.is_stranded() => Some(Reason::NoWorkers),
            _ => Some(Reason::Full),
        }
    }

    fn is_full(&self, books: &Books) -> bool {
        let bound = self.settings.queue.unwrap_or(usize::MAX);
        !books.closed && books.queue.len() >= bound && !books.belongs(current_id())
    }

    /// Tells whether a submitter would have to wait now.
    pub(crate) fn has_no_room(&self) -> bool {
        self.is_full(&self.books.lock())
    }

    /// Tells whether a submitter would wait in vain now.
    pub(crate) fn is_stuck(&self) -> bool {
        let books = self.books.lock();
        self.is_full(&books) && books.is_stranded()
    }

    /// The next job for a worker, who waits for it; `None` when it is dismissed or to rest, or the pool
    /// is closed and nothing is queued.
    #[track_caller]
    pub(crate) fn next(&self) -> Option<Entry> {
        let mut books = self.books.lock();
        books.set_duty(Duty::Free);
        if !self.wait_for_work(&mut books) {
            drop(books);
            self.let_go_of_me();
            return None;
        }
        let goes_now =
            books.queue.is_empty() || !sync_core::mutant!("pool-dismissed-worker-takes-one-more");
        if books.dismissals > 0 && goes_now {
            books.dismiss_me();
            return None;
        }
        let entry = books.start(0);
        drop(books);
        if entry.is_some() && !sync_core::mutant!("pool-takes-without-a-word") {
            self.space.notify_one();
        }
        entry
    }

    /// Takes a thread out of the workers.
    pub(crate) fn leave(self: &Arc<Self>, worker: ThreadId) {
        let mut books = self.books.lock();
        let rests = books.leave(worker);
        // It may be needed again already.
        let recruit = if rests { Self::recruit(&mut books) } else { None };
        books.nudge_joiners();
        drop(books);
        self.space.notify_all();
        self.news.notify_all();
        if let Some(recruit) = recruit {
            self.start_again(recruit);
        }
    }

    /// Dismisses that many workers, or all if there are fewer; returns how many. Each tells when it
    /// leaves, and so whoever waits for what only workers can bring.
    pub(crate) fn dismiss(&self, count: usize) -> usize {
        let mut books = self.books.lock();
        let count = if books.closed { 0 } else { books.dismiss(count) };
        drop(books);
        if !sync_core::mutant!("pool-dismisses-without-a-word") {
            self.work.notify_all();
        }
        count
    }

    /// Runs a job that is entered as running, and enters its end.
    pub(crate) fn run(&self, Entry { owner, task, .. }: Entry) {
        let Ending { panicked, left } = Ending::of(task);
        let mut books = self.books.lock();
        books.end();
        if panicked {
            books.panicked += 1;
        } else {
            books.completed += 1;
        }
        self.settle(books, owner, left);
    }

    /// Takes a job out of the queue; `false` if it is not there any more.
    pub(crate) fn cancel(&self, id: JobId) -> bool {
        let mut books = self.books.lock();
        let Some(mut entry) = books.place_of(id).and_then(|place| books.queue.remove(place)) else {
            return false;
        };
        books.cancelled += 1;
        drop(books);
        if !sync_core::mutant!("pool-cancel-makes-no-room") {
            self.space.notify_one();
        }
        let answer = entry.task.cancel();
        self.discard(entry, answer);
        true
    }

    /// Closes the pool to new jobs, and takes out the queued ones if they are to be cancelled, but for
    /// those of scopes, which somebody has promised to run; returns how many that were.
    pub(crate) fn close(&self, cancel: bool) -> u64 {
        let mut books = self.books.lock();
        books.closed = true;
        books.dismissals = 0;
        let mut cancelled = VecDeque::new();
        if cancel {
            let scoped = |entry: &Entry| matches!(entry.owner, Owner::Scope(_));
            let (stay, go) = std::mem::take(&mut books.queue).into_iter().partition(scoped);
            (books.queue, cancelled) = (stay, go);
        }
        let count = cancelled.len() as u64;
        books.cancelled += count;
        self.tell(books);
        if sync_core::mutant!("pool-close-wakes-one-worker") {
            self.work.notify_one();
        } else {
            self.work.notify_all();
        }
        if !sync_core::mutant!("pool-close-forgets-submitters") {
            self.space.notify_all();
        }
        // A closure's destructor may wait for another one of these jobs: all are told first.
        let answers: Vec<_> = cancelled.iter_mut().map(|entry| entry.task.cancel()).collect();
        // And all are off the books, or it might wait for the whole pool in vain.
        for (entry, answer) in cancelled.iter().zip(answers) {
            let left = answer.map_or(Left::Nothing, Left::Answer);
            self.settle(self.books.lock(), entry.owner, left);
        }
        cancelled.into_iter().for_each(|entry| self.drop_reporting(entry.task));
        count
    }

    /// Drops what will not run; a panic of a destructor is reported like a job's.
    fn drop_reporting(&self, task: Box<dyn Task>) {
        if let Err(panicked) = catch(|| drop(task)) {
            self.report(panicked);
        }
    }

    /// Drops a job that will not run and enters its end.
    fn discard(&self, Entry { owner, task, .. }: Entry, answer: Option<Answer>) {
        self.drop_reporting(task);
        if !sync_core::mutant!("pool-cancel-leaves-the-pool-busy") {
            self.settle(self.books.lock(), owner, answer.map_or(Left::Nothing, Left::Answer));
        }
    }

    /// Does for its owner what an ended job leaves to be done, and tells who waits for it.
    fn settle(&self, mut books: LockGuard<'_, Books>, owner: Owner, left: Left) {
        let mut unclaimed = None;
        match (owner, left) {
            (Owner::Request(request), Left::Answer(answer)) => {
                books.answers.push_back((request, answer));
            }
            (_, Left::Panic(panicked)) => unclaimed = books.claim(owner, panicked),
            (_, Left::Nothing | Left::Answer(_)) => books.forget(owner),
        }
        let orphaned = books.orphaned && !sync_core::mutant!("pool-orphans-answers");
        self.tell(books);
        if let Some(panicked) = unclaimed {
            self.report(panicked);
        }
        if orphaned {
            self.answer_rest();
        }
    }

    /// Ends a change of the books: unlocks, and wakes those who wait for what it has brought.
    fn tell(&self, books: LockGuard<'_, Books>) {
        let (news, stranded) = (books.is_news(), books.is_stranded());
        books.nudge_joiners();
        drop(books);
        if stranded && !sync_core::mutant!("pool-stranded-submitters-sleep-on") {
            self.space.notify_all();
        }
        if news && !sync_core::mutant!("pool-is-quiet-without-a-word") {
            self.news.notify_all();
        }
    }

    /// Gives a panic that nobody else has to the hook. The hook's own panics go no further.
    pub(crate) fn report(&self, panicked: Panicked) {
        if let Some(hook) = &self.settings.on_panic {
            contain(|| hook(&panicked));
        }
        contain(|| drop(panicked));
    }
}

impl Admission<'_> {
    /// Queues the job, or runs it if that is what was found.
    pub(crate) fn put(self, task: Box<dyn Task>) -> JobId {
        let Self { core, mut books, owner, here } = self;
        let id = books.number(owner);
        let entry = Entry { id, owner, task };
        if here {
            books.begin(id, owner);
            drop(books);
            core.run(entry);
            return id;
        }
        books.queue.push_back(entry);
        let recruit = Core::recruit(&mut books);
        drop(books);
        if !sync_core::mutant!("pool-queues-without-a-word") {
            core.work.notify_one();
        }
        if matches!(owner, Owner::Scope(_)) && !sync_core::mutant!("pool-scope-owner-sleeps-on") {
            // The scope's owner may be a worker, and the only one that is free.
            core.news.notify_all();
        }
        if let Some(recruit) = recruit {
            core.start_again(recruit);
        }
        id
    }
}
