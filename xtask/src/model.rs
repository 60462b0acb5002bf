//! `cargo xtask model`: explores every crate's `tests/model.rs` under the model checker.

pub(crate) mod compiler;
mod line;
mod mutants;
mod refinement;
pub(crate) mod suite;

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Result, bail};
use xshell::Shell;

use self::line::Exploration;
use self::refinement::Sides;
use self::suite::{Code, Suite};
use crate::child::{self, Outcome};
use crate::table::{grouped, seconds, table};
use crate::{crate_names, flags, parallel, root};

/// How long one test may take before it counts as hanging.
const LIMIT: Duration = Duration::from_secs(10 * 60);
const DEEP_LIMIT: Duration = Duration::from_secs(2 * 60 * 60);

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
    for suite in suite::build(crates, Code::AsItShips)? {
        println!("\n{}", suite.name);
        let report = Report::collect(&suite, deep, limit)?;
        report.print();
        total.extend(report.explorations);
        failures.extend(report.failures.iter().map(|it| format!("{}: {it}", suite.name)));
    }
    for name in crates {
        let Some(sides) = Sides::build(name, Code::AsItShips)? else { continue };
        println!("\n{name}: outcomes of contracts, and of what ships");
        failures.extend(sides.compare()?.iter().map(|it| format!("{name}: {it}")));
    }
    println!(
        "\ntotal: crates {}, explorations {}, executions {}, time {}",
        crates.len(),
        total.len(),
        grouped(total.iter().map(|run| run.executions).sum()),
        seconds(total.iter().map(|run| u128::from(run.millis)).sum()),
    );
    let cut_off = total.iter().filter(|run| run.is_cut_off()).count();
    if cut_off > 0 {
        println!("cut off: {cut_off} of them");
    }
    if !failures.is_empty() {
        bail!("the models failed:\n  {}", failures.join("\n  "));
    }
    Ok(())
}

/// What models explored, and what is wrong with it.
#[derive(Default)]
struct Report {
    explorations: Vec<Exploration>,
    /// What they say of the deadlocks that they found, each line once.
    explanations: BTreeSet<String>,
    failures: Vec<String>,
    /// What the failing ones printed.
    output: String,
}

impl Report {
    /// Runs each test of the suite in a process of its own: in a common one they would wait for each other to
    /// map and unmap the stacks of the checker's threads.
    fn collect(suite: &Suite, deep: bool, limit: Duration) -> Result<Self> {
        let tests = suite.tests()?;
        let run = |test: &String| child::run(suite.test(test, deep).arg("--show-output"), limit);
        let mut all = Self::default();
        for (test, outcome) in tests.iter().zip(parallel::map(&tests, run)) {
            all.append(Self::of(test, &outcome?, deep));
        }
        if tests.is_empty() {
            all.failures.push("no model was explored".to_owned());
        }
        Ok(all)
    }

    /// What one test explored; a search may be cut off in a deep run only.
    fn of(test: &str, outcome: &Outcome, deep: bool) -> Self {
        let (explorations, mut failures) = line::explorations(&outcome.stdout);
        let mut output = String::new();
        if outcome.timed_out || !outcome.status.success() {
            failures.push(outcome.ending());
            output = format!("{}{}", failing_part(&outcome.stdout), outcome.stderr);
        }
        failures.extend(explorations.iter().filter_map(Exploration::shortfall));
        if !deep && explorations.iter().any(Exploration::is_cut_off) {
            failures.push("a search was cut off".to_owned());
        }
        if !explorations.iter().any(|run| names(&run.name, test)) {
            failures.push("no line of its own about what it explored".to_owned());
        }
        let failures = failures.into_iter().map(|it| format!("{test}: {it}")).collect();
        Self { explorations, explanations: explanations(&outcome.stdout), failures, output }
    }

