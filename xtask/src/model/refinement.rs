//! What shows that an algorithm keeps its contract: each scenario of `tests/refinement.rs` is run on both, and every
//! outcome of the algorithm must be one of the contract's.
//!
//! What only the contract shows is listed in `tests/refinement.txt`, one `scenario | outcome | reason` a line.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail, ensure};

use super::LIMIT;
use super::line::{self, Exploration};
use super::suite::{self, Code, Suite};
use crate::child;
use crate::parallel;
use crate::table::{grouped, seconds, table};

/// The features with which everything is its contract.
const CONTRACTS: &str = "loom";

/// The two builds of one crate's scenarios.
#[derive(Debug)]
pub(super) struct Sides {
    contract: Suite,
    shipped: Suite,
    excuses: BTreeMap<(String, String), String>,
}

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Contract,
    Shipped,
}

/// What one side showed.
#[derive(Debug, Default)]
struct Shown {
    outcomes: BTreeSet<String>,
    explorations: Vec<Exploration>,
    /// Why it says nothing, if it does not.
    failure: Option<String>,
}

impl Sides {
    /// Builds the scenarios of a crate, if it has any.
    pub(super) fn build(name: &str, code: Code) -> Result<Option<Self>> {
        let folder = suite::folder_of(name);
        if !folder.join("tests/refinement.rs").is_file() {
            return Ok(None);
        }
        let shipped = suite::features(&folder)?;
        ensure!(shipped != CONTRACTS, "{name} has no algorithm to compare");
        let text = std::fs::read_to_string(folder.join("tests/refinement.txt")).unwrap_or_default();
        Ok(Some(Self {
            contract: suite::build_one(name, "refinement", CONTRACTS, code)?,
            shipped: suite::build_one(name, "refinement", &shipped, code)?,
            excuses: excuses(&text)?,
        }))
    }

    /// Runs all scenarios, prints the comparison, and returns what is wrong.
    pub(super) fn compare(&self) -> Result<Vec<String>> {
        let tests = self.contract.tests()?;
        ensure!(tests == self.shipped.tests()?, "both sides have the same scenarios");
        let mut failures = Vec::new();
        let mut rows = Vec::new();
        let mut listed = Vec::new();
        for (test, both) in tests.iter().zip(parallel::map(&tests, |test| self.both(test, None))) {
            let [contract, shipped] = both?;
            let scenario = scenario_of(test);
            let problems = self.problems(scenario, &contract, &shipped);
            failures.extend(problems.iter().map(|it| format!("{scenario}: {it}")));
            for outcome in contract.outcomes.difference(&shipped.outcomes) {
                let reason = self.excuses.get(&(scenario.to_owned(), outcome.clone()));
                listed.extend(reason.map(|it| format!("  {scenario}: {outcome}: {it}")));
            }
            rows.push(row(scenario, &contract, &shipped));
        }
        let scenarios: BTreeSet<&str> = tests.iter().map(|test| scenario_of(test)).collect();
        for (scenario, _) in self.excuses.keys().filter(|key| !scenarios.contains(&*key.0)) {
            failures.push(format!("{scenario}: listed, but there is no such scenario"));
        }
        let header =
            ["scenario", ">contract", ">executions", ">shipped", "bound", ">executions", ">time"];
        print!("{}", table(header, &rows));
        if !listed.is_empty() {
            println!("what only the contract shows, and why:\n{}", listed.join("\n"));
        }
        Ok(failures)
    }

    /// Runs a scenario on both sides, with a fault switched on in one of them if it is named.
    fn both(&self, test: &str, mutant: Option<&str>) -> Result<[Shown; 2]> {
        Ok([self.run(Side::Contract, test, mutant)?, self.run(Side::Shipped, test, mutant)?])
    }

    fn run(&self, side: Side, test: &str, mutant: Option<&str>) -> Result<Shown> {
        let suite = if side == Side::Contract { &self.contract } else { &self.shipped };
        let mut command = suite.test(test, false);
        command.arg("--nocapture").env("RUST_BACKTRACE", "0");
        if side == Side::Contract {
            command.env("THREADKIT_EXPLORES", "contract");
        }
        command.envs(mutant.map(|name| ("THREADKIT_MUTANT", name)));
        let outcome = child::run(&mut command, LIMIT)?;
        let (explorations, garbled) = line::explorations(&outcome.stdout);
        let failure = (outcome.timed_out || !outcome.status.success())
            .then(|| format!("{}\n{}{}", outcome.ending(), outcome.stdout, outcome.stderr));
        Ok(Shown {
            outcomes: outcomes(&outcome.stdout, scenario_of(test)),
            explorations,
            failure: failure.or(garbled.into_iter().next()),
        })
    }

    /// What is wrong with what both sides showed of a scenario.
    fn problems(&self, scenario: &str, contract: &Shown, shipped: &Shown) -> Vec<String> {
        let mut problems = Vec::new();
        for (side, shown) in [("the contract", contract), ("the algorithm", shipped)] {
            if let Some(failure) = &shown.failure {
                problems.push(format!("{side} fails: {failure}"));
            } else if shown.outcomes.is_empty() {
                problems.push(format!("{side} shows nothing"));
            }
        }
        if !problems.is_empty() {
            return problems;
        }
        for outcome in shipped.outcomes.difference(&contract.outcomes) {
            problems.push(format!("the algorithm alone shows {outcome}"));
        }
        let of_contract: BTreeSet<_> = contract.outcomes.difference(&shipped.outcomes).collect();
        let excused = self.excuses.keys().filter(|key| key.0 == scenario).map(|key| &key.1);
        let excused: BTreeSet<_> = excused.collect();
        for outcome in of_contract.difference(&excused) {
            problems.push(format!("the contract alone shows {outcome}, and no reason is given"));
        }
        for outcome in excused.difference(&of_contract) {
            problems.push(format!(
                "a reason is given for {outcome}, which not only the contract shows"
            ));
        }
        problems
    }

