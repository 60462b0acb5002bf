//! Locks: uncontended, contended, after contention, and beside a hog.

use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering::AcqRel, Ordering::Acquire};
use std::thread;
use std::time::{Duration, Instant};

use super::contenders;
use crate::clock::{nanos_of, per_operation};
use crate::crowd::{LONGEST_WAIT, MEDIUM, SHORT, Section, Visit, contended, crowd};
use crate::row::{Contender, Effort, Kind, Row, Sample, Unit};
use crate::work::work;

/// A number that one thread at a time may change.
pub(crate) trait Mutex: Send + Sync {
    const NAME: &'static str;

    fn new() -> Self;

    fn with(&self, change: impl FnOnce(&mut u64));

    /// Reads the number, with the lock.
    fn read(&self) -> u64 {
        let mut copy = 0;
        self.with(|number| copy = *number);
        copy
    }
}

/// All mutexes have the same calls.
macro_rules! mutex {
    ($type:ty, $name:expr, $number:ident => $lock:expr) => {
        impl Mutex for $type {
            const NAME: &'static str = $name;

            #[inline]
            fn new() -> Self {
                Self::new(0)
            }

            #[inline]
            fn with(&self, change: impl FnOnce(&mut u64)) {
                let $number = self;
                change(&mut $lock);
            }
        }
    };
}

mutex!(sync_lock::Lock<u64>, crate::row::OURS, it => it.lock());
mutex!(std::sync::Mutex<u64>, "std", it => it.lock().expect("nobody panics"));
mutex!(parking_lot::Mutex<u64>, "parking_lot", it => it.lock());
mutex!(parking_lot::FairMutex<u64>, "parking_lot FairMutex", it => it.lock());
mutex!(usync::Mutex<u64>, "usync", it => it.lock());

/// The same lock, taken ten times where once is asked for: the control of the instrument.
#[derive(Debug)]
pub(crate) struct TenTimes<M>(M);

impl<M: Mutex> Mutex for TenTimes<M> {
    const NAME: &'static str = "ten times slower";

    fn new() -> Self {
        Self(M::new())
    }

    #[inline]
    fn with(&self, change: impl FnOnce(&mut u64)) {
        for _ in 0..9 {
            self.0.with(|_| ());
        }
        self.0.with(change);
    }
}

/// The mutexes of the budget.
macro_rules! mutexes {
    ($name:ident => $sample:expr) => {
        contenders!(
            sync_lock::Lock<u64>,
            std::sync::Mutex<u64>,
            parking_lot::Mutex<u64>,
            usync::Mutex<u64>;
            $name => $sample
        )
    };
}

/// Those, and one that hands over at each release.
macro_rules! mutexes_and_fair {
    ($name:ident => $sample:expr) => {{
        let mut all = mutexes!($name => $sample);
        all.extend(contenders!(parking_lot::FairMutex<u64>; $name => $sample));
        all
    }};
}

const AREA: &str = "lock";

pub(crate) fn rows() -> Vec<Row> {
    let alone = mutexes!(M => uncontended::<M>);
    let mut rows = vec![
        Row::new(AREA, "lock + unlock, uncontended", Unit::NANOS, Kind::Solo, alone).budget(0.65),
    ];
    for section in [SHORT, MEDIUM] {
        rows.extend([2, 4, 8, 50].map(|threads| contention(threads, section)));
    }
    let after = mutexes!(M => after_contention::<M>);
    let fresh = mutexes!(M => fresh_locks::<M>);
    let wait = mutexes_and_fair!(M => |effort| beside_a_hog::<M>(effort).pick(LONGEST_WAIT));
    let gets = mutexes!(M => beside_a_hog::<M>);
    let per_second = Unit::higher("locks/s");
    let after_name = "lock + unlock, 1 s after contention";
    rows.extend([
        Row::new(AREA, after_name, Unit::NANOS, Kind::Solo, after)
            .budget(0.7)
            .fixed(1_000)
            .few_rounds(),
        Row::new(
            AREA,
            "10 000 fresh locks, each contended once",
            Unit::NANOS,
            Kind::Contended,
            fresh,
        )
        .budget(1.1)
        .fixed(150),
        Row::new(AREA, "longest wait beside a hog", Unit::MILLIS, Kind::Extreme, wait)
            .budget(2.0)
            .weight(3.0),
        Row::new(AREA, "locks taken beside a hog", per_second, Kind::Contended, gets)
            .duel("parking_lot", 1.05)
            .weight(3.0),
    ]);
    rows
}

