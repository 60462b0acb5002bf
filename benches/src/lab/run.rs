//! What a run found: the record that is written, drawn, compared and read back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::row::Better;

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
    /// How far the ratio of such a row may move: 0.05 is 5 %.
    pub(crate) movement: f64,
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
    /// How far the ratio may move: the width of its 95 % confidence interval, 0.05 for 5 %.
    #[serde(default)]
    pub(crate) movement: f64,
    /// The movement is larger than what two runs may differ by.
    #[serde(default)]
    pub(crate) noisy: bool,
    /// Peers that could not be run here, and why.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) skipped: BTreeMap<String, String>,
    /// What else was measured, by name, for each contender.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) beside: BTreeMap<String, ByContender>,
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
    /// Some rounds were won and some lost.
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
    /// What came of it, if there was somebody to compare with.
    pub(crate) fn outcome(&self) -> Option<Outcome> {
        let (ratio, min, max) = (self.ratio?, self.ratio_min?, self.ratio_max?);
        Some(match ratio {
            _ if min < 1.0 && max > 1.0 => Outcome::Even,
            ratio if ratio <= 1.0 => Outcome::Win,
            _ => Outcome::Loss,
        })
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
