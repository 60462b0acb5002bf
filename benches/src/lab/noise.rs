//! Controls: ratios that are known beforehand, measured like all others.
//!
//! Our contender against itself tells how far equal things differ on this machine, for each kind of
//! row; a lock that is taken ten times where once was asked for must read ten times as slow.

use super::rounds::{Found, Task};
use super::run::{Failed, Noise};
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

/// What the control of a task says, or why it failed; nothing if this machine cannot measure it.
pub(super) fn of_task(task: Task<'_>, found: &Found) -> Result<Option<Noise>, Failed> {
    let series = found.as_ref().map_err(|reason| Failed {
        area: "control".to_owned(),
        workload: task.row.id(),
        reason: reason.clone(),
    })?;
    let [one, two] = series.as_slice() else { return Ok(None) };
    if one.skipped.is_some() || two.skipped.is_some() {
        return Ok(None);
    }
    let ratios = stats::ratios(&one.values(), &two.values(), Better::Lower);
    let spread = Spread::of(&ratios);
    let expected = if task.against_itself { 1.0 } else { 10.0 };
    // A median off its mark is noise, too.
    let off = off(spread.median, expected);
    Ok(Some(Noise {
        kind: task.row.kind.name().to_owned(),
        what: task.row.id(),
        expected,
        ratio: spread.median,
        ratio_min: spread.min,
        ratio_max: spread.max,
        movement: spread.movement.map(|movement| movement.max(off)),
    }))
}

/// How far a ratio is from what it should be.
fn off(ratio: f64, expected: f64) -> f64 {
    (ratio / expected).ln().abs().exp_m1()
}

impl Noise {
    /// Whether it reads so wrong that the rows behind it mean nothing.
    pub(super) fn is_off(&self) -> bool {
        off(self.ratio, self.expected) > 0.25
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::rounds::Series;
    use crate::row::Sample;

    fn noise(found: &Found) -> Result<Option<Noise>, Failed> {
        of_task(Task::of(&tenfold()), found)
    }

    fn reads(ratio: f64) -> Noise {
        let series = |value| Series { samples: vec![Sample::new(value); 5], ..Series::default() };
        noise(&Ok(vec![series(ratio), series(1.0)])).unwrap().unwrap()
    }

    #[test]
    fn a_control_far_from_its_mark_is_off() {
        assert!(!reads(9.8).is_off());
        assert!(reads(7.9).is_off());
        assert!(reads(12.6).is_off());
    }

    #[test]
    fn a_control_that_failed_says_why() {
        assert_eq!(noise(&Err("worn out".to_owned())).unwrap_err().reason, "worn out");
    }
}
