//! How far the run is, and how much longer it takes.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::rounds::{Mode, Task};
use crate::row::Kind;

/// A bar on a terminal; elsewhere nothing.
pub(super) struct Progress {
    bar: ProgressBar,
    begun: Instant,
    planned: Duration,
    done: Duration,
}

/// What a process costs beside the work.
const OVERHEAD: Duration = Duration::from_millis(6);

/// What a measurement of the row is expected to take; the bar corrects itself as it learns.
pub(super) fn estimate(task: Task<'_>, mode: Mode) -> Duration {
    // A quarter before to warm up; contended rows take half before and half after.
    let times = if task.row.kind == Kind::Contended { 2.0 } else { 1.25 };
    mode.effort(task.row).time.mul_f64(times) + OVERHEAD + task.row.fixed
}

/// All measurements of some tasks.
pub(super) fn estimate_all(tasks: &[Task<'_>], mode: Mode) -> Duration {
    let of = |task: Task<'_>| {
        let count = task.names().len() * mode.rounds_of(task.row);
        estimate(task, mode) * u32::try_from(count).expect("a few measurements")
    };
    tasks.iter().map(|task| of(*task)).sum()
}

impl Progress {
    pub(super) fn new(planned: Duration) -> Self {
        let bar = ProgressBar::new(millis(planned)).with_style(
            ProgressStyle::with_template("{bar:24} {percent:>3} %  {prefix}  {wide_msg}")
                .expect("the template is fine"),
        );
        // Drawn between measurements, never during one.
        bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(4));
        Self { bar, begun: Instant::now(), planned, done: Duration::ZERO }
    }

    /// Says what is measured now.
    pub(super) fn show(&self, what: &str) {
        let left = self.left();
        self.bar.set_prefix(format!("{}:{:02} left", left.as_secs() / 60, left.as_secs() % 60));
        self.bar.set_message(what.to_owned());
    }

    /// Counts what was planned for a measurement as done.
    pub(super) fn advance(&mut self, planned: Duration) {
        self.done += planned;
        self.bar.set_position(millis(self.done.min(self.planned)));
    }

    /// What is left of the plan, at the speed so far.
    fn left(&self) -> Duration {
        let rest = self.planned.saturating_sub(self.done);
        if self.done.is_zero() {
            return rest;
        }
        rest.mul_f64(self.begun.elapsed().as_secs_f64() / self.done.as_secs_f64())
    }

    /// Prints above the bar.
    pub(super) fn print(&self, text: &str) {
        self.bar.suspend(|| println!("{text}"));
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
