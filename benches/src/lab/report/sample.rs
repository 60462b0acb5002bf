//! A made-up run for the tests, with a row of every kind.

use crate::lab::run::{BudgetOf, Entry, Failed, Machine, Noise, Point, Quantiles, Run};
use crate::row::Better;

/// A row that has nothing to compare with.
pub(super) fn row(area: &str, workload: &str) -> Entry {
    Entry {
        area: area.to_owned(),
        workload: workload.to_owned(),
        unit: "ns".to_owned(),
        better: Better::Lower,
        ours: 10.0,
        peers: [].into(),
        best_peer: None,
        ratio: None,
        ratio_min: None,
        ratio_max: None,
        budget: None,
        rounds: 9,
        budget_of: BudgetOf::Ratio,
        within_budget: None,
        movement: Some(0.03),
        noisy: false,
        skipped: [].into(),
        beside: [].into(),
        at_least: [].into(),
        latencies: [].into(),
        chart: None,
    }
}

/// A row with this ratio to std.
pub(super) fn compared(area: &str, workload: &str, ratio: f64, budget: Option<f64>) -> Entry {
    Entry {
        peers: [("std".to_owned(), 10.0 / ratio)].into(),
        best_peer: Some("std".to_owned()),
        ratio: Some(ratio),
        ratio_min: Some(ratio * 0.9),
        ratio_max: Some(ratio * 1.1),
        budget,
        within_budget: budget.map(|budget| ratio <= budget),
        ..row(area, workload)
    }
}

/// A run with every case once.
pub(super) fn run() -> Run {
    let noise = Noise {
        kind: "pair".to_owned(),
        what: "std & itself".to_owned(),
        expected: 1.0,
        ratio: 1.01,
        ratio_min: 0.98,
        ratio_max: 1.03,
        movement: Some(0.021),
    };
    let failed = Failed {
        area: "queue".to_owned(),
        workload: "burst".to_owned(),
        reason: "7 < 8 results".to_owned(),
    };
    Run { machine: machine(), noise: vec![noise], rows: rows(), failed: vec![failed] }
}

fn machine() -> Machine {
    Machine {
        date: "2026-01-02".to_owned(),
        commit: "0123abc".to_owned(),
        rustc: "rustc 1.95.0".to_owned(),
        cpu: "Made <Up> CPU".to_owned(),
        cores: 4,
        kernel: "6.1.0".to_owned(),
        mode: "quick".to_owned(),
        peers: vec!["std 1.95".to_owned(), "tokio 1.54".to_owned()],
    }
}

fn rows() -> Vec<Entry> {
    let mut clamped = compared("lock", "pair <uncontended>", 0.001, Some(1.0));
    clamped.skipped.insert("usync".to_owned(), "needs \"more\" cores".to_owned());
    let mut noisy = compared("lock", "handover", 1.2, Some(1.1));
    noisy.noisy = true;
    let mut alone = row("rlock", "allocations");
    alone.peers.insert("std".to_owned(), 0.0);
    (alone.budget, alone.budget_of, alone.within_budget) = (Some(5.0), BudgetOf::Ours, Some(false));
    let mut wait = compared("rlock", "wait", 1.0, None);
    for (name, p50) in [("threadkit", 1.0), ("tokio", 40.0)] {
        let (p90, p99, p999, max) = (p50 * 2.0, p50 * 5.0, p50 * 20.0, p50 * 100.0);
        let quantiles = Quantiles { p50, p90, p99, p999, max };
        wait.latencies.insert(name.to_owned(), quantiles);
    }
    vec![clamped, noisy, alone, wait, point(1, 10.0), point(4, 40.0)]
}

fn point(threads: u32, ours: f64) -> Entry {
    let mut row = compared("scaling", &format!("lock, {threads} threads"), 0.8, None);
    row.ours = ours;
    row.peers.insert("parking_lot".to_owned(), ours * 1.5);
    row.peers.insert("std".to_owned(), ours * 1.25);
    if threads == 1 {
        row.peers.remove("std");
        (row.best_peer, row.ratio) = (Some("parking_lot".to_owned()), Some(1.5));
    }
    row.chart = Some(Point { chart: "lock, contended".to_owned(), threads });
    row
}