    /// Makes sure that these scenarios agree without any fault.
    pub(super) fn must_agree(&self, scenarios: &BTreeSet<&str>) -> Result<()> {
        let scenarios: Vec<_> = scenarios.iter().collect();
        let both = parallel::map(&scenarios, |scenario| self.problems_with(scenario, None));
        for (scenario, problems) in scenarios.iter().zip(both) {
            let problems = problems?;
            ensure!(problems.is_empty(), "{scenario} without any fault: {problems}");
        }
        Ok(())
    }

    /// Tells what is wrong with a scenario when a fault is switched on in one of the sides.
    pub(super) fn problems_with(&self, scenario: &str, mutant: Option<&str>) -> Result<String> {
        let tests = self.contract.tests()?;
        let Some(test) = tests.iter().find(|test| scenario_of(test) == scenario) else {
            bail!("{}: no scenario is called {scenario}", self.contract.name);
        };
        let [contract, shipped] = self.both(test, mutant)?;
        Ok(self.problems(scenario, &contract, &shipped).join("\n"))
    }
}

/// A scenario is named like its test, without the outer modules.
fn scenario_of(test: &str) -> &str {
    test.rsplit("::").next().unwrap_or(test)
}

/// The outcomes in a test's output, in lines `OUTCOME scenario outcome`.
fn outcomes(stdout: &str, scenario: &str) -> BTreeSet<String> {
    let lines = stdout.lines().filter_map(|line| line.strip_prefix("OUTCOME "));
    let outcomes = lines.filter_map(|line| line.strip_prefix(scenario)?.strip_prefix(' '));
    outcomes.map(str::to_owned).collect()
}

/// Reads `scenario | outcome | reason` lines; `#` begins a comment.
fn excuses(text: &str) -> Result<BTreeMap<(String, String), String>> {
    let excuses = line::listed(text).map(|line| {
        let parts: Vec<&str> = line.split(" | ").map(str::trim).collect();
        match parts[..] {
            [scenario, outcome, reason] if parts.iter().all(|part| !part.is_empty()) => {
                Ok(((scenario.to_owned(), outcome.to_owned()), reason.to_owned()))
            }
            _ => bail!("not a line of the form `scenario | outcome | reason`: {line}"),
        }
    });
    excuses.collect()
}

fn row(scenario: &str, contract: &Shown, shipped: &Shown) -> [String; 7] {
    let executions = |shown: &Shown| {
        grouped(shown.explorations.iter().map(|exploration| exploration.executions).sum())
    };
    let millis = [contract, shipped].into_iter().flat_map(|shown| &shown.explorations);
    let millis: u64 = millis.map(|exploration| exploration.millis).sum();
    let bound = shipped.explorations.first().map(Exploration::bound);
    [
        scenario.to_owned(),
        contract.outcomes.len().to_string(),
        executions(contract),
        shipped.outcomes.len().to_string(),
        bound.unwrap_or_default(),
        executions(shipped),
        seconds(millis.into()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both sides of a scenario `s`, for which the binaries run these scripts, and what has a reason.
    fn problems(contract: &str, shipped: &str, excuse: &str) -> Vec<String> {
        let shown = |stdout: &str| Shown {
            outcomes: outcomes(stdout, "s"),
            explorations: Vec::new(),
            failure: stdout.strip_prefix("failed").map(str::to_owned),
        };
        let nothing = || Suite { name: "a".to_owned(), folder: "/".into(), binary: "true".into() };
        let sides =
            Sides { contract: nothing(), shipped: nothing(), excuses: excuses(excuse).unwrap() };
        sides.problems("s", &shown(contract), &shown(shipped))
    }

    #[test]
    fn the_same_outcomes_are_a_success() {
        let both = "OUTCOME s (1, 2)\nnoise\nOUTCOME s [3]\nOUTCOME st 4\n";
        assert_eq!(problems(both, both, ""), [""; 0]);
    }

    #[test]
    fn what_the_algorithm_alone_shows_is_a_failure() {
        let found = problems("OUTCOME s 1\n", "OUTCOME s 1\nOUTCOME s 2\n", "");
        assert_eq!(found, ["the algorithm alone shows 2"]);
    }

    #[test]
    fn what_the_contract_alone_shows_needs_a_reason() {
        let (both, one) = ("OUTCOME s 1\nOUTCOME s 2\n", "OUTCOME s 1\n");
        let found = problems(both, one, "");
        assert_eq!(found, ["the contract alone shows 2, and no reason is given"]);
        assert_eq!(problems(both, one, "# why\ns | 2 | the docs leave it free"), [""; 0]);
        let found = problems(both, both, "s | 2 | the docs leave it free");
        assert_eq!(found, ["a reason is given for 2, which not only the contract shows"]);
    }

    #[test]
    fn a_side_that_fails_or_shows_nothing_is_a_failure() {
        let found = problems("failed: deadlock", "OUTCOME s 1\n", "");
        assert_eq!(found, ["the contract fails: : deadlock"]);
        let found = problems("OUTCOME s 1\n", "OUTCOME t 1\n", "");
        assert_eq!(found, ["the algorithm shows nothing"]);
    }

    #[test]
    fn a_reason_has_three_parts() {
        assert!(excuses("s | 1").is_err() && excuses("s | | why").is_err());
        assert_eq!(excuses("s | (1, 2) | why").unwrap().len(), 1);
    }
}
