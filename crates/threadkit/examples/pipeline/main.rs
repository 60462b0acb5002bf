//! Counts the words of whole folders, as `wc -w` would: a reader, a bounded queue, workers, results.
//!
//! The reader thread cuts files into pieces and sends them to a `QueuePool`, whose workers count; the
//! main thread adds up the results. However large the files are, no more pieces are in memory than the
//! queue, the workers and the reader hold: when the queue is full, the reader waits.
//!
//! A word is what stands between white space, as Unicode has it, and each file counts by itself. On text,
//! the total is that of `wc -w` in a UTF-8 locale, but for rare separators on which C libraries differ.
//!
//! ```console
//! $ cargo run --release --example pipeline -- crates
//! $ find crates -type f -print0 | xargs -0 cat | wc -w
//! ```

mod reader;
#[path = "../shared/walk.rs"]
mod walk;
mod words;

use std::fmt;
use std::io::{self, ErrorKind, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use clap::builder::RangedU64ValueParser;
use indicatif::HumanBytes;
use threadkit::prelude::*;

use crate::reader::{Piece, Reader};

/// Count the words of files and whole folders, on all processors.
#[derive(Parser)]
struct Args {
    /// How many threads count [default: as many as there are processors]
    #[arg(long, value_name = "N", value_parser = at_least_one(1024))]
    workers: Option<usize>,

    /// How many pieces of text, of up to 64 KiB, may wait to be counted
    #[arg(long, value_name = "N", value_parser = at_least_one(65_536), default_value = "16")]
    capacity: usize,

    /// Say on the standard error what was done
    #[arg(long)]
    verbose: bool,

    /// Files, and folders with all files in them; - is the standard input
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
}

fn at_least_one(most: u64) -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..=most)
}

fn main() -> ExitCode {
    match run(Args::parse()) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_errors) => ExitCode::FAILURE,
        Err(error) => {
            say(format_args!("{error}"));
            ExitCode::FAILURE
        }
    }
}

/// Counts, prints the total, and returns how many errors there were.
fn run(args: Args) -> Result<u64, Box<dyn std::error::Error>> {
    let workers =
        args.workers.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
    let pool = QueuePool::builder(count)
        .workers(workers)
        .capacity(args.capacity)
        .results(args.capacity)
        .name("count")
        .build()?;
    let results = pool.results();
    let reader = thread::spawn(move || Reader::new(pool).read(args.paths));

    let (mut words, mut lost) = (0, 0);
    for done in results {
        match done.outcome {
            Ok(count) => words += count,
            Err(failure) => {
                lost += 1;
                say(format_args!("piece {}: {failure}", done.id));
            }
        }
    }
    let totals = reader.join()?;
    if args.verbose {
        say(format_args!(
            "{} files with {} in {} pieces, {workers} workers; {} times the queue was full",
            totals.files,
            HumanBytes(totals.bytes),
            totals.pieces,
            totals.waits,
        ));
    }
    match writeln!(io::stdout(), "{words}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(totals.errors + lost),
    }
}

/// The handler.
fn count(_job: &Job<'_>, piece: &Piece) -> Result<u64, Fail> {
    Ok(words::count(&piece.text, piece.within_word))
}

/// Writes a line to the standard error.
fn say(line: fmt::Arguments<'_>) {
    // Nobody is left to be told if it is closed.
    let _ = writeln!(io::stderr(), "pipeline: {line}");
}
