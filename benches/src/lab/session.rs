//! A run from the first control to the last line.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};

use super::progress::{Progress, estimate, estimate_all};
use super::rounds::{Found, Measurer, Mode, Series, Task, interleave, nothing_yet};
use super::run::{Entry, Failed, Run};
use super::{child, compare, entries, machine, noise, store, text};
use crate::areas;
use crate::row::{Effort, Measured, Row};

/// What was asked for.
#[derive(Debug)]
pub(super) struct Wish {
    pub(super) mode: Mode,
    /// Rows whose name has one of these in it, or all if there is none; an area's name means that area alone.
    pub(super) filters: Vec<String>,
    pub(super) compare: Option<PathBuf>,
    pub(super) root: PathBuf,
    /// Where the record goes.
    pub(super) folder: PathBuf,
}

/// Set by Ctrl-C.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Measures, prints and writes; fails if a row did.
pub(super) fn run(wish: &Wish) -> Result<()> {
    let begun = Instant::now();
    let old = wish.compare.as_deref().map(store::read).transpose()?;
    let rows = chosen(areas::rows(), &wish.filters)?;
    ctrlc::set_handler(|| INTERRUPTED.store(true, Relaxed)).context("cannot catch Ctrl-C")?;
    let tenfold = noise::tenfold();
    let controls: Vec<Task<'_>> =
        std::iter::once(Task::of(&tenfold)).chain(noise::tasks(&rows)).collect();
    let all: Vec<Task<'_>> = controls.iter().copied().chain(rows.iter().map(Task::of)).collect();
    let mut session = Session {
        mode: wish.mode,
        folder: wish.folder.clone(),
        progress: Progress::new(estimate_all(&all, wish.mode)),
        areas: rows.chunk_by(|one, other| one.area == other.area).map(Area::new).collect(),
        failed_controls: Vec::new(),
        run: Run { machine: machine::this(&wish.root, wish.mode.name), ..Run::default() },
    };
    let finished = session.measure(&controls);
    session.progress.finish();
    session.close(old.as_ref(), finished?, begun)
}

/// The rows that one of the filters lets through; each of them must let one through.
fn chosen(mut rows: Vec<Row>, filters: &[String]) -> Result<Vec<Row>> {
    let areas: BTreeSet<&str> = rows.iter().map(|row| row.area).collect();
    let fits = |row: &Row, filter: &str| {
        if areas.contains(filter) { row.area == filter } else { row.id().contains(filter) }
    };
    for filter in filters {
        ensure!(rows.iter().any(|row| fits(row, filter)), "no row's name has {filter:?} in it");
    }
    rows.retain(|row| filters.is_empty() || filters.iter().any(|filter| fits(row, filter)));
    Ok(rows)
}

struct Session<'a> {
    mode: Mode,
    folder: PathBuf,
    progress: Progress,
    areas: Vec<Area<'a>>,
    failed_controls: Vec<Failed>,
    run: Run,
}

/// The rows of an area, and what came of them.
struct Area<'a> {
    rows: &'a [Row],
    found: Vec<Found>,
    entries: Vec<Entry>,
    failed: Vec<Failed>,
}

impl Measurer for Session<'_> {
    fn measure(&mut self, row: &Row, contender: &str, effort: Effort) -> Option<Result<Measured>> {
        self.progress.show(&format!("{}, {contender}", row.id()));
        let measured = child::measure(row, contender, effort);
        self.progress.advance(estimate(Task::of(row), self.mode));
        // The interrupt kills the child, too: its failure says nothing.
        (!INTERRUPTED.load(Relaxed)).then_some(measured)
    }
}

impl<'a> Area<'a> {
    fn new(rows: &'a [Row]) -> Self {
        let found = nothing_yet(&rows.iter().map(Task::of).collect::<Vec<_>>());
        Self { rows, found, entries: Vec::new(), failed: Vec::new() }
    }

    /// Makes entries of all rounds so far; rows without a result go among the failed ones.
    fn enter(&mut self) {
        (self.entries, self.failed) = (Vec::new(), Vec::new());
        let mut cells: Vec<(&Row, &[Series])> = Vec::new();
        for (row, found) in self.rows.iter().zip(&self.found) {
            match found {
                Ok(series) => {
                    self.entries.extend(entries::of_row(row, series));
                    cells.extend(row.cell_of.map(|_| (row, series.as_slice())));
                }
                Err(reason) => self.failed.push(Failed {
                    area: row.area.to_owned(),
                    workload: row.workload.clone(),
                    reason: reason.clone(),
                }),
            }
        }
        for set in cells.chunk_by(|one, other| one.0.cell_of == other.0.cell_of) {
            // A mean without one of its cells, failed or not asked for, would be another mean.
            let is_cell = |row: &Row| row.cell_of == set[0].0.cell_of;
            let whole = areas::rows().into_iter().filter(is_cell).count();
            if let Some(cells) = set[0].0.cell_of.filter(|_| set.len() == whole) {
                self.entries.extend(entries::of_cells(cells, set));
            }
        }
    }

