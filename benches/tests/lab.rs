//! The lab as a program: what it writes, and what it leaves when it is stopped.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

fn lab(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
    command.args(["run", "--tiny", "--folder"]).arg(folder).args(arguments);
    command
}

/// An empty folder for one test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    drop(fs::remove_dir_all(&folder));
    folder
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn an_area_alone_is_written_with_all_that_the_schema_asks_for() {
    let folder = folder("schema");
    let output = lab(&folder, &["rlock"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let summary = json(&folder.join("summary.json"));
    let entries = summary.as_array().unwrap();
    assert_eq!(entries.len(), 8);
    for entry in entries {
        assert_eq!(entry["area"], "rlock");
        assert!(["lower", "higher"].contains(&entry["better"].as_str().unwrap()));
        for text in ["workload", "unit", "best_peer"] {
            assert!(entry[text].is_string(), "{text}: {entry}");
        }
        for number in ["ours", "ratio", "ratio_min", "ratio_max"] {
            assert!(entry[number].is_f64(), "{number}: {entry}");
        }
        assert!(entry["budget"].is_null() || entry["budget"].is_f64());
        assert!(entry["peers"]["parking_lot ReentrantMutex"].is_f64());
        assert_eq!(entry["rounds"], 5);
    }
    let run = json(&folder.join("run.json"));
    assert_eq!(run["rows"], summary);
    assert_eq!(run["machine"]["mode"], "tiny");
    let expected: Vec<&Value> =
        run["noise"].as_array().unwrap().iter().map(|noise| &noise["expected"]).collect();
    assert_eq!(expected, [&10.0, &1.0, &1.0]);
    assert!(fs::read_to_string(folder.join("report.html")).unwrap().contains("first share"));
}

#[test]
fn a_run_is_compared_with_an_earlier_one() {
    let folder = folder("compare");
    assert!(lab(&folder, &["depth 1"]).output().unwrap().status.success());
    let record = folder.join("summary.json");
    let slower = fs::read_to_string(&record).unwrap();
    let mut slower: Value = serde_json::from_str(&slower).unwrap();
    // More than any noise of a busy machine.
    slower[0]["ratio"] = Value::from(1e15);
    fs::write(&record, slower.to_string()).unwrap();
    let output =
        lab(&folder, &["depth 1", "--compare", record.to_str().unwrap()]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("better   rlock: one thread, depth 1: ratio 1000000000.00 M → "),
        "{text}"
    );
}

#[test]
fn a_name_that_no_row_has_is_an_error_and_writes_nothing() {
    let folder = folder("nothing");
    let output = lab(&folder, &["no such row"]).output().unwrap();
    assert!(!output.status.success());
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("no row's name has \"no such row\" in it"), "{error}");
    assert!(!folder.exists());
}

#[cfg(unix)]
#[test]
fn an_interrupt_leaves_the_areas_that_were_finished() {
    let folder = folder("interrupt");
    let mut lab =
        lab(&folder, &["threads"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(lab.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.by_ref().any(|line| line.starts_with("lock ")), "the first area is printed");
    let killed =
        Command::new("sh").args(["-c", &format!("kill -INT {}", lab.id())]).status().unwrap();
    assert!(killed.success());
    let rest: Vec<String> = lines.collect();
    let mut error = String::new();
    lab.stderr.take().unwrap().read_to_string(&mut error).unwrap();
    assert!(!lab.wait().unwrap().success(), "{rest:?}");
    assert!(error.contains("interrupted"), "{error}");
    let entries = json(&folder.join("summary.json"));
    let areas: Vec<&Value> =
        entries.as_array().unwrap().iter().map(|entry| &entry["area"]).collect();
    assert!(
        areas.contains(&&Value::from("lock")) && !areas.contains(&&Value::from("semaphore")),
        "{areas:?}"
    );
}
