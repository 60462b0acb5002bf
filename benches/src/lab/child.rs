//! One measurement in a process of its own.
//!
//! The threads, the memory and the layout of one contender are gone when the next is measured, a
//! wrong answer or a hang of one does not end the run, and what depends on where things happen to
//! lie in memory becomes part of the spread instead of a bias.

use std::env;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::row::{Effort, Measured, Program, Row, Sample};

/// What a child may take beyond the effort.
const PATIENCE: Duration = Duration::from_secs(60);

/// Measures a contender of the row, `Ok(Err(reason))` if this machine cannot.
pub(super) fn measure(row: &Row, contender: &str, effort: Effort) -> Result<Measured> {
    let mut command = Command::new(program(row.program)?);
    command.args(["sample", &row.id(), contender]);
    command.args(["--micros", &effort.time.as_micros().to_string()]);
    let (stdout, stderr) = run(&mut command, PATIENCE + 20 * effort.time)
        .with_context(|| format!("{contender} could not be measured"))?;
    let measured: Measured = serde_json::from_str(&stdout)
        .with_context(|| format!("{contender} answered {stdout:?} {stderr}"))?;
    Ok(measured)
}

/// What the child does; the answer goes to standard output.
pub(super) fn answer(row: &Row, contender: &str, effort: Effort) -> Result<String> {
    let named = row.contenders.iter().find(|other| other.name == contender);
    let measured: Result<Sample, String> =
        named.with_context(|| format!("no contender is called {contender}"))?.measure(effort);
    Ok(serde_json::to_string(&measured)?)
}

/// The program beside this one.
fn program(program: Program) -> Result<PathBuf> {
    let name = match program {
        Program::Plain => "lab",
        Program::Counting => "lab-counting",
    };
    let own = env::current_exe().context("this program has no path")?;
    Ok(own.with_file_name(name).with_extension(env::consts::EXE_EXTENSION))
}

/// Runs the command to its end and returns what it wrote; it is killed when it takes too long.
///
/// This thread only waits for the output to end: a parent that looks again and again would be a
/// third party on the processors that are measured.
fn run(command: &mut Command, limit: Duration) -> Result<(String, String)> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("cannot start {command:?}"))?;
    let stdout = child.stdout.take().context("the output is piped")?;
    let stderr = child.stderr.take().context("the errors are piped")?;
    let child = Mutex::new(child);
    let (ended, end) = mpsc::channel::<()>();
    let (texts, timed_out) = thread::scope(|scope| {
        let watchdog = scope.spawn(|| watch(&child, end, limit));
        // At once: a child that fills the one pipe while the other is read would wait for ever.
        let errors = scope.spawn(|| text(stderr));
        let texts = (text(stdout), errors.join().unwrap_or_else(|_| bail!("a reader panicked")));
        drop(ended);
        (texts, watchdog.join().unwrap_or(true))
    });
    let status =
        child.into_inner().map_err(|_| anyhow::anyhow!("the watchdog panicked"))?.wait()?;
    let (stdout, stderr) = (texts.0?, texts.1?);
    if timed_out {
        bail!("killed after {} s: {}", limit.as_secs(), stderr.trim());
    }
    if !status.success() {
        bail!("{status}: {}", stderr.trim());
    }
    Ok((stdout, stderr))
}

/// Waits until the other side of the channel is dropped, and kills the child if that takes too long.
fn watch(child: &Mutex<Child>, end: mpsc::Receiver<()>, limit: Duration) -> bool {
    let timed_out = end.recv_timeout(limit) == Err(mpsc::RecvTimeoutError::Timeout);
    if timed_out && let Ok(mut child) = child.lock() {
        // It may have ended just now; then there is nothing to kill.
        drop(child.kill());
    }
    timed_out
}

fn text(mut pipe: impl Read) -> Result<String> {
    let mut bytes = Vec::new();
    pipe.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> Result<(String, String)> {
        run(Command::new("sh").args(["-c", script]), limit)
    }

    #[test]
    fn output_is_kept() {
        let (stdout, stderr) = shell("echo out; echo err >&2", Duration::from_secs(60)).unwrap();
        assert_eq!((stdout.as_str(), stderr.as_str()), ("out\n", "err\n"));
    }

    #[test]
    fn a_failure_says_why() {
        let error = shell("echo worn out >&2; exit 3", Duration::from_secs(60)).unwrap_err();
        assert!(error.to_string().contains("3: worn out"), "{error}");
    }

    #[test]
    fn a_hang_is_killed() {
        let script = "echo stuck >&2; exec sleep 600";
        let error = shell(script, Duration::from_secs(1)).unwrap_err();
        assert_eq!(error.to_string(), "killed after 1 s: stuck");
    }

    #[test]
    fn a_child_that_complains_at_length_does_not_hang() {
        let script = "yes complaint | head -n 100000 >&2; echo done";
        let (stdout, stderr) = shell(script, Duration::from_secs(60)).unwrap();
        assert_eq!((stdout.as_str(), stderr.len()), ("done\n", 1_000_000));
    }
}
