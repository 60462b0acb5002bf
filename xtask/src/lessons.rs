//! `cargo xtask lessons`: each lesson is an example of `threadkit`; here it is run and its outcome
//! checked.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use xshell::{Shell, cmd};

pub(crate) use crate::child::Outcome;
use crate::{child, flags, root, table, target_dir};

/// How long an example may take before it is killed.
const LIMIT: Duration = Duration::from_secs(60);

/// A lesson: an example, how it is called, and what must come of it.
struct Lesson {
    example: &'static str,
    args: &'static [&'static str],
    check: fn(&Outcome) -> Result<()>,
}

const LESSONS: &[Lesson] = &[
    Lesson { example: "two_threads", args: &[], check: two_threads },
    Lesson { example: "thread_as_struct", args: &[], check: thread_as_struct },
    Lesson { example: "join_fifty", args: &[], check: join_fifty },
    Lesson { example: "daemon", args: &[], check: daemon_waits },
    Lesson { example: "daemon", args: &["--daemon"], check: daemon_dies },
    Lesson { example: "daemon", args: &["--no-guard"], check: unguarded_dies },
    Lesson { example: "lock_counter", args: &[], check: lock_counter },
    Lesson { example: "nested_lock", args: &[], check: nested_lock },
    Lesson { example: "nested_lock", args: &["--plain"], check: nested_plain_lock },
    Lesson { example: "semaphore_limit", args: &[], check: semaphore_limit },
    Lesson { example: "threadpool_hello", args: &[], check: threadpool_hello },
    Lesson { example: "queue_pool", args: &[], check: queue_pool },
    Lesson { example: "checksum", args: &["--jobs", "0", "."], check: checksum_without_jobs },
];

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

/// The lines of an example that succeeded.
fn lines(outcome: &Outcome) -> Result<Vec<&str>> {
    ensure!(outcome.status.success(), "it failed");
    Ok(outcome.stdout.lines().collect())
}

/// The number between the two texts of a line.
fn number(line: &str, before: &str, after: &str) -> Result<u64> {
    let number = line.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
    number
        .with_context(|| format!("{line:?} is not {before}..{after}"))?
        .parse()
        .context("a number")
}

/// Two sleeps took longer than one, but not as long as two.
fn took_one_sleep(line: &str) -> Result<()> {
    let millis = number(line, "two sleeps of 400 ms took ", " ms")?;
    ensure!((400..800).contains(&millis), "the sleeps took {millis} ms");
    Ok(())
}

fn two_threads(outcome: &Outcome) -> Result<()> {
    let lines = lines(outcome)?;
    let [first, second, third, fourth, both, took] = lines[..] else { bail!("six lines") };
    for (mut pair, what) in [([first, second], "begins"), ([third, fourth], "ends")] {
        pair.sort_unstable();
        ensure!(pair == [format!("t1 {what}"), format!("t2 {what}")], "who {what}?");
    }
    ensure!(both == "both began before either ended: true");
    took_one_sleep(took)
}

fn thread_as_struct(outcome: &Outcome) -> Result<()> {
    let lines = lines(outcome)?;
    let [main, t1, t2, both, took] = lines[..] else { bail!("five lines") };
    let main = number(main, "main runs in thread ", "")?;
    let t1 = number(t1, "t1 ran in thread ", "")?;
    let t2 = number(t2, "t2 ran in thread ", "")?;
    ensure!(main != t1 && t1 != t2 && t2 != main, "each has a thread of its own");
    ensure!(both == "at work at the same time: 2");
    took_one_sleep(took)
}

fn join_fifty(outcome: &Outcome) -> Result<()> {
    let expected = [
        "started: 50",
        "thread 13: the thread panicked: number 13 panics on purpose",
        "joined without a panic: 49",
        "ended: 50",
        "alive besides the main thread: 0",
        "main goes on",
    ];
    ensure!(lines(outcome)? == expected);
    ensure!(outcome.stderr.matches("panicked at").count() == 1, "one thread panics");
    Ok(())
}

fn daemon_waits(outcome: &Outcome) -> Result<()> {
    let expected = [
        "the sleeper is a daemon: false",
        "main ends while the sleeper is alive: true",
        "the sleeper ends",
    ];
    ensure!(lines(outcome)? == expected);
    ensure!(outcome.elapsed >= Duration::from_secs(1), "it did not wait");
    Ok(())
}

fn daemon_dies(outcome: &Outcome) -> Result<()> {
    ends_at_once(outcome, true)
}

