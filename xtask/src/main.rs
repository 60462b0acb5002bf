//! Developer commands of the workspace: `cargo xtask --help`.

#![expect(clippy::print_stdout, reason = "the commands report to a person at a terminal")]

mod bench;
mod checksum;
mod child;
mod ci;
mod features;
mod flags;
mod guide;
mod lessons;
mod model;
mod packages;
mod parallel;
mod pipeline;
mod platforms;
mod scratch;
mod source;
mod stress;
mod table;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use xshell::Shell;

fn main() -> Result<ExitCode> {
    if let Some(compiled) = model::compiler::compile(std::env::args_os()) {
        return Ok(if compiled?.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    run(flags::Xtask::from_env_or_exit())?;
    Ok(ExitCode::SUCCESS)
}

fn run(flags: flags::Xtask) -> Result<()> {
    let here = std::env::current_dir()?;
    std::env::set_current_dir(root()).context("the workspace has moved")?;
    let sh = &Shell::new()?;
    match flags.subcommand {
        flags::XtaskCmd::Model(cmd) => cmd.run(sh),
        flags::XtaskCmd::Bench(cmd) => cmd.run(sh, &here),
        flags::XtaskCmd::Stress(cmd) => cmd.run(sh),
        flags::XtaskCmd::Tsan(cmd) => cmd.run(sh),
        flags::XtaskCmd::Tidy(cmd) => cmd.run(sh),
        flags::XtaskCmd::Lessons(cmd) => cmd.run(sh),
        flags::XtaskCmd::Ci(cmd) => cmd.run(sh),
    }
}

/// The folder of the workspace.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a folder of the workspace")
}

/// The folder of cargo's results.
fn target_dir() -> PathBuf {
    let chosen = std::env::var_os("CARGO_TARGET_DIR").map_or("target".into(), PathBuf::from);
    root().join(chosen)
}

/// The names of the crates under `crates/`, in alphabetical order.
fn crate_names() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(root().join("crates"))? {
        let entry = entry?;
        if entry.path().join("Cargo.toml").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}
