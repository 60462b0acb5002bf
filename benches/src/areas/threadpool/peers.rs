//! The pools, ours and the peers', behind the traits.

use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::Sender;

use super::{Latch, Pool, Results};
use crate::row::OURS;

impl Pool for pool_threadpool::ThreadPool {
    const NAME: &'static str = OURS;

    fn new(workers: usize) -> Self {
        Self::new(workers)
    }

    #[inline]
    fn execute(&self, job: impl FnOnce() + Send + 'static) {
        assert!(self.execute(job).is_ok(), "the pool is open");
    }

    fn wait(&self, _latch: &Latch) {
        self.wait().expect("there are workers");
    }
}

impl Results for pool_threadpool::ThreadPool {
    type Handle<T: Send + 'static> = pool_threadpool::JobHandle<T>;

    #[inline]
    fn submit<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Self::Handle<T> {
        self.submit(job)
    }

    fn join<T: Send + 'static>(&self, handle: Self::Handle<T>) -> T {
        handle.join().expect("nobody panics")
    }
}

impl Pool for rayon::ThreadPool {
    const NAME: &'static str = "rayon";

    fn new(workers: usize) -> Self {
        let builder = rayon::ThreadPoolBuilder::new().num_threads(workers);
        builder.build().expect("threads can be had")
    }

    #[inline]
    fn execute(&self, job: impl FnOnce() + Send + 'static) {
        self.spawn(job);
    }
}

impl Pool for threadpool::ThreadPool {
    const NAME: &'static str = "threadpool";

    fn new(workers: usize) -> Self {
        Self::new(workers)
    }

    #[inline]
    fn execute(&self, job: impl FnOnce() + Send + 'static) {
        self.execute(job);
    }

    fn wait(&self, _latch: &Latch) {
        self.join();
    }
}

/// Its `join` is not used: it may return while a worker has a job in hand that it took a moment ago.
impl Pool for rusty_pool::ThreadPool {
    const NAME: &'static str = "rusty_pool";

    fn new(workers: usize) -> Self {
        let pool = Self::new(workers, workers, Duration::from_secs(60));
        pool.start_core_threads();
        pool
    }

    #[inline]
    fn execute(&self, job: impl FnOnce() + Send + 'static) {
        self.execute(job);
    }
}

impl Results for rusty_pool::ThreadPool {
    type Handle<T: Send + 'static> = rusty_pool::JoinHandle<T>;

    #[inline]
    fn submit<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Self::Handle<T> {
        self.evaluate(job)
    }

    fn join<T: Send + 'static>(&self, handle: Self::Handle<T>) -> T {
        handle.await_complete()
    }
}

impl Pool for threadfin::ThreadPool {
    const NAME: &'static str = "threadfin";

    fn new(workers: usize) -> Self {
        threadfin::builder().size(workers).build()
    }

    #[inline]
    fn execute(&self, job: impl FnOnce() + Send + 'static) {
        drop(self.execute(job));
    }
}

impl Results for threadfin::ThreadPool {
    type Handle<T: Send + 'static> = threadfin::Task<T>;

    #[inline]
    fn submit<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Self::Handle<T> {
        self.execute(job)
    }

    fn join<T: Send + 'static>(&self, handle: Self::Handle<T>) -> T {
        handle.join()
    }
}

/// `spawn_blocking` of a runtime with as many blocking threads as workers are asked for.
#[derive(Debug)]
pub(crate) struct Tokio(tokio::runtime::Runtime);

impl Pool for Tokio {
    const NAME: &'static str = "tokio spawn_blocking";

    fn new(workers: usize) -> Self {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(1).max_blocking_threads(workers);
        Self(builder.build().expect("threads can be had"))
    }

    #[inline]
    fn execute(&self, job: impl FnOnce() + Send + 'static) {
        drop(self.0.spawn_blocking(job));
    }
}

impl Results for Tokio {
    type Handle<T: Send + 'static> = tokio::task::JoinHandle<T>;

    #[inline]
    fn submit<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Self::Handle<T> {
        self.0.spawn_blocking(job)
    }

    fn join<T: Send + 'static>(&self, handle: Self::Handle<T>) -> T {
        self.0.block_on(handle).expect("nobody panics")
    }
}

/// What one writes by hand: boxed closures through a channel.
#[derive(Debug)]
pub(crate) struct ChannelOfBoxes {
    jobs: Option<Sender<Box<dyn FnOnce() + Send>>>,
    workers: Vec<JoinHandle<()>>,
}

impl Pool for ChannelOfBoxes {
    const NAME: &'static str = "channel of boxes";

    fn new(workers: usize) -> Self {
        let (sender, receiver) = crossbeam_channel::unbounded::<Box<dyn FnOnce() + Send>>();
        let worker = |_| {
            let receiver = receiver.clone();
            std::thread::spawn(move || receiver.iter().for_each(|job| job()))
        };
        Self { jobs: Some(sender), workers: (0..workers).map(worker).collect() }
    }

    #[inline]
    fn execute(&self, job: impl FnOnce() + Send + 'static) {
        let jobs = self.jobs.as_ref().expect("the pool is open");
        assert!(jobs.send(Box::new(job)).is_ok(), "the workers are there");
    }
}

impl Drop for ChannelOfBoxes {
    fn drop(&mut self) {
        self.jobs = None;
        for worker in self.workers.drain(..) {
            worker.join().expect("nobody panics");
        }
    }
}
