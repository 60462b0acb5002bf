//! Where, when and with what a run was made.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;

use super::run::Machine;

/// The peers' packages.
const PEERS: &[&str] = &[
    "async-lock",
    "crossbeam-channel",
    "parking_lot",
    "rayon",
    "rusty_pool",
    "threadfin",
    "threadpool",
    "tokio",
    "usync",
];

/// Asks this machine; what it does not know is called unknown.
pub(super) fn this(root: &Path, mode: &str) -> Machine {
    let lock_file = fs::read_to_string(root.join("Cargo.lock")).unwrap_or_default();
    let in_root = |program: &str, args: &[&str]| {
        let output = Command::new(program).args(args).current_dir(root).output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        (output.status.success() && !text.is_empty()).then_some(text)
    };
    let unknown = || "unknown".to_owned();
    let changed = in_root("git", &["status", "--porcelain", "--untracked-files=no"]).is_some();
    let commit = in_root("git", &["rev-parse", "--short", "HEAD"]);
    let mark = if changed { ", with changes" } else { "" };
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease");
    Machine {
        date: in_root("date", &["-u", "+%Y-%m-%d %H:%M UTC"]).unwrap_or_else(unknown),
        commit: commit.map_or_else(unknown, |commit| commit + mark),
        rustc: in_root("rustc", &["--version"]).unwrap_or_else(unknown),
        cpu: cpu(&fs::read_to_string("/proc/cpuinfo").unwrap_or_default()),
        cores: thread::available_parallelism().map_or(0, usize::from),
        kernel: kernel.map_or_else(|_| unknown(), |text| text.trim().to_owned()),
        mode: mode.to_owned(),
        peers: PEERS.iter().filter_map(|name| version(&lock_file, name)).collect(),
    }
}

fn cpu(cpuinfo: &str) -> String {
    let line = cpuinfo.lines().find_map(|line| line.strip_prefix("model name"));
    let name = line.and_then(|rest| rest.split_once(':'));
    name.map_or_else(|| "unknown".to_owned(), |(_, name)| name.trim().to_owned())
}

/// A package with its version, from the lock file.
fn version(lock_file: &str, name: &str) -> Option<String> {
    let (_, rest) = lock_file.split_once(&format!("name = \"{name}\"\nversion = \""))?;
    Some(format!("{name} {}", rest.split('"').next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_come_from_the_lock_file() {
        let lock_file = "[[package]]\nname = \"tokio\"\nversion = \"1.54.1\"\nsource = \"x\"\n";
        assert_eq!(version(lock_file, "tokio").as_deref(), Some("tokio 1.54.1"));
        assert_eq!(version(lock_file, "rayon"), None);
    }

    #[test]
    fn all_peers_are_in_the_lock_file() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        assert_eq!(this(root, "quick").peers.len(), PEERS.len());
    }

    #[test]
    fn the_processor_has_a_name() {
        assert_eq!(cpu("processor\t: 0\nmodel name\t: A B\n"), "A B");
        assert_eq!(cpu(""), "unknown");
    }
}
