//! `checksum PATH…`: writes a line for each file.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use threadkit::ThreadPool;

use crate::hasher::{Hasher, Job};
use crate::{line, ordered, walk};

/// Hashes all files under the paths. Fails if the lines cannot be written; a file that cannot be
/// read is a complaint.
pub(crate) fn sum(paths: Vec<PathBuf>, pool: &ThreadPool, hasher: &Arc<Hasher>) -> io::Result<()> {
    let ahead = paths.clone();
    hasher.report.expect(move || walk::files(ahead).flatten());
    let jobs = walk::files(paths).map(|found| match found {
        Ok(path) => (path.clone(), hasher.job(path)),
        Err((path, error)) => (path, Box::new(|| Err(error)) as Job),
    });
    let mut out = io::stdout().lock();
    ordered::run(pool, jobs, |path, result| {
        match result.unwrap_or_else(|lost| Err(io::Error::other(lost))) {
            Ok(sum) => {
                let line = line::format(&sum, path.as_os_str().as_encoded_bytes());
                hasher.report.print(|| out.write_all(&line))
            }
            Err(error) => {
                hasher.totals.lock().errors += 1;
                hasher.report.complain(&path, &error);
                Ok(())
            }
        }
    })
}
