//! The pool's books: what is queued, who runs what on whose behalf, and who waits for whom.
//!
//! They know no lock and wake nobody; [`Core`](super::Core) does.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use sync_core::panic::Panicked;
use sync_core::thread::{ThreadId, current_id};

use crate::report::Stats;
use crate::request::RequestId;
use crate::task::{Answer, Task};

/// Jobs are numbered in the order in which the pool took them.
pub(crate) type JobId = u64;

/// Scopes are numbered in the order in which they were opened.
pub(crate) type ScopeId = u64;

/// On whose behalf a job runs, besides its handle.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    Nobody,
    /// A request, which wants to be answered.
    Request(RequestId),
    /// A scope, which does not end before the job has.
    Scope(ScopeId),
}

/// A job on its way to a thread.
pub(crate) struct Entry {
    pub(super) id: JobId,
    pub(super) owner: Owner,
    pub(super) task: Box<dyn Task>,
}

/// What a thread is to the pool.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Duty {
    /// No worker: it runs a job that it has submitted.
    #[default]
    Guest,
    /// A worker that is about to take its first job, unless its start hook fails.
    Starting,
    /// A worker that takes a job, or waits for one.
    Free,
    /// A worker that runs a job, or a hook because of one.
    Busy,
    /// Had nothing to do for long, and is about to leave until it is needed.
    Resting,
    /// Could not be started again, and is about to leave, until another attempt.
    Failed,
    /// Was dismissed, and is about to leave.
    Leaving,
}

impl Duty {
    fn is_workers(self) -> bool {
        self != Self::Guest
    }

    /// Goes on taking jobs.
    fn is_active(self) -> bool {
        matches!(self, Self::Starting | Self::Free | Self::Busy)
    }

    /// Will be at rest when it has left.
    fn is_to_return(self) -> bool {
        matches!(self, Self::Resting | Self::Failed)
    }
}

/// A thread that the pool knows.
#[derive(Default)]
pub(super) struct Member {
    duty: Duty,
    /// The jobs it runs. Each one waits for the next, which it has started by joining it.
    jobs: Vec<(JobId, Owner)>,
    /// The job of another thread that its last one waits for.
    pub(super) joining: Option<JobId>,
}

/// A scope that has not ended.
pub(super) struct OpenScope {
    /// The job that opened it, and cannot end before it.
    job: Option<JobId>,
    /// How many of its jobs are queued or running.
    pub(super) pending: usize,
    /// The first panic of a job without a handle.
    pub(super) panicked: Option<Panicked>,
}

#[derive(Default)]
pub(super) struct Books {
    pub(super) queue: VecDeque<Entry>,
    /// No more jobs are taken, and workers end when the queue is empty.
    pub(super) closed: bool,
    /// The pool has no owner any more: who ends a request answers it.
    pub(super) orphaned: bool,
    pub(super) members: BTreeMap<ThreadId, Member>,
    /// How many workers have left to rest, and are started again when there is work for them. One that
    /// had started was there when they went.
    resting: usize,
    /// How many workers are still to be dismissed: the first that are free. Never more than there are.
    pub(super) dismissals: usize,
    /// The threads of dismissed workers, until somebody joins them.
    pub(super) dismissed: BTreeSet<ThreadId>,
    pub(super) scopes: BTreeMap<ScopeId, OpenScope>,
    next_scope: ScopeId,
    /// Requests whose callback has not begun.
    pub(super) requests: BTreeSet<RequestId>,
    /// Callbacks of requests that have ended, in order of their ends.
    pub(super) answers: VecDeque<(RequestId, Answer)>,
    /// Who runs callbacks; a thread that does so within a callback is there twice.
    pub(super) answering: Vec<ThreadId>,
    /// How many threads that run no job of this pool wait for one of them.
    pub(super) joiners: usize,
    running: usize,
    next_worker: usize,
    /// The next job's number, so also how many were taken.
    next: JobId,
    pub(super) completed: u64,
    pub(super) panicked: u64,
    pub(super) cancelled: u64,
    pub(super) rejected: u64,
}

impl Books {
    /// Nothing is queued or running, and each request's callback has at least begun.
    pub(super) fn is_quiet(&self) -> bool {
        let looks_at_running = !sync_core::mutant!("pool-wait-ignores-the-running");
        let looks_at_answers = !sync_core::mutant!("pool-wait-ignores-answers-on-their-way");
        self.queue.is_empty()
            && (self.running == 0 || !looks_at_running)
            && (self.requests.is_empty() || !looks_at_answers)
    }

    /// Nobody is there to take a job, or busy, so what is queued stays there.
    pub(super) fn is_stranded(&self) -> bool {
        self.running == 0 && self.active() == 0
    }

    /// How many workers go on taking jobs.
    pub(super) fn active(&self) -> usize {
        let going = if sync_core::mutant!("pool-dismissed-worker-is-still-counted") {
            0
        } else {
            self.dismissals
        };
        self.count(Duty::is_active) - going
    }

