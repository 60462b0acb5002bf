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
    fn map(&self, items: Range<u64>, f: fn(u64) -> u64) -> Vec<u64>;
}

impl Maps for pool_threadpool::ThreadPool {
    fn map(&self, items: Range<u64>, f: fn(u64) -> u64) -> Vec<u64> {
        self.map(items, f).collect()
    }
}

impl Maps for rayon::ThreadPool {
    fn map(&self, items: Range<u64>, f: fn(u64) -> u64) -> Vec<u64> {
        self.install(|| items.into_par_iter().map(f).collect())
    }
}

/// A function, and what it makes of an item.
#[derive(Debug, Clone, Copy)]
struct Function {
    apply: fn(u64) -> u64,
    expected: fn(u64) -> u64,
}

const TINY: Function = Function { apply: square, expected: square };
/// The n-th item costs the n-th part of the first.
const SKEWED: Function = Function { apply: successor, expected: |item| item + 1 };

fn square(item: u64) -> u64 {
    item.wrapping_mul(item)
}

fn successor(item: u64) -> u64 {
    let steps = 200_000 / (item + 1) + 50;
    work(u32::try_from(steps).expect("a short work"));
    item + 1
}

pub(super) fn rows() -> Vec<Row> {
    let row = |workload: &str, items, function, budget| {
        let maps = contenders!(
            pool_threadpool::ThreadPool, rayon::ThreadPool;
            P => move |effort| mapped::<P>(effort, items, function)
        );
        Row::new(AREA, workload, Unit::MILLIS, Kind::Parallel, maps).budget(budget)
    };
    vec![
        row("map over 10 000 skewed items", 10_000, SKEWED, 0.9).fixed(40),
        row("map over 400 000 tiny items", 400_000, TINY, 1.1).fixed(1_500).few_rounds(),
    ]
}

fn mapped<P: Maps>(effort: Effort, items: u64, function: Function) -> Sample {
    let pool = P::new(workers());
    let mut millis = Vec::new();
    repeat(effort.time, || {
        let start = Instant::now();
        let mapped = pool.map(0..items, function.apply);
        millis.push(nanos_of(start.elapsed()) / 1e6);
        let expected = (0..items).map(function.expected);
        assert!(mapped.into_iter().eq(expected), "results are wrong");
    });
    Sample::new(median(&mut millis))
}