    fn text(&self) -> String {
        text::area(self.rows[0].area, &self.entries)
    }
}

impl Session<'_> {
    /// Measures the controls, then area by area in each pass, and writes after each; tells whether it
    /// came to the end.
    fn measure(&mut self, controls: &[Task<'_>]) -> Result<bool> {
        let mut found = nothing_yet(controls);
        let all_rounds = 0..self.mode.passes.iter().sum();
        if interleave(controls, self.mode, all_rounds, &mut found, self).is_none() {
            return Ok(false);
        }
        for (task, found) in controls.iter().zip(&found) {
            match noise::of_task(*task, found) {
                Ok(noise) => self.run.noise.extend(noise),
                Err(failed) => self.failed_controls.push(failed),
            }
        }
        let lines: Vec<String> = self.run.noise.iter().map(text::control).collect();
        self.progress.print(&format!("{}\n{}\n", text::CONTROLS, lines.join("\n")));
        let last = self.mode.passes.len() - 1;
        for (pass, rounds) in self.mode.rounds().enumerate() {
            for area in 0..self.areas.len() {
                if self.measure_area(area, rounds.clone()).is_none() {
                    return Ok(false);
                }
                self.write()?;
                if pass == last {
                    self.progress.print(&self.areas[area].text());
                }
            }
        }
        Ok(true)
    }

    /// Adds some rounds to an area; what an interrupt cut off is left out.
    fn measure_area(&mut self, index: usize, rounds: Range<usize>) -> Option<()> {
        let rows = self.areas[index].rows;
        let tasks: Vec<Task<'_>> = rows.iter().map(Task::of).collect();
        let mut found = self.areas[index].found.clone();
        interleave(&tasks, self.mode, rounds, &mut found, self)?;
        self.areas[index].found = found;
        self.areas[index].enter();
        Some(())
    }

    fn write(&mut self) -> Result<()> {
        self.run.rows = self.areas.iter().flat_map(|area| area.entries.clone()).collect();
        let failed = self.areas.iter().flat_map(|area| &area.failed);
        self.run.failed = self.failed_controls.iter().chain(failed).cloned().collect();
        store::write(&self.folder, &self.run)
    }

    /// The last words.
    fn close(self, old: Option<&Run>, finished: bool, begun: Instant) -> Result<()> {
        let Run { rows, failed, .. } = &self.run;
        if !finished {
            for area in self.areas.iter().filter(|area| !area.entries.is_empty()) {
                println!("{}", area.text());
            }
        }
        if let Some(old) = old {
            println!("{}", compare::text(old, &self.run));
        }
        let over = rows.iter().filter(|entry| entry.within_budget == Some(false)).count();
        let noisy = rows.iter().filter(|entry| entry.noisy).count();
        let with_budget = rows.iter().filter(|entry| entry.within_budget.is_some()).count();
        println!(
            "{} rows in {} s: {over} of {with_budget} over budget, {noisy} noisy",
            rows.len(),
            begun.elapsed().as_secs()
        );
        if !rows.is_empty() {
            println!(
                "written: summary.json, run.json and report.html in {}",
                self.folder.display()
            );
        }
        for Failed { area, workload, reason } in failed {
            println!("FAILED {area}: {workload}: {reason}");
        }
        ensure!(failed.is_empty(), "{} rows failed", failed.len());
        ensure!(finished, "interrupted; what was finished is kept");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::{Kind, Unit};

    fn rows(filters: &[&str]) -> Result<Vec<String>> {
        let row =
            |area, workload: &str| Row::new(area, workload, Unit::NANOS, Kind::Solo, Vec::new());
        let rows = vec![row("lock", "pairs"), row("rlock", "pairs"), row("pool", "lock pairs")];
        let filters: Vec<_> = filters.iter().map(|filter| (*filter).to_owned()).collect();
        Ok(chosen(rows, &filters)?.iter().map(Row::id).collect())
    }

    #[test]
    fn an_areas_name_means_that_area_alone() {
        assert_eq!(rows(&["lock"]).unwrap(), ["lock: pairs"]);
        assert_eq!(rows(&["pairs"]).unwrap().len(), 3);
        assert_eq!(rows(&["pool: lock"]).unwrap(), ["pool: lock pairs"]);
    }

    #[test]
    fn several_filters_choose_what_one_of_them_does_and_none_chooses_all() {
        assert_eq!(rows(&["rlock", "lock"]).unwrap(), ["lock: pairs", "rlock: pairs"]);
        assert_eq!(rows(&["lock", "lock: p"]).unwrap().len(), 2);
        assert_eq!(rows(&[]).unwrap().len(), 3);
    }

    #[test]
    fn a_filter_that_chooses_nothing_is_an_error() {
        let error = rows(&["lock", "nothing"]).unwrap_err();
        assert_eq!(error.to_string(), "no row's name has \"nothing\" in it");
    }
}
