//! `cargo xtask model --mutants`: the faults seeded with `mutant!("name")` must be caught.
//!
//! A crate lists them in `tests/mutants.txt`, one `name | test | expected text` a line. Caught means
//! that the test fails, as tests do, and says what was expected; and that it passes, and says no such
//! thing, in the same build without the fault. A test that is written `refinement::scenario` is one that compares
//! an algorithm with its contract; the fault may be in either.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};

use super::line;
use super::refinement::Sides;
use super::suite::{self, Code, Suite};
use crate::child::{self, Outcome};
use crate::parallel;
use crate::source::{Source, rust_files};
use crate::table::{seconds, table};

/// How long a test may take: a model that hangs catches nothing.
const LIMIT: Duration = Duration::from_secs(300);

/// A search that was given up has shown nothing.
const GIVEN_UP: &str = "Model exceeded maximum number of branches";

/// The exit status of the test harness when tests fail; crashes have others.
const TESTS_FAILED: i32 = 101;

/// A line of a crate's list.
#[derive(Debug, PartialEq, Eq)]
struct Mutant {
    name: String,
    test: String,
    expected: String,
}

impl Mutant {
    /// The scenario whose two sides are to disagree, if it is none of the models that finds the fault.
    fn scenario(&self) -> Option<&str> {
        self.test.strip_prefix("refinement::")
    }
}

/// Switches on the faults of these crates one by one, and prints how each was caught.
pub(crate) fn run(crates: &[String], deep: bool) -> Result<()> {
    let crates: Vec<String> = crates.iter().filter(|it| *it != suite::UMBRELLA).cloned().collect();
    ensure!(!crates.is_empty(), "{} has no faults of its own", suite::UMBRELLA);
    let lists: Vec<Vec<Mutant>> = crates.iter().map(|name| list(name)).collect::<Result<_>>()?;
    let suites = suite::build(&crates, Code::WithMutants)?;
    let mut rows = Vec::new();
    let mut failures = Vec::new();
    for (suite, mutants) in suites.iter().zip(&lists) {
        let (of_models, compared): (Vec<&Mutant>, Vec<&Mutant>) =
            mutants.iter().partition(|mutant| mutant.scenario().is_none());
        let controls = controls(suite, &of_models, deep)?;
        let mut results = parallel::map(&of_models, |mutant| hunt(suite, mutant, &controls, deep));
        if let Some(sides) = Sides::build(&suite.name, Code::WithMutants)? {
            sides.must_agree(&compared.iter().filter_map(|mutant| mutant.scenario()).collect())?;
            results.extend(parallel::map(&compared, |mutant| hunt_between(&sides, mutant)));
        }
        let in_order = of_models.iter().chain(&compared);
        ensure!(results.len() == mutants.len(), "{}: there are no scenarios", suite.name);
        for (mutant, result) in in_order.zip(results) {
            let (verdict, time) = result?;
            let Mutant { name, test, expected } = mutant;
            let caught_by = verdict.map_or_else(
                |reason| {
                    failures.push(format!("{}: {name}: {reason}", suite.name));
                    "NOT CAUGHT".to_owned()
                },
                |()| expected.clone(),
            );
            rows.push([suite.name.clone(), name.clone(), test.clone(), caught_by, time]);
        }
    }
    print!("{}", table(["crate", "mutant", "test", "caught by", ">time"], &rows));
    println!("\ntotal: mutants {}, not caught {}", rows.len(), failures.len());
    ensure!(failures.is_empty(), "mutants survived:\n{}", failures.join("\n"));
    Ok(())
}

/// Reads a crate's list and compares it with the faults in the crate's source.
fn list(name: &str) -> Result<Vec<Mutant>> {
    let folder = suite::folder_of(name);
    let text = std::fs::read_to_string(folder.join("tests/mutants.txt")).unwrap_or_default();
    let mutants = parse(&text)?;
    let problems = differences(&mutants, &seeded(&folder.join("src"))?);
    ensure!(problems.is_empty(), "{name}: {}", problems.join("; "));
    Ok(mutants)
}

/// Reads `name | test | expected text` lines; `#` begins a comment.
fn parse(text: &str) -> Result<Vec<Mutant>> {
    let mutants = line::listed(text).map(|line| {
        let parts: Vec<&str> = line.splitn(3, '|').map(str::trim).collect();
        match parts[..] {
            [name, test, expected] if parts.iter().all(|part| !part.is_empty()) => Ok(Mutant {
                name: name.to_owned(),
                test: test.to_owned(),
                expected: expected.to_owned(),
            }),
            _ => bail!("not a line of the form `name | test | expected text`: {line}"),
        }
    });
    mutants.collect()
}

/// The names of the faults in the files of a folder.
fn seeded(folder: &Path) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for path in rust_files(folder)? {
        names.extend(names_in(&Source::read(&path)?));
    }
    Ok(names)
}

