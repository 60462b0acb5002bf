//! What a pool does with requests.

use std::error::Error;
use std::fmt;
use std::panic::resume_unwind;

use sync_core::cell::Exclusive;
use sync_core::panic::catch;
use sync_core::time::{Deadline, Duration};

use crate::builder::WhenFull;
use crate::core::Owner;
use crate::error::{Reason, Rejected};
use crate::pool::ThreadPool;
use crate::request::{Requested, WorkRequest};

/// Requests with callbacks, the Python way.
impl ThreadPool {
    /// Takes a request; if the queue is full, does what [`when_full`](crate::Builder::when_full) says.
    ///
    /// Before it waits for room, or runs the request itself, it calls the callbacks of requests that have
    /// ended, so that a program that puts more than it polls cannot pile up results without end.
    ///
    /// # Errors
    ///
    /// With the request, if the pool is shut down, or the queue is full and jobs are then rejected or
    /// no worker is left; if a request with the same number waits for its callback; if the request was
    /// run before.
    ///
    /// # Panics
    ///
    /// With the panic of a callback, once the request has been taken.
    #[track_caller]
    pub fn put_request<T: Send + 'static>(
        &self,
        request: WorkRequest<T>,
    ) -> Result<(), Rejected<WorkRequest<T>>> {
        self.put(request, self.core.settings().when_full, Deadline::NEVER)
    }

    /// Takes a request if the pool has room for it now; calls no callback.
    ///
    /// # Errors
    ///
    /// With the request, as [`put_request`](Self::put_request), and if the queue is full.
    #[track_caller]
    pub fn try_put_request<T: Send + 'static>(
        &self,
        request: WorkRequest<T>,
    ) -> Result<(), Rejected<WorkRequest<T>>> {
        self.put(request, WhenFull::Reject, Deadline::NEVER)
    }

    /// As [`put_request`](Self::put_request), waiting at most for `timeout` for room; `Duration::MAX`
    /// is for ever. A callback that runs meanwhile is not interrupted.
    ///
    /// # Errors
    ///
    /// With the request, as [`put_request`](Self::put_request), and if the queue was full all the time.
    ///
    /// # Panics
    ///
    /// With the panic of a callback, once the request has been taken.
    #[track_caller]
    pub fn try_put_request_for<T: Send + 'static>(
        &self,
        request: WorkRequest<T>,
        timeout: Duration,
    ) -> Result<(), Rejected<WorkRequest<T>>> {
        self.put(request, WhenFull::Block, Deadline::after(timeout))
    }

    #[track_caller]
    fn put<T: Send + 'static>(
        &self,
        request: WorkRequest<T>,
        when_full: WhenFull,
        deadline: Deadline,
    ) -> Result<(), Rejected<WorkRequest<T>>> {
        let rejected = |request, reason| Rejected { job: Exclusive::new(request), reason };
        if request.is_spent() {
            self.core.count_rejected();
            return Err(rejected(request, Reason::Spent));
        }
        let has_time = when_full != WhenFull::Reject;
        let panicked = has_time.then(|| catch(|| self.make_room(deadline)).err()).flatten();
        let owner = Owner::Request(request.id());
        let task = Box::new(Requested::new(request));
        match (self.core.admit(owner, when_full, deadline), panicked) {
            (Ok(place), None) => _ = place.put(task),
            (Ok(place), Some(panicked)) => {
                place.put(task);
                resume_unwind(panicked.into_panic());
            }
            (Err(reason), panicked) => {
                panicked.into_iter().for_each(|panicked| self.core.report(panicked));
                let request = task.into_inner().expect("it was neither run nor cancelled");
                return Err(rejected(request, reason));
            }
        }
        Ok(())
    }

    /// Calls callbacks until there is room, or none is left. Not from within a callback, where each
    /// one would stand on the stack of the one before.
    fn make_room(&self, deadline: Deadline) {
        while self.core.has_no_room()
            && !self.core.is_answering()
            && !deadline.is_over()
            && self.core.answer_one()
        {}
    }

    /// Calls the callbacks of the requests that have ended, on the calling thread, without waiting for
    /// more; returns how many.
    ///
    /// # Errors
    ///
    /// If no request is on its way or waits for its callback.
    ///
    /// # Panics
    ///
    /// With the panic of a callback. The next call goes on with the callbacks after it.
    ///
    /// # Examples
    ///
    /// ```
    /// use pool_threadpool::{ThreadPool, WorkRequest};
    ///
    /// let pool = ThreadPool::new(1);
    /// assert!(pool.poll().is_err(), "nothing was put");
    /// pool.put_request(WorkRequest::new(|| 6 * 7).callback(|_, answer| assert_eq!(answer, 42)))?;
    /// while pool.poll().is_ok() {
    ///     std::thread::yield_now(); // or something useful
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn poll(&self) -> Result<usize, NoResultsPending> {
        self.core.answer_ready().ok_or(NoResultsPending)
    }
}

/// All requests have been answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoResultsPending;

impl fmt::Display for NoResultsPending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no request is on its way or waits for its callback")
    }
}

impl Error for NoResultsPending {}
