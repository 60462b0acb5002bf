//! What a run found: the record that is written, drawn, compared and read back.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::row::{Better, OURS, VALUE};

/// A value for each contender by name.
pub(crate) type ByContender = BTreeMap<String, f64>;

/// A whole run, as `run.json` holds it. `summary.json` is its `rows` alone.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) machine: Machine,
    pub(crate) noise: Vec<Noise>,
    pub(crate) rows: Vec<Entry>,
    /// Rows that could not be measured, and why; a wrong answer is one reason.
    pub(crate) failed: Vec<Failed>,
}

/// Where, when and with what.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Machine {
    pub(crate) date: String,
    pub(crate) commit: String,
    pub(crate) rustc: String,
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    pub(crate) kernel: String,
    /// `quick` or `full`.
    pub(crate) mode: String,
    /// The peers' names with their versions.
    pub(crate) peers: Vec<String>,
}

/// A control: two contenders whose ratio is known beforehand.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Noise {
    /// The kind of rows that it stands for.
    pub(crate) kind: String,
    /// What was measured, and who against whom.
    pub(crate) what: String,
    /// What the ratio should be.
    pub(crate) expected: f64,
    pub(crate) ratio: f64,
    pub(crate) ratio_min: f64,
    pub(crate) ratio_max: f64,
    /// How far the ratio of such a row may move: 0.05 is 5 %. Nothing if that has no bounds.
    pub(crate) movement: Option<f64>,
}

/// One comparison: ours beside its peers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) area: String,
    pub(crate) workload: String,
    pub(crate) unit: String,
    pub(crate) better: Better,
    pub(crate) ours: f64,
    pub(crate) peers: ByContender,
    /// The peer with the best median, if there is one to compare with.
    pub(crate) best_peer: Option<String>,
    /// The median of the rounds' ratios; below 1 is a win, whichever way the unit points.
    pub(crate) ratio: Option<f64>,
    pub(crate) ratio_min: Option<f64>,
    pub(crate) ratio_max: Option<f64>,
    pub(crate) budget: Option<f64>,
    pub(crate) rounds: usize,

    // The rest is more than others need to know to read a record.
    /// What the budget limits.
    #[serde(default)]
    pub(crate) budget_of: BudgetOf,
    /// Whether it is kept, if there is one.
    #[serde(default)]
    pub(crate) within_budget: Option<bool>,
    /// How far the ratio may move: the width of its 95 % confidence interval, 0.05 for 5 %. Nothing if
    /// that has no bounds, or there is no ratio.
    #[serde(default)]
    pub(crate) movement: Option<f64>,
    /// The ratio may move further than two runs may differ.
    #[serde(default)]
    pub(crate) noisy: bool,
    /// Peers that could not be run here, and why.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) skipped: BTreeMap<String, String>,
    /// What else was measured, by name, for each contender.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) beside: BTreeMap<String, ByContender>,
    /// Values that are at least so much, since their measurement was cut off: by name, `value` for the
    /// one that counts, whose.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) at_least: BTreeMap<String, BTreeSet<String>>,
    /// Quantiles of a latency in microseconds for each contender.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) latencies: BTreeMap<String, Quantiles>,
    /// The point that this row is in a chart of throughput against threads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) chart: Option<Point>,
}

/// What came of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Win,
    /// Some rounds were won and some lost, or all were drawn.
    Even,
    Loss,
}

impl Outcome {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Win => "win",
            Self::Even => "even",
            Self::Loss => "loss",
        }
    }
}

impl Entry {
    /// Our own value, if this machine could measure it.
    pub(crate) fn own(&self) -> Option<f64> {
        (self.rounds > 0).then_some(self.ours)
    }

    /// The value that counts of a contender.
    pub(crate) fn value(&self, name: &str) -> Option<Value> {
        let of_contender = if name == OURS { self.own() } else { self.peers.get(name).copied() };
        Some(self.with_bound(VALUE, name, of_contender?))
    }

    /// One of the values beside it.
    pub(crate) fn value_beside(&self, what: &str, name: &str) -> Option<Value> {
        Some(self.with_bound(what, name, *self.beside.get(what)?.get(name)?))
    }

    fn with_bound(&self, what: &str, name: &str, number: f64) -> Value {
        let is_at_least = self.at_least.get(what).is_some_and(|names| names.contains(name));
        Value { number, is_at_least }
    }

    /// What came of it, if there was somebody to compare with.
    pub(crate) fn outcome(&self) -> Option<Outcome> {
        let (ratio, min, max) = (self.ratio?, self.ratio_min?, self.ratio_max?);
        Some(match ratio {
            _ if min <= 1.0 && max >= 1.0 => Outcome::Even,
            ratio if ratio < 1.0 => Outcome::Win,
            _ => Outcome::Loss,
        })
    }
}

/// A number, or what it is at least.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Value {
    pub(crate) number: f64,
    pub(crate) is_at_least: bool,
}

impl Value {
    /// Writes the number as `format` does, and says if it may be more.
    pub(crate) fn text(self, format: fn(f64) -> String) -> String {
        let sign = if self.is_at_least { "≥ " } else { "" };
        format!("{sign}{}", format(self.number))
    }
}

/// What a budget limits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum BudgetOf {
    /// The ratio to the best peer.
    #[default]
    Ratio,
    /// Our own value.
    Ours,
}

/// The same row with another number of threads is another point of the same chart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Point {
    pub(crate) chart: String,
    pub(crate) threads: u32,
}

/// A latency's distribution in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Quantiles {
    pub(crate) p50: f64,
    pub(crate) p90: f64,
    pub(crate) p99: f64,
    pub(crate) p999: f64,
    pub(crate) max: f64,
}

/// A row without a result.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Failed {
    pub(crate) area: String,
    pub(crate) workload: String,
    pub(crate) reason: String,
}
