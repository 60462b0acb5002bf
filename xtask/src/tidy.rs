//! `cargo xtask tidy`: text checks of what the compiler and clippy do not see.
//!
//! That unsafe blocks have a `SAFETY:` comment is not among them: clippy's
//! `undocumented_unsafe_blocks`, switched on for the workspace, looks at blocks and impls alike.

mod crates;
mod file;
mod names;
mod orderings;

use std::fmt;

use anyhow::{Result, ensure};
use xshell::Shell;

use crate::source::{Source, rust_files};
use crate::{crate_names, flags, root};

/// Something that is not as it should be, and where.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    path: String,
    line: usize,
    message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

impl Finding {
    fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, message: message.into() }
    }
}

/// What every Rust file is checked for.
const RULES: &[fn(&Source) -> Vec<Finding>] = &[
    file::opening,
    file::length,
    file::leftovers,
    names::std_names,
    names::checker_cfgs,
    orderings::explained,
];

impl flags::Tidy {
    pub(crate) fn run(self, _sh: &Shell) -> Result<()> {
        let findings = findings()?;
        for finding in &findings {
            println!("{finding}");
        }
        ensure!(findings.is_empty(), "tidy: {} findings", findings.len());
        Ok(())
    }
}

fn findings() -> Result<Vec<Finding>> {
    let mut folders = vec![root().join("xtask"), root().join("benches")];
    for name in crate_names()? {
        let folder = root().join("crates").join(name);
        folders.extend(["src", "tests", "examples"].map(|part| folder.join(part)));
    }
    let mut findings = Vec::new();
    for folder in folders {
        for path in rust_files(&folder)? {
            let source = Source::read(&path)?;
            findings.extend(RULES.iter().flat_map(|rule| rule(&source)));
        }
    }
    findings.extend(crates::findings()?);
    Ok(findings)
}

/// The lines that a rule finds fault with in a file at `path` that holds `text`.
#[cfg(test)]
fn faulty_lines(rule: fn(&Source) -> Vec<Finding>, path: &str, text: &str) -> Vec<usize> {
    let findings = rule(&Source::new(path, text));
    findings.iter().map(|finding| finding.line).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_workspace_is_tidy() {
        let findings = super::findings().unwrap();
        let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
        assert!(lines.is_empty(), "\n{}", lines.join("\n"));
    }
}