    fn append(&mut self, other: Self) {
        self.explorations.extend(other.explorations);
        self.explanations.extend(other.explanations);
        self.failures.extend(other.failures);
        self.output.push_str(&other.output);
    }

    fn print(&self) {
        let rows: Vec<_> = self.explorations.iter().map(Exploration::row).collect();
        let header = ["name", ">bound", ">executions", ">time", "result"];
        print!("{}", table(header, &rows));
        for line in &self.explanations {
            println!("  {line}");
        }
        print!("{}", self.output);
    }
}

/// Tells whether a model's name is this test's path, or the end of it: the outer modules may be left out.
fn names(model: &str, test: &str) -> bool {
    test.strip_suffix(model).is_some_and(|outer| outer.is_empty() || outer.ends_with("::"))
}

fn explanations(stdout: &str) -> BTreeSet<String> {
    stdout.lines().filter_map(|line| line.strip_prefix("FOUND ")).map(str::to_owned).collect()
}

/// The part of the test harness's output about failed tests, or all of it if it never came so far.
fn failing_part(stdout: &str) -> &str {
    let start = stdout.find("\nfailures:\n").unwrap_or(0);
    &stdout[start..]
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// The failures of a suite with the tests `a` and `b`, for which the binary runs this script; `$2` is the test.
    fn failures(script: &str) -> Vec<String> {
        failures_of(script, false)
    }

    fn failures_of(script: &str, deep: bool) -> Vec<String> {
        let mut report = Report::default();
        for test in ["a", "b"] {
            let mut shell = Command::new("sh");
            shell.args(["-c", script, "sh", "--exact", test]);
            report.append(Report::of(test, &child::run(&mut shell, LIMIT).unwrap(), deep));
        }
        report.failures
    }

    const BOTH: &str =
        "echo MODEL name=$2 bound=2 executions=9 floor=5 millis=1 'result=found:a b';";

    #[test]
    fn a_line_for_each_test_is_a_success() {
        assert_eq!(failures(BOTH), [""; 0]);
    }

    #[test]
    fn a_failing_test_is_a_failure() {
        assert_eq!(failures(&format!("{BOTH} [ $2 = b ] || exit 101")), ["a: exit status: 101"]);
    }

    #[test]
    fn a_test_without_a_line_is_a_failure() {
        assert_eq!(
            failures(&format!("[ $2 = b ] || {BOTH}")),
            ["b: no line of its own about what it explored"]
        );
    }

    #[test]
    fn a_model_may_leave_out_the_outer_modules_of_its_test() {
        assert!(names("a", "a") && names("a", "outer::a") && names("inner::a", "outer::inner::a"));
        assert!(!names("a", "outer::aa") && !names("a", "outer::ba") && !names("b::a", "c::a"));
    }

    #[test]
    fn too_few_executions_are_a_failure() {
        let few = BOTH.replace("executions=9", "executions=4");
        assert_eq!(
            failures(&format!("[ $2 = b ] && {BOTH} [ $2 = a ] && {few} true")),
            ["a: 4 executions at bound 2, at least 5 were expected"]
        );
    }

    #[test]
    fn a_search_that_was_cut_off_is_a_failure_but_in_a_deep_run() {
        let long = BOTH.replace("found:a b", "cut off");
        assert_eq!(
            failures_of(&long, false),
            ["a: a search was cut off", "b: a search was cut off"]
        );
        assert_eq!(failures_of(&long, true), [""; 0]);
    }

    #[test]
    fn no_test_at_all_is_a_failure() {
        let suite = Suite { name: "lock".to_owned(), folder: "/".into(), binary: "true".into() };
        let report = Report::collect(&suite, false, LIMIT).unwrap();
        assert_eq!(report.failures, ["no model was explored"]);
    }

    #[test]
    fn a_garbled_line_is_a_failure() {
        let found = failures(&format!("{BOTH} echo MODEL name=c"));
        assert_eq!(found.len(), 2, "{found:?}");
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
