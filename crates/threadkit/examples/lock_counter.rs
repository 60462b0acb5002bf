//! Lesson 6: a lock makes changes to a shared variable serial; keep the locked part short.
//!
//! The Python program has fifty threads that do `acquire; num += 1; release`. Watch for: not one
//! addition is lost, with one each and with ten thousand each. The guard of `*NUM.lock() += 1` lives
//! until the end of that statement, so the locked part is the addition and nothing else.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use threadkit::prelude::*;

const THREADS: u32 = 50;

static NUM: Lock<u32> = Lock::new(0);

fn count(times: u32) -> Result<u32, thread::JoinError> {
    *NUM.lock() = 0;
    let add = move || (0..times).for_each(|_| *NUM.lock() += 1);
    let threads: Vec<_> = (0..THREADS).map(|_| thread::spawn(add)).collect();
    for thread in threads {
        thread.join()?;
    }
    Ok(*NUM.lock())
}

fn main() -> Result<(), thread::JoinError> {
    for times in [1, 10_000] {
        println!("{THREADS} threads, {times} each: {}", count(times)?);
    }
    Ok(())
}
