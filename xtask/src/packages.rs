//! The packages as their users get them: made by `cargo package`, unpacked in a folder
//! where nothing else of the workspace is, and tested there, with each other as siblings.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use xshell::{Shell, cmd};

use crate::{crate_names, root, target_dir};

/// All crates have the workspace's version, as this one has.
const VERSION: &str = env!("CARGO_PKG_VERSION");

const LICENCES: &[&str] = &["LICENSE-MIT", "LICENSE-APACHE"];

pub(crate) fn run(sh: &Shell) -> Result<()> {
    let crates = crate_names()?;
    let target = target_dir();
    package(sh, &crates, &target)?;
    // Always the same folder, so that what is compiled of it is replaced the next time.
    let folder = target.join("packages");
    sh.remove_path(&folder)?;
    sh.create_dir(&folder)?;
    let _in_folder = sh.push_dir(&folder);
    for name in &crates {
        let archive = target.join("package").join(format!("{}.crate", unpacked(name)));
        cmd!(sh, "tar -xzf {archive}").run()?;
        check_licences(&folder.join(unpacked(name)))?;
    }
    sh.write_file("Cargo.toml", manifest(&crates))?;
    sh.copy_file(root().join("Cargo.lock"), "Cargo.lock")?;
    for name in &crates {
        // One by one, so that none has a feature of a sibling because another package asks for it.
        cmd!(sh, "cargo test --quiet --package {name} --target-dir {target}")
            .run()
            .with_context(|| format!("{name} does not stand alone"))?;
    }
    println!("{} packages stand alone", crates.len());
    Ok(())
}

/// Makes the packages; fails if cargo has something to say against one of them.
fn package(sh: &Shell, crates: &[String], target: &Path) -> Result<()> {
    let package = |network: &[&str]| {
        let packages = crates.iter().flat_map(|name| ["--package", name]);
        cmd!(sh, "cargo package --no-verify --allow-dirty {packages...} --target-dir {target}")
            .args(network)
            .env("CARGO_TERM_COLOR", "never")
            .read_stderr()
    };
    let report = package(&["--offline"]).or_else(|_| package(&[]))?;
    println!("{report}");
    let warnings = warnings(&report);
    ensure!(warnings.is_empty(), "cargo package warns: {}", warnings.join("; "));
    Ok(())
}

/// What a report of cargo warns of; that the network was slow is not a fault of the packages.
fn warnings(report: &str) -> Vec<&str> {
    let warnings = report.lines().filter_map(|line| line.strip_prefix("warning: "));
    warnings.filter(|warning| !warning.starts_with("spurious network error")).collect()
}

/// The name of the folder within a package.
fn unpacked(name: &str) -> String {
    format!("{name}-{VERSION}")
}

/// Fails unless the package has the licence texts of the workspace, whole.
fn check_licences(package: &Path) -> Result<()> {
    for licence in LICENCES {
        let theirs = std::fs::read(package.join(licence))
            .with_context(|| format!("{} has no {licence}", package.display()))?;
        let ours = std::fs::read(root().join(licence))?;
        ensure!(theirs == ours, "{licence} of {} is another text", package.display());
    }
    Ok(())
}

/// A workspace of unpacked packages, which takes them for those of the registry and optimises what ours does.
fn manifest(crates: &[String]) -> String {
    let folders: Vec<String> = crates.iter().map(|name| unpacked(name)).collect();
    let patches = crates.iter().zip(&folders);
    let patches = patches.map(|(name, folder)| format!("{name} = {{ path = {folder:?} }}\n"));
    let patches: String = patches.collect();
    format!(
        "[workspace]\nresolver = \"3\"\nmembers = {folders:?}\n\n\
         [patch.crates-io]\n{patches}\n\
         [profile.dev]\ndebug = false\nincremental = false\n\n\
         [profile.dev.package.sync-core]\nopt-level = 3\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_about_a_manifest_is_found() {
        let report = "   Packaging a v0.1.0 (/a)\n\
            warning: manifest has no documentation, homepage or repository\n\
            \x20 = note: see the reference\n    Packaged 3 files\n";
        assert_eq!(warnings(report), ["manifest has no documentation, homepage or repository"]);
    }

    #[test]
    fn progress_and_a_slow_network_are_no_warnings() {
        let report = "    Updating the index\n\
            warning: spurious network error (3 tries remaining): timed out\n\
            \x20  Packaging warning v0.1.0 (/warning)\n";
        assert_eq!(warnings(report), [""; 0]);
    }

    #[test]
    fn siblings_are_the_unpacked_ones() {
        let manifest = manifest(&["a".to_owned(), "b".to_owned()]);
        let lines: Vec<&str> = manifest.lines().collect();
        for (name, folder) in [("a", unpacked("a")), ("b", unpacked("b"))] {
            assert!(lines.contains(&format!("{name} = {{ path = \"{folder}\" }}").as_str()));
        }
        assert!(lines.contains(&format!("members = [\"a-{VERSION}\", \"b-{VERSION}\"]").as_str()));
    }

    #[test]
    fn a_licence_must_be_there_and_whole() {
        let sh = Shell::new().unwrap();
        let folder = sh.create_temp_dir().unwrap();
        let _in_folder = sh.push_dir(folder.path());
        sh.copy_file(root().join(LICENCES[0]), LICENCES[0]).unwrap();
        let error = check_licences(folder.path()).unwrap_err().to_string();
        assert!(error.ends_with("has no LICENSE-APACHE"), "{error}");

        sh.write_file(LICENCES[1], "../../LICENSE-APACHE").unwrap();
        let error = check_licences(folder.path()).unwrap_err().to_string();
        assert!(error.ends_with("is another text"), "{error}");

        sh.copy_file(root().join(LICENCES[1]), LICENCES[1]).unwrap();
        check_licences(folder.path()).unwrap();
    }
}
