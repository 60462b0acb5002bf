//! Lesson 9: a semaphore bounds how many run at a time.
//!
//! The Python program has a `BoundedSemaphore(5)` and 22 threads that acquire it, sleep and release
//! it, while the main thread prints the active count until only itself is left. Watch for: never more
//! than five are inside, all 22 get there, and the active count falls to 1.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use threadkit::prelude::*;

static SLOTS: BoundedSemaphore = BoundedSemaphore::new(5);
static SEEN: Lock<Seen> = Lock::new(Seen { inside: 0, most: 0, done: 0 });

struct Seen {
    inside: u32,
    most: u32,
    done: u32,
}

fn run() {
    let _permit = SLOTS.acquire();
    let mut seen = SEEN.lock();
    seen.inside += 1;
    seen.most = seen.most.max(seen.inside);
    drop(seen);
    thread::sleep(Duration::from_millis(100));
    let mut seen = SEEN.lock();
    seen.inside -= 1;
    seen.done += 1;
}

fn main() {
    for _ in 0..22 {
        thread::spawn(run);
    }
    let mut printed = 0;
    while printed != 1 {
        let active = thread::active_count();
        if active != printed {
            println!("active: {active}");
            printed = active;
        }
        thread::sleep(Duration::from_millis(5));
    }
    let seen = SEEN.lock();
    println!("most inside at a time: {}", seen.most);
    println!("done: {}", seen.done);
    println!("free again: {}", SLOTS.available());
}
