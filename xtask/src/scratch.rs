//! Fresh projects outside the workspace: one that uses one crate alone, and the user guide's.

use anyhow::{Result, ensure};
use xshell::{Shell, cmd};

use crate::{guide, root};

/// What a user of a lock must not find in their lock file; `pool-` stands for all pools.
const UNWANTED: &[&str] = &["loom", "clap", "crossbeam", "pool-"];

pub(crate) fn run(sh: &Shell) -> Result<()> {
    one_crate_alone(sh)?;
    guide::follow(sh)
}

/// Makes a project that depends on `sync-rlock`, looks at its lock file and builds it.
fn one_crate_alone(sh: &Shell) -> Result<()> {
    let folder = sh.create_temp_dir()?;
    let _in_folder = sh.push_dir(folder.path());
    let _target = sh.push_env("CARGO_TARGET_DIR", folder.path().join("target"));
    let krate = root().join("crates/sync-rlock");
    let manifest = format!(
        "[package]\nname = \"scratch\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [dependencies]\nsync-rlock = {{ path = {krate:?} }}\n"
    );
    sh.write_file("Cargo.toml", manifest)?;
    sh.write_file("src/lib.rs", "//! Uses one crate alone.\npub use sync_rlock;\n")?;
    if cmd!(sh, "cargo generate-lockfile --offline").run().is_err() {
        cmd!(sh, "cargo generate-lockfile").run()?;
    }
    let lock_file = sh.read_file("Cargo.lock")?;
    let packages = packages(&lock_file);
    let unwanted = unwanted(&packages);
    ensure!(unwanted.is_empty(), "sync-rlock alone pulls in {}", unwanted.join(", "));
    println!("sync-rlock alone pulls in {} packages", packages.len() - 1);
    cmd!(sh, "cargo build").run()?;
    Ok(())
}

/// The names of the packages in a lock file.
fn packages(lock_file: &str) -> Vec<&str> {
    let names = lock_file.lines().filter_map(|line| line.strip_prefix("name = \""));
    names.map(|name| name.trim_end_matches('"')).collect()
}

fn unwanted<'a>(packages: &[&'a str]) -> Vec<&'a str> {
    let is_unwanted = |name: &&&str| UNWANTED.iter().any(|unwanted| name.starts_with(unwanted));
    packages.iter().filter(is_unwanted).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unwanted_packages_are_found_by_name() {
        let lock_file = "version = 4\n\n[[package]]\nname = \"sync-rlock\"\nversion = \"0.1.0\"\n\
            dependencies = [\n \"loom\",\n]\n\n[[package]]\nname = \"loom\"\n\n\
            [[package]]\nname = \"crossbeam-channel\"\n\n[[package]]\nname = \"pool-queue\"\n\n\
            [[package]]\nname = \"smallvec\"\n";
        let packages = packages(lock_file);
        assert_eq!(packages.len(), 5);
        assert_eq!(unwanted(&packages), ["loom", "crossbeam-channel", "pool-queue"]);
    }

    #[test]
    fn a_lock_file_of_wanted_packages_passes() {
        let lock_file = "name = \"scratch\"\nname = \"sync-rlock\"\nname = \"lock_api\"\n";
        assert_eq!(unwanted(&packages(lock_file)), [""; 0]);
    }
}