    fn count(&self, which: impl Fn(Duty) -> bool) -> usize {
        self.members.values().filter(|member| which(member.duty)).count()
    }

    pub(super) fn has_workers(&self) -> bool {
        self.members.values().any(|member| member.duty.is_workers())
    }

    /// Tells whether somebody who was dismissed has not left.
    pub(super) fn has_leavers(&self) -> bool {
        self.members.values().any(|member| member.duty == Duty::Leaving)
    }

    /// Enters what the calling worker does now.
    pub(super) fn set_duty(&mut self, duty: Duty) {
        if let Some(member) = self.members.get_mut(&current_id()) {
            member.duty = duty;
        }
    }

    /// Tells whether a worker at rest is needed: who is free is less than what is queued.
    pub(super) fn wants_one_more(&self) -> bool {
        let free = self.count(|duty| matches!(duty, Duty::Free | Duty::Starting));
        self.resting > 0 && free.saturating_sub(self.dismissals) < self.queue.len()
    }

    /// Enters a worker that was at rest and is about to start again; `None` if the pool is closed.
    pub(super) fn return_from_rest(&mut self, worker: ThreadId) -> Option<usize> {
        let index = self.enter(worker)?;
        self.resting -= 1;
        Some(index)
    }

    /// Sends the calling worker to rest, if another one stays that has started; tells whether it is to
    /// go.
    pub(super) fn rest(&mut self) -> bool {
        let has_started = |duty| {
            matches!(duty, Duty::Free | Duty::Busy)
                || (duty == Duty::Starting && sync_core::mutant!("pool-counts-on-who-starts"))
        };
        let started = self.count(has_started);
        let goes = started.saturating_sub(self.dismissals) > 1
            || sync_core::mutant!("pool-everybody-rests");
        if goes {
            self.set_duty(Duty::Resting);
        }
        goes
    }

    /// Notes that a worker could not be started again. If some are to be dismissed, it is one of them.
    pub(super) fn fail(&mut self, worker: ThreadId) {
        let duty = if self.dismissals > 0 { Duty::Leaving } else { Duty::Failed };
        self.dismissals -= usize::from(duty == Duty::Leaving);
        if let Some(member) = self.members.get_mut(&worker) {
            member.duty = duty;
        }
    }

    /// Takes a worker out; tells whether it is one that went to rest.
    pub(super) fn leave(&mut self, worker: ThreadId) -> bool {
        let duty = self.members.remove(&worker).map_or(Duty::Guest, |member| member.duty);
        self.resting += usize::from(duty.is_to_return());
        // Should one leave for another reason, those who are left may be fewer than were to go.
        self.dismissals = self.dismissals.min(self.count(Duty::is_active));
        duty == Duty::Resting
    }

    /// Enters that so many workers are to go, or all if there are fewer; returns how many. Those at rest,
    /// and those about to be, are the first.
    pub(super) fn dismiss(&mut self, count: usize) -> usize {
        let at_rest = count.min(self.resting);
        self.resting -= at_rest;
        let mut dismissed = at_rest;
        let to_return = self.members.values_mut().filter(|member| member.duty.is_to_return());
        for member in to_return.take(count - dismissed) {
            member.duty = Duty::Leaving;
            dismissed += 1;
        }
        let more = (count - dismissed).min(self.active());
        self.dismissals += more;
        dismissed + more
    }

    /// Takes the calling worker for one of those to be dismissed.
    pub(super) fn dismiss_me(&mut self) {
        self.dismissals -= 1;
        self.dismissed.insert(current_id());
        self.set_duty(Duty::Leaving);
    }

    /// Tells whether this thread is a worker or runs a job, so that the pool's end waits for it.
    pub(super) fn belongs(&self, thread: ThreadId) -> bool {
        self.members.contains_key(&thread)
    }

    /// Enters a thread among the workers and numbers it; `None` if the pool is closed.
    pub(super) fn enter(&mut self, worker: ThreadId) -> Option<usize> {
        if self.closed {
            return None;
        }
        self.members.entry(worker).or_default().duty = Duty::Starting;
        let index = self.next_worker;
        self.next_worker += 1;
        Some(index)
    }

    /// Numbers a new job and counts it among its owner's.
    pub(super) fn number(&mut self, owner: Owner) -> JobId {
        match owner {
            Owner::Nobody => {}
            Owner::Request(request) => _ = self.requests.insert(request),
            Owner::Scope(scope) => {
                if let Some(scope) = self.scopes.get_mut(&scope) {
                    scope.pending += 1;
                }
            }
        }
        let id = self.next;
        self.next += 1;
        id
    }

    /// Enters a job as running on the calling thread.
    pub(super) fn begin(&mut self, id: JobId, owner: Owner) {
        let member = self.members.entry(current_id()).or_default();
        member.jobs.push((id, owner));
        // In its start hook, a worker may run a job and fail all the same.
        if member.duty == Duty::Free {
            member.duty = Duty::Busy;
        }
        self.running += 1;
    }

