//! What is measured: rows, the contenders in them, and what one measurement yields.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::lab::run::{BudgetOf, Point, Quantiles};

/// The name of our contender, the first in each row.
pub(crate) const OURS: &str = "threadkit";

/// The rounds that each row has at least.
pub(crate) const LEAST_ROUNDS: usize = 5;

/// Which direction is a win.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// As for a time.
    Lower,
    /// As for a rate.
    Higher,
}

/// What a value counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unit {
    /// As it is printed.
    pub name: &'static str,
    /// Which direction is a win.
    pub better: Better,
}

impl Unit {
    pub(crate) const NANOS: Self = Self::lower("ns");
    pub(crate) const MICROS: Self = Self::lower("µs");
    pub(crate) const MILLIS: Self = Self::lower("ms");

    pub(crate) const fn lower(name: &'static str) -> Self {
        Self { name, better: Better::Lower }
    }

    pub(crate) const fn higher(name: &'static str) -> Self {
        Self { name, better: Better::Higher }
    }
}

/// Rows of a kind are alike in what disturbs them, so they share a control.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// One thread, no waiting.
    Solo,
    /// Threads that wait for each other.
    Contended,
    /// The longest of many waits: an extreme value, not a mean.
    Extreme,
    /// Threads that hand work to others.
    Handing,
    /// The time from one event to the answer to it.
    RoundTrip,
    /// Processors at work for their own.
    Parallel,
    /// Counts of memory and wake-ups, which hardly vary.
    Footprint,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Solo => "solo",
            Self::Contended => "contended",
            Self::Extreme => "extreme",
            Self::Handing => "handing over",
            Self::RoundTrip => "round trip",
            Self::Parallel => "parallel",
            Self::Footprint => "footprint",
        }
    }
}

/// How long one measurement may take; workloads that must be of a fixed size take what they need.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// What is aimed at.
    pub time: Duration,
}

impl Effort {
    /// Shorter ones are trials, of which nobody reads the values.
    const TRIAL: Duration = Duration::from_millis(1);

    /// Returns the size of a workload that must be of that size, or a fiftieth for a trial.
    pub(crate) fn size(self, whole: u64) -> u64 {
        if self.time < Self::TRIAL { whole / 50 } else { whole }
    }
}

/// What one measurement yields.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Sample {
    /// What counts, in the row's unit.
    pub value: f64,
    /// Further values by name.
    pub(crate) beside: Vec<(String, f64)>,
    /// Those of the names, [`VALUE`] among them, whose measurement was cut off: the value is at least
    /// so much.
    #[serde(default)]
    pub(crate) at_least: Vec<String>,
    pub(crate) latencies: Option<Quantiles>,
}

/// The name of the value that counts, among the further ones.
pub(crate) const VALUE: &str = "value";

impl Sample {
    pub(crate) fn new(value: f64) -> Self {
        Self { value, ..Self::default() }
    }

    #[must_use]
    pub(crate) fn beside(mut self, name: &str, value: f64) -> Self {
        self.beside.push((name.to_owned(), value));
        self
    }

    #[must_use]
    pub(crate) fn latencies(mut self, quantiles: Quantiles) -> Self {
        self.latencies = Some(quantiles);
        self
    }

    /// Says of a value, by name, that it is at least so much, if that is so.
    #[must_use]
    pub(crate) fn at_least(mut self, name: &str, cut_off: bool) -> Self {
        if cut_off {
            self.at_least.push(name.to_owned());
        }
        self
    }
}

/// A measurement, or the reason why this machine cannot make it.
pub type Measured = Result<Sample, String>;

/// Somebody who does the row's work.
pub struct Contender {
    /// The peer's name, or `threadkit`.
    pub name: &'static str,
    measure: Box<dyn Fn(Effort) -> Measured + Send + Sync>,
}

impl std::fmt::Debug for Contender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contender").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Contender {
    pub(crate) fn new(
        name: &'static str,
        sample: impl Fn(Effort) -> Sample + Send + Sync + 'static,
    ) -> Self {
        Self::perhaps(name, move |effort| Ok(sample(effort)))
    }

    /// A contender that not every machine has.
    pub(crate) fn perhaps(
        name: &'static str,
        measure: impl Fn(Effort) -> Measured + Send + Sync + 'static,
    ) -> Self {
        Self { name, measure: Box::new(measure) }
    }

    /// Measures once.
    ///
    /// # Panics
    ///
    /// If the work came out wrong.
    pub fn measure(&self, effort: Effort) -> Measured {
        (self.measure)(effort)
    }
}

/// The program that a row runs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    Plain,
    /// With an allocator that counts.
    Counting,
}

/// A comparison with one peer alone, beside the one with all.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Duel {
    pub(crate) peer: &'static str,
    pub(crate) budget: f64,
}

