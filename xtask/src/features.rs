//! The step `features` of `cargo xtask ci`: each crate with no feature, with each of its features alone, and
//! with those that are on by default.

use anyhow::{Context as _, Result};
use serde_json::Value;
use xshell::{Shell, cmd};

pub(crate) fn run(sh: &Shell) -> Result<()> {
    let metadata = cmd!(sh, "cargo metadata --no-deps --format-version 1").quiet().read()?;
    for (package, features) in features(&serde_json::from_str(&metadata)?)? {
        for feature in std::iter::once("").chain(features.iter().map(String::as_str)) {
            let features = ["--no-default-features", "--features", feature];
            // A lint's level does not have the dependencies compiled anew, as RUSTFLAGS would.
            let deny = ["--", "-D", "warnings"];
            cmd!(sh, "cargo clippy --package {package} --all-targets {features...} {deny...}")
                .run()?;
        }
    }
    // The tests and the guide's examples know what is missing.
    cmd!(sh, "cargo test --package threadkit --no-default-features --features lock").run()?;
    Ok(())
}

/// The packages of the workspace that have features, and these.
fn features(metadata: &Value) -> Result<Vec<(String, Vec<String>)>> {
    let packages = metadata["packages"].as_array().context("no packages")?;
    let with_features = packages.iter().filter_map(|package| {
        let name = package["name"].as_str()?;
        let features: Vec<String> = package["features"].as_object()?.keys().cloned().collect();
        (!features.is_empty()).then(|| (name.to_owned(), features))
    });
    Ok(with_features.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_without_features_are_left_out() {
        let metadata = serde_json::json!({"packages": [
            {"name": "a", "features": {"x": [], "y": ["x"]}},
            {"name": "b", "features": {}},
        ]});
        let expected = [("a".to_owned(), vec!["x".to_owned(), "y".to_owned()])];
        assert_eq!(features(&metadata).unwrap(), expected);
    }
}
