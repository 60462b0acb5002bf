//! One function over many items, in order.

use std::ops::Range;
use std::time::Instant;

use rayon::prelude::*;

use super::{AREA, Pool, workers};
use crate::areas::contenders;
use crate::clock::{median, nanos_of, repeat};
use crate::row::{Effort, Kind, Row, Sample, Unit};
use crate::work::work;

/// Applies a function to numbers on the pool and keeps the order.
pub(crate) trait Maps: Pool {
    fn map(&self, items: Range<u64>, f: impl Function) -> Vec<u64>;
}

/// A type of its own for each function, so that who can makes it part of a loop.
pub(crate) trait Function: Fn(u64) -> u64 + Copy + Send + Sync + 'static {}

impl<F: Fn(u64) -> u64 + Copy + Send + Sync + 'static> Function for F {}

impl Maps for pool_threadpool::ThreadPool {
    fn map(&self, items: Range<u64>, f: impl Function) -> Vec<u64> {
        self.map(items, f).collect()
    }
}

impl Maps for rayon::ThreadPool {
    fn map(&self, items: Range<u64>, f: impl Function) -> Vec<u64> {
        self.install(|| items.into_par_iter().map(f).collect())
    }
}

fn square(item: u64) -> u64 {
    item.wrapping_mul(item)
}

/// The n-th item costs the n-th part of the first.
fn slow_successor(item: u64) -> u64 {
    let steps = 200_000 / (item + 1) + 50;
    work(u32::try_from(steps).expect("a short work"));
    successor(item)
}

fn successor(item: u64) -> u64 {
    item + 1
}

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("map over 10 000 skewed items", 10_000, slow_successor, successor)
            .budget(0.9)
            .fixed(40),
        row("map over 400 000 tiny items", 400_000, square, square)
            .budget(1.1)
            .fixed(1_500)
            .few_rounds(),
    ]
}

/// `expected` makes the same of an item as `f`, and sooner.
fn row(workload: &str, items: u64, f: impl Function, expected: impl Function) -> Row {
    let maps = contenders!(
        pool_threadpool::ThreadPool, rayon::ThreadPool;
        P => move |effort| mapped::<P>(effort, items, f, expected)
    );
    Row::new(AREA, workload, Unit::MILLIS, Kind::Parallel, maps)
}

/// The first call warms up, unless it is the only one that there is time for.
fn mapped<P: Maps>(
    effort: Effort,
    items: u64,
    f: impl Function,
    expected: impl Function,
) -> Sample {
    let pool = P::new(workers());
    let items = effort.size(items);
    let mut millis = Vec::new();
    repeat(effort.time, || {
        let start = Instant::now();
        let mapped = pool.map(0..items, f);
        millis.push(nanos_of(start.elapsed()) / 1e6);
        assert!(mapped.into_iter().eq((0..items).map(expected)), "results are wrong");
    });
    let warm_up = usize::from(millis.len() > 1);
    Sample::new(median(&mut millis[warm_up..]))
}
