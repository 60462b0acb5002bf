//! Checks of the crates: that each has its README and the workspace's lints, and that dependencies
//! point one way.

use anyhow::Result;

use super::Finding;
use super::file::{README_IS_DOC, README_IS_DOC_TESTED_APART};
use crate::{crate_names, root};

/// What examples and tools may use, and libraries may not.
const NOT_FOR_LIBRARIES: &[&str] = &["clap", "indicatif", "walkdir", "sha2", "anyhow"];

/// Tests the README's examples where the crate's documentation leaves them out.
const README_EXAMPLES: &str = "#[doc = include_str!(\"../README.md\")]";

pub(super) fn findings() -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for name in crate_names()? {
        let folder = root().join("crates").join(&name);
        let read = |path: &str| std::fs::read_to_string(folder.join(path)).unwrap_or_default();
        findings.extend(documentation(&name, &read("README.md"), &read("src/lib.rs")));
        findings.extend(dependencies(&name, &read("Cargo.toml")));
        findings.extend(lints(&format!("crates/{name}"), &read("Cargo.toml")));
    }
    for folder in ["benches", "xtask"] {
        let manifest = std::fs::read_to_string(root().join(folder).join("Cargo.toml"))?;
        findings.extend(lints(folder, &manifest));
    }
    Ok(findings)
}

/// The README is there, and it is the crate's documentation.
fn documentation(name: &str, readme: &str, lib: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    if readme.trim().is_empty() {
        let path = format!("crates/{name}/README.md");
        findings.push(Finding::new(&path, 1, "the crate has no README"));
    }
    let has = |wanted: &str| lib.lines().any(|line| line.trim() == wanted);
    let is_tested_apart = has(README_IS_DOC_TESTED_APART) && has(README_EXAMPLES);
    if !has(README_IS_DOC) && !is_tested_apart {
        let path = format!("crates/{name}/src/lib.rs");
        findings.push(Finding::new(&path, 1, format!("`{README_IS_DOC}` is missing")));
    }
    findings
}

/// The lints of the workspace are on.
fn lints(folder: &str, manifest: &str) -> Option<Finding> {
    let is_on = entries(manifest).any(|(_, section, entry)| {
        section == "lints" && entry.replace(' ', "") == "workspace=true"
    });
    let path = format!("{folder}/Cargo.toml");
    (!is_on).then(|| Finding::new(&path, 1, "`[lints] workspace = true` is missing"))
}

/// A crate depends on the floors below its own, and on nothing made for examples and tools; the
/// umbrella's examples may.
fn dependencies(name: &str, manifest: &str) -> Vec<Finding> {
    let path = format!("crates/{name}/Cargo.toml");
    let Some(own_floor) = floor(name) else {
        return vec![Finding::new(&path, 1, "the crate has no floor in xtask's table")];
    };
    let mut findings = Vec::new();
    for (line, section, entry) in entries(manifest) {
        let Some(is_dev) = dependency_section(section) else {
            continue;
        };
        let dependency = entry.split(['.', ' ', '=']).next().unwrap_or_default();
        if NOT_FOR_LIBRARIES.contains(&dependency) && !(is_dev && name == "threadkit") {
            let message = format!("a library does not depend on {dependency}");
            findings.push(Finding::new(&path, line, message));
        }
        if !is_dev && floor(dependency).is_some_and(|floor| floor >= own_floor) {
            let message = format!("{dependency} is not below {name}");
            findings.push(Finding::new(&path, line, message));
        }
    }
    findings
}

/// The floor of one of our crates; a crate depends on lower ones only.
fn floor(name: &str) -> Option<u32> {
    match name {
        "sync-core" => Some(0),
        "sync-lock" => Some(1),
        _ if name.starts_with("sync-") => Some(2),
        _ if name.starts_with("pool-") => Some(3),
        "threadkit" => Some(4),
        _ => None,
    }
}

