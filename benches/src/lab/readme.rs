//! The README's table, from the newest record under `benches/results`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use super::run::{BudgetOf, Entry, Machine, Run};
use super::store;
use super::text::{budget, number, or_dash};
use crate::row::OURS;

const BEGIN: &str = "<!-- numbers: written by `cargo xtask bench --readme` -->\n";
const END: &str = "<!-- end of the numbers -->\n";

/// Puts the table into the README.
pub(super) fn write(root: &Path) -> Result<()> {
    let path = root.join("README.md");
    let newest = newest(&root.join("benches/results"))?;
    let readme = with_table(&fs::read_to_string(&path)?, &table(&newest, &store::read(&newest)?))?;
    fs::write(&path, readme).context("cannot write README.md")?;
    println!("README.md has the numbers of {}", newest.strip_prefix(root)?.display());
    Ok(())
}

/// The record with the last date for a name.
fn newest(folder: &Path) -> Result<PathBuf> {
    let files = fs::read_dir(folder).context("benches/results is missing")?;
    let paths: Vec<PathBuf> = files.map(|file| Ok(file?.path())).collect::<Result<_>>()?;
    let records = paths.into_iter().filter(|path| path.extension() == Some("json".as_ref()));
    records.max().context("there is no record under benches/results")
}

/// Replaces what stands between the marks.
fn with_table(readme: &str, table: &str) -> Result<String> {
    let (before, rest) = readme.split_once(BEGIN).context("README.md has no mark for the table")?;
    let (_, after) = rest.split_once(END).context("README.md has no mark after the table")?;
    ensure!(!after.contains(BEGIN), "README.md has the mark twice");
    Ok(format!("{before}{BEGIN}{table}{END}{after}"))
}

fn table(path: &Path, run: &Run) -> String {
    let Machine { date, commit, rustc, cpu, cores, kernel, mode, .. } = &run.machine;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut text = format!(
        "A {mode} run of {date}, commit {commit}, on {cores} cores of {cpu},\nLinux {kernel}, \
         {rustc}; [the record](benches/results/{name}).\n\n\
         | work | threadkit | best peer | ratio (min–max) | budget |\n|---|---|---|---|---|\n"
    );
    for entry in run.rows.iter().filter(|entry| entry.budget.is_some()) {
        text.push_str(&line(entry));
    }
    text
}

fn line(entry: &Entry) -> String {
    let Entry { area, workload, unit, .. } = entry;
    let best = entry.best_peer.as_ref().map_or_else(String::new, |name| {
        let value = entry.value(name);
        value.map_or_else(|| name.clone(), |value| format!("{name} {}", value.text(number)))
    });
    let ratio = match (entry.ratio, entry.ratio_min, entry.ratio_max) {
        (Some(ratio), Some(min), Some(max)) => {
            format!("{} ({}–{})", number(ratio), number(min), number(max))
        }
        _ => "–".to_owned(),
    };
    let verdict = match entry.within_budget {
        Some(true) => "kept",
        Some(false) => "over",
        None => "not measured",
    };
    let noisy = if entry.noisy && entry.budget_of == BudgetOf::Ratio { ", noisy" } else { "" };
    let (ours, budget) = (or_dash(entry.value(OURS)), budget(entry));
    format!(
        "| {area}: {workload} | {ours} {unit} | {best} | {ratio} | {budget}: {verdict}{noisy} |\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_put_between_the_marks() {
        let readme = format!("before\n{BEGIN}old\n{END}after\n");
        let new = with_table(&readme, "new\n").unwrap();
        assert_eq!(new, format!("before\n{BEGIN}new\n{END}after\n"));
        assert_eq!(with_table(&new, "new\n").unwrap(), new);
        assert!(with_table("no marks", "").is_err());
    }

    #[test]
    fn the_readme_has_the_newest_record() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let readme = fs::read_to_string(root.join("README.md")).unwrap();
        let newest = newest(&root.join("benches/results")).unwrap();
        let table = table(&newest, &store::read(&newest).unwrap());
        let expected = with_table(&readme, &table).unwrap();
        assert!(readme == expected, "run `cargo xtask bench --readme`");
    }
}
