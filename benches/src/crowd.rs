//! Threads that come to one place again and again: contention, with who waited how long.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::{Barrier, OnceLock, atomic::AtomicUsize};
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
pub(crate) struct Visit<'a> {
    phase: &'a Phase,
    inside: u32,
    asked: Option<Instant>,
    wait: Option<Wait>,
}

/// How long a visit waited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Wait {
    pub(crate) time: Duration,
    /// It began before the watch or ended after it, so it was longer than what was seen of it.
    pub(crate) is_cut_off: bool,
}

impl<'a> Visit<'a> {
    #[inline]
    fn new(phase: &'a Phase, asked_in: usize, inside: u32) -> Self {
        let asked = (asked_in == WATCHED).then(Instant::now);
        Self { phase, inside, asked, wait: None }
    }

    /// To be called inside: takes the time of the wait, if it is looked at, and does the work.
    #[inline]
    pub(crate) fn inside(&mut self) {
        let now = self.phase.number();
        if now >= WATCHED {
            let began = self.asked.unwrap_or_else(|| self.phase.last_began());
            let is_cut_off = self.asked.is_none() || now > WATCHED;
            self.wait = Some(Wait { time: began.elapsed(), is_cut_off });
        }
        work(self.inside);
    }
}

/// The name of a further value: how long the unluckiest visit waited.
pub(crate) const LONGEST_WAIT: &str = "longest wait, ms";
/// The name of a further value: what the least-served thread got, of an even share.
pub(crate) const LEAST_SHARE: &str = "least-served thread, % of an even share";

/// The number of the phase in which waits are timed, the last of three.
const WATCHED: usize = 2;

/// Has the threads make visits: for half of the effort to let a convoy form where one does, for the
/// effort to take the time per visit, for another half with a watch on each wait. `visits` has the
/// number of all visits in the end, for the caller to check.
pub(crate) fn contended(
    effort: Effort,
    threads: usize,
    section: Section,
    visits: &mut u64,
    enter: impl Fn(&mut Visit<'_>) + Sync,
) -> Sample {
    let half = effort.time / 2;
    let (found, times) = crowd(threads, [half, effort.time, half], |phase| {
        let mut counts = [0_u64; 3];
        let mut tally = Tally::default();
        let mut longest = Wait::default();
        while let Some(now) = phase.now() {
            let mut visit = Visit::new(phase, now, section.inside);
            enter(&mut visit);
            if let Some(wait) = visit.wait {
                tally.record(wait.time);
                longest = longest.max(wait);
            }
            work(section.outside);
            counts[now] += 1;
        }
        (counts, tally, longest)
    });
    *visits += found.iter().flat_map(|(counts, ..)| counts).sum::<u64>();
    let timed = found.iter().map(|(counts, ..)| counts[1]);
    let least = timed.clone().min().expect("there are threads");
    // A whole phase without a visit would be a time without end.
    let total = timed.sum::<u64>().max(1);
    let mut tally = Tally::default();
    found.iter().for_each(|(_, part, _)| tally.merge(part));
    let longest = found.iter().map(|&(.., longest)| longest).max().expect("there are threads");
    Sample::new(nanos_of(times[1]) / total as f64)
        .beside(LONGEST_WAIT, nanos_of(longest.time) / 1e6)
        .at_least(LONGEST_WAIT, longest.is_cut_off)
        .beside(LEAST_SHARE, 100.0 * least as f64 * threads as f64 / total as f64)
        .latencies(tally.quantiles())
}

/// Which of the phases it is; all threads look here.
#[derive(Debug)]
pub(crate) struct Phase {
    number: AtomicUsize,
    count: usize,
    last_began: OnceLock<Instant>,
}

impl Phase {
    fn new(count: usize) -> Self {
        Self { number: AtomicUsize::new(0), count, last_began: OnceLock::new() }
    }

    /// The phase's number, or nothing when it is time to stop.
    #[inline]
    pub(crate) fn now(&self) -> Option<usize> {
        let number = self.number();
        (number < self.count).then_some(number)
    }

    /// The phase's number, one more than the last one's when it is over.
    #[inline]
    fn number(&self) -> usize {
        // ORDERING: Acquire, with `advance`: who sees the last phase sees when it began.
        self.number.load(Acquire)
    }

    fn last_began(&self) -> Instant {
        *self.last_began.get().expect("the last phase has begun")
    }

    fn advance(&self) {
        if self.number.load(Relaxed) + 2 == self.count {
            self.last_began.get_or_init(Instant::now);
        }
        // ORDERING: Release, with `number`.
        self.number.fetch_add(1, Release);
    }
}

/// Starts the threads together, leads them through the phases, and returns what each found and how
/// long each phase was; the last one ends with the last thread.
pub(crate) fn crowd<R: Send, const PHASES: usize>(
    threads: usize,
    phases: [Duration; PHASES],
    life: impl Fn(&Phase) -> R + Sync,
) -> (Vec<R>, [Duration; PHASES]) {
    let phase = Phase::new(PHASES);
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
            phase.advance();
            start.elapsed()
        });
        let start = Instant::now();
        let found = threads.into_iter().map(|thread| thread.join().expect("a visitor's answer"));
        let found = found.collect();
        times[PHASES - 1] += start.elapsed();
        (found, times)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A visit that is asked for in one phase and granted in another.
    fn wait(asked_in: usize, granted_in: usize) -> Option<Wait> {
        let phase = Phase::new(3);
        (0..asked_in).for_each(|_| phase.advance());
        let mut visit = Visit::new(&phase, asked_in, 1);
        (asked_in..granted_in).for_each(|_| phase.advance());
        visit.inside();
        visit.wait
    }

    #[test]
    fn waits_before_the_watch_are_not_timed() {
        assert_eq!(wait(0, 0), None);
        assert_eq!(wait(0, 1), None);
    }

    #[test]
    fn a_wait_that_the_watch_sees_whole_is_as_long_as_it_was() {
        assert!(!wait(WATCHED, WATCHED).unwrap().is_cut_off);
    }

    #[test]
    fn a_wait_that_began_before_the_watch_or_ended_after_it_is_cut_off() {
        for (asked_in, granted_in) in [(1, WATCHED), (0, WATCHED), (WATCHED, 3), (1, 3)] {
            let wait = wait(asked_in, granted_in).unwrap();
            assert!(wait.is_cut_off, "{asked_in} to {granted_in}");
        }
    }

    #[test]
    fn all_visits_are_counted_and_the_longest_wait_is_among_the_waits() {
        let done = AtomicUsize::new(0);
        let effort = Effort { time: Duration::from_millis(2) };
        let mut visits = 0;
        let sample = contended(effort, 3, SHORT, &mut visits, |visit| {
            done.fetch_add(1, Relaxed);
            visit.inside();
        });
        assert_eq!(visits, done.into_inner() as u64);
        let (longest, most) = (sample.beside[0].1 * 1e3, sample.latencies.unwrap().max);
        assert!((most / longest - 1.0).abs() < 0.02 || longest < 1.0, "{longest} µs, {most} µs");
    }
}