/// Tells whether a section is one of dependencies, and if so, whether they are for development.
fn dependency_section(section: &str) -> Option<bool> {
    match section.rsplit('.').next()? {
        "dependencies" | "build-dependencies" => Some(false),
        "dev-dependencies" => Some(true),
        _ => None,
    }
}

/// The entries of a manifest, each with its line and section. A section `[dependencies.name]` counts
/// as an entry `name` of `[dependencies]`.
fn entries(manifest: &str) -> impl Iterator<Item = (usize, &str, &str)> {
    let mut section = "";
    let lines = manifest.lines().map(str::trim).enumerate();
    lines.filter_map(move |(index, line)| {
        let header = line.strip_prefix('[').and_then(|rest| rest.split(']').next());
        if let Some(header) = header {
            section = header;
            let (outer, name) = header.rsplit_once('.')?;
            dependency_section(outer)?;
            return Some((index + 1, outer, name));
        }
        let is_entry = !line.is_empty() && !line.starts_with('#');
        is_entry.then_some((index + 1, section, line))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(name: &str, manifest: &str) -> Vec<usize> {
        let findings = dependencies(name, manifest);
        findings.iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn a_readme_is_the_documentation() {
        assert!(documentation("a", "# a", README_IS_DOC).is_empty());
        assert_eq!(documentation("a", "", README_IS_DOC)[0].path, "crates/a/README.md");
        assert_eq!(documentation("a", "# a", "//! A.")[0].path, "crates/a/src/lib.rs");
        let apart = README_IS_DOC_TESTED_APART;
        assert_eq!(documentation("a", "# a", apart)[0].path, "crates/a/src/lib.rs");
        assert!(documentation("a", "# a", &format!("{apart}\n{README_EXAMPLES}\n")).is_empty());
    }

    #[test]
    fn lints_come_from_the_workspace() {
        assert_eq!(lints("a", "[lints]\nworkspace = true\n"), None);
        assert!(lints("a", "[package]\nversion.workspace = true\n[lints]\n").is_some());
        assert!(lints("a", "[package]\nworkspace = true\n").is_some());
    }

    #[test]
    fn dependencies_point_downwards() {
        let on = |dependency: &str| format!("[dependencies]\n{dependency}.workspace = true\n");
        assert_eq!(lines("sync-rlock", &on("sync-lock")), [0; 0]);
        assert_eq!(lines("threadkit", &on("pool-threadpool")), [0; 0]);
        assert_eq!(lines("sync-lock", &on("sync-rlock")), [2]);
        assert_eq!(lines("sync-rlock", &on("sync-semaphore")), [2]);
        assert_eq!(lines("sync-core", &on("parking_lot_core")), [0; 0]);
    }

    #[test]
    fn every_way_to_write_a_dependency_counts() {
        assert_eq!(lines("sync-core", "[dependencies]\nthreadkit = { path = \"..\" }"), [2]);
        assert_eq!(lines("sync-core", "[dependencies.threadkit]\nworkspace = true"), [1]);
        let target = "[target.'cfg(unix)'.dependencies]\nthreadkit = \"1\"";
        assert_eq!(lines("sync-core", target), [2]);
        assert_eq!(lines("sync-core", "[dev-dependencies]\nthreadkit = \"1\""), [0; 0]);
    }

    #[test]
    fn tools_are_for_the_umbrellas_examples() {
        let clap = "[dependencies]\nclap = \"4\"";
        let dev = "[dev-dependencies]\nclap.workspace = true";
        assert_eq!(lines("sync-lock", clap), [2]);
        assert_eq!(lines("threadkit", clap), [2]);
        assert_eq!(lines("sync-lock", dev), [2]);
        assert_eq!(lines("threadkit", dev), [0; 0]);
    }

    #[test]
    fn an_unknown_crate_needs_a_floor() {
        assert_eq!(lines("other", ""), [1]);
    }
}
