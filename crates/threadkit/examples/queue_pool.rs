//! Lesson 11: a message queue can play a thread pool.
//!
//! The picture of the lesson: producers put work into a queue, and a fixed set of threads takes it
//! out. Here the queue has room for four messages, three producers are faster than the five workers,
//! and one message cannot be handled. Watch for: producers that find the queue full and wait, a result
//! for each message, and the message that failed among the dead letters.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::sync::Arc;

use threadkit::prelude::*;

const CAPACITY: usize = 4;

static AT_WORK: Lock<AtWork> = Lock::new(AtWork { now: 0, most: 0 });

struct AtWork {
    now: u32,
    most: u32,
}

/// Squares a number; zero is refused.
fn square(_job: &Job<'_>, number: &u64) -> Result<u64, Fail> {
    let mut at_work = AT_WORK.lock();
    at_work.now += 1;
    at_work.most = at_work.most.max(at_work.now);
    drop(at_work);
    thread::sleep(Duration::from_millis(5));
    AT_WORK.lock().now -= 1;
    if *number == 0 { Err(Fail::dead("zero")) } else { Ok(number * number) }
}

/// Sends the numbers and tells how often there was no room at once.
fn produce(pool: &QueuePool<u64, u64>, numbers: std::ops::Range<u64>) -> u32 {
    let mut waits = 0;
    for number in numbers {
        if let Err(refused) = pool.try_send(number) {
            waits += 1;
            pool.send(refused.into_inner()).expect("nobody shuts the pool down yet");
        }
    }
    waits
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let pool = QueuePool::builder(square)
        .workers(5)
        .capacity(CAPACITY)
        .results(10)
        .dead_letters(10)
        .build()?;
    let (results, dead_letters) = (pool.results(), pool.dead_letters());

    let pool = Arc::new(pool);
    let producers: Vec<_> = (0..3)
        .map(|number| {
            let pool = pool.clone();
            thread::spawn(move || produce(&pool, number * 40..(number + 1) * 40))
        })
        .collect();
    let closer = thread::spawn(move || -> Result<_, thread::JoinError> {
        let waits = producers.into_iter().map(|producer| producer.join());
        let waits = waits.sum::<Result<u32, _>>()?;
        Ok((waits, pool.shutdown(Shutdown::Drain, Duration::MAX)))
    });

    // Ends when the pool has been shut down and everything was received.
    let outcomes = results.iter().map(|done| done.outcome);
    let (good, bad): (Vec<_>, Vec<_>) = outcomes.partition(Result::is_ok);
    let sum: u64 = good.iter().flatten().sum();
    let (waits, report) = closer.join()??;
    println!("messages: {}", report.stats.sent);
    println!("times a producer found the queue full: {waits}");
    println!("most workers at a time: {}", AT_WORK.lock().most);
    println!("results: {} good, {} bad", good.len(), bad.len());
    println!("sum of the squares: {sum}");
    for letter in dead_letters {
        println!("dead letter: {}, because {}", letter.message, letter.failure);
    }
    println!("everything accounted for: {}", report.is_complete());
    Ok(())
}
