//! `cargo xtask ci`: all checks in order, up to the first failure.

use std::collections::BTreeSet;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use xshell::{Shell, cmd};

use crate::model::suite;
use crate::table::{seconds, table};
use crate::{checksum, crate_names, features, flags, packages, pipeline, platforms, root, scratch};

/// A check of the whole project.
struct Step {
    name: &'static str,
    run: fn(&Shell) -> Result<()>,
}

impl Step {
    const fn new(name: &'static str, run: fn(&Shell) -> Result<()>) -> Self {
        Self { name, run }
    }
}

/// The tests are not among them: the README's test command runs them, documentation included.
const STEPS: &[Step] = &[
    Step::new("fmt", fmt),
    Step::new("clippy", clippy),
    Step::new("clippy-model", clippy_model),
    Step::new("doc", doc),
    Step::new("build", build),
    Step::new("features", features::run),
    Step::new("platforms", platforms::run),
    Step::new("full-fences", full_fences),
    Step::new("checksum", checksum::compare),
    Step::new("pipeline", pipeline::compare),
    Step::new("bench", bench),
    Step::new("stress", |sh| flags::Stress { filter: None, seed: None, millis: None }.run(sh)),
    Step::new("tsan", |sh| flags::Tsan { filter: None, seed: None, millis: None }.run(sh)),
    Step::new("model", |sh| model(false).run(sh)),
    Step::new("mutants", |sh| model(true).run(sh)),
    Step::new("tidy", |sh| flags::Tidy {}.run(sh)),
    Step::new("lessons", |sh| flags::Lessons {}.run(sh)),
    Step::new("scratch", scratch::run),
    Step::new("packages", packages::run),
];

impl flags::Ci {
    pub(crate) fn run(self, sh: &Shell) -> Result<()> {
        match self.only {
            None => run_all(STEPS, sh),
            Some(name) => {
                let step = STEPS.iter().find(|step| step.name == name);
                let step = step.with_context(|| format!("no step is called {name}"))?;
                run_all(std::slice::from_ref(step), sh)
            }
        }
    }
}

/// Runs the steps up to the first that fails, and prints how long each took.
fn run_all(steps: &[Step], sh: &Shell) -> Result<()> {
    let mut rows = Vec::new();
    let mut failure = None;
    for step in steps {
        let (result, time) = if failure.is_none() {
            println!("\n=== {}", step.name);
            let start = Instant::now();
            let result = (step.run)(sh);
            let time = seconds(start.elapsed().as_millis());
            let word = if result.is_ok() { "ok" } else { "FAILED" };
            println!("=== {}: {word}, {time}", step.name);
            failure = result.err().map(|error| (step.name, error));
            (word, time)
        } else {
            ("not run", String::new())
        };
        rows.push([step.name.to_owned(), result.to_owned(), time]);
    }
    println!("\n{}", table(["step", "result", ">time"], &rows));
    match failure {
        None => Ok(()),
        Some((name, error)) => bail!("{name} failed: {error:#}"),
    }
}

fn fmt(sh: &Shell) -> Result<()> {
    Ok(cmd!(sh, "cargo fmt --all -- --check").run()?)
}

fn clippy(sh: &Shell) -> Result<()> {
    Ok(cmd!(sh, "cargo clippy --workspace --all-targets -- -D warnings").run()?)
}

/// As the model checkers see the code: other types behind the same names.
fn clippy_model(sh: &Shell) -> Result<()> {
    let crates = suite::with_models(&root().join("crates"), &crate_names()?, &[])?;
    for name in &crates {
        let shipped = suite::features(&suite::folder_of(name))?;
        let on_contracts = "loom".to_owned();
        for features in BTreeSet::from([on_contracts, shipped]) {
            cmd!(sh, "cargo clippy --package {name} --features {features} --tests -- -D warnings")
                .env("RUSTFLAGS", suite::rustflags(&["threadkit_loom"]))
                .run()?;
        }
    }
    // The algorithms under shuttle, and the contracts.
    for package in ["threadkit-stress", "threadkit"] {
        cmd!(sh, "cargo clippy --package {package} --features shuttle -- -D warnings")
            .env("RUSTFLAGS", suite::rustflags(&["threadkit_shuttle"]))
            .run()?;
    }
    Ok(())
}

fn doc(sh: &Shell) -> Result<()> {
    cmd!(sh, "cargo doc --workspace --no-deps").env("RUSTDOCFLAGS", "-D warnings").run()?;
    Ok(())
}

fn build(sh: &Shell) -> Result<()> {
    Ok(cmd!(sh, "cargo build --release --workspace --examples").run()?)
}

/// The tests once more, optimised, as on systems without an asymmetric pair of fences.
fn full_fences(sh: &Shell) -> Result<()> {
    let test = cmd!(sh, "cargo test --release --workspace --tests");
    let others = ["threadkit", "threadkit-benches", "threadkit-stress", "xtask"];
    let test = test.args(others.iter().flat_map(|name| ["--exclude", name]));
    Ok(test.env("THREADKIT_SYMMETRIC_FENCES", "1").run()?)
}

/// One row of the lab, to see that it builds and runs; what it says about speed is not looked at.
fn bench(sh: &Shell) -> Result<()> {
    Ok(cmd!(sh, "cargo xtask bench --quick {ONE_ROW}").run()?)
}

const ONE_ROW: &str = "rlock: one thread, depth 1";

fn model(mutants: bool) -> flags::Model {
    flags::Model { crates: Vec::new(), mutants, deep: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_failure_stops_the_run() {
        let sh = Shell::new().unwrap();
        let good = || Step::new("good", |_| Ok(()));
        let bad = || Step::new("bad", |_| bail!("worn out"));
        let never = || Step::new("never", |_| panic!("a step after a failure was run"));
        assert!(run_all(&[good(), good()], &sh).is_ok());
        let error = run_all(&[good(), bad(), never()], &sh).unwrap_err();
        assert_eq!(error.to_string(), "bad failed: worn out");
    }

    #[test]
    fn an_unknown_step_is_an_error() {
        let ci = flags::Ci { only: Some("nothing".to_owned()) };
        assert!(ci.run(&Shell::new().unwrap()).is_err());
    }

    #[test]
    fn help_lists_the_steps_in_order() {
        let help = flags::Xtask::from_vec(vec!["--help".into()]).unwrap_err();
        let help = help.to_string();
        let (_, after) = help.split_once("xtask ci").unwrap();
        let lines = after.lines().filter_map(|line| line.strip_prefix("    "));
        let names = lines.filter_map(|line| line.split_once("  ")).map(|(name, _)| name);
        let names: Vec<&str> = names.take(STEPS.len()).collect();
        assert!(STEPS.iter().map(|step| step.name).eq(names), "{after}");
    }

    #[test]
    fn the_public_workflow_runs_every_step() {
        let workflow = std::fs::read_to_string(root().join(".github/workflows/ci.yml")).unwrap();
        for Step { name, .. } in STEPS {
            let by_name = format!("cargo xtask ci --only {name}\n");
            let runs = match *name {
                "model" => workflow.contains("cargo xtask model\n"),
                "mutants" => workflow.contains("cargo xtask model --mutants\n"),
                _ => workflow.contains(&by_name),
            };
            assert!(runs, "{name}");
        }
    }
}
