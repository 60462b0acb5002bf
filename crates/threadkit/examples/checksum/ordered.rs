//! Many jobs on a pool at once, their results one after the other.

use std::collections::VecDeque;

use threadkit::{JobError, JobHandle, ThreadPool};

/// How many jobs may be under way or wait for their turn to be reported.
const WINDOW: usize = 1024;

/// Runs the jobs on the pool and reports each result in the order of the jobs.
///
/// A job that panics is an error in its place. The memory needed does not grow with the number of
/// jobs. Stops early if `report` fails.
pub(crate) fn run<K, T: Send + 'static, F: FnOnce() -> T + Send + 'static, E>(
    pool: &ThreadPool,
    jobs: impl IntoIterator<Item = (K, F)>,
    mut report: impl FnMut(K, Result<T, JobError>) -> Result<(), E>,
) -> Result<(), E> {
    let mut under_way: VecDeque<(K, JobHandle<T>)> = VecDeque::new();
    for (key, job) in jobs {
        if under_way.len() == WINDOW
            && let Some((key, handle)) = under_way.pop_front()
        {
            report(key, handle.join())?;
        }
        under_way.push_back((key, pool.submit(job)));
    }
    under_way.into_iter().try_for_each(|(key, handle)| report(key, handle.join()))
}
