//! What is measured, one area to a file.

pub(crate) mod lock;
pub(crate) mod queue;
pub(crate) mod rlock;
pub(crate) mod scaling;
pub(crate) mod semaphore;
pub(crate) mod threadpool;

use crate::row::Row;

/// All rows of all areas.
pub fn rows() -> Vec<Row> {
    let areas =
        [lock::rows, rlock::rows, semaphore::rows, threadpool::rows, queue::rows, scaling::rows];
    areas.into_iter().flat_map(|rows| rows()).collect()
}

/// Makes a list of contenders, one for each type, all with the same measurement.
macro_rules! contenders {
    ($($contender:ty),+ $(,)?; $name:ident => $sample:expr) => {
        vec![$({
            type $name = $contender;
            $crate::row::Contender::new(<$name>::NAME, $sample)
        }),+]
    };
}
pub(crate) use contenders;
