//! All waits but those of workers for work and of submitters for room.

use std::collections::BTreeSet;

use sync_core::panic::{Panicked, catch};
use sync_core::thread::{ThreadId, current_id};
use sync_core::time::Deadline;

use crate::error::WaitError;

use super::Core;
use super::books::{Books, Entry, JobId, Owner, ScopeId};

/// What a worker that wants to join a job has to do.
pub(crate) enum Joining {
    /// Run it: it has not started, and nobody else might ever be free to.
    Run(Entry),
    /// Wait for it, and say so when done.
    Wait,
    /// Wait for it, say so when done, and ask again when nudged.
    WaitOutside,
    /// Nothing: the wait would never end.
    Never,
}

/// Joining a job.
impl Core {
    /// What joining this job means for the calling thread.
    pub(crate) fn begin_join(&self, id: JobId) -> Joining {
        let me = current_id();
        let mut books = self.books.lock();
        // A job that runs here may be run by its submitter, who is no worker then but waits like one.
        let belongs = books.belongs(me);
        let place = if belongs || books.is_stranded() { books.place_of(id) } else { None };
        if let Some(entry) = place.and_then(|place| books.start(place)) {
            drop(books);
            self.space.notify_one();
            return Joining::Run(entry);
        }
        if !belongs {
            books.joiners += 1;
            return Joining::WaitOutside;
        }
        if books.waits_for_me(id) && !sync_core::mutant!("pool-joins-in-circles") {
            return Joining::Never;
        }
        if let Some(member) = books.members.get_mut(&me) {
            member.joining = Some(id);
        }
        Joining::Wait
    }

    /// The wait that `begin_join` allowed is over.
    pub(crate) fn end_join(&self) {
        if let Some(member) = self.books.lock().members.get_mut(&current_id()) {
            member.joining = None;
        }
    }

    /// As [`end_join`](Self::end_join), for a thread that runs no job of this pool.
    pub(crate) fn end_join_outside(&self) {
        self.books.lock().joiners -= 1;
    }
}

/// Scopes.
impl Core {
    pub(crate) fn open_scope(&self) -> ScopeId {
        self.books.lock().open_scope()
    }

    /// Waits until no job of the scope is queued or running; returns the first panic of one without a
    /// handle. A thread of the pool runs those that are queued, and so does anybody when no worker will.
    ///
    /// Nothing in here unwinds: jobs and hooks are run with their panics caught.
    #[track_caller]
    pub(crate) fn close_scope(&self, id: ScopeId) -> Option<Panicked> {
        let owner = Owner::Scope(id);
        let me = current_id();
        let mut books = self.books.lock();
        while books.scopes.get(&id).is_some_and(|scope| scope.pending > 0)
            && !sync_core::mutant!("pool-scope-ends-early")
        {
            let helps = (books.belongs(me) || books.is_stranded())
                && !sync_core::mutant!("pool-scope-helps-nobody");
            let place = books.queue.iter().position(|entry| helps && entry.owner == owner);
            match place.and_then(|place| books.start(place)) {
                Some(entry) => {
                    drop(books);
                    self.space.notify_one();
                    self.run(entry);
                    books = self.books.lock();
                }
                None => self.news.wait(&mut books),
            }
        }
        books.scopes.remove(&id).and_then(|scope| scope.panicked)
    }
}

/// Answering requests.
impl Core {
    /// Calls the callback of the request that ended first; `false` if none waits for that.
    ///
    /// # Panics
    ///
    /// With the callback's panic; the request is answered all the same.
    pub(crate) fn answer_one(&self) -> bool {
        let me = current_id();
        let mut books = self.books.lock();
        let Some((request, answer)) = books.answers.pop_front() else {
            return false;
        };
        books.requests.remove(&request);
        books.answering.push(me);
        drop(books);
        let _answering = Answering { core: self, thread: me };
        answer();
        true
    }

    /// Calls the callbacks that wait for it at this moment, and returns how many that were; `None` if
    /// no request is on its way, either.
    ///
    /// # Panics
    ///
    /// With the panic of a callback; those after it wait on.
    pub(crate) fn answer_ready(&self) -> Option<usize> {
        let books = self.books.lock();
        let ready = books.answers.len();
        let none = books.requests.is_empty();
        drop(books);
        let called = (0..ready).take_while(|_| self.answer_one()).count();
        (!none).then_some(called)
    }

    /// Calls all callbacks, for want of an owner who would; their panics are reported.
    pub(crate) fn answer_rest(&self) {
        loop {
            match catch(|| self.answer_one()) {
                Ok(true) => {}
                Ok(false) => return,
                Err(panicked) => self.report(panicked),
            }
        }
    }

    /// Tells whether the calling thread is within a callback.
    pub(crate) fn is_answering(&self) -> bool {
        self.books.lock().answering.contains(&current_id())
    }
}

