//! `cargo xtask bench`: builds the bench lab as users build the crates, and hands over to it.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};
use xshell::{Shell, cmd};

use crate::{flags, target_dir};

impl flags::Bench {
    /// Builds and runs the lab; paths are taken from `here`, where the command was given.
    pub(crate) fn run(self, sh: &Shell, here: &Path) -> Result<()> {
        // Flags of the model checkers, or for this processor alone, are not what users build with: none
        // in this variable go before those of any other variable or configuration.
        let target_dir = target_dir();
        cmd!(sh, "cargo build --release --package threadkit-benches --bins")
            .args(["--target-dir".as_ref(), target_dir.as_os_str()])
            .env("RUSTFLAGS", "")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .env_remove("CARGO_BUILD_TARGET")
            .run()?;
        let mut lab = Command::new(target_dir.join("release/lab"));
        hand_over(lab.args(self.arguments(here)))
    }

    /// What the lab is told.
    fn arguments(self, here: &Path) -> Vec<OsString> {
        if self.readme {
            return vec!["readme".into()];
        }
        let folder = target_dir().join("bench");
        let mut arguments = vec!["run".into(), "--folder".into(), folder.into()];
        arguments.extend(self.filters.into_iter().map(OsString::from));
        if self.quick {
            arguments.push("--quick".into());
        }
        if let Some(old) = self.compare {
            arguments.extend(["--compare".into(), here.join(old).into()]);
        }
        arguments
    }
}

/// Becomes the program, so that Ctrl-C reaches it alone.
#[cfg(unix)]
fn hand_over(program: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt as _;
    let error = program.exec();
    bail!("cannot start {}: {error}", program.get_program().to_string_lossy())
}

/// Runs the program and fails with it.
#[cfg(not(unix))]
fn hand_over(program: &mut Command) -> Result<()> {
    if !program.status()?.success() {
        bail!("the lab failed");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the lab is told beside where to write.
    fn arguments(given: &[&str]) -> Vec<OsString> {
        let given = std::iter::once("bench").chain(given.iter().copied());
        let xtask = flags::Xtask::from_vec(given.map(OsString::from).collect()).unwrap();
        let flags::XtaskCmd::Bench(bench) = xtask.subcommand else { panic!("not bench") };
        let told = bench.arguments(Path::new("/here"));
        let is_place = |argument: &OsString| {
            argument == "--folder" || argument == target_dir().join("bench").as_os_str()
        };
        told.into_iter().filter(|argument| !is_place(argument)).collect()
    }

    #[test]
    fn the_lab_is_told_what_was_asked_for() {
        assert_eq!(arguments(&[]), ["run"]);
        assert_eq!(arguments(&["--quick", "lock"]), ["run", "lock", "--quick"]);
        assert_eq!(arguments(&["--compare", "a.json"]), ["run", "--compare", "/here/a.json"]);
        assert_eq!(arguments(&["--readme"]), ["readme"]);
    }
}
