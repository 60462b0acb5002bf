//! The test binaries that hold the models, one for each crate.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use super::compiler;
use crate::root;

/// The umbrella re-exports what the others have modelled, with no code and so no faults of its own. Its models are whole
/// programs on all that ships.
pub(super) const UMBRELLA: &str = "threadkit";

/// The models of one crate, built.
#[derive(Debug)]
pub(crate) struct Suite {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) binary: PathBuf,
}

impl Suite {
    /// The command that runs the models, with no choice or limit left over in the environment: the
    /// tests set their own.
    fn command(&self, deep: bool) -> Command {
        let mut command = Command::new(&self.binary);
        command.current_dir(&self.folder);
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(is_left_over) {
                command.env_remove(name);
            }
        }
        if deep {
            command.env("THREADKIT_DEEP", "1");
        }
        command
    }

    /// The command that runs one test.
    pub(crate) fn test(&self, test: &str, deep: bool) -> Command {
        let mut command = self.command(deep);
        command.args(["--exact", test]);
        command
    }

    /// The names of the tests in the binary.
    pub(crate) fn tests(&self) -> Result<Vec<String>> {
        let output = self.command(false).arg("--list").output()?;
        ensure!(output.status.success(), "{}: --list failed", self.name);
        let names = String::from_utf8(output.stdout)?;
        let names = names.lines().filter_map(|line| line.strip_suffix(": test"));
        Ok(names.map(str::to_owned).collect())
    }
}

/// Tells whether an environment variable would change what is explored.
fn is_left_over(variable: &str) -> bool {
    let prefixes = ["THREADKIT_", "LOOM_MAX_", "LOOM_CHECKPOINT_"];
    prefixes.iter().any(|prefix| variable.starts_with(prefix))
}

/// Picks the crates whose models are to be run: those that are asked for, or all.
pub(crate) fn with_models(
    folder: &Path,
    all: &[String],
    asked_for: &[String],
) -> Result<Vec<String>> {
    if let Some(unknown) = asked_for.iter().find(|name| !all.contains(name)) {
        bail!("no crate is called {unknown}");
    }
    let chosen = if asked_for.is_empty() { all } else { asked_for };
    let has_models = |name: &String| folder.join(name).join("tests/model.rs").is_file();
    let missing: Vec<String> = chosen.iter().filter(|it| !has_models(it)).cloned().collect();
    ensure!(missing.is_empty(), "no tests/model.rs in {}", missing.join(", "));
    Ok(chosen.to_vec())
}

/// Which code is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    AsItShips,
    WithMutants,
}

/// Builds the models of these crates, one after the other: what one is explored on is not what another is.
pub(crate) fn build(crates: &[String], code: Code) -> Result<Vec<Suite>> {
    let build = |name: &String| build_one(name, "model", &features(&folder_of(name))?, code);
    crates.iter().map(build).collect()
}

/// Where a crate is.
pub(crate) fn folder_of(name: &str) -> PathBuf {
    root().join("crates").join(name)
}

/// Builds one test of a crate with these features.
pub(super) fn build_one(name: &str, test: &str, features: &str, code: Code) -> Result<Suite> {
    let folder = folder_of(name);
    let mut command = Command::new("cargo");
    command.args(["test", "--release", "--package", name, "--test", test, "--no-run"]);
    command.args(["--features", features]);
    command.args(["--message-format", "json-render-diagnostics"]);
    command.env("RUSTFLAGS", rustflags(&["threadkit_loom"]));
    if code == Code::WithMutants {
        command.envs(compiler::environment()?);
    }
    let output = command.stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "the models of {name} do not build");
    let messages = String::from_utf8(output.stdout)?;
    let binary = executable(&messages, &folder.join("Cargo.toml"), test)
        .with_context(|| format!("cargo built no models of {name}"))?;
    Ok(Suite { name: name.to_owned(), folder, binary })
}

/// Crates whose models stand on the contracts of those below.
const ON_CONTRACTS: &[&str] = &["sync-thread", "pool-threadpool", "pool-queue"];

/// What has the models of a crate explore the algorithms that ship, its own and, unless it stands on contracts, those
/// of the crates below.
pub(crate) fn features(folder: &Path) -> Result<String> {
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml"))?;
    let has = |start: &str| manifest.lines().any(|line| line.starts_with(start));
    let on_contracts = ON_CONTRACTS.iter().any(|name| folder.ends_with(name));
    let mut features = vec!["loom"];
    if has("shipped = ") {
        features.push("shipped");
    }
    if has("sync-lock.workspace = ") && !on_contracts {
        features.push("sync-lock/shipped");
    }
    Ok(features.join(","))
}

/// The flags of the environment, and these cfgs.
pub(crate) fn rustflags(cfgs: &[&str]) -> String {
    let mut flags = std::env::var("RUSTFLAGS").unwrap_or_default();
    for cfg in cfgs {
        flags.push_str(" --cfg ");
        flags.push_str(cfg);
    }
    flags.trim_start().to_owned()
}

/// Finds the binary of a test of the crate with this manifest among cargo's messages.
fn executable(messages: &str, manifest: &Path, test: &str) -> Option<PathBuf> {
    messages.lines().find_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        let is_ours = message["target"]["name"] == test
            && message["manifest_path"].as_str().map(Path::new) == Some(manifest);
        let path = message["executable"].as_str()?;
        is_ours.then(|| path.into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_binary_is_found_among_the_messages() {
        let message = |krate: &str, target: &str, executable: &str| {
            format!(
                r#"{{"reason":"compiler-artifact","manifest_path":"/w/crates/{krate}/Cargo.toml","target":{{"name":"{target}"}},"executable":{executable}}}"#
            )
        };
        let messages = [
            "   not a message".to_owned(),
            message("a", "a", "null"),
            message("a", "model", r#""/t/model-1""#),
            message("b", "b", r#""/t/b-1""#),
            message("b", "model", r#""/t/model-2""#),
        ]
        .join("\n");
        let find = |krate: &str| {
            executable(&messages, &Path::new("/w/crates").join(krate).join("Cargo.toml"), "model")
        };
        assert_eq!(find("b"), Some("/t/model-2".into()));
        assert_eq!(find("c"), None);
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn every_crate_needs_models() {
        let all = names(&["sync-lock", "threadkit"]);
        let nowhere = Path::new("/nowhere");
        let error = with_models(nowhere, &all, &[]).unwrap_err();
        assert_eq!(error.to_string(), "no tests/model.rs in sync-lock, threadkit");
        assert!(with_models(nowhere, &all, &names(&["sync-luck"])).is_err());
    }

    #[test]
    fn limits_in_the_environment_are_left_over() {
        assert!(is_left_over("LOOM_MAX_DURATION") && is_left_over("THREADKIT_MUTANT"));
        assert!(!is_left_over("LOOM_LOCATION") && !is_left_over("PATH"));
    }

    #[test]
    fn cfgs_come_after_the_flags_that_are_there() {
        let flags = rustflags(&["one", "two"]);
        assert!(flags.ends_with("--cfg one --cfg two"), "{flags}");
    }
}