/// The names in `mutant!("name")`, comments left out.
fn names_in(source: &Source) -> Vec<String> {
    let calls = source.code.match_indices("mutant!(");
    let arguments = calls.map(|(at, call)| source.text[at + call.len()..].trim_start());
    let names = arguments.filter_map(|text| text.strip_prefix('"')?.split('"').next());
    names.map(str::to_owned).collect()
}

/// Tells how the list and the source disagree.
fn differences(mutants: &[Mutant], seeded: &BTreeSet<String>) -> Vec<String> {
    let listed: BTreeSet<String> = mutants.iter().map(|mutant| mutant.name.clone()).collect();
    let mut problems = Vec::new();
    if seeded.is_empty() {
        problems.push("no fault is seeded".to_owned());
    }
    for name in seeded.difference(&listed) {
        problems.push(format!("the fault {name} is not in tests/mutants.txt"));
    }
    for name in listed.difference(seeded) {
        problems.push(format!("the listed fault {name} is not in the source"));
    }
    problems
}

/// The output of each listed test without any fault; all of them must pass.
fn controls(suite: &Suite, mutants: &[&Mutant], deep: bool) -> Result<BTreeMap<String, String>> {
    let known = suite.tests()?;
    let tests: BTreeSet<&String> = mutants.iter().map(|mutant| &mutant.test).collect();
    let tests: Vec<&String> = tests.into_iter().collect();
    if let Some(unknown) = tests.iter().find(|test| !known.contains(test)) {
        bail!("{}: no test is called {unknown}", suite.name);
    }
    let results = parallel::map(&tests, |test| run_test(suite, test, None, deep));
    let mut outputs = BTreeMap::new();
    for (test, result) in tests.into_iter().zip(results) {
        let outcome = result?;
        if outcome.timed_out || !outcome.status.success() {
            let (name, output, ending) = (&suite.name, output(&outcome), outcome.ending());
            bail!("{name}: {test} fails without any fault ({ending}):\n{output}");
        }
        outputs.insert(test.clone(), output(&outcome));
    }
    Ok(outputs)
}

/// Switches one fault on; the result is the verdict and the time it took.
fn hunt(
    suite: &Suite,
    mutant: &Mutant,
    controls: &BTreeMap<String, String>,
    deep: bool,
) -> Result<(Result<(), String>, String)> {
    let outcome = run_test(suite, &mutant.test, Some(&mutant.name), deep)?;
    let verdict = if controls[&mutant.test].contains(&mutant.expected) {
        Err("the test says the expected text without the fault, too".to_owned())
    } else {
        verdict(&outcome, &mutant.expected)
    };
    Ok((verdict, seconds(outcome.elapsed.as_millis())))
}

/// Switches one fault on and compares both sides of a scenario.
fn hunt_between(sides: &Sides, mutant: &Mutant) -> Result<(Result<(), String>, String)> {
    let start = Instant::now();
    let scenario = mutant.scenario().unwrap_or_default();
    let problems = sides.problems_with(scenario, Some(&mutant.name))?;
    let verdict = if problems.contains(GIVEN_UP) {
        Err(format!("the search was given up\n    {problems}"))
    } else if !problems.contains(&mutant.expected) {
        let Mutant { expected, .. } = mutant;
        Err(format!("compared without saying \"{expected}\"\n    {problems}"))
    } else {
        Ok(())
    };
    Ok((verdict, seconds(start.elapsed().as_millis())))
}

/// Runs one test; without backtraces, where a function's name might pass for the expected text.
fn run_test(suite: &Suite, test: &str, mutant: Option<&str>, deep: bool) -> Result<Outcome> {
    let mut command = suite.test(test, deep);
    command.arg("--nocapture");
    command.env("RUST_BACKTRACE", "0");
    command.envs(mutant.map(|name| ("THREADKIT_MUTANT", name)));
    child::run(&mut command, LIMIT)
}

/// Tells whether the fault was caught, or why that was no catch.
fn verdict(outcome: &Outcome, expected: &str) -> Result<(), String> {
    let output = output(outcome);
    let reason = if outcome.timed_out || outcome.status.code() != Some(TESTS_FAILED) {
        format!("no ordinary failure ({})", outcome.ending())
    } else if output.contains(GIVEN_UP) {
        "the search was given up".to_owned()
    } else if !output.contains(expected) {
        format!("failed without saying \"{expected}\"")
    } else {
        return Ok(());
    };
    let last_lines: Vec<&str> = output.lines().rev().take(12).collect();
    let tail: Vec<&str> = last_lines.into_iter().rev().collect();
    Err(format!("{reason}\n    {}", tail.join("\n    ")))
}

fn output(outcome: &Outcome) -> String {
    format!("{}{}", outcome.stdout, outcome.stderr)
}

#[cfg(test)]
mod tests;
