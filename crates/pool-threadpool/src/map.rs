//! Applying a function to many items on the pool, in order.

use std::collections::VecDeque;
use std::fmt;
use std::iter::FusedIterator;
use std::panic::resume_unwind;
use std::sync::Arc;

use crate::builder::WhenFull;
use crate::error::JobError;
use crate::handle::JobHandle;
use crate::pool::ThreadPool;

impl ThreadPool {
    /// Applies `f` to each item on the workers, and yields the results in the order of the items.
    ///
    /// It is lazy: twice as many items as there are workers are on their way while the iterator is
    /// being driven, so that infinite iterators are fine, and a slow reader slows it down. Items are
    /// drawn on the calling thread, which waits for room if the queue is full, whatever
    /// [`when_full`](crate::Builder::when_full) says.
    ///
    /// A panic of `f` comes out of `next` when its item's turn comes; the items after it are
    /// there afterwards. Dropping the iterator cancels what has not started.
    ///
    /// # Panics
    ///
    /// When driven: with the panic of `f`; and if the pool is shut down, or its queue is full of other
    /// jobs and no worker is left, so that an item is refused or cancelled.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = pool_threadpool::ThreadPool::new(2);
    /// let squares: Vec<u64> = pool.map(1.., |n: u64| n * n).take(5).collect();
    /// assert_eq!(squares, [1, 4, 9, 16, 25]);
    /// ```
    pub fn map<I, F, T>(&self, items: I, f: F) -> Map<'_, I::IntoIter, F, T>
    where
        I: IntoIterator,
        I::Item: Send + 'static,
        F: Fn(I::Item) -> T + Send + Sync + 'static,
        T: Send + 'static,
    {
        Map { pool: self, items: Some(items.into_iter()), f: Arc::new(f), window: VecDeque::new() }
    }
}

/// The results of [`ThreadPool::map`], in order.
#[must_use = "nothing is done before it is iterated"]
pub struct Map<'a, I, F, T> {
    pool: &'a ThreadPool,
    /// None when they have ended.
    items: Option<I>,
    f: Arc<F>,
    /// Jobs on their way, in the order of their items.
    window: VecDeque<JobHandle<T>>,
}

impl<I, F, T> Map<'_, I, F, T>
where
    I: Iterator,
    I::Item: Send + 'static,
    F: Fn(I::Item) -> T + Send + Sync + 'static,
    T: Send + 'static,
{
    /// Submits until enough items are on their way.
    #[track_caller]
    fn fill(&mut self) {
        let width = 2 * self.pool.core.stats().workers.max(1);
        // Without workers it is the calling thread that maps, so what is submitted waits for its turn.
        while self.window.len() < width && (self.window.is_empty() || !self.pool.core.is_stuck()) {
            let Some(items) = &mut self.items else { return };
            match items.next() {
                Some(item) => {
                    let f = self.f.clone();
                    let job = move || f(item);
                    self.window.push_back(self.pool.submit_when(WhenFull::Block, job));
                }
                None => self.items = None,
            }
        }
    }
}

impl<I, F, T> Iterator for Map<'_, I, F, T>
where
    I: Iterator,
    I::Item: Send + 'static,
    F: Fn(I::Item) -> T + Send + Sync + 'static,
    T: Send + 'static,
{
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.fill();
        match self.window.pop_front()?.join() {
            Ok(value) => Some(value),
            Err(JobError::Panicked(panicked)) => resume_unwind(panicked.into_panic()),
            Err(error) => panic!("an item was not mapped: {error}"),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let (least, most) = self.items.as_ref().map_or((0, Some(0)), Iterator::size_hint);
        let more = self.window.len();
        (least.saturating_add(more), most.and_then(|most| most.checked_add(more)))
    }
}

impl<I, F, T> FusedIterator for Map<'_, I, F, T>
where
    I: Iterator,
    I::Item: Send + 'static,
    F: Fn(I::Item) -> T + Send + Sync + 'static,
    T: Send + 'static,
{
}

/// Cancels what has not started; what runs goes on by itself.
impl<I, F, T> Drop for Map<'_, I, F, T> {
    fn drop(&mut self) {
        sync_core::panic::while_dropping(|| {
            // The last first, so that none of them starts because one before it makes room.
            for handle in self.window.drain(..).rev() {
                if !sync_core::mutant!("pool-map-leaves-the-rest") {
                    handle.cancel();
                }
            }
        });
    }
}

impl<I, F, T> fmt::Debug for Map<'_, I, F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Map").field("on_their_way", &self.window.len()).finish_non_exhaustive()
    }
}
