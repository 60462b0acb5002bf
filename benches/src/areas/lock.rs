//! Locks: uncontended, contended, after contention, and beside a hog.

use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering::AcqRel, Ordering::Acquire};
use std::thread;
use std::time::{Duration, Instant};

use super::contenders;
use crate::clock::{nanos_of, per_operation};
use crate::crowd::{MEDIUM, SHORT, Section, Visit, Wait, contended, crowd};
use crate::row::{Contender, Effort, Kind, Row, Sample, Unit, VALUE};
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
    let wait = mutexes_and_fair!(M => |_| beside_a_hog::<M>());
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
        .fixed(400),
        Row::new(AREA, "longest wait beside a hog", Unit::MILLIS, Kind::Extreme, wait)
            .budget(2.0)
            .fixed(310)
            .few_rounds(),
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
        // Until each of many threads had its turns on a processor, nothing is steady.
        .weight(if threads > 20 { 5.0 } else { 2.5 })
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

fn enter<M: Mutex>(mutex: &M, visit: &mut Visit<'_>) {
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
    thread::sleep(Duration::from_millis(effort.size(1_000)));
    Sample::new(pairs(&mutex, effort))
}

const FRESH: u64 = 10_000;
/// Longer than anybody spins.
const LONG: u32 = 15_000;

/// Two threads meet at one lock after the other: who is in waits until the other one asks, too, and
/// then for longer than one spins. What that work takes is not counted.
fn fresh_locks<M: Mutex>(effort: Effort) -> Sample {
    let mutexes: Vec<M> = (0..effort.size(FRESH)).map(|_| M::new()).collect();
    let asking = AtomicUsize::new(0);
    let pass = || {
        for (index, mutex) in mutexes.iter().enumerate() {
            asking.fetch_add(1, AcqRel);
            mutex.with(|number| {
                *number += 1;
                if *number == 1 {
                    wait_for(&asking, 2 * (index + 1));
                    work(LONG);
                }
            });
        }
    };
    let start = Instant::now();
    thread::scope(|scope| {
        scope.spawn(pass);
        pass();
    });
    let nanos = nanos_of(start.elapsed()) / mutexes.len() as f64;
    assert!(mutexes.iter().all(|mutex| mutex.read() == 2), "increments were lost");
    let own = per_operation(Effort { time: Duration::from_millis(2) }, 10, |size| {
        (0..size).for_each(|_| {
            work(LONG);
        });
    });
    Sample::new((nanos - own).max(1.0))
}

/// Waits until so many have asked in all.
fn wait_for(asking: &AtomicUsize, all: usize) {
    let mut looks = 0_u32;
    while asking.load(Acquire) < all {
        looks += 1;
        if looks.is_multiple_of(1_000) {
            thread::yield_now();
        } else {
            std::hint::spin_loop();
        }
    }
}

/// How long the hog is watched, whatever the effort: no wait can be seen to be longer.
const HOGGED: Duration = Duration::from_millis(300);

/// One thread has the lock for a millisecond, lets go and takes it again at once; another wants it
/// for a moment, now and then.
fn beside_a_hog<M: Mutex>() -> Sample {
    let mutex = M::new();
    let is_hog = AtomicUsize::new(0);
    let (found, [elapsed]) = crowd(2, [HOGGED], |phase| {
        let hog = is_hog.fetch_add(1, AcqRel) == 0;
        let (mut count, mut longest) = (0_u64, Wait::default());
        while phase.now().is_some() {
            let asked = Instant::now();
            mutex.with(|number| {
                let is_cut_off = phase.now().is_none();
                longest = longest.max(Wait { time: asked.elapsed(), is_cut_off });
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
    let of = |wanted| found.iter().find(|(hog, ..)| *hog == wanted).expect("one of the two");
    let ((_, by_hog, _), (_, by_other, longest)) = (of(true), of(false));
    assert_eq!(mutex.read(), by_hog + by_other, "increments were lost");
    let per_second = |count: &u64| *count as f64 / elapsed.as_secs_f64();
    Sample::new(nanos_of(longest.time) / 1e6)
        .at_least(VALUE, longest.is_cut_off)
        .beside("locks per s, the hog", per_second(by_hog))
        .beside("locks per s, the other", per_second(by_other))
}
