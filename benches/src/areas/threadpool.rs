//! Thread pools: throughput, results, round trips, and what an idle one costs.

mod footprint;
mod latch;
mod map;
mod peers;

use std::thread;

use crate::clock::{mean_per_operation, round_trips};
use crate::row::{Effort, Kind, Row, Sample, Unit};

pub(crate) use latch::Latch;
use peers::{ChannelOfBoxes, Tokio};

/// Runs closures on threads of its own.
pub(crate) trait Pool: Send + Sync {
    const NAME: &'static str;

    fn new(workers: usize) -> Self;

    fn execute(&self, job: impl FnOnce() + Send + 'static);

    /// Returns when all jobs are done. Where the pool has no such call, the latch is waited for.
    fn wait(&self, latch: &Latch) {
        latch.wait();
    }
}

/// A pool whose jobs have results.
pub(crate) trait Results: Pool {
    type Handle<T: Send + 'static>;

    fn submit<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Self::Handle<T>;

    fn join<T: Send + 'static>(&self, handle: Self::Handle<T>) -> T;
}

/// The pools of the budget.
macro_rules! pools {
    ($name:ident => $sample:expr) => {
        crate::areas::contenders!(
            pool_threadpool::ThreadPool,
            rayon::ThreadPool,
            ::threadpool::ThreadPool,
            rusty_pool::ThreadPool,
            threadfin::ThreadPool,
            Tokio,
            ChannelOfBoxes;
            $name => $sample
        )
    };
}
use pools;

/// Those whose jobs have results.
macro_rules! pools_with_results {
    ($name:ident => $sample:expr) => {
        crate::areas::contenders!(
            pool_threadpool::ThreadPool,
            rusty_pool::ThreadPool,
            threadfin::ThreadPool,
            Tokio;
            $name => $sample
        )
    };
}
use pools_with_results;

const AREA: &str = "threadpool";

pub(crate) fn rows() -> Vec<Row> {
    let empty = |producers: usize| {
        let pools = pools!(P => move |effort| empty_closures::<P>(effort, producers));
        let producer = if producers == 1 { "producer" } else { "producers" };
        let workload = format!("execute + wait, {producers} {producer}");
        let row = Row::new(AREA, workload, Unit::NANOS, Kind::Handing, pools);
        row.budget(0.4).duel("rayon", 0.25).weight(3.0)
    };
    let words = pools!(P => closures_of_four_words::<P>);
    let results = pools_with_results!(P => with_results::<P>);
    let trips = pools_with_results!(P => idle_round_trip::<P>);
    let row =
        |workload: &str, kind, contenders| Row::new(AREA, workload, Unit::NANOS, kind, contenders);
    let mut rows = vec![
        empty(1),
        empty(4),
        row("execute + wait, closures of 4 words", Kind::Handing, words).weight(3.0),
        row("submit, then join", Kind::Handing, results).budget(0.5).weight(3.0),
    ];
    rows.extend(map::rows());
    let trip = Row::new(AREA, "idle round trip", Unit::MICROS, Kind::RoundTrip, trips);
    rows.push(trip.budget(0.7).weight(2.0));
    rows.extend(footprint::rows());
    rows
}

/// As many as there are processors.
pub(crate) fn workers() -> usize {
    thread::available_parallelism().map_or(2, usize::from)
}

/// What the jobs count themselves in; a static, so that no pool pays for sharing it.
static LATCH: Latch = Latch::new();

/// Runs numbered jobs and returns when all are done.
pub(crate) fn run_all<P: Pool>(pool: &P, jobs: u64, job: fn(u64)) {
    LATCH.arm(jobs);
    for number in 0..jobs {
        pool.execute(move || {
            job(number);
            LATCH.count(number);
        });
    }
    pool.wait(&LATCH);
    LATCH.check();
}

const BATCH: u64 = 10_000;
/// Threads are started for each batch, so it is large.
const BATCH_OF_MANY: u64 = 100_000;

/// A lost job is a hang, which the lab reports; one that is run twice is counted.
fn empty_closures<P: Pool>(effort: Effort, producers: usize) -> Sample {
    let pool = P::new(workers());
    let batch = if producers == 1 { BATCH } else { BATCH_OF_MANY };
    let nanos = mean_per_operation(effort, batch, |size| {
        LATCH.arm(size);
        let share = size / producers as u64;
        let produce = || (0..share).for_each(|_| pool.execute(|| LATCH.count(0)));
        if producers == 1 {
            produce();
        } else {
            thread::scope(|scope| (0..producers).for_each(|_| drop(scope.spawn(produce))));
        }
        pool.wait(&LATCH);
        LATCH.check_count();
    });
    drop(pool);
    LATCH.check_count();
    Sample::new(nanos)
}

/// What a closure of real life carries: too much for none, little enough to be kept in place.
fn closures_of_four_words<P: Pool>(effort: Effort) -> Sample {
    let pool = P::new(workers());
    Sample::new(mean_per_operation(effort, BATCH, |size| {
        LATCH.arm(size);
        for number in 0..size {
            let words = [number, number, number, number];
            pool.execute(move || LATCH.count(words.iter().sum::<u64>() / 4));
        }
        pool.wait(&LATCH);
        LATCH.check();
    }))
}

fn with_results<P: Results>(effort: Effort) -> Sample {
    let pool = P::new(workers());
    let mut handles = Vec::new();
    Sample::new(mean_per_operation(effort, 1_000, |size| {
        handles.extend((0..size).map(|number| pool.submit(move || number)));
        let sum: u64 = handles.drain(..).map(|handle| pool.join(handle)).sum();
        assert_eq!(sum, size * (size - 1) / 2, "results are wrong");
    }))
}

/// One job at a time for a pool that has gone to sleep.
fn idle_round_trip<P: Results>(effort: Effort) -> Sample {
    let pool = P::new(workers());
    round_trips(effort, |number| pool.join(pool.submit(move || number + 1)))
}
