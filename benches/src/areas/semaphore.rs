//! Semaphores: one thread, and 22 threads on five permits.

use std::hint::black_box;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Release};
use std::sync::{Condvar, Mutex, atomic::AtomicUsize};

use futures_executor::block_on;
use sync_semaphore::{Greedy, Policy, Semaphore};

use super::contenders;
use crate::clock::per_operation;
use crate::crowd::{MEDIUM, SHORT, Section, contended};
use crate::row::{Contender, Effort, Kind, OURS, Row, Sample, Unit};

/// Lets so many in at a time.
pub(crate) trait Gate: Send + Sync {
    const NAME: &'static str;

    fn new(permits: usize) -> Self;

    /// Waits for a permit, and has it during the call.
    fn with(&self, inside: impl FnOnce());

    /// The same where a permit is known to be there.
    #[inline]
    fn with_free(&self, inside: impl FnOnce()) {
        self.with(inside);
    }
}

impl<P: Policy> Gate for Semaphore<P> {
    const NAME: &'static str = OURS;

    fn new(permits: usize) -> Self {
        Self::with_policy(permits)
    }

    #[inline]
    fn with(&self, inside: impl FnOnce()) {
        let _permit = self.acquire();
        inside();
    }
}

impl Gate for tokio::sync::Semaphore {
    const NAME: &'static str = "tokio";

    fn new(permits: usize) -> Self {
        Self::new(permits)
    }

    #[inline]
    fn with(&self, inside: impl FnOnce()) {
        // A thread has to enter an executor only if it must wait.
        let permit = self.try_acquire().or_else(|_| block_on(self.acquire()));
        let _permit = permit.expect("nobody closes it");
        inside();
    }

    #[inline]
    fn with_free(&self, inside: impl FnOnce()) {
        let _permit = self.try_acquire().expect("a free permit");
        inside();
    }
}

impl Gate for async_lock::Semaphore {
    const NAME: &'static str = "async-lock";

    fn new(permits: usize) -> Self {
        Self::new(permits)
    }

    #[inline]
    fn with(&self, inside: impl FnOnce()) {
        let _permit = self.acquire_blocking();
        inside();
    }

    #[inline]
    fn with_free(&self, inside: impl FnOnce()) {
        let _permit = self.try_acquire().expect("a free permit");
        inside();
    }
}

/// What one writes by hand.
#[derive(Debug)]
pub(crate) struct ByHand {
    free: Mutex<usize>,
    released: Condvar,
}

impl Gate for ByHand {
    const NAME: &'static str = "Mutex + Condvar";

    fn new(permits: usize) -> Self {
        Self { free: Mutex::new(permits), released: Condvar::new() }
    }

    #[inline]
    fn with(&self, inside: impl FnOnce()) {
        let free = self.free.lock().expect("nobody panics");
        let mut free = self.released.wait_while(free, |free| *free == 0).expect("nobody panics");
        *free -= 1;
        drop(free);
        inside();
        *self.free.lock().expect("nobody panics") += 1;
        self.released.notify_one();
    }
}

/// The least that a semaphore must do; no semaphore, since it keeps nobody out.
#[derive(Debug)]
pub(crate) struct TwoAtomics(AtomicUsize);

impl TwoAtomics {
    const YARDSTICK: &'static str = "two atomic operations";
}

impl Gate for TwoAtomics {
    const NAME: &'static str = Self::YARDSTICK;

    fn new(permits: usize) -> Self {
        Self(AtomicUsize::new(permits))
    }

    #[inline]
    fn with(&self, inside: impl FnOnce()) {
        self.0.fetch_sub(1, Acquire);
        inside();
        self.0.fetch_add(1, Release);
    }
}

macro_rules! gates {
    ($ours:ty; $name:ident => $sample:expr) => {
        contenders!(
            $ours,
            tokio::sync::Semaphore,
            async_lock::Semaphore,
            ByHand;
            $name => $sample
        )
    };
}

/// Everybody is let in: how long threads wait for a processor, where there are more threads than those.
const NO_SEMAPHORE: &str = "no semaphore";

const AREA: &str = "semaphore";

pub(crate) fn rows() -> Vec<Row> {
    let mut alone = gates!(Semaphore; G => uncontended::<G>);
    alone.extend(contenders!(TwoAtomics; G => uncontended::<G>));
    let alone = Row::new(AREA, "acquire + release, uncontended", Unit::NANOS, Kind::Solo, alone);
    let mut rows =
        vec![alone.budget(0.75).yardstick(TwoAtomics::NAME).duel(TwoAtomics::NAME, 1.25)];
    for section in [SHORT, MEDIUM] {
        let row = |workload: &str, crowd| {
            let workload = format!("22 threads on 5 permits, {workload}{} sections", section.name);
            Row::new(AREA, workload, Unit::NANOS, Kind::Contended, crowd).weight(2.5)
        };
        let mut crowd =
            gates!(Semaphore<Greedy>; G => move |effort| many_on_five::<G>(effort, section));
        let everybody = move |effort| everybody_inside(effort, section);
        crowd.push(Contender::new(NO_SEMAPHORE, everybody));
        rows.push(row("", crowd).budget(0.8).yardstick(NO_SEMAPHORE));
        // Who serves in order pays for a switch of threads each time, and is compared with its like.
        let crowd = contenders!(Semaphore, tokio::sync::Semaphore;
            G => move |effort| many_on_five::<G>(effort, section));
        rows.push(row("in order, ", crowd));
    }
    rows
}

fn uncontended<G: Gate>(effort: Effort) -> Sample {
    let gate = G::new(5);
    let (mut asked, mut inside) = (0, 0_u64);
    let nanos = per_operation(effort, 3_000, |size| {
        for _ in 0..size {
            black_box(&gate).with_free(|| inside += 1);
        }
        asked += size;
    });
    assert_eq!(inside, asked, "somebody was not let in");
    Sample::new(nanos)
}

const PERMITS: usize = 5;

/// Alone on its cache line, so that the count is nobody's disturbance but its own.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Inside(AtomicUsize);

fn many_on_five<G: Gate>(effort: Effort, section: Section) -> Sample {
    let gate = G::new(PERMITS);
    let inside = Inside::default();
    let mut visits = 0;
    let sample = contended(effort, 22, section, &mut visits, |visit| {
        gate.with(|| {
            assert!(inside.0.fetch_add(1, AcqRel) < PERMITS, "too many inside");
            visit.inside();
            inside.0.fetch_sub(1, AcqRel);
        });
    });
    take_all(&gate, PERMITS);
    sample
}

fn everybody_inside(effort: Effort, section: Section) -> Sample {
    contended(effort, 22, section, &mut 0, |visit| visit.inside())
}

/// Has all permits at once; a lost one would make this a hang, which the lab reports.
fn take_all<G: Gate>(gate: &G, permits: usize) {
    if permits > 0 {
        // Closures within each other would be a type without end.
        let deeper: &dyn Fn() = &|| take_all(gate, permits - 1);
        gate.with(deeper);
    }
}
