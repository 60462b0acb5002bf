//! Lesson 1: threads share memory and run at once.
//!
//! The Python program starts two threads that print their task and sleep; both end at the same time.
//! Watch for: both have begun before either ends, and two sleeps take about as long as one.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::time::Instant;

use threadkit::prelude::*;

const SLEEP: Duration = Duration::from_millis(400);

/// What both threads write to.
static EVENTS: Lock<Vec<(&str, &str)>> = Lock::new(Vec::new());
static NEWS: Condition = Condition::new();

fn run(name: &'static str) {
    let mut events = EVENTS.lock();
    events.push((name, "begins"));
    NEWS.notify_all();
    // If one thread ran after the other, the first would wait here in vain.
    NEWS.wait_while(&mut events, |events| events.len() < 2);
    drop(events);
    thread::sleep(SLEEP);
    EVENTS.lock().push((name, "ends"));
}

fn main() -> Result<(), thread::JoinError> {
    let start = Instant::now();
    let t1 = thread::spawn(|| run("t1"));
    let t2 = thread::spawn(|| run("t2"));
    t1.join()?;
    t2.join()?;

    let events = EVENTS.lock();
    for (name, what) in &*events {
        println!("{name} {what}");
    }
    let both = events[..2].iter().all(|(_, what)| *what == "begins");
    println!("both began before either ended: {both}");
    println!("two sleeps of {} ms took {} ms", SLEEP.as_millis(), start.elapsed().as_millis());
    Ok(())
}
