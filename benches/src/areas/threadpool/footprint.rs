//! What a pool costs beside its time: allocations, memory, and what it does when there is nothing
//! to do.

use std::sync::{Condvar, Mutex};
use std::thread;

use super::peers::{ChannelOfBoxes, Tokio};
use super::{AREA, LATCH, Pool, Results, pools, pools_with_results, run_all, workers};
use crate::lab::{counting, process};
use crate::row::{Effort, Kind, Program, Row, Sample, Unit};

pub(super) fn rows() -> Vec<Row> {
    let row = |workload: &str, unit, contenders| {
        Row::new(AREA, workload, Unit::lower(unit), Kind::Footprint, contenders)
    };
    let small = pools!(P => |_| allocations::<P, 2>());
    let large = pools!(P => |_| allocations::<P, 16>());
    let handles = pools_with_results!(P => |_| allocations_with_handle::<P>());
    let memory = pools!(P => |_| queued_memory::<P>());
    let wake_ups = pools!(P => idle::<P>);
    vec![
        row("allocations, small closure", "per job", small)
            .program(Program::Counting)
            .budget_of_ours(0.0),
        row("allocations, closure of 16 words", "per job", large)
            .program(Program::Counting)
            .budget_of_ours(1.0),
        row("allocations, small closure with a handle", "per job", handles)
            .program(Program::Counting)
            .budget_of_ours(1.0),
        of_linux(row("peak memory, 100 000 queued jobs", "MiB", memory)).fixed(30),
        of_linux(row("idle pool, wake-ups", "per s", wake_ups)).budget_of_ours(0.0).weight(8.0),
    ]
}

fn of_linux(row: Row) -> Row {
    row.only_if(process::is_supported, "needs /proc, as on Linux")
}

const COUNTED: u64 = 10_000;

/// What a batch allocates per job, to the hundredth: a queue that grew by a block is no news.
fn per_job(batch: impl FnOnce()) -> Sample {
    let per_job = counting::allocations_during(batch) as f64 / COUNTED as f64;
    Sample::new((per_job * 100.0).round() / 100.0)
}

/// Allocations per job, for a closure of so many words.
fn allocations<P: Pool, const WORDS: usize>() -> Sample {
    let pool = P::new(workers());
    let batch = || {
        LATCH.arm(COUNTED);
        for number in 0..COUNTED {
            let words = [number; WORDS];
            pool.execute(move || LATCH.count(words.iter().sum::<u64>() / WORDS as u64));
        }
        pool.wait(&LATCH);
        LATCH.check();
    };
    batch();
    per_job(batch)
}

fn allocations_with_handle<P: Results>() -> Sample {
    let pool = P::new(workers());
    let mut handles = Vec::with_capacity(1_000);
    let mut batch = || {
        for _ in 0..COUNTED / 1_000 {
            handles.extend((0..1_000_u64).map(|number| pool.submit(move || number)));
            let sum: u64 = handles.drain(..).map(|handle| pool.join(handle)).sum();
            assert_eq!(sum, 499_500, "results are wrong");
        }
    };
    batch();
    per_job(batch)
}

/// Keeps the workers busy while the queue grows.
#[derive(Debug)]
struct Door {
    open: Mutex<bool>,
    opened: Condvar,
}

static DOOR: Door = Door { open: Mutex::new(false), opened: Condvar::new() };

impl Door {
    fn pass(&self) {
        let open = self.open.lock().expect("nobody panics");
        drop(self.opened.wait_while(open, |open| !*open).expect("nobody panics"));
    }

    fn set(&self, open: bool) {
        *self.open.lock().expect("nobody panics") = open;
        self.opened.notify_all();
    }
}

const QUEUED: u64 = 100_000;

/// How far the process grows while the jobs queue up, each with four words.
fn queued_memory<P: Pool>() -> Sample {
    let pool = P::new(workers());
    run_all(&pool, 1_000, |_| ());
    DOOR.set(false);
    LATCH.arm(QUEUED);
    for _ in 0..workers() {
        pool.execute(|| DOOR.pass());
    }
    let before = process::resident_kib();
    for number in 0..QUEUED {
        let words = [number; 4];
        pool.execute(move || LATCH.count(words.iter().sum::<u64>() / 4));
    }
    let after = process::peak_kib();
    DOOR.set(true);
    pool.wait(&LATCH);
    LATCH.check();
    Sample::new(after.saturating_sub(before) as f64 / 1024.0)
}

const CPU_TIME: &str = "processor time, µs per s";

/// What the pool's threads do while nobody asks for anything.
fn idle<P: Pool>(effort: Effort) -> Sample {
    let pool = P::new(workers());
    run_all(&pool, 1_000, |_| ());
    thread::sleep(effort.time / 4);
    let before = process::Threads::now();
    thread::sleep(effort.time);
    let done = process::Threads::now().since(&before);
    let seconds = effort.time.as_secs_f64();
    let cpu = done.nanos as f64 / 1e3 / seconds;
    Sample::new(done.wake_ups as f64 / seconds).beside(CPU_TIME, cpu)
}