    /// Takes the job that the calling thread began last off the books.
    pub(super) fn end(&mut self) {
        let me = current_id();
        if let Some(member) = self.members.get_mut(&me) {
            member.jobs.pop();
            if member.duty == Duty::Guest && member.jobs.is_empty() {
                self.members.remove(&me);
            }
        }
        self.running -= 1;
    }

    /// Moves the job at that place of the queue to those that run on the calling thread.
    pub(super) fn start(&mut self, place: usize) -> Option<Entry> {
        let entry = self.queue.remove(place)?;
        self.begin(entry.id, entry.owner);
        Some(entry)
    }

    /// Where in the queue a job is; the queue is in order of numbers.
    pub(super) fn place_of(&self, id: JobId) -> Option<usize> {
        self.queue.binary_search_by_key(&id, |entry| entry.id).ok()
    }

    /// Takes a job that has ended off what its owner waits for.
    pub(super) fn forget(&mut self, owner: Owner) {
        match owner {
            Owner::Nobody => {}
            Owner::Request(request) => _ = self.requests.remove(&request),
            Owner::Scope(scope) => {
                if let Some(scope) = self.scopes.get_mut(&scope) {
                    scope.pending -= 1;
                }
            }
        }
    }

    /// As [`forget`](Self::forget), for a job that panicked; the panic comes back if its owner has no
    /// use for it.
    pub(super) fn claim(&mut self, owner: Owner, panicked: Panicked) -> Option<Panicked> {
        self.forget(owner);
        let Owner::Scope(scope) = owner else { return Some(panicked) };
        match self.scopes.get_mut(&scope) {
            Some(scope) if scope.panicked.is_none() => {
                scope.panicked = Some(panicked);
                None
            }
            _ => Some(panicked),
        }
    }

    /// Something has happened that somebody may be waiting for.
    pub(super) fn is_news(&self) -> bool {
        self.is_quiet()
            || !self.answers.is_empty()
            || self.scopes.values().any(|scope| scope.pending == 0)
            || self.is_stranded()
    }

    /// Wakes who waits for a queued job from outside, if nobody else is going to run it.
    pub(super) fn nudge_joiners(&self) {
        if self.joiners > 0 && self.is_stranded() && !sync_core::mutant!("pool-joiners-sleep-on") {
            self.queue.iter().for_each(|entry| entry.task.nudge());
        }
    }

    /// A job that is no scope's is queued, so that nobody has promised to run it.
    pub(super) fn has_orphans(&self) -> bool {
        self.queue.iter().any(|entry| !matches!(entry.owner, Owner::Scope(_)))
    }

    pub(super) fn open_scope(&mut self) -> ScopeId {
        let here = self.members.get(&current_id()).and_then(|member| member.jobs.last());
        let scope = OpenScope { job: here.map(|&(id, _)| id), pending: 0, panicked: None };
        let id = self.next_scope;
        self.next_scope += 1;
        self.scopes.insert(id, scope);
        id
    }

    /// Tells whether a job cannot end before the calling thread goes on, so that waiting for it would
    /// never end.
    pub(super) fn waits_for_me(&self, job: JobId) -> bool {
        self.waits_for(job, current_id(), &mut BTreeSet::new())
    }

    /// Follows what a job waits for: the next job on its thread; if it is the last there, the one it
    /// joins; and all jobs of scopes that it has opened, from the moment it opens them. No such edge
    /// appears later than the join that would close a circle, so each circle is seen.
    fn waits_for(&self, job: JobId, waiter: ThreadId, seen: &mut BTreeSet<JobId>) -> bool {
        let at = |member: &Member| member.jobs.iter().position(|&(id, _)| id == job);
        let found = self.members.iter().find_map(|(&id, it)| at(it).map(|place| (id, it, place)));
        let Some((thread, member, place)) = found else {
            return false;
        };
        if thread == waiter {
            return true;
        }
        if !seen.insert(job) {
            return false;
        }
        let above = member.jobs.get(place + 1).map(|&(id, _)| id).or(member.joining);
        if above.is_some_and(|next| self.waits_for(next, waiter, seen)) {
            return true;
        }
        let scopes = self.scopes.iter().filter(|(_, scope)| scope.job == Some(job));
        let jobs = scopes.flat_map(|(&scope, _)| self.running_in(Owner::Scope(scope)));
        jobs.collect::<Vec<_>>().into_iter().any(|id| self.waits_for(id, waiter, seen))
    }

    fn running_in(&self, owner: Owner) -> impl Iterator<Item = JobId> {
        let jobs = self.members.values().flat_map(|member| &member.jobs);
        jobs.filter(move |&&(_, other)| other == owner).map(|&(id, _)| id)
    }

    pub(super) fn stats(&self) -> Stats {
        Stats {
            workers: self.count(Duty::is_workers),
            submitted: self.next,
            queued: self.queue.len() as u64,
            running: self.running as u64,
            completed: self.completed,
            panicked: self.panicked,
            cancelled: self.cancelled,
            rejected: self.rejected,
            unanswered: self.answers.len() as u64,
        }
    }
}
