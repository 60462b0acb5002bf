//! Lesson 2: a thread can be a struct with its own `run`.
//!
//! The Python program derives a class from `Thread`, with an `__init__` that keeps its arguments and
//! a `run`, and starts two instances. Watch for: each instance brings its own data into a thread of
//! its own, both are at work at the same time, and what `run` returns is there to be joined.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::time::Instant;

use threadkit::prelude::*;

const SLEEP: Duration = Duration::from_millis(400);

/// How many instances are at work now, and have been at most.
static AT_WORK: Lock<(u32, u32)> = Lock::new((0, 0));
static NEWS: Condition = Condition::new();

struct Sleeper {
    name: String,
}

impl Run for Sleeper {
    type Output = String;

    fn run(self) -> String {
        let mut at_work = AT_WORK.lock();
        at_work.0 += 1;
        at_work.1 = at_work.1.max(at_work.0);
        NEWS.notify_all();
        NEWS.wait_while(&mut at_work, |(_, most)| *most < 2);
        drop(at_work);
        thread::sleep(SLEEP);
        AT_WORK.lock().0 -= 1;
        format!("{} ran in thread {}", self.name, thread::current().id().get())
    }
}

fn main() -> Result<(), thread::JoinError> {
    println!("main runs in thread {}", thread::current().id().get());
    let start = Instant::now();
    let sleepers = ["t1", "t2"].map(|name| thread::start(Sleeper { name: name.to_owned() }));
    for sleeper in sleepers {
        println!("{}", sleeper.join()?);
    }
    println!("at work at the same time: {}", AT_WORK.lock().1);
    println!("two sleeps of {} ms took {} ms", SLEEP.as_millis(), start.elapsed().as_millis());
    Ok(())
}
