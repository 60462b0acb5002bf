//! Runs programs in schedules that are drawn.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::{Config, Runner};

use crate::model::choices::{self, Choices};
use crate::model::thread;

/// How schedules are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Draw {
    /// At each step anybody may be next.
    Random,
    /// Priorities, which change a few times: <https://www.microsoft.com/en-us/research/publication/a-randomized-scheduler-with-probabilistic-guarantees-of-finding-bugs/>.
    Priorities,
}

/// Priorities change so often, less one.
const DEPTH: usize = 3;

/// Threads of a program need more than shuttle's default, as it has destructors and panics in it.
const STACK: usize = 256 << 10;

/// Runs the program once, in the schedule that `seed` stands for.
///
/// # Panics
///
/// With what the program panics with, or with shuttle's verdict: a deadlock, or no end.
pub fn run_once(draw: Draw, seed: u64, program: impl Fn() + Send + Sync + 'static) {
    let mut config = Config::new();
    config.stack_size = STACK;
    // Each in half of all executions of either draw, if seeds are taken one after the other.
    let choices =
        Choices { first_sleep_may_end: seed & 2 != 0, spins: seed & 4 != 0, ..Choices::default() };
    let program = move || {
        choices::prepare(choices);
        thread::prepare();
        program();
        thread::wait_for_all();
    };
    let result = catch_unwind(AssertUnwindSafe(|| match draw {
        Draw::Random => Runner::new(RandomScheduler::new_from_seed(seed, 1), config).run(program),
        Draw::Priorities => {
            Runner::new(PctScheduler::new_from_seed(seed, DEPTH, 1), config).run(program)
        }
    }));
    choices::prepare(Choices::default());
    thread::clear();
    if let Err(verdict) = result {
        resume_unwind(verdict);
    }
}