fn unguarded_dies(outcome: &Outcome) -> Result<()> {
    ends_at_once(outcome, false)
}

/// Main ended and the program with it, although the thread would have slept for a minute.
fn ends_at_once(outcome: &Outcome, is_daemon: bool) -> Result<()> {
    let daemon = format!("the sleeper is a daemon: {is_daemon}");
    ensure!(lines(outcome)? == [&daemon, "main ends while the sleeper is alive: true"]);
    ensure!(outcome.elapsed < Duration::from_secs(5), "it waited");
    Ok(())
}

fn lock_counter(outcome: &Outcome) -> Result<()> {
    ensure!(lines(outcome)? == ["50 threads, 1 each: 50", "50 threads, 10000 each: 500000"]);
    Ok(())
}

fn nested_lock(outcome: &Outcome) -> Result<()> {
    ensure!(lines(outcome)? == [["depth: 3"; 5].as_slice(), &["num: 10"]].concat());
    Ok(())
}

/// The lines that it names are those of the two acquires.
fn nested_plain_lock(outcome: &Outcome) -> Result<()> {
    ensure!(outcome.status.code() == Some(1), "it should fail");
    let source = root().join("crates/threadkit/examples/nested_lock.rs");
    let source = std::fs::read_to_string(source)?;
    let line_of = |text: &str| {
        let index = source.lines().position(|line| line.contains(text));
        index.map(|index| index + 1).with_context(|| format!("the example has no {text}"))
    };
    let (first, second) = (line_of("(NUM.lock(), line!())")?, line_of("NUM.try_lock_for(")?);
    let expected = format!(
        "the second acquire, in line {second}, would wait for ever: \
         its thread holds the lock since line {first}\n"
    );
    ensure!(outcome.stdout == expected, "expected {expected}");
    Ok(())
}

fn semaphore_limit(outcome: &Outcome) -> Result<()> {
    let lines = lines(outcome)?;
    let (active, last) = lines.split_last_chunk::<3>().context("three lines at the end")?;
    ensure!(*last == ["most inside at a time: 5", "done: 22", "free again: 5"]);
    let active = active.iter().map(|line| number(line, "active: ", ""));
    let active: Vec<u64> = active.collect::<Result<_>>()?;
    ensure!(active.is_sorted_by(|before, after| before > after), "the active count rose");
    ensure!(active.len() > 2 && active.last() == Some(&1), "the active count did not fall to 1");
    Ok(())
}

fn threadpool_hello(outcome: &Outcome) -> Result<()> {
    let lines = lines(outcome)?;
    let (answers, last) = lines.split_last_chunk::<2>().context("two lines at the end")?;
    let greeters = number(last[0], "threads that said hello: ", "")?;
    ensure!((1..=5).contains(&greeters), "a pool of five has {greeters} threads");
    ensure!(last[1] == "callbacks on the waiting thread: 8 of 8");
    let mut answers = answers.to_vec();
    answers.sort_unstable();
    let hellos = (1..=7).map(|number| format!("request {number}: hello {number}"));
    let failed = "request 8: the job panicked: nobody to greet".to_owned();
    ensure!(hellos.chain([failed]).eq(answers), "seven hellos and a failure");
    ensure!(outcome.stderr.matches("panicked at").count() == 1, "one request panics");
    Ok(())
}

fn queue_pool(outcome: &Outcome) -> Result<()> {
    let lines = lines(outcome)?;
    let [messages, full, most, results, sum, letter, all] = lines[..] else { bail!("seven lines") };
    ensure!(messages == "messages: 120" && results == "results: 119 good, 1 bad");
    let full = number(full, "times a producer found the queue full: ", "")?;
    ensure!((1..120).contains(&full), "nobody had to wait");
    let most = number(most, "most workers at a time: ", "")?;
    ensure!((2..=5).contains(&most), "five workers, and {most} at a time");
    let squares: u64 = (0..120).map(|number| number * number).sum();
    ensure!(sum == format!("sum of the squares: {squares}"));
    ensure!(letter == "dead letter: 0, because the handler failed: zero");
    ensure!(all == "everything accounted for: true");
    Ok(())
}

fn checksum_without_jobs(outcome: &Outcome) -> Result<()> {
    ensure!(outcome.status.code() == Some(2) && outcome.stdout.is_empty(), "it should refuse");
    ensure!(outcome.stderr.contains("invalid value '0' for '--jobs <N>': at least 1 is needed"));
    Ok(())
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
