//! Hashes whole folders on a thread pool and prints what `sha256sum` would.
//!
//! The lessons at work: a `ThreadPool` hashes, a `BoundedSemaphore` limits how many files are open,
//! a `Lock` keeps the totals, and a daemon thread runs ahead to tell the progress bar how much there
//! is. Lines come in the order of the paths given, below a folder in the order of the bytes of the
//! whole path, whichever file is done first.
//!
//! ```console
//! $ cargo run --release --example checksum -- src > sums
//! $ cargo run --release --example checksum -- --check sums
//! ```

mod check;
mod hasher;
mod line;
mod ordered;
mod report;
mod sum;
#[path = "../shared/walk.rs"]
mod walk;

use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use threadkit::{ThreadPool, thread};

use crate::hasher::Hasher;
use crate::report::Report;

/// Print or check SHA-256 sums, of whole folders and on all processors.
#[derive(Parser)]
struct Args {
    /// How many files to hash at a time [default: as many as there are processors]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    jobs: Option<usize>,

    /// How many files may be open at a time
    #[arg(long, value_name = "N", value_parser = at_least_one, default_value = "64")]
    max_open: usize,

    /// Verify the files that FILE lists, as this program or sha256sum wrote it
    #[arg(long, value_name = "FILE", conflicts_with = "paths")]
    check: Option<PathBuf>,

    /// Files, and folders with all files in them; - is the standard input
    #[arg(value_name = "PATH", required_unless_present = "check")]
    paths: Vec<PathBuf>,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    let number: usize = text.parse().map_err(|error| format!("{error}"))?;
    match number {
        0 => Err("at least 1 is needed".to_owned()),
        1..=65_536 => Ok(number),
        _ => Err("at most 65536 are possible".to_owned()),
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    let hasher = Arc::new(Hasher::new(args.max_open, Report::new()));
    let fail = |error: &dyn ToString| {
        hasher.report.warn(&[error.to_string().as_bytes()]);
        ExitCode::FAILURE
    };

    let jobs = args.jobs.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
    let pool = match ThreadPool::builder().workers(jobs).name("checksum").build() {
        Ok(pool) => pool,
        Err(error) => return fail(&error),
    };
    let written = match &args.check {
        Some(list) => check::check(list, &pool, &hasher),
        None => sum::sum(args.paths, &pool, &hasher),
    };
    let totals = hasher.totals.lock();
    hasher.report.finish(&totals);
    match written {
        Ok(()) if totals.errors == 0 => ExitCode::SUCCESS,
        Ok(()) => ExitCode::FAILURE,
        Err(error) => {
            if error.kind() != ErrorKind::BrokenPipe {
                hasher.report.warn(&[b"write error", report::reason(&error).as_bytes()]);
            }
            // Nobody reads on, so what is still queued need not be hashed.
            std::process::exit(1)
        }
    }
}
