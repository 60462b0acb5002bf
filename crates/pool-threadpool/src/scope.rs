//! Jobs that borrow from their caller's stack.
//!
//! # Invariant
//!
//! A job of a scope may borrow what lives for `'scope`, which is longer than the call of
//! [`ThreadPool::scope`]. Its type says less than that once it is in the queue, so the call must not
//! end, by returning or by unwinding, before nothing of any of its jobs is left. The core counts them:
//! a job is pending from before it enters the queue until after it was dropped, run or not.

use std::fmt;
use std::marker::PhantomData;
use std::panic::resume_unwind;
use std::sync::Arc;

use sync_core::panic::{catch, without_unwinding};
use sync_core::time::Deadline;

use crate::core::{Core, JobId, Owner, ScopeId};
use crate::handle::{JobHandle, pair};
use crate::pool::ThreadPool;
use crate::task::{FireAndForget, Task};

/// Takes jobs that may borrow; see [`ThreadPool::scope`].
pub struct Scope<'scope, 'env: 'scope> {
    core: Arc<Core>,
    id: ScopeId,
    /// Invariant, like the scopes of the standard library: neither lifetime may be shortened.
    scope: PhantomData<&'scope mut &'scope ()>,
    env: PhantomData<&'env mut &'env ()>,
}

impl ThreadPool {
    /// Runs jobs that may borrow from the caller's stack, and returns when all of them have ended.
    ///
    /// Each job runs, whatever happens: one that a full or closed pool does not take is run by the
    /// submitting thread, and a shutdown cancels none. A job may submit more jobs to its scope.
    ///
    /// A scope may be opened within a job. While it waits for its end, the thread runs jobs of the
    /// scope that have not started, those and no foreign ones.
    ///
    /// # Panics
    ///
    /// With the panic of `f`; or, when all jobs have ended, with the first panic of one that has no
    /// handle.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = pool_threadpool::ThreadPool::new(2);
    /// let mut data: Vec<u32> = (0..1000).rev().collect();
    /// pool.scope(|s| {
    ///     for chunk in data.chunks_mut(100) {
    ///         s.execute(move || chunk.sort());
    ///     }
    /// });
    /// assert!(data.chunks(100).all(|chunk| chunk.is_sorted()));
    /// ```
    ///
    /// What ends within the scope's closure cannot be borrowed, since jobs may outlive the closure:
    ///
    /// ```compile_fail,E0373
    /// let pool = pool_threadpool::ThreadPool::new(1);
    /// pool.scope(|s| {
    ///     let inside = 5;
    ///     s.execute(|| assert_eq!(inside, 5));
    /// });
    /// ```
    ///
    /// nor can the scope be taken out, nor what its jobs borrow be changed meanwhile:
    ///
    /// ```compile_fail,E0521
    /// let pool = pool_threadpool::ThreadPool::new(1);
    /// let mut smuggled = None;
    /// pool.scope(|s| smuggled = Some(s));
    /// ```
    ///
    /// ```compile_fail,E0499
    /// let pool = pool_threadpool::ThreadPool::new(1);
    /// let mut number = 0;
    /// pool.scope(|s| {
    ///     s.execute(|| number += 1);
    ///     s.execute(|| number += 1);
    /// });
    /// ```
    ///
    /// and jobs without a scope borrow nothing:
    ///
    /// ```compile_fail,E0597
    /// let pool = pool_threadpool::ThreadPool::new(1);
    /// let number = 5;
    /// let borrowed = &number;
    /// pool.execute(move || assert_eq!(*borrowed, 5)).unwrap();
    /// ```
    #[track_caller]
    pub fn scope<'env, R>(
        &self,
        f: impl for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> R,
    ) -> R {
        let id = self.core.open_scope();
        let scope = Scope { core: self.core.clone(), id, scope: PhantomData, env: PhantomData };
        let result = catch(|| f(&scope));
        // Here the jobs' borrows end, so nothing may get past it before the jobs have.
        let panicked = without_unwinding(|| self.core.close_scope(id));
        match (result, panicked) {
            (Ok(value), None) => value,
            (Ok(_), Some(panicked)) => resume_unwind(panicked.into_panic()),
            (Err(own), jobs) => {
                jobs.into_iter().for_each(|panicked| self.core.report(panicked));
                resume_unwind(own.into_panic())
            }
        }
    }
}

impl<'scope> Scope<'scope, '_> {
    /// Takes a job that nobody waits for but the scope. The first panic of one comes out of
    /// [`ThreadPool::scope`], the others go to the [`on_panic`](crate::Builder::on_panic) hook.
    #[track_caller]
    pub fn execute(&'scope self, job: impl FnOnce() + Send + 'scope) {
        self.put(Box::new(FireAndForget(job)));
    }

    /// Takes a job and returns the handle on its result.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = pool_threadpool::ThreadPool::new(2);
    /// let numbers = [1, 2, 3, 4];
    /// let (left, right) = numbers.split_at(2);
    /// let sum = pool.scope(|s| {
    ///     let left = s.submit(|| left.iter().sum::<i32>());
    ///     let right = s.submit(|| right.iter().sum::<i32>());
    ///     left.join().unwrap() + right.join().unwrap()
    /// });
    /// assert_eq!(sum, 10);
    /// ```
    ///
    /// A result that borrows from the scope stays there:
    ///
    /// ```compile_fail
    /// let pool = pool_threadpool::ThreadPool::new(1);
    /// let handle = pool.scope(|s| s.submit(move || s));
    /// ```
    #[track_caller]
    pub fn submit<T: Send + 'scope>(
        &'scope self,
        job: impl FnOnce() -> T + Send + 'scope,
    ) -> JobHandle<T> {
        let (task, handle) = pair(self.core.clone(), job);
        handle.numbered(self.put(task))
    }

    #[track_caller]
    fn put(&'scope self, task: Box<dyn Task + 'scope>) -> JobId {
        // SAFETY: the lifetime is all that changes. The core drops the task before it counts it as
        // ended, and `ThreadPool::scope` leaves its frame, and so `'scope`, when all are counted. It
        // has not left yet, because `self` is borrowed for `'scope`.
        let task = unsafe { std::mem::transmute::<Box<dyn Task + 'scope>, Box<dyn Task>>(task) };
        let owner = Owner::Scope(self.id);
        match self.core.admit(owner, self.core.settings().when_full, Deadline::NEVER) {
            Ok(place) => place.put(task),
            Err(reason) => unreachable!("a scope's job is never refused: {reason}"),
        }
    }
}

impl fmt::Debug for Scope<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").field("id", &self.id).finish_non_exhaustive()
    }
}
