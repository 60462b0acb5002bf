//! `threadkit-stress PROGRAM SEED MILLIS`: rounds of one program until the time is over; `list` names them all.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for a terminal")]

mod programs;
mod schedule;
mod threads;

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use programs::PROGRAMS;

/// No round takes as long, unless it hangs.
const TOO_LONG: Duration = Duration::from_secs(60);

/// The seed of the round that runs, for whoever has to say where it went wrong.
static ROUND: AtomicU64 = AtomicU64::new(0);

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match *arguments {
        ["list"] => {
            PROGRAMS.iter().for_each(|program| println!("{}", program.name));
            ExitCode::SUCCESS
        }
        [name, seed, millis] => match (seed.parse(), millis.parse()) {
            (Ok(seed), Ok(millis)) => run(name, seed, Duration::from_millis(millis)),
            _ => usage(),
        },
        _ => usage(),
    }
}

fn usage() -> ExitCode {
    eprintln!("threadkit-stress list | PROGRAM SEED MILLIS");
    ExitCode::from(2)
}

fn run(name: &str, seed: u64, time: Duration) -> ExitCode {
    let Some(program) = PROGRAMS.iter().find(|program| program.name == name) else {
        eprintln!("no program is called {name}");
        return ExitCode::from(2);
    };
    ROUND.store(seed, Relaxed);
    thread::spawn(watch);
    let start = Instant::now();
    let mut rounds = 0;
    while rounds == 0 || start.elapsed() < time {
        let round = seed.wrapping_add(rounds);
        ROUND.store(round, Relaxed);
        if std::panic::catch_unwind(|| schedule::run(program.round, round)).is_err() {
            eprintln!("the round with seed {round} failed");
            return ExitCode::FAILURE;
        }
        rounds += 1;
    }
    println!("{rounds}");
    ExitCode::SUCCESS
}

/// Ends the process if one round does not.
fn watch() {
    let mut seen = ROUND.load(Relaxed);
    loop {
        thread::sleep(TOO_LONG);
        let now = ROUND.load(Relaxed);
        if now == seen {
            eprintln!("the round with seed {now} did not end");
            std::process::exit(1);
        }
        seen = now;
    }
}
