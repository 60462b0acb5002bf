//! Controls: ratios that are known beforehand, measured like all others.
//!
//! Our contender against itself tells how far equal things differ on this machine, for each kind of
//! row; a lock that is taken ten times where once was asked for must read ten times as slow.

use super::rounds::{Found, Task};
use super::run::Noise;
use super::stats::{self, Spread};
use crate::areas::lock;
use crate::row::{Better, Kind, Row, Unit};

/// The row of the lock that is ten times slower.
pub(super) fn tenfold() -> Row {
    let workload = "lock + unlock, ten times where once is asked for";
    Row::new("control", workload, Unit::NANOS, Kind::Solo, lock::control())
}

/// For each kind among the rows, the first of that kind, against itself.
pub(super) fn tasks(rows: &[Row]) -> Vec<Task<'_>> {
    let mut kinds = Vec::new();
    let mut tasks = Vec::new();
    for row in rows {
        if row.kind != Kind::Footprint && !kinds.contains(&row.kind) {
            kinds.push(row.kind);
            tasks.push(Task { row, against_itself: true });
        }
    }
    tasks
}

/// What the control of a task says.
pub(super) fn of_task(task: Task<'_>, found: &Found) -> Option<Noise> {
    let [one, two] = found.as_ref().ok()?.as_slice() else { return None };
    if one.skipped.is_some() || two.skipped.is_some() {
        return None;
    }
    let ratios = stats::ratios(&one.values(), &two.values(), Better::Lower);
    let spread = Spread::of(&ratios);
    let expected = if task.against_itself { 1.0 } else { 10.0 };
    // A median off its mark is noise, too.
    let off = (spread.median / expected).ln().abs().exp_m1();
    Some(Noise {
        kind: task.row.kind.name().to_owned(),
        what: task.row.id(),
        expected,
        ratio: spread.median,
        ratio_min: spread.min,
        ratio_max: spread.max,
        movement: spread.movement.max(off),
    })
}
