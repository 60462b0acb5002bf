//! The record on disk, complete at any moment.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::report;
use super::run::{Entry, Run};

/// Writes `summary.json`, `run.json` and `report.html` into the folder.
pub(super) fn write(folder: &Path, run: &Run) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    replace(&folder.join("summary.json"), &serde_json::to_string_pretty(&run.rows)?)?;
    replace(&folder.join("run.json"), &serde_json::to_string_pretty(run)?)?;
    replace(&folder.join("report.html"), &report::html(run))
}

/// Puts a whole new file in the place of the old one, so that no reader sees half of it.
fn replace(path: &Path, text: &str) -> Result<()> {
    let new = path.with_extension("new");
    fs::write(&new, text).with_context(|| format!("cannot write {}", new.display()))?;
    fs::rename(&new, path).with_context(|| format!("cannot write {}", path.display()))
}

/// Reads a `run.json`, or a `summary.json`, which is its rows alone.
pub(super) fn read(path: &Path) -> Result<Run> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let rows: Result<Vec<Entry>, _> = serde_json::from_str(&text);
    if let Ok(rows) = rows {
        return Ok(Run { rows, ..Run::default() });
    }
    serde_json::from_str(&text).with_context(|| format!("{} is no record of a run", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_can_be_read() {
        let folder = std::env::temp_dir().join(format!("threadkit-store-{}", std::process::id()));
        let entry = r#"{"area": "lock", "workload": "pairs", "unit": "ns", "better": "lower",
            "ours": 1.0, "peers": {"std": 2.0}, "best_peer": "std", "ratio": 0.5,
            "ratio_min": 0.4, "ratio_max": 0.6, "budget": 0.65, "rounds": 5}"#;
        let run = Run { rows: vec![serde_json::from_str(entry).unwrap()], ..Run::default() };
        write(&folder, &run).unwrap();
        for name in ["run.json", "summary.json"] {
            let read = read(&folder.join(name)).unwrap();
            assert_eq!(read.rows[0].ratio, Some(0.5), "{name}");
        }
        assert!(folder.join("report.html").exists());
        fs::write(folder.join("run.json"), "[{]").unwrap();
        assert!(read(&folder.join("run.json")).is_err());
        fs::remove_dir_all(&folder).unwrap();
    }
}
