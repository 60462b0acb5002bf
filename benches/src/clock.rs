//! Taking the time of many small operations.

use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::lab::run::Quantiles;
use crate::row::{Effort, Sample};

/// Runs batches of `size` operations until the effort is spent, a quarter of it to warm up, and
/// returns the median over the batches of nanoseconds per operation.
///
/// The median leaves out the batches during which another program had the processor.
pub(crate) fn per_operation(effort: Effort, size: u64, mut batch: impl FnMut(u64)) -> f64 {
    repeat(effort.time / 4, || batch(size));
    let mut nanos = Vec::new();
    repeat(effort.time, || {
        let start = Instant::now();
        batch(size);
        nanos.push(nanos_of(start.elapsed()) / size as f64);
    });
    median(&mut nanos)
}

/// The same with the mean, where threads hand work to each other: they fall into one gait or another,
/// and the median of a few batches would jump between the two.
pub(crate) fn mean_per_operation(effort: Effort, size: u64, mut batch: impl FnMut(u64)) -> f64 {
    repeat(effort.time / 4, || batch(size));
    let (mut nanos, mut done) = (0.0, 0);
    repeat(effort.time, || {
        let start = Instant::now();
        batch(size);
        nanos += nanos_of(start.elapsed());
        done += size;
    });
    nanos / done as f64
}

/// Calls at least once, and again until the time has passed.
pub(crate) fn repeat(time: Duration, mut call: impl FnMut()) {
    let start = Instant::now();
    loop {
        call();
        if start.elapsed() >= time {
            return;
        }
    }
}

/// Asks again and again for the number after one, each time after a pause in which those who answer
/// go to sleep, and takes the time until the answer.
pub(crate) fn round_trips(effort: Effort, ask: impl Fn(u64) -> u64) -> Sample {
    let mut tally = Tally::default();
    let mut number = 0;
    let mut trip = || {
        thread::sleep(Duration::from_micros(100));
        let start = Instant::now();
        let answer = ask(number);
        let time = start.elapsed();
        number += 1;
        assert_eq!(answer, number, "the answer is wrong");
        time
    };
    for _ in 0..50 {
        trip();
    }
    repeat(effort.time, || tally.record(trip()));
    let quantiles = tally.quantiles();
    Sample::new(quantiles.p50).beside("p99, µs", quantiles.p99).latencies(quantiles)
}

pub(crate) fn nanos_of(time: Duration) -> f64 {
    time.as_nanos() as f64
}

/// Sorts and takes the middle.
///
/// # Panics
///
/// If there is no value.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
}

/// A collection of times.
#[derive(Debug)]
pub(crate) struct Tally(Histogram<u64>);

impl Default for Tally {
    /// Within 1 %, from a nanosecond to a minute.
    fn default() -> Self {
        Self(Histogram::new_with_bounds(1, 60_000_000_000, 2).expect("the bounds are fine"))
    }
}

impl Tally {
    pub(crate) fn record(&mut self, time: Duration) {
        self.0.saturating_record(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX).max(1));
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.0.add(&other.0).expect("the bounds are the same");
    }

    pub(crate) fn quantiles(&self) -> Quantiles {
        let at = |quantile| self.0.value_at_quantile(quantile) as f64 / 1000.0;
        Quantiles {
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: self.0.max() as f64 / 1000.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&mut [4.0, 1.0, 2.0, 3.0]), 2.5);
    }

    #[test]
    fn batches_run_at_least_once() {
        let mut done = 0;
        let nanos = per_operation(Effort { time: Duration::ZERO }, 7, |size| done += size);
        assert_eq!(done, 14);
        assert!(nanos >= 0.0);
    }

    #[test]
    fn quantiles_are_in_microseconds() {
        let mut tally = Tally::default();
        let mut half = Tally::default();
        (1..=50).for_each(|n| tally.record(Duration::from_micros(n)));
        (51..=100).for_each(|n| half.record(Duration::from_micros(n)));
        tally.merge(&half);
        let quantiles = tally.quantiles();
        for (value, expected) in
            [(quantiles.p50, 50.0), (quantiles.p99, 99.0), (quantiles.max, 100.0)]
        {
            assert!((value / expected - 1.0).abs() < 0.02, "{value} for {expected}");
        }
    }
}