/// The pair that must read ten times as slow, and the one that must read the same.
pub(crate) fn control() -> Vec<Contender> {
    contenders!(TenTimes<std::sync::Mutex<u64>>, std::sync::Mutex<u64>; M => uncontended::<M>)
}

fn contention(threads: usize, section: Section) -> Row {
    let measure = mutexes!(M => move |effort| contention_of::<M>(effort, threads, section));
    let workload = format!("{threads} threads, {} sections", section.name);
    Row::new(AREA, workload, Unit::NANOS, Kind::Contended, measure)
        .budget(1.11)
        .weight(2.5)
        .cell_of("contended, geometric mean", 1.0)
        .point(&format!("Lock, {} sections", section.name), threads)
}

fn uncontended<M: Mutex>(effort: Effort) -> Sample {
    let mutex = M::new();
    Sample::new(pairs(&mutex, effort))
}

/// The time of a lock and unlock by one thread.
fn pairs<M: Mutex>(mutex: &M, effort: Effort) -> f64 {
    let before = mutex.read();
    let mut done = 0;
    let nanos = per_operation(effort, 5_000, |size| {
        for _ in 0..size {
            black_box(mutex).with(|number| *number += 1);
        }
        done += size;
    });
    assert_eq!(mutex.read() - before, done, "increments were lost");
    nanos
}

fn contention_of<M: Mutex>(effort: Effort, threads: usize, section: Section) -> Sample {
    let mutex = M::new();
    let mut visits = 0;
    let sample = contended(effort, threads, section, &mut visits, |visit| enter(&mutex, visit));
    assert_eq!(mutex.read(), visits, "increments were lost");
    sample
}

fn enter<M: Mutex>(mutex: &M, visit: &mut Visit) {
    mutex.with(|number| {
        *number += 1;
        visit.inside();
    });
}

/// A lock that was fought for, left alone for a second.
fn after_contention<M: Mutex>(effort: Effort) -> Sample {
    let mutex = M::new();
    let mut visits = 0;
    contended(effort, 2, SHORT, &mut visits, |visit| enter(&mutex, visit));
    assert_eq!(mutex.read(), visits, "increments were lost");
    thread::sleep(Duration::from_secs(1));
    Sample::new(pairs(&mutex, effort))
}

const FRESH: usize = 10_000;

/// Two threads meet at one lock after the other, with a section that is longer than one spins.
fn fresh_locks<M: Mutex>(_effort: Effort) -> Sample {
    let mutexes: Vec<M> = (0..FRESH).map(|_| M::new()).collect();
    let arrived = AtomicUsize::new(0);
    let pass = || {
        for (index, mutex) in mutexes.iter().enumerate() {
            meet(&arrived, 2 * (index + 1));
            mutex.with(|number| {
                *number += 1;
                work(5_000);
            });
        }
    };
    let start = Instant::now();
    thread::scope(|scope| {
        scope.spawn(pass);
        pass();
    });
    let nanos = nanos_of(start.elapsed()) / FRESH as f64;
    assert!(mutexes.iter().all(|mutex| mutex.read() == 2), "increments were lost");
    Sample::new(nanos)
}

/// Waits until as many have arrived in all.
fn meet(arrived: &AtomicUsize, all: usize) {
    arrived.fetch_add(1, AcqRel);
    let mut looks = 0_u32;
    while arrived.load(Acquire) < all {
        looks += 1;
        if looks.is_multiple_of(1_000) {
            thread::yield_now();
        } else {
            std::hint::spin_loop();
        }
    }
}

/// One thread has the lock for a millisecond, lets go and takes it again at once; another wants it
/// for a moment, now and then.
fn beside_a_hog<M: Mutex>(effort: Effort) -> Sample {
    let mutex = M::new();
    let is_hog = AtomicUsize::new(0);
    let (found, [elapsed]) = crowd(2, [effort.time], |phase| {
        let hog = is_hog.fetch_add(1, AcqRel) == 0;
        let (mut count, mut longest) = (0_u64, Duration::ZERO);
        while phase.now().is_some() {
            let asked = Instant::now();
            mutex.with(|number| {
                longest = longest.max(asked.elapsed());
                *number += 1;
                if hog {
                    thread::sleep(Duration::from_millis(1));
                }
            });
            count += 1;
            if !hog {
                work(100_000);
            }
        }
        (hog, count, longest)
    });
    let total: u64 = found.iter().map(|(_, count, _)| count).sum();
    assert_eq!(mutex.read(), total, "increments were lost");
    let longest = found.iter().filter(|(hog, ..)| !hog).map(|&(_, _, longest)| longest).sum();
    Sample::new(total as f64 / elapsed.as_secs_f64()).beside(LONGEST_WAIT, nanos_of(longest) / 1e6)
}
