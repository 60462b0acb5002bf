//! A child process under a watchdog, with its output kept.

use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

/// What a child did.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) status: ExitStatus,
    pub(crate) elapsed: Duration,
    /// The watchdog killed it, so the status says nothing.
    pub(crate) timed_out: bool,
}

impl Outcome {
    /// Tells in words how the child ended.
    pub(crate) fn ending(&self) -> String {
        if self.timed_out {
            format!("killed after {} s", self.elapsed.as_secs())
        } else {
            self.status.to_string()
        }
    }
}

/// Runs the command until it ends, or kills it when `limit` has passed.
pub(crate) fn run(command: &mut Command, limit: Duration) -> Result<Outcome> {
    let (mut stdout, mut stderr) = (unnamed_file()?, unnamed_file()?);
    let start = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(stdout.try_clone()?)
        .stderr(stderr.try_clone()?)
        .spawn()
        .with_context(|| format!("cannot start {command:?}"))?;
    let (status, timed_out) = loop {
        if let Some(status) = child.try_wait()? {
            break (status, false);
        }
        if start.elapsed() >= limit {
            child.kill()?;
            break (child.wait()?, true);
        }
        sleep(Duration::from_millis(2));
    };
    Ok(Outcome {
        elapsed: start.elapsed(),
        stdout: text(&mut stdout)?,
        stderr: text(&mut stderr)?,
        status,
        timed_out,
    })
}

/// Creates a temporary file that goes with its last handle.
///
/// A pipe would not do: a grandchild that outlives the killed child keeps it open, and the reader
/// would wait for that one.
fn unnamed_file() -> Result<File> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("threadkit-xtask-{}-{number}", std::process::id());
    let path = std::env::temp_dir().join(name);
    let mut options = File::options();
    let file = options
        .read(true)
        .write(true)
        .create_new(true)
        .open(&path)
        .with_context(|| format!("cannot create {}", path.display()))?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

fn text(file: &mut File) -> Result<String> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> Outcome {
        run(Command::new("sh").args(["-c", script]), limit).unwrap()
    }

    #[test]
    fn keeps_output_and_status() {
        let outcome = shell("echo out; echo err >&2; exit 3", Duration::from_secs(60));
        assert_eq!(outcome.stdout, "out\n");
        assert_eq!(outcome.stderr, "err\n");
        assert_eq!(outcome.status.code(), Some(3));
        assert!(!outcome.timed_out);
    }

    #[test]
    fn kills_a_child_that_takes_too_long_and_waits_for_no_grandchild() {
        let outcome = shell("echo begun; sleep 20; true", Duration::from_millis(300));
        assert!(outcome.timed_out);
        assert_eq!(outcome.stdout, "begun\n");
        assert!(outcome.elapsed < Duration::from_secs(10));
    }
}
