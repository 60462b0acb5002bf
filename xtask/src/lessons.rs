//! `cargo xtask lessons`: each lesson is an example of `threadkit`; here it is run and its outcome
//! checked.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use xshell::{Shell, cmd};

pub(crate) use crate::child::Outcome;
use crate::{child, flags, table, target_dir};

/// How long an example may take before it is killed.
const LIMIT: Duration = Duration::from_secs(60);

/// A lesson: an example, how it is called, and what must come of it.
struct Lesson {
    example: &'static str,
    args: &'static [&'static str],
    check: fn(&Outcome) -> Result<()>,
}

const LESSONS: &[Lesson] = &[];

impl flags::Lessons {
    pub(crate) fn run(self, sh: &Shell) -> Result<()> {
        cmd!(sh, "cargo build --release --package threadkit --examples").run()?;
        run_all(LESSONS, &target_dir().join("release/examples"))
    }
}

/// Runs every lesson, prints a line for each, and fails if one of them failed.
fn run_all(lessons: &[Lesson], examples: &Path) -> Result<()> {
    ensure!(!lessons.is_empty(), "no lessons");
    let mut failed = 0;
    for lesson in lessons {
        let name = [&[lesson.example], lesson.args].concat().join(" ");
        match lesson.outcome(examples) {
            Ok(outcome) => {
                println!("ok      {name} ({})", table::seconds(outcome.elapsed.as_millis()));
            }
            Err(error) => {
                failed += 1;
                println!("FAILED  {name}: {error:#}");
            }
        }
    }
    ensure!(failed == 0, "{failed} of {} lessons failed", lessons.len());
    Ok(())
}

impl Lesson {
    fn outcome(&self, examples: &Path) -> Result<Outcome> {
        let mut command = Command::new(examples.join(self.example));
        let outcome = child::run(command.args(self.args), LIMIT)?;
        let verdict = if outcome.timed_out {
            Err(anyhow::anyhow!("not done within {} s", LIMIT.as_secs()))
        } else {
            (self.check)(&outcome)
        };
        verdict.with_context(|| {
            let Outcome { stdout, stderr, .. } = &outcome;
            format!("{}\n--- stdout\n{stdout}--- stderr\n{stderr}---", outcome.ending())
        })?;
        Ok(outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_table_is_an_error() {
        let error = run_all(&[], Path::new("/")).unwrap_err();
        assert_eq!(error.to_string(), "no lessons");
    }

    #[test]
    fn a_failed_check_fails_the_lessons() {
        let lesson = |check| Lesson { example: "sh", args: &["-c", "echo hello"], check };
        let hello = lesson(|outcome| {
            ensure!(outcome.status.success() && outcome.stdout == "hello\n");
            Ok(())
        });
        let never = lesson(|_| anyhow::bail!("never content"));
        assert!(run_all(std::slice::from_ref(&hello), Path::new("/bin")).is_ok());
        assert!(run_all(&[hello, never], Path::new("/bin")).is_err());
    }
}
