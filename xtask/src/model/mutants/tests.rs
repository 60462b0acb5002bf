//! What counts as a list, and what as a catch.

use std::process::Command;

use super::*;

fn mutant(name: &str) -> Mutant {
    Mutant { name: name.to_owned(), test: "t".to_owned(), expected: "deadlock".to_owned() }
}

#[test]
fn a_list_has_three_columns_and_comments() {
    let text = "# the lock word\n\nskip-wake | two_threads | deadlock; a | b\n";
    let expected = Mutant {
        name: "skip-wake".to_owned(),
        test: "two_threads".to_owned(),
        expected: "deadlock; a | b".to_owned(),
    };
    assert_eq!(parse(text).unwrap(), [expected]);
}

#[test]
fn a_list_without_an_expected_text_is_refused() {
    assert!(parse("skip-wake | two_threads").is_err());
    assert!(parse("skip-wake | two_threads | ").is_err());
}

#[test]
fn names_are_found_in_code_alone() {
    let text =
        "/// `mutant!(\"doc\")`\nif sync_core::mutant!(\"one\") || mutant!(\n    \"two\"\n) {}\n";
    let names = names_in(&Source::new("crates/a/src/lib.rs", text));
    assert_eq!(names, ["one", "two"]);
}

#[test]
fn list_and_source_must_agree() {
    let seeded = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let listed = [mutant("a"), mutant("b"), mutant("b")];
    assert_eq!(differences(&listed, &seeded(&["a", "b"])), [""; 0]);
    let problems = differences(&listed, &seeded(&["b", "c"]));
    assert_eq!(
        problems,
        ["the fault c is not in tests/mutants.txt", "the listed fault a is not in the source"]
    );
    assert_eq!(differences(&[], &seeded(&[])), ["no fault is seeded"]);
}

fn verdict_on(script: &str) -> Result<(), String> {
    let limit = Duration::from_millis(500);
    let outcome = child::run(Command::new("sh").args(["-c", script]), limit).unwrap();
    verdict(&outcome, "deadlock; threads")
}

#[test]
fn an_ordinary_failure_with_the_expected_text_is_a_catch() {
    assert_eq!(verdict_on("echo 'deadlock; threads = [' >&2; exit 101"), Ok(()));
}

#[test]
fn nothing_else_is_a_catch() {
    for (script, reason) in [
        ("echo 'deadlock; threads = ['", "no ordinary failure"),
        ("echo 'deadlock; threads = ['; kill -ABRT $$", "no ordinary failure"),
        ("echo 'deadlock; threads = ['; exec sleep 9", "no ordinary failure"),
        ("echo 'assertion failed'; exit 101", "failed without saying"),
        (
            "echo 'deadlock; threads = ['; echo 'Model exceeded maximum number of branches'; exit 101",
            "the search was given up",
        ),
    ] {
        let problem = verdict_on(script).unwrap_err();
        assert!(problem.starts_with(reason), "{script}: {problem}");
    }
}

#[test]
fn a_text_that_the_test_always_says_proves_nothing() {
    let suite = Suite { name: "lock".to_owned(), folder: "/".into(), binary: "/bin/false".into() };
    let controls = BTreeMap::from([("t".to_owned(), "test finds_deadlock ... ok".to_owned())]);
    let (verdict, _) = hunt(&suite, &mutant("a"), &controls, false).unwrap();
    assert!(verdict.unwrap_err().contains("without the fault"));
}
