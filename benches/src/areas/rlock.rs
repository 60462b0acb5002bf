//! Re-entrant locks: one thread, nested, after sharing, and shared for the first time.

use std::cell::Cell;
use std::hint::black_box;
use std::thread;
use std::time::Instant;

use super::contenders;
use crate::clock::{median, nanos_of, per_operation, repeat};
use crate::crowd::{MEDIUM, SHORT, Section, contended};
use crate::row::{Effort, Kind, OURS, Row, Sample, Unit};

/// A number in a cell, for the thread that has the lock, however often it has taken it.
pub(crate) trait Reentrant: Send + Sync {
    const NAME: &'static str;

    fn new() -> Self;

    fn with(&self, inside: impl FnOnce(&Cell<u64>));

    fn read(&self) -> u64 {
        let mut copy = 0;
        self.with(|number| copy = number.get());
        copy
    }
}

macro_rules! reentrant {
    ($type:ty, $name:expr) => {
        impl Reentrant for $type {
            const NAME: &'static str = $name;

            #[inline]
            fn new() -> Self {
                Self::new(Cell::new(0))
            }

            #[inline]
            fn with(&self, inside: impl FnOnce(&Cell<u64>)) {
                inside(&self.lock());
            }
        }
    };
}

reentrant!(sync_rlock::RLock<Cell<u64>>, OURS);
reentrant!(parking_lot::ReentrantMutex<Cell<u64>>, "parking_lot ReentrantMutex");

macro_rules! reentrants {
    ($name:ident => $sample:expr) => {
        contenders!(
            sync_rlock::RLock<Cell<u64>>,
            parking_lot::ReentrantMutex<Cell<u64>>;
            $name => $sample
        )
    };
}

const AREA: &str = "rlock";

pub(crate) fn rows() -> Vec<Row> {
    let one = reentrants!(R => one_thread::<R, 1>);
    let three = reentrants!(R => one_thread::<R, 3>);
    let after = reentrants!(R => after_sharing::<R>);
    let first = reentrants!(R => first_share::<R>);
    let solo = |workload: &str, contenders, budget| {
        Row::new(AREA, workload, Unit::NANOS, Kind::Solo, contenders).budget(budget)
    };
    let mut rows = vec![
        solo("one thread, depth 1", one, 0.15),
        solo("one thread, depth 3", three, 0.2),
        solo("one thread, after sharing", after, 0.75),
        solo("first share of 10 000", first, 1.5),
    ];
    for section in [SHORT, MEDIUM] {
        rows.extend([2, 8].map(|threads| contention(threads, section)));
    }
    rows
}

fn contention(threads: usize, section: Section) -> Row {
    let measure = reentrants!(R => move |effort| contention_of::<R>(effort, threads, section));
    let workload = format!("{threads} threads, {} sections", section.name);
    Row::new(AREA, workload, Unit::NANOS, Kind::Contended, measure).weight(2.5)
}

/// Takes the lock `DEPTH` times over and lets go again.
fn one_thread<R: Reentrant, const DEPTH: u32>(effort: Effort) -> Sample {
    let lock = R::new();
    Sample::new(nested::<R, DEPTH>(&lock, effort))
}

fn nested<R: Reentrant, const DEPTH: u32>(lock: &R, effort: Effort) -> f64 {
    let before = lock.read();
    let mut done = 0;
    let nanos = per_operation(effort, 3_000, |size| {
        for _ in 0..size {
            descend(black_box(lock), DEPTH);
        }
        done += size;
    });
    assert_eq!(lock.read() - before, done, "increments were lost");
    nanos
}

/// Takes the lock so many times, one inside the other, and counts once at the bottom.
#[inline]
fn descend<R: Reentrant>(lock: &R, depth: u32) {
    lock.with(|number| match depth {
        3 => lock.with(|_| lock.with(increment)),
        _ => increment(number),
    });
}

#[inline]
fn increment(number: &Cell<u64>) {
    number.set(number.get() + 1);
}

/// One thread again, after another one has had the lock.
fn after_sharing<R: Reentrant>(effort: Effort) -> Sample {
    let lock = R::new();
    lock.with(increment);
    thread::scope(|scope| {
        scope.spawn(|| lock.with(increment));
    });
    Sample::new(nested::<R, 1>(&lock, effort))
}

const MANY: usize = 10_000;

/// Each lock was taken by one thread alone; another one takes them all for the first time.
fn first_share<R: Reentrant>(effort: Effort) -> Sample {
    let mut nanos = Vec::new();
    repeat(effort.time, || {
        let locks: Vec<R> = (0..MANY).map(|_| R::new()).collect();
        let take_all = || locks.iter().for_each(|lock| lock.with(increment));
        take_all();
        let other = thread::scope(|scope| {
            let other = scope.spawn(|| {
                let start = Instant::now();
                take_all();
                start.elapsed()
            });
            other.join().expect("nobody panics")
        });
        assert!(locks.iter().all(|lock| lock.read() == 2), "increments were lost");
        nanos.push(nanos_of(other) / MANY as f64);
    });
    Sample::new(median(&mut nanos))
}

fn contention_of<R: Reentrant>(effort: Effort, threads: usize, section: Section) -> Sample {
    let lock = R::new();
    let mut visits = 0;
    let sample = contended(effort, threads, section, &mut visits, |visit| {
        lock.with(|number| {
            increment(number);
            visit.inside();
        });
    });
    assert_eq!(lock.read(), visits, "increments were lost");
    sample
}
