//! The step `platforms` of `cargo xtask ci`: the workspace is compiled for other targets, and where this
//! machine runs what was compiled, the tests of the crates with code of their own are run.

use std::path::Path;

use anyhow::{Result, ensure};
use xshell::{Shell, cmd};

use crate::crate_names;
use crate::model::suite;

/// A platform that the README names.
struct Target {
    triple: &'static str,
    /// Whether 64-bit Linux runs programs for it.
    runs: bool,
}

/// Besides the platform of the developer, where all checks are run.
const TARGETS: &[Target] = &[
    Target { triple: "i686-unknown-linux-gnu", runs: true },
    Target { triple: "x86_64-unknown-linux-musl", runs: true },
    Target { triple: "aarch64-unknown-linux-gnu", runs: false },
    Target { triple: "aarch64-apple-darwin", runs: false },
    Target { triple: "x86_64-pc-windows-gnu", runs: false },
    Target { triple: "wasm32-wasip1-threads", runs: false },
];

/// It has nothing of its own but examples.
const UMBRELLA: &str = "threadkit";

/// Criterion has C code, which takes a C compiler for each target.
const NEEDS_C: &str = "threadkit-benches";

pub(crate) fn run(sh: &Shell) -> Result<()> {
    let mut skipped = Vec::new();
    let mut skip = |triple, what, error: anyhow::Error| {
        skipped.push(format!("SKIPPED: {triple} is not {what}: {error:#}"));
    };
    let (mut compiled, mut tested) = (Vec::new(), Vec::new());
    for Target { triple, runs } in TARGETS {
        if let Err(error) = install(sh, triple) {
            skip(triple, "compiled", error);
            continue;
        }
        let can_run = *runs
            && match run_a_program(sh, triple) {
                Ok(()) => true,
                Err(error) => {
                    skip(triple, "tested", error);
                    false
                }
            };
        compiled.extend(["--target", triple]);
        if can_run {
            tested.extend(["--target", triple]);
        }
    }
    let rustflags = [suite::rustflags(&[]).as_str(), "-D", "warnings"].join(" ");
    let _rustflags = sh.push_env("RUSTFLAGS", rustflags.trim_start());
    if !compiled.is_empty() {
        cmd!(sh, "cargo check --workspace --exclude {NEEDS_C} --all-targets {compiled...}")
            .run()?;
    }
    if !tested.is_empty() {
        // The umbrella's tests run examples, whose dependencies take longer to compile than all else.
        let crates = crate_names()?.into_iter().filter(|name| name != UMBRELLA);
        let packages: Vec<String> = crates.flat_map(|name| ["--package".into(), name]).collect();
        let tested = &tested;
        let _small = sh.push_env("CARGO_PROFILE_DEV_DEBUG", "false");
        // Without the examples of the documentation, which take as long again to compile.
        cmd!(sh, "cargo test --lib --tests {packages...} {tested...}").run()?;
    }
    skipped.iter().for_each(|line| println!("{line}"));
    Ok(())
}

/// Has the target's standard library installed if it is missing.
fn install(sh: &Shell, triple: &str) -> Result<()> {
    let libraries = cmd!(sh, "rustc --print target-libdir --target {triple}").quiet().read()?;
    if !Path::new(&libraries).exists() {
        cmd!(sh, "rustup target add {triple}").run()?;
    }
    Ok(())
}

/// Links a program and runs it.
fn run_a_program(sh: &Shell, triple: &str) -> Result<()> {
    let folder = sh.create_temp_dir()?;
    let program = folder.path().join("program");
    let text = "fn main() { println!(\"runs\") }";
    cmd!(sh, "rustc --target {triple} -o {program} -").stdin(text).quiet().run()?;
    let said = cmd!(sh, "{program}").quiet().read()?;
    ensure!(said == "runs", "a program does not run");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::root;

    #[test]
    fn the_readme_says_what_is_done() {
        let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
        let (_, section) = readme.split_once("\n## Platforms\n").unwrap();
        let (section, _) = section.split_once("\n## ").unwrap();
        let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
        let rows: Vec<_> = rows.filter_map(|row| row.split_once("` | ")).collect();
        let (first, others) = rows.split_first().unwrap();
        assert_eq!(first.0, "x86_64-unknown-linux-gnu");
        assert_eq!(others.len(), TARGETS.len());
        for ((triple, done), target) in others.iter().zip(TARGETS) {
            assert_eq!(*triple, target.triple);
            let done = done.split(" |").next().unwrap();
            assert_eq!(done, if target.runs { "tests run" } else { "compiles" }, "{triple}");
        }
    }
}
