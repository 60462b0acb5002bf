//! Every contender of every row does its work, and does it right.

use std::time::Duration;

use threadkit_benches::lab::counting::Counting;
use threadkit_benches::row::Effort;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// One after the other: the workloads count in statics.
#[test]
fn every_contender_can_be_measured() {
    let effort = Effort { time: Duration::from_micros(200) };
    for row in threadkit_benches::rows() {
        for contender in &row.contenders {
            // A peer that is not on this machine says so instead.
            if let Ok(sample) = contender.measure(effort) {
                let value = sample.value;
                assert!(value.is_finite() && value >= 0.0, "{}: {value}", row.id());
            }
        }
    }
}

#[test]
fn names_are_unique_and_ours_is_first() {
    let rows = threadkit_benches::rows();
    let mut ids: Vec<String> = rows.iter().map(|row| row.id()).collect();
    ids.sort();
    let count = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), count);
    for row in &rows {
        let mut names: Vec<&str> = row.contenders.iter().map(|contender| contender.name).collect();
        assert_eq!(names[0], "threadkit", "{}", row.id());
        assert!(names.len() > 1, "{} has no peer", row.id());
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), row.contenders.len(), "{}", row.id());
    }
}
