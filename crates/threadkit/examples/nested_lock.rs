//! Lesson 7: locks inside locks need an `RLock`.
//!
//! In the Python program `run3` takes the lock and calls `run1` and `run2`, which take it as well.
//! With a `Lock` it never ends, with an `RLock` it does. Watch for:
//!
//! - without arguments: five threads nest the lock three deep and add two each;
//! - `--plain`: the same on a plain `Lock`, where the second acquire waits in vain. It has a time-out
//!   here, so that the program can say so, and then fails.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::cell::Cell;
use std::process::ExitCode;

use threadkit::prelude::*;

static NUM: RLock<Cell<u32>> = RLock::new(Cell::new(0));

fn run3() -> u32 {
    let _outermost = NUM.lock();
    run1()
}

fn run1() -> u32 {
    let num = NUM.lock();
    num.set(num.get() + 1);
    run2()
}

fn run2() -> u32 {
    let num = NUM.lock();
    num.set(num.get() + 1);
    RLockGuard::depth(&num)
}

/// The first two levels on a plain lock; an error tells who would wait for ever.
mod plain {
    use super::{Duration, Lock};

    static NUM: Lock<u32> = Lock::new(0);

    pub(super) fn run3() -> Result<(), String> {
        let (_outermost, taken) = (NUM.lock(), line!());
        run1().map_err(|error| format!("{error}: its thread holds the lock since line {taken}"))
    }

    fn run1() -> Result<(), String> {
        let (num, line) = (NUM.try_lock_for(Duration::from_millis(200)), line!());
        *num.ok_or(format!("the second acquire, in line {line}, would wait for ever"))? += 1;
        Ok(())
    }
}

fn main() -> ExitCode {
    if std::env::args().any(|arg| arg == "--plain") {
        match thread::spawn(plain::run3).join() {
            Ok(Err(why)) => println!("{why}"),
            other => println!("a plain lock was taken twice: {other:?}"),
        }
        return ExitCode::FAILURE;
    }
    let threads: Vec<_> = (0..5).map(|_| thread::spawn(run3)).collect();
    for thread in threads {
        println!("depth: {}", thread.join().expect("nobody panics"));
    }
    println!("num: {}", NUM.lock().get());
    ExitCode::SUCCESS
}
