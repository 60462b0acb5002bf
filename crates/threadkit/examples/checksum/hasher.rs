//! The work of a single job: open a file, read it in chunks, hash it.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::PathBuf;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use threadkit::{BoundedSemaphore, Lock};

use crate::line::Sum;
use crate::report::Report;

const CHUNK: usize = 64 * 1024;

/// Something to do on the pool, with a sum or a reason why there is none.
pub(crate) type Job = Box<dyn FnOnce() -> io::Result<Sum> + Send>;

/// What the jobs share.
pub(crate) struct Hasher {
    /// As many as files may be open at a time.
    slots: BoundedSemaphore,
    pub(crate) totals: Lock<Totals>,
    pub(crate) report: Report,
}

/// What was done so far.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub(crate) files: u64,
    pub(crate) bytes: u64,
    pub(crate) errors: u64,
}

impl Hasher {
    pub(crate) fn new(max_open: usize, report: Report) -> Self {
        Self { slots: BoundedSemaphore::new(max_open), totals: Lock::default(), report }
    }

    /// Prepares the hashing of a file; `-` is the standard input, which is read here and now: two
    /// jobs would share it out between them by chance.
    pub(crate) fn job(self: &Arc<Self>, path: PathBuf) -> Job {
        if path.as_os_str() == "-" {
            let sum = self.hash(io::stdin().lock());
            return Box::new(|| sum);
        }
        let hasher = self.clone();
        Box::new(move || {
            let _slot = hasher.slots.acquire();
            hasher.hash(File::open(path)?)
        })
    }

    fn hash(&self, mut input: impl Read) -> io::Result<Sum> {
        let mut hash = Sha256::new();
        let mut chunk = vec![0; CHUNK];
        let mut bytes = 0;
        loop {
            match input.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => {
                    hash.update(&chunk[..count]);
                    bytes += count as u64;
                    self.report.advance(count as u64);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let mut totals = self.totals.lock();
        totals.files += 1;
        totals.bytes += bytes;
        Ok(hash.finalize().into())
    }
}
