//! `cargo xtask stress` and `cargo xtask tsan`: the programs of the folder `stress`, on real threads, in schedules
//! that are drawn, and under ThreadSanitizer.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use anyhow::{Result, bail, ensure};
use xshell::{Shell, cmd};

use crate::model::suite;
use crate::table::{seconds, table};
use crate::{child, flags, target_dir};

/// Longer than the programs' own watchdog needs to end one that hangs.
const GRACE: Duration = Duration::from_secs(180);

/// ThreadSanitizer takes the standard library's own synchronisation for races, and the pool stands on that.
const NOT_FOR_TSAN: &str = "pool";

const TRIPLE: &str = "x86_64-unknown-linux-gnu";

impl flags::Stress {
    pub(crate) fn run(self, sh: &Shell) -> Result<()> {
        let how = How { filter: self.filter, seed: seed(self.seed), millis: self.millis };
        how.run(Runs::OnThreads, sh)?;
        how.run(Runs::UnderShuttle, sh)
    }
}

impl flags::Tsan {
    pub(crate) fn run(self, sh: &Shell) -> Result<()> {
        let nightly = cmd!(sh, "cargo +nightly --version").quiet().ignore_stderr().read();
        if nightly.is_err() || !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
            println!("SKIPPED: ThreadSanitizer takes a nightly toolchain on {TRIPLE}");
            return Ok(());
        }
        let how = How { filter: self.filter, seed: seed(self.seed), millis: self.millis };
        how.run(Runs::UnderTsan, sh)
    }
}

/// Where the threads of a program come from, and who looks at them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Runs {
    OnThreads,
    UnderShuttle,
    UnderTsan,
}

impl Runs {
    /// Builds the programs and returns where they are.
    fn build(self, sh: &Shell) -> Result<PathBuf> {
        let build = ["build", "--release", "--package", "threadkit-stress", "--target-dir"];
        match self {
            Self::OnThreads => {
                let folder = target_dir();
                cmd!(sh, "cargo {build...} {folder}").run()?;
                Ok(folder.join("release/threadkit-stress"))
            }
            Self::UnderShuttle => {
                let folder = target_dir().join("shuttle");
                cmd!(sh, "cargo {build...} {folder} --features shuttle")
                    .env("RUSTFLAGS", suite::rustflags(&["threadkit_shuttle"]))
                    .run()?;
                Ok(folder.join("release/threadkit-stress"))
            }
            Self::UnderTsan => {
                let folder = target_dir().join("tsan");
                cmd!(sh, "cargo +nightly {build...} {folder} --target {TRIPLE}")
                    .env("RUSTFLAGS", "-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer")
                    .run()?;
                Ok(folder.join(TRIPLE).join("release/threadkit-stress"))
            }
        }
    }

    fn prepare(self, command: &mut Command) {
        match self {
            Self::OnThreads => {}
            Self::UnderShuttle => {
                // It says that it knows no weak memory; loom's models do.
                command.env("SHUTTLE_SILENCE_WARNINGS", "1");
            }
            Self::UnderTsan => {
                // It knows nothing of `membarrier`; and the watchdog is a thread that nobody joins.
                command.env("THREADKIT_SYMMETRIC_FENCES", "1");
                command.env("TSAN_OPTIONS", "halt_on_error=1 report_thread_leaks=0");
            }
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::OnThreads => "on real threads",
            Self::UnderShuttle => "in schedules that are drawn",
            Self::UnderTsan => "under ThreadSanitizer",
        }
    }

    const fn command(self) -> &'static str {
        match self {
            Self::OnThreads | Self::UnderShuttle => "stress",
            Self::UnderTsan => "tsan",
        }
    }
}

/// Which programs run, from which seed, and how long.
struct How {
    filter: Option<String>,
    seed: u64,
    millis: Option<u64>,
}

impl How {
    /// Runs one program after the other and prints a table; fails with the seed of the first round that does.
    fn run(&self, runs: Runs, sh: &Shell) -> Result<()> {
        let binary = runs.build(sh)?;
        let millis = self.millis.unwrap_or(1000);
        println!("{}, seed {}", runs.title(), self.seed);
        let mut rows = Vec::new();
        for name in self.names(runs, &binary)? {
            let mut command = Command::new(&binary);
            runs.prepare(command.args([&name, &self.seed.to_string(), &millis.to_string()]));
            let outcome = child::run(&mut command, GRACE + Duration::from_millis(millis))?;
            if !outcome.status.success() || outcome.timed_out {
                println!("{}{}", outcome.stdout, outcome.stderr);
                bail!(
                    "{name} {}: {}\nto see it again: cargo xtask {} --seed {} {name}",
                    runs.title(),
                    outcome.ending(),
                    runs.command(),
                    failed_round(&outcome.stderr).unwrap_or(self.seed)
                );
            }
            let time = seconds(outcome.elapsed.as_millis());
            rows.push([name, outcome.stdout.trim().to_owned(), time]);
        }
        println!("{}", table(["program", ">rounds", ">time"], &rows));
        Ok(())
    }

    fn names(&self, runs: Runs, binary: &Path) -> Result<Vec<String>> {
        let listed = child::run(Command::new(binary).arg("list"), GRACE)?;
        ensure!(listed.status.success(), "{} does not list its programs", binary.display());
        let names = listed.stdout.lines().map(str::to_owned);
        let fit = names.filter(|name| runs != Runs::UnderTsan || name != NOT_FOR_TSAN);
        chosen(fit.collect(), self.filter.as_deref())
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

/// Another one each time, short enough to be typed, if none is asked for.
fn seed(asked: Option<u64>) -> u64 {
    asked.unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        now.as_millis() as u64 % 100_000_000
    })
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
