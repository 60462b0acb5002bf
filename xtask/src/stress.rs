//! `cargo xtask stress` and `cargo xtask tsan`: the programs of the folder `stress`, on real threads.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, SystemTime};

use anyhow::{Result, bail, ensure};
use xshell::{Shell, cmd};

use crate::table::{seconds, table};
use crate::{child, flags, target_dir};

/// Longer than the programs' own watchdog needs to end one that hangs.
const GRACE: Duration = Duration::from_secs(180);

/// ThreadSanitizer takes the standard library's own synchronisation for races, and the pool stands on that.
const NOT_FOR_TSAN: &str = "pool";

impl flags::Stress {
    pub(crate) fn run(self, sh: &Shell) -> Result<()> {
        cmd!(sh, "cargo build --release --package threadkit-stress").run()?;
        let programs =
            Programs { binary: target_dir().join("release/threadkit-stress"), tsan: false };
        let names = chosen(programs.names()?, self.filter.as_deref())?;
        programs.run(&names, self.seed.unwrap_or_else(new_seed), self.millis.unwrap_or(1000))
    }
}

impl flags::Tsan {
    pub(crate) fn run(self, sh: &Shell) -> Result<()> {
        let triple = "x86_64-unknown-linux-gnu";
        if cmd!(sh, "cargo +nightly --version").quiet().ignore_stderr().read().is_err()
            || !cfg!(all(target_os = "linux", target_arch = "x86_64"))
        {
            println!("SKIPPED: ThreadSanitizer takes a nightly toolchain on {triple}");
            return Ok(());
        }
        let folder = target_dir().join("tsan");
        cmd!(sh, "cargo +nightly build --package threadkit-stress --target {triple}")
            .args(["--release", "--target-dir"])
            .arg(&folder)
            .env("RUSTFLAGS", "-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer")
            .run()?;
        let binary = folder.join(triple).join("release/threadkit-stress");
        let programs = Programs { binary, tsan: true };
        let names = chosen(programs.names()?, self.filter.as_deref())?;
        let names: Vec<_> = names.into_iter().filter(|name| name != NOT_FOR_TSAN).collect();
        programs.run(&names, self.seed.unwrap_or_else(new_seed), self.millis.unwrap_or(1000))
    }
}

/// The binary with all programs.
struct Programs {
    binary: PathBuf,
    tsan: bool,
}

impl Programs {
    fn names(&self) -> Result<Vec<String>> {
        let listed = child::run(self.command().arg("list"), GRACE)?;
        ensure!(listed.status.success(), "{} does not list its programs", self.binary.display());
        Ok(listed.stdout.lines().map(str::to_owned).collect())
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        if self.tsan {
            // It knows nothing of `membarrier`; and the watchdog is a thread that nobody joins.
            command.env("THREADKIT_SYMMETRIC_FENCES", "1");
            command.env("TSAN_OPTIONS", "halt_on_error=1 report_thread_leaks=0");
        }
        command
    }

    /// Runs one after the other and prints a table; fails with the seed of the first round that does.
    fn run(&self, names: &[String], seed: u64, millis: u64) -> Result<()> {
        println!("seed {seed}");
        let mut rows = Vec::new();
        for name in names {
            let mut command = self.command();
            command.args([name, &seed.to_string(), &millis.to_string()]);
            let outcome = child::run(&mut command, GRACE + Duration::from_millis(millis))?;
            if !outcome.status.success() || outcome.timed_out {
                let command = if self.tsan { "tsan" } else { "stress" };
                println!("{}{}", outcome.stdout, outcome.stderr);
                bail!(
                    "{name}: {}\nto see it again: cargo xtask {command} --seed {} {name}",
                    outcome.ending(),
                    failed_round(&outcome.stderr).unwrap_or(seed)
                );
            }
            let time = seconds(outcome.elapsed.as_millis());
            rows.push([name.clone(), outcome.stdout.trim().to_owned(), time]);
        }
        println!("{}", table(["program", ">rounds", ">time"], &rows));
        Ok(())
    }
}

/// Those with the text in their names.
fn chosen(names: Vec<String>, filter: Option<&str>) -> Result<Vec<String>> {
    let filter = filter.unwrap_or_default();
    let chosen: Vec<_> = names.iter().filter(|name| name.contains(filter)).cloned().collect();
    ensure!(!chosen.is_empty(), "no program is called {filter}; there are: {}", names.join(", "));
    Ok(chosen)
}

/// The seed that a program names in `the round with seed 7 failed`.
fn failed_round(stderr: &str) -> Option<u64> {
    let (_, rest) = stderr.split_once("the round with seed ")?;
    rest.split(' ').next()?.parse().ok()
}

/// Another one each time, short enough to be typed.
fn new_seed() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    now.as_millis() as u64 % 100_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_of_a_failed_round_is_found() {
        let text = "panicked\nthe round with seed 41 failed\n";
        assert_eq!(failed_round(text), Some(41));
        assert_eq!(failed_round("the round with seed 7 did not end"), Some(7));
        assert_eq!(failed_round("killed"), None);
    }

    #[test]
    fn programs_are_chosen_by_a_part_of_their_names() {
        let names = || ["lock", "rlock", "pool"].map(str::to_owned).to_vec();
        assert_eq!(chosen(names(), None).unwrap(), names());
        assert_eq!(chosen(names(), Some("lock")).unwrap(), ["lock", "rlock"]);
        let error = chosen(names(), Some("clock")).unwrap_err().to_string();
        assert_eq!(error, "no program is called clock; there are: lock, rlock, pool");
    }
}
