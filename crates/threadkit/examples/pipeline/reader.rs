//! The beginning of the pipeline: from files to messages.

use std::fs::File;
use std::io::{self, Read};
use std::mem::replace;
use std::path::{Path, PathBuf};

use threadkit::prelude::*;

use crate::{say, walk, words};

/// How much of a file goes into one message, so that large files need no more memory than small ones.
const PIECE: u64 = 64 * 1024;

/// A piece of a file.
pub(crate) struct Piece {
    pub(crate) text: Vec<u8>,
    /// Whether the piece before it ended within a word.
    pub(crate) within_word: bool,
}

/// What was read, and what it took.
#[derive(Default)]
pub(crate) struct Totals {
    pub(crate) files: u64,
    pub(crate) bytes: u64,
    pub(crate) errors: u64,
    pub(crate) pieces: u64,
    /// How often the queue had no room at once.
    pub(crate) waits: u64,
}

/// Reads files into a queue of pieces.
pub(crate) struct Reader {
    pool: QueuePool<Piece, u64>,
    totals: Totals,
}

impl Reader {
    pub(crate) fn new(pool: QueuePool<Piece, u64>) -> Self {
        Self { pool, totals: Totals::default() }
    }

    /// Reads all files under the paths and shuts the pool down when all pieces are handled. A file that
    /// cannot be read is a complaint.
    pub(crate) fn read(mut self, paths: Vec<PathBuf>) -> Totals {
        for found in walk::files(paths) {
            let read = found.and_then(|path| self.read_file(&path).map_err(|error| (path, error)));
            match read {
                Ok(()) => self.totals.files += 1,
                Err((path, error)) => {
                    self.totals.errors += 1;
                    say(format_args!("{path:?}: {error}"));
                }
            }
        }
        let report = self.pool.shutdown(Shutdown::Drain, Duration::MAX);
        self.totals.pieces = report.stats.sent;
        self.totals
    }

    fn read_file(&mut self, path: &Path) -> io::Result<()> {
        let mut source: Box<dyn Read> = if path.as_os_str() == "-" {
            Box::new(io::stdin())
        } else {
            Box::new(File::open(path)?)
        };
        let (mut text, mut within_word) = (Vec::new(), false);
        loop {
            let read = source.by_ref().take(PIECE).read_to_end(&mut text)?;
            self.totals.bytes += read as u64;
            let is_end = read == 0;
            let rest = if is_end { Vec::new() } else { words::split_off_fragment(&mut text) };
            let text = replace(&mut text, rest);
            if !text.is_empty() {
                let goes_on = words::ends_within_word(&text);
                self.send(Piece { text, within_word: replace(&mut within_word, goes_on) });
            }
            if is_end {
                return Ok(());
            }
        }
    }

    fn send(&mut self, piece: Piece) {
        if let Err(refused) = self.pool.try_send(piece) {
            self.totals.waits += 1;
            self.pool.send(refused.into_inner()).expect("the pool is open until all is read");
        }
    }
}
