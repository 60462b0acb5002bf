//! Lesson 3: the main thread does not wait unless it joins.
//!
//! The Python program starts fifty threads in a loop, joins them all, and then goes on. Here one of
//! them panics. Watch for: its panic comes back from its `join`, the other forty-nine are joined all
//! the same, and nothing runs any more when the main thread goes on.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use threadkit::prelude::*;

static ENDED: Lock<u32> = Lock::new(0);

fn run(number: u64) {
    thread::sleep(Duration::from_millis(10 * (number % 7)));
    *ENDED.lock() += 1;
    assert!(number != 13, "number 13 panics on purpose");
}

fn main() {
    let threads: Vec<_> = (0..50).map(|number| thread::spawn(move || run(number))).collect();
    println!("started: {}", threads.len());

    let mut joined = 0;
    for (number, thread) in threads.into_iter().enumerate() {
        match thread.join() {
            Ok(()) => joined += 1,
            Err(panicked) => println!("thread {number} panicked: {panicked}"),
        }
    }
    println!("joined without a panic: {joined}");
    println!("ended: {}", *ENDED.lock());
    println!("alive besides the main thread: {}", thread::active_count() - 1);
    println!("main goes on");
}
