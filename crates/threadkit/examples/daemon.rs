//! Lesson 4: daemon threads die with the main thread.
//!
//! The Python program calls `setDaemon(True)` before `start`: it ends without waiting for the thread;
//! without that line, it waits. A Rust program does not wait for its threads by itself, so
//! `wait_at_exit` stands at the beginning of `main`. Watch for:
//!
//! - without arguments: "main ends" comes first, and the program still waits for the thread;
//! - `--daemon`: it ends at once, although the thread sleeps for a minute;
//! - `--no-guard`: without `wait_at_exit` it ends at once, whatever the thread is.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::env;

use threadkit::prelude::*;

fn main() -> std::io::Result<()> {
    let has = |flag| env::args().skip(1).any(|arg| arg == flag);
    let (is_daemon, is_guarded) = (has("--daemon"), !has("--no-guard"));
    let _exit = is_guarded.then(thread::wait_at_exit);

    let waits = is_guarded && !is_daemon;
    let sleep = if waits { Duration::from_secs(1) } else { Duration::from_secs(60) };
    let sleeper = thread::Builder::new().name("sleeper").daemon(is_daemon).spawn(move || {
        thread::sleep(sleep);
        println!("the sleeper ends");
    })?;

    println!("the sleeper is a daemon: {}", sleeper.is_daemon());
    println!("main ends while the sleeper is alive: {}", sleeper.is_alive());
    Ok(())
}
