//! The workers' threads: started, at rest for want of work, started again, joined.

use std::io;
use std::mem::take;
use std::sync::Arc;

use sync_core::thread::{self, ThreadId, current_id};
use sync_core::time::Deadline;
use sync_lock::LockGuard;

use crate::builder::{BuildError, Starts};

use super::Core;
use super::books::Books;

/// A worker that is on the books and whose thread is still to be started.
#[must_use = "nobody else starts it"]
pub(super) struct Recruit {
    os: thread::Builder,
    index: usize,
}

impl Core {
    /// Starts one more worker.
    pub(crate) fn add_worker(
        self: &Arc<Self>,
        starts: Option<Arc<Starts>>,
    ) -> Result<(), BuildError> {
        let os = thread::Builder::new();
        let index = self.books.lock().enter(os.id()).ok_or(BuildError::ShutDown)?;
        let worker = os.id();
        self.start(Recruit { os, index }, starts).map_err(|error| {
            self.leave(worker);
            BuildError::Spawn(error)
        })
    }

    fn start(self: &Arc<Self>, recruit: Recruit, starts: Option<Arc<Starts>>) -> io::Result<()> {
        let Recruit { os, index } = recruit;
        let name = format!("{}-{index}", self.settings.name);
        let core = self.clone();
        // Locked from before it starts, so that nobody who sees it leave misses its handle.
        let mut threads = self.threads.lock();
        let body = move || (core.body)(&core, index, starts);
        threads.push(os.name(name).stack_size(self.settings.stack_size).spawn(body)?);
        Ok(())
    }

    /// Puts a worker that was at rest on the books again if those who are free are too few for what is
    /// queued.
    pub(super) fn recruit(books: &mut Books) -> Option<Recruit> {
        if !books.wants_one_more() || sync_core::mutant!("pool-rests-for-ever") {
            return None;
        }
        let os = thread::Builder::new();
        let index = books.return_from_rest(os.id())?;
        Some(Recruit { os, index })
    }

    /// Starts a worker again. Should the operating system refuse, those that are there do the work, and
    /// the next job is another chance.
    pub(super) fn start_again(self: &Arc<Self>, recruit: Recruit) {
        let worker = recruit.os.id();
        if self.start(recruit, None).is_err() {
            self.books.lock().fail(worker);
            self.leave(worker);
        }
    }

    /// Notes that the calling worker's start hook has failed when it was started again; the next job is
    /// another chance.
    pub(crate) fn fail_to_start_again(&self) {
        self.books.lock().fail(current_id());
        self.let_go_of_me();
    }

    /// Waits until there is something to do for the calling worker; `false` if there was nothing for so
    /// long that it is to rest, while another one stays.
    #[track_caller]
    pub(super) fn wait_for_work(&self, books: &mut LockGuard<'_, Books>) -> bool {
        let idle = |books: &Books| books.queue.is_empty() && !books.closed && books.dismissals == 0;
        let Some(keep_alive) = self.settings.keep_alive.filter(|_| idle(books)) else {
            self.work.wait_while(books, idle);
            return true;
        };
        let waits = !keep_alive.is_zero();
        if waits && self.work.wait_while_deadline(books, idle, Deadline::after(keep_alive)) {
            return true;
        }
        if books.rest() {
            return false;
        }
        self.work.wait_while(books, idle);
        true
    }

    /// Lets go of the calling worker's thread, so that threads which come and go leave nothing behind.
    pub(super) fn let_go_of_me(&self) {
        self.threads.lock().retain(|thread| thread.id() != current_id());
    }

    /// Hands out the threads of all workers, to be joined.
    pub(crate) fn take_threads(&self) -> Vec<thread::JoinHandle<()>> {
        take(&mut *self.threads.lock())
    }

    /// Hands out some of the threads, to be joined.
    pub(crate) fn take_threads_if(
        &self,
        wanted: impl Fn(ThreadId) -> bool,
    ) -> Vec<thread::JoinHandle<()>> {
        self.threads.lock().extract_if(.., |thread| wanted(thread.id())).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::ThreadPool;

    #[test]
    fn threads_that_come_and_go_leave_nothing_behind() {
        let pool = ThreadPool::builder().workers(3).keep_alive(Duration::ZERO).build().unwrap();
        for _ in 0..50 {
            pool.scope(|scope| (0..3).for_each(|_| scope.execute(|| ())));
            while pool.stats().workers > 1 {
                std::thread::yield_now();
            }
        }
        assert_eq!(pool.core.threads.lock().len(), 1);
    }

    #[test]
    fn workers_that_fail_to_start_leave_nothing_behind() {
        let pool = ThreadPool::builder().workers(1);
        let pool = pool.on_start(|number| if number < 1 { Ok(()) } else { Err("no more") });
        let pool = pool.build().unwrap();
        for _ in 0..10 {
            pool.create_workers(2).unwrap_err();
        }
        assert_eq!(pool.core.threads.lock().len(), 1);
    }
}
