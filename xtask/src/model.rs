//! `cargo xtask model`: explores every crate's `tests/model.rs` under the model checker.

mod line;
mod mutants;
pub(crate) mod suite;

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};
use xshell::Shell;

use self::line::Exploration;
use self::suite::Suite;
use crate::child::{self, Outcome};
use crate::table::{grouped, seconds, table};
use crate::{crate_names, flags, root};

/// How long one crate's models may take before they count as hanging.
const LIMIT: Duration = Duration::from_secs(30 * 60);
const DEEP_LIMIT: Duration = Duration::from_secs(6 * 60 * 60);

impl flags::Model {
    pub(crate) fn run(self, _sh: &Shell) -> Result<()> {
        let crates = suite::with_models(&root().join("crates"), &crate_names()?, &self.crates)?;
        if self.mutants { mutants::run(&crates, self.deep) } else { explore(&crates, self.deep) }
    }
}

/// Runs the models of these crates and prints what was explored.
fn explore(crates: &[String], deep: bool) -> Result<()> {
    let limit = if deep { DEEP_LIMIT } else { LIMIT };
    let mut total = Vec::new();
    let mut failures = Vec::new();
    for suite in suite::build(crates, &["threadkit_loom"])? {
        let tests = suite.tests()?;
        let mut command: Command = suite.command(deep);
        let outcome = child::run(command.arg("--show-output"), limit)?;
        let report = Report::new(&suite, &tests, &outcome);
        report.print(&suite, &outcome);
        total.extend(report.explorations);
        failures.extend(report.failures);
    }
    println!(
        "\ntotal: crates {}, explorations {}, executions {}, time {}",
        crates.len(),
        total.len(),
        grouped(total.iter().map(|run| run.executions).sum()),
        seconds(total.iter().map(|run| u128::from(run.millis)).sum()),
    );
    if !failures.is_empty() {
        bail!("the models failed:\n  {}", failures.join("\n  "));
    }
    Ok(())
}

/// What one crate's models explored, and what is wrong with it.
struct Report {
    explorations: Vec<Exploration>,
    failures: Vec<String>,
}

impl Report {
    fn new(suite: &Suite, tests: &[String], outcome: &Outcome) -> Self {
        let (explorations, mut failures) = line::explorations(&outcome.stdout);
        if outcome.timed_out || !outcome.status.success() {
            failures.push(format!("the test binary: {}", outcome.ending()));
        }
        if explorations.is_empty() {
            failures.push("no model was explored".to_owned());
        }
        failures.extend(explorations.iter().filter_map(Exploration::shortfall));
        for test in tests {
            if !explorations.iter().any(|run| names(&run.name, test)) {
                failures.push(format!("{test}: no line of its own about what it explored"));
            }
        }
        for failure in &mut failures {
            failure.insert_str(0, &format!("{}: ", suite.name));
        }
        Self { explorations, failures }
    }

    fn print(&self, suite: &Suite, outcome: &Outcome) {
        println!("\n{}", suite.name);
        let rows: Vec<_> = self.explorations.iter().map(Exploration::row).collect();
        let header = ["name", ">bound", ">executions", ">time", "result"];
        print!("{}", table(header, &rows));
        for line in explanations(&outcome.stdout) {
            println!("  {line}");
        }
        if outcome.timed_out || !outcome.status.success() {
            println!("{}{}", failing_part(&outcome.stdout), outcome.stderr);
        }
    }
}

/// Tells whether a model's name is this test's path, or the end of it: the outer modules may be left out.
fn names(model: &str, test: &str) -> bool {
    test.strip_suffix(model).is_some_and(|outer| outer.is_empty() || outer.ends_with("::"))
}

/// What the models say of the deadlocks that they found, each line once.
fn explanations(stdout: &str) -> BTreeSet<&str> {
    stdout.lines().filter_map(|line| line.strip_prefix("FOUND ")).collect()
}

/// The part of the test harness's output about failed tests, or all of it if it never came so far.
fn failing_part(stdout: &str) -> &str {
    let start = stdout.find("\nfailures:\n").unwrap_or(0);
    &stdout[start..]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The failures in the report on a binary with the tests `a` and `b` that runs this script.
    fn failures(script: &str) -> Vec<String> {
        let suite = Suite { name: "lock".to_owned(), folder: "/".into(), binary: "/bin/sh".into() };
        let mut command = suite.command(false);
        let outcome = child::run(command.args(["-c", script]), LIMIT).unwrap();
        Report::new(&suite, &["a".to_owned(), "b".to_owned()], &outcome).failures
    }

    const A: &str = "echo MODEL name=a bound=2 executions=9 floor=5 millis=1 result=complete;";
    const B: &str =
        "echo MODEL name=b bound=none executions=9 floor=9 millis=1 'result=found:a b';";

    #[test]
    fn a_line_for_each_test_is_a_success() {
        assert_eq!(failures(&format!("{A}{B}")), [""; 0]);
    }

    #[test]
    fn a_failing_binary_is_a_failure() {
        assert_eq!(
            failures(&format!("{A}{B} exit 101")),
            ["lock: the test binary: exit status: 101"]
        );
    }

    #[test]
    fn a_test_without_a_line_is_a_failure() {
        assert_eq!(failures(A), ["lock: b: no line of its own about what it explored"]);
    }

    #[test]
    fn a_model_may_leave_out_the_outer_modules_of_its_test() {
        assert!(names("a", "a") && names("a", "outer::a") && names("inner::a", "outer::inner::a"));
        assert!(!names("a", "outer::aa") && !names("a", "outer::ba") && !names("b::a", "c::a"));
    }

    #[test]
    fn no_line_at_all_is_a_failure() {
        assert!(failures("true").contains(&"lock: no model was explored".to_owned()));
    }

    #[test]
    fn too_few_executions_are_a_failure() {
        let few = B.replace("floor=9", "floor=10");
        assert_eq!(
            failures(&format!("{A}{few}")),
            ["lock: b: 9 executions at bound none, at least 10 were expected"]
        );
    }

    #[test]
    fn a_garbled_line_is_a_failure() {
        let found = failures(&format!("{A}{B} echo MODEL name=c"));
        assert_eq!(found.len(), 1, "{found:?}");
    }

    #[test]
    fn an_explanation_is_shown_once() {
        let stdout =
            "FOUND b: thread 1 waits\nok\nFOUND a: thread 2 has ended\nFOUND b: thread 1 waits\n";
        let lines: Vec<_> = explanations(stdout).into_iter().collect();
        assert_eq!(lines, ["a: thread 2 has ended", "b: thread 1 waits"]);
    }

    #[test]
    fn only_the_failing_part_is_shown() {
        let stdout = "successes:\n  much\n\nfailures:\n\n---- a stdout ----\n";
        assert_eq!(failing_part(stdout), "\nfailures:\n\n---- a stdout ----\n");
        assert_eq!(failing_part("killed"), "killed");
    }
}
