//! Lesson 10: a thread pool reuses threads.
//!
//! The Python program makes seven requests to say hello, puts them into a `ThreadPool(5)` and waits.
//! Here one more request panics. Watch for: seven hellos by at most five threads, every callback on
//! the thread that waits, and the panic in the hands of its `exc_callback`.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::collections::BTreeSet;

use threadkit::prelude::*;

static GREETERS: Lock<BTreeSet<u64>> = Lock::new(BTreeSet::new());
static CALLED_BACK: Lock<Vec<u64>> = Lock::new(Vec::new());

fn say_hello(number: u32) -> String {
    GREETERS.lock().insert(thread::current().id().get());
    thread::sleep(Duration::from_millis(20));
    format!("hello {number}")
}

fn note_thread() {
    CALLED_BACK.lock().push(thread::current().id().get());
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let pool = ThreadPool::new(5);
    let hellos = make_requests(say_hello, 1..=7).callback(|request, hello| {
        note_thread();
        println!("request {}: {hello}", request.id());
    });
    for request in hellos {
        pool.put_request(request)?;
    }
    let nobody = WorkRequest::new(|| panic!("nobody to greet")).exc_callback(|request, error| {
        note_thread();
        println!("request {}: {error}", request.id());
    });
    pool.put_request(nobody)?;
    pool.wait()?;

    let me = thread::current().id().get();
    let called_back = CALLED_BACK.lock();
    let here = called_back.iter().filter(|&&thread| thread == me).count();
    println!("threads that said hello: {}", GREETERS.lock().len());
    println!("callbacks on the waiting thread: {here} of {}", called_back.len());
    Ok(())
}
