//! Work for processors alone: how much faster two workers are than one.

use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::Instant;

use super::contenders;
use super::threadpool::{Pool, workers};
use crate::row::{Contender, Effort, Kind, Measured, Row, Sample, Unit};
use crate::work::work;

/// Runs jobs of equal size on so many threads and returns when all are done.
pub(crate) trait Crew {
    const NAME: &'static str;

    fn run(workers: usize, jobs: u64, job: fn(u64));
}

/// A thread pool as a crew.
#[derive(Debug)]
pub(crate) struct OnPool<P>(std::marker::PhantomData<P>);

impl<P: Pool> Crew for OnPool<P> {
    const NAME: &'static str = P::NAME;

    fn run(workers: usize, jobs: u64, job: fn(u64)) {
        let pool = P::new(workers);
        super::threadpool::run_all(&pool, jobs, job);
    }
}

/// Threads that split the jobs among them beforehand.
#[derive(Debug)]
pub(crate) struct Threads;

impl Crew for Threads {
    const NAME: &'static str = "std threads";

    fn run(workers: usize, jobs: u64, job: fn(u64)) {
        thread::scope(|scope| {
            for first in 0..workers as u64 {
                scope.spawn(move || (first..jobs).step_by(workers).for_each(job));
            }
        });
    }
}

const AREA: &str = "scaling";

pub(crate) fn rows() -> Vec<Row> {
    let mut crews = contenders!(
        OnPool<pool_threadpool::ThreadPool>,
        OnPool<rayon::ThreadPool>,
        OnPool<::threadpool::ThreadPool>,
        Threads;
        C => speed_up::<C>
    );
    crews.push(Contender::perhaps(CPYTHON, |effort| cpython(effort, "python3")));
    let unit = Unit::higher("× one worker");
    let workload = format!("processor-bound work on {} workers", workers());
    let row = Row::new(AREA, workload, unit, Kind::Parallel, crews);
    vec![row.budget_of_ours(1.9 / 2.0 * workers() as f64).weight(2.0)]
}

const JOBS: u64 = 64;
const STEPS_PER_MICRO: u64 = 1_000;

static DONE: AtomicU64 = AtomicU64::new(0);

fn job(steps: u64) {
    work(u32::try_from(steps).expect("a short job"));
    DONE.fetch_add(1, Relaxed);
}

/// Has one worker do the jobs, then as many as there are processors, half of the time each.
fn speed_up<C: Crew>(effort: Effort) -> Sample {
    let micros = u64::try_from(effort.time.as_micros()).expect("a short time") / 2;
    STEPS.store(micros * STEPS_PER_MICRO / JOBS, Relaxed);
    let time = |workers| {
        DONE.store(0, Relaxed);
        let start = Instant::now();
        C::run(workers, JOBS, |_| job(STEPS.load(Relaxed)));
        let elapsed = start.elapsed().as_secs_f64();
        assert_eq!(DONE.load(Relaxed), JOBS, "jobs were lost");
        elapsed
    };
    time(1);
    let alone = time(1);
    Sample::new(alone / time(workers()))
}

static STEPS: AtomicU64 = AtomicU64::new(0);

/// The name of Python's contender.
pub(crate) const CPYTHON: &str = "CPython threads";

/// The same in Python, in a process of its own.
fn cpython(effort: Effort, python: &str) -> Measured {
    let seconds = effort.time.as_secs_f64().to_string();
    let child = Command::new(python)
        .args(["-c", include_str!("scaling.py"), &seconds, &workers().to_string()])
        .output();
    let output = child.map_err(|error| format!("{python} cannot be run: {error}"))?;
    assert!(
        output.status.success(),
        "{python} failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8_lossy(&output.stdout);
    let ratio = text.trim().parse().expect("the script prints a number");
    Ok(Sample::new(ratio))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::row::OURS;

    #[test]
    fn a_missing_python_is_skipped_and_says_so() {
        let effort = Effort { time: Duration::from_millis(1) };
        let reason = cpython(effort, "no-such-python").unwrap_err();
        assert!(reason.starts_with("no-such-python cannot be run"), "{reason}");
    }

    #[test]
    fn ours_is_first() {
        assert!(rows().iter().all(|row| row.contenders[0].name == OURS));
    }
}