/// One workload, given to each contender in turn.
#[derive(Debug)]
pub struct Row {
    /// What it is about.
    pub area: &'static str,
    /// What is done.
    pub workload: String,
    /// What the values count.
    pub unit: Unit,
    pub(crate) kind: Kind,
    /// Ours first.
    pub contenders: Vec<Contender>,
    pub(crate) program: Program,
    /// What the time of one measurement is multiplied with.
    pub weight: f64,
    /// What a measurement takes beside that, about; for the progress bar.
    pub(crate) fixed: Duration,
    /// More rounds would tell nothing new, or take too long.
    pub(crate) most_rounds: usize,
    pub(crate) budget: Option<f64>,
    pub(crate) budget_of: Option<BudgetOf>,
    /// Cells of one name are also summed up in their geometric mean.
    pub(crate) cell_of: Option<Cells>,
    pub(crate) duels: Vec<Duel>,
    /// Contenders that are a yardstick, not a peer.
    pub(crate) yardsticks: Vec<&'static str>,
    pub(crate) point: Option<Point>,
}

/// A set of rows with one budget for their geometric mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cells {
    pub(crate) name: &'static str,
    pub(crate) budget: f64,
}

impl Row {
    pub(crate) fn new(
        area: &'static str,
        workload: impl Into<String>,
        unit: Unit,
        kind: Kind,
        contenders: Vec<Contender>,
    ) -> Self {
        Self {
            area,
            workload: workload.into(),
            unit,
            kind,
            contenders,
            program: Program::Plain,
            weight: 1.0,
            fixed: Duration::ZERO,
            most_rounds: if kind == Kind::Footprint { LEAST_ROUNDS } else { usize::MAX },
            budget: None,
            budget_of: None,
            cell_of: None,
            duels: Vec::new(),
            yardsticks: Vec::new(),
            point: None,
        }
    }

    /// The ratio to the best peer is to be at most this.
    #[must_use]
    pub(crate) fn budget(mut self, ratio: f64) -> Self {
        (self.budget, self.budget_of) = (Some(ratio), Some(BudgetOf::Ratio));
        self
    }

    /// Our own value is to be at most this, or at least, as the unit points.
    #[must_use]
    pub(crate) fn budget_of_ours(mut self, value: f64) -> Self {
        (self.budget, self.budget_of) = (Some(value), Some(BudgetOf::Ours));
        self
    }

    /// Has a budget of its own against one peer.
    #[must_use]
    pub(crate) fn duel(mut self, peer: &'static str, budget: f64) -> Self {
        self.duels.push(Duel { peer, budget });
        self
    }

    /// Takes a contender out of the choice of the best peer.
    #[must_use]
    pub(crate) fn yardstick(mut self, name: &'static str) -> Self {
        self.yardsticks.push(name);
        self
    }

    #[must_use]
    pub(crate) fn cell_of(mut self, name: &'static str, budget: f64) -> Self {
        self.cell_of = Some(Cells { name, budget });
        self
    }

    #[must_use]
    pub(crate) fn weight(mut self, factor: f64) -> Self {
        self.weight = factor;
        self
    }

    /// Has measurements that take about so much longer than their effort.
    #[must_use]
    pub(crate) fn fixed(mut self, millis: u64) -> Self {
        self.fixed = Duration::from_millis(millis);
        self
    }

    /// Is measured in as few rounds as a median needs.
    #[must_use]
    pub(crate) fn few_rounds(mut self) -> Self {
        self.most_rounds = LEAST_ROUNDS;
        self
    }

    /// Leaves all contenders out where the machine cannot measure them, and says why.
    #[must_use]
    pub(crate) fn only_if(mut self, can: fn() -> bool, reason: &'static str) -> Self {
        for contender in &mut self.contenders {
            let measure =
                std::mem::replace(&mut contender.measure, Box::new(|_| Err(String::new())));
            contender.measure =
                Box::new(
                    move |effort| if can() { measure(effort) } else { Err(reason.to_owned()) },
                );
        }
        self
    }

    #[must_use]
    pub(crate) fn program(mut self, program: Program) -> Self {
        self.program = program;
        self
    }

    /// Draws the row as a point of a chart of throughput against threads.
    #[must_use]
    pub(crate) fn point(mut self, chart: &str, threads: usize) -> Self {
        let threads = u32::try_from(threads).expect("a few threads");
        self.point = Some(Point { chart: chart.to_owned(), threads });
        self
    }

    /// The time of one operation, if that is what the row is about.
    pub fn nanos(&self, value: f64) -> Option<f64> {
        match self.unit.name {
            "ns" => Some(value),
            "µs" => Some(value * 1e3),
            "ms" => Some(value * 1e6),
            name if name.ends_with("/s") => Some(1e9 / value),
            _ => None,
        }
    }

    /// Whether the row is about time, and soon measured.
    pub fn is_for_detail(&self) -> bool {
        self.nanos(1.0).is_some() && self.fixed < Duration::from_millis(200)
    }

    /// The name by which a child process is told what to measure.
    pub fn id(&self) -> String {
        format!("{}: {}", self.area, self.workload)
    }
}
