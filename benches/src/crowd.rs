//! Threads that come to one place again and again: contention, with who waited how long.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use crate::clock::{Tally, nanos_of};
use crate::row::{Effort, Sample};
use crate::work::work;

/// How much is done inside the place, and outside of it between two visits, in steps of work.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Section {
    pub(crate) name: &'static str,
    pub(crate) inside: u32,
    pub(crate) outside: u32,
}

/// A few instructions under the lock, twice as many between: the lock itself is what is measured.
pub(crate) const SHORT: Section = Section { name: "short", inside: 50, outside: 100 };
/// A microsecond inside and one outside.
pub(crate) const MEDIUM: Section = Section { name: "medium", inside: 1_000, outside: 1_000 };

/// One coming and going of a thread.
#[derive(Debug)]
pub(crate) struct Visit {
    inside: u32,
    asked: Option<Instant>,
    waited: Duration,
}

impl Visit {
    /// To be called inside: takes the time of the wait, if it is looked at, and does the work.
    #[inline]
    pub(crate) fn inside(&mut self) {
        if let Some(asked) = self.asked {
            self.waited = asked.elapsed();
        }
        work(self.inside);
    }
}

/// The name of a further value: how long the unluckiest visit waited.
pub(crate) const LONGEST_WAIT: &str = "longest wait, ms";
/// The name of a further value: what the least-served thread got, of an even share.
pub(crate) const LEAST_SHARE: &str = "least-served thread, % of an even share";

/// Has the threads make visits: for half of the effort to let a convoy form where one does, for the
/// effort to take the time per visit, for another half with a watch on each wait. `visits` has the
/// number of all visits in the end, for the caller to check.
pub(crate) fn contended(
    effort: Effort,
    threads: usize,
    section: Section,
    visits: &mut u64,
    enter: impl Fn(&mut Visit) + Sync,
) -> Sample {
    let half = effort.time / 2;
    let (found, times) = crowd(threads, [half, effort.time, half], |phase| {
        let mut counts = [0_u64; 3];
        let mut tally = Tally::default();
        while let Some(now) = phase.now() {
            let is_watched = now == 2;
            let asked = is_watched.then(Instant::now);
            let mut visit = Visit { inside: section.inside, asked, waited: Duration::ZERO };
            enter(&mut visit);
            if is_watched {
                tally.record(visit.waited);
            }
            work(section.outside);
            counts[now] += 1;
        }
        (counts, tally)
    });
    *visits += found.iter().flat_map(|(counts, _)| counts).sum::<u64>();
    let timed = found.iter().map(|(counts, _)| counts[1]);
    let least = timed.clone().min().expect("there are threads");
    // A whole phase without a visit would be a time without end.
    let total = timed.sum::<u64>().max(1);
    let mut tally = Tally::default();
    found.iter().for_each(|(_, part)| tally.merge(part));
    let quantiles = tally.quantiles();
    Sample::new(nanos_of(times[1]) / total as f64)
        .beside(LONGEST_WAIT, quantiles.max / 1000.0)
        .beside(LEAST_SHARE, 100.0 * least as f64 * threads as f64 / total as f64)
        .latencies(quantiles)
}

/// Which of the phases it is; all threads look here.
#[derive(Debug)]
pub(crate) struct Phase {
    now: AtomicUsize,
    count: usize,
}

impl Phase {
    /// The phase's number, or nothing when it is time to stop.
    #[inline]
    pub(crate) fn now(&self) -> Option<usize> {
        let now = self.now.load(Relaxed);
        (now < self.count).then_some(now)
    }
}

/// Starts the threads together, leads them through the phases, and returns what each found and how
/// long each phase was; the last one ends with the last thread.
pub(crate) fn crowd<R: Send, const PHASES: usize>(
    threads: usize,
    phases: [Duration; PHASES],
    life: impl Fn(&Phase) -> R + Sync,
) -> (Vec<R>, [Duration; PHASES]) {
    let phase = Phase { now: AtomicUsize::new(0), count: PHASES };
    let start_line = Barrier::new(threads + 1);
    thread::scope(|scope| {
        let run = || {
            start_line.wait();
            life(&phase)
        };
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        start_line.wait();
        let mut times = phases.map(|time| {
            let start = Instant::now();
            thread::sleep(time);
            phase.now.fetch_add(1, Relaxed);
            start.elapsed()
        });
        let start = Instant::now();
        let found = threads.into_iter().map(|thread| thread.join().expect("a visitor's answer"));
        let found = found.collect();
        times[PHASES - 1] += start.elapsed();
        (found, times)
    })
}
