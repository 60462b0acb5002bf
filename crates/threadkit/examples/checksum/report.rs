//! What the user sees besides the sums: complaints, and at a terminal a progress bar, both on the
//! standard error.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};
use threadkit::thread;

use crate::hasher::Totals;
use crate::line;

/// The progress bar, which is hidden unless the standard error is a terminal.
pub(crate) struct Report(ProgressBar);

impl Report {
    pub(crate) fn new() -> Self {
        let style = "{wide_bar} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";
        let style = ProgressStyle::with_template(style).expect("the template is well formed");
        Self(ProgressBar::new(0).with_style(style))
    }

    /// Finds out how much there is to hash, ahead of the hashing. Nobody waits for it, so it runs in
    /// a daemon thread.
    pub(crate) fn expect<I: Iterator<Item = PathBuf>>(
        &self,
        files: impl FnOnce() -> I + Send + 'static,
    ) {
        if self.0.is_hidden() {
            return;
        }
        let bar = self.0.clone();
        let count = move || {
            for file in files().filter_map(|file| file.metadata().ok()) {
                bar.inc_length(file.len());
            }
        };
        // Without the thread the bar shows less, and the sums are the same.
        let _ = thread::Builder::new().name("count").daemon(true).spawn(count);
    }

    /// Notes that so many bytes more have been hashed.
    pub(crate) fn advance(&self, bytes: u64) {
        self.0.inc(bytes);
    }

    /// Writes without the bar in the way.
    pub(crate) fn print<T>(&self, print: impl FnOnce() -> T) -> T {
        self.0.suspend(print)
    }

    /// Writes a line about a path.
    pub(crate) fn complain(&self, path: &Path, error: &io::Error) {
        self.warn(&[&line::escape(path.as_os_str().as_encoded_bytes()), reason(error).as_bytes()]);
    }

    /// Writes a line, its parts with colons between them.
    pub(crate) fn warn(&self, parts: &[&[u8]]) {
        let text = [&[b"checksum".as_slice()], parts].concat().join(b": ".as_slice());
        // Nobody is left to be told if the standard error is closed.
        self.print(|| _ = io::stderr().write_all(&[&text, b"\n".as_slice()].concat()));
    }

    /// Takes the bar away, and says at a terminal what was done.
    pub(crate) fn finish(&self, totals: &Totals) {
        if self.0.is_hidden() {
            return;
        }
        self.0.finish_and_clear();
        let Totals { files, bytes, errors } = *totals;
        let [files, errors] = [files, errors].map(HumanCount);
        let text = format!("{files} files, {}, errors: {errors}", HumanBytes(bytes));
        self.warn(&[text.as_bytes()]);
    }
}

/// The error as the C library words it, without its number.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error ") {
        Some((reason, _)) => reason.to_owned(),
        None => text,
    }
}