/// Takes the thread off those that run callbacks when one has ended, however it did.
struct Answering<'a> {
    core: &'a Core,
    thread: ThreadId,
}

impl Drop for Answering<'_> {
    fn drop(&mut self) {
        sync_core::panic::while_dropping(|| {
            let mut books = self.core.books.lock();
            if let Some(place) = books.answering.iter().rposition(|&it| it == self.thread) {
                books.answering.remove(place);
            }
            self.core.tell(books);
        });
    }
}

/// Waiting for the whole pool.
impl Core {
    /// Calls the callbacks of requests as they end, until nothing is queued or running and all
    /// callbacks have ended; a call from within a callback does not wait for callbacks.
    ///
    /// # Panics
    ///
    /// With the panic of a callback; those after it wait on.
    #[track_caller]
    pub(crate) fn wait_until_quiet(&self, deadline: Deadline) -> Result<(), WaitError> {
        let me = current_id();
        if self.books.lock().belongs(me) {
            return Err(WaitError::WouldDeadlock);
        }
        loop {
            while self.answer_one() {
                if deadline.is_over() {
                    break;
                }
            }
            let mut books = self.books.lock();
            let others_answer = |books: &Books| {
                !books.answering.is_empty()
                    && !books.answering.contains(&me)
                    && !sync_core::mutant!("pool-wait-ignores-callbacks")
            };
            let done = |books: &Books| books.is_quiet() && !others_answer(books);
            let stuck = |books: &Books| books.is_stranded() && books.has_orphans();
            let busy = |books: &Books| books.answers.is_empty() && !done(books) && !stuck(books);
            if !self.news.wait_while_deadline(&mut books, busy, deadline) {
                return Err(WaitError::TimedOut);
            }
            if done(&books) {
                return Ok(());
            }
            if books.answers.is_empty() {
                return Err(WaitError::NoWorkers);
            }
            if deadline.is_over() {
                return Err(WaitError::TimedOut);
            }
        }
    }

    /// Waits until every worker has left; `false` when the time was over, and at once if the calling
    /// thread is a worker or runs a job, which would wait for itself.
    #[track_caller]
    pub(crate) fn wait_for_workers(&self, deadline: Deadline) -> bool {
        let mut books = self.books.lock();
        if books.belongs(current_id()) && !sync_core::mutant!("pool-waits-for-itself") {
            return false;
        }
        self.news.wait_while_deadline(&mut books, Books::has_workers, deadline)
    }

    /// Runs what is queued in a closed pool that no worker is left in, until the deadline.
    pub(crate) fn run_stranded(&self, deadline: Deadline) {
        while !deadline.is_over() {
            let mut books = self.books.lock();
            if books.active() > 0 {
                return;
            }
            let Some(entry) = books.start(0) else { return };
            drop(books);
            self.run(entry);
        }
    }

    /// Has requests answered by those who end them: nobody is left who could wait for them.
    pub(crate) fn orphan(&self) {
        self.books.lock().orphaned = true;
        self.answer_rest();
    }

    /// Tells whether the calling thread is a worker or runs a job.
    pub(crate) fn is_at_home(&self) -> bool {
        self.books.lock().belongs(current_id())
    }
}

/// Dismissed workers.
impl Core {
    /// How many workers were dismissed and not joined since.
    pub(crate) fn dismissed(&self) -> usize {
        let books = self.books.lock();
        books.dismissals + books.dismissed.len()
    }

    /// Waits until all who were dismissed have left, and returns those that nobody has joined. In a
    /// closed pool all workers are about to leave, and all are waited for.
    #[track_caller]
    pub(crate) fn wait_for_dismissed(
        &self,
        deadline: Deadline,
    ) -> Result<BTreeSet<ThreadId>, WaitError> {
        let mut books = self.books.lock();
        if books.belongs(current_id()) {
            return Err(WaitError::WouldDeadlock);
        }
        let there = |books: &Books| {
            books.dismissals > 0 || books.has_leavers() || (books.closed && books.has_workers())
        };
        if !self.news.wait_while_deadline(&mut books, there, deadline) {
            return Err(WaitError::TimedOut);
        }
        Ok(books.dismissed.clone())
    }

    /// Takes threads that were joined off the list.
    pub(crate) fn joined(&self, threads: &[ThreadId]) {
        let mut books = self.books.lock();
        threads.iter().for_each(|thread| _ = books.dismissed.remove(thread));
        drop(books);
        self.news.notify_all();
    }

    /// Waits until none of these threads is on the list any more, whoever joins them.
    #[track_caller]
    pub(crate) fn wait_for_joins(&self, threads: &BTreeSet<ThreadId>) {
        let mut books = self.books.lock();
        self.news.wait_while(&mut books, |books| !books.dismissed.is_disjoint(threads));
    }
}
