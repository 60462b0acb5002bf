//! The bar of one row: a dot on a ratio axis that all rows share, with 1 in its middle.

use crate::lab::run::{BudgetOf, Entry, Outcome};

use super::text::{escape, range, ratio};

/// The ratios that may get a line.
const TICKS: [f64; 11] = [0.05, 0.1, 0.2, 0.5, 0.75, 1.0, 1.5, 2.0, 5.0, 10.0, 20.0];

const CIRCLE: &str = "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0z";
const DIAMOND: &str = "M0-6.5L6.5 0L0 6.5L-6.5 0z";
const ARROW_LEFT: &str = "M-7 0L5-6.5V6.5z";
const ARROW_RIGHT: &str = "M7 0L-5-6.5V6.5z";

/// The logarithmic axis, from `1 / limit` to `limit`.
#[derive(Clone, Copy)]
pub(super) struct Axis {
    limit: f64,
}

impl Axis {
    /// Returns the narrowest axis that holds nine of ten ratios; the others end in an arrow.
    pub(super) fn fitting(rows: &[Entry]) -> Self {
        const LIMITS: [f64; 4] = [2.0, 5.0, 10.0, 20.0];

        let ratios: Vec<f64> = rows.iter().filter_map(|row| row.ratio).collect();
        let holds_most = |limit: &f64| {
            let axis = Self { limit: *limit };
            let held = ratios.iter().filter(|ratio| axis.holds(**ratio)).count();
            held * 10 >= ratios.len() * 9
        };
        Self { limit: LIMITS.into_iter().find(holds_most).unwrap_or(20.0) }
    }

    fn holds(self, ratio: f64) -> bool {
        ratio >= 1.0 / self.limit && ratio <= self.limit
    }

    /// Returns where a ratio stands, in percent from the left.
    fn position(self, ratio: f64) -> f64 {
        let position = 50.0 + 50.0 * ratio.max(f64::MIN_POSITIVE).ln() / self.limit.ln();
        position.clamp(0.0, 100.0)
    }

    fn ticks(self) -> impl Iterator<Item = f64> {
        let fine = self.limit <= 2.0;
        let ticks = TICKS.into_iter().filter(move |tick| fine || ![0.75, 1.5].contains(tick));
        ticks.filter(move |tick| self.holds(*tick))
    }

    /// Writes the ratios above the bars of an area.
    pub(super) fn labels(self) -> String {
        let labels = self.ticks().map(|tick| {
            let position = self.position(tick);
            format!("<text x=\"{position:.2}%\" y=\"12\">{tick}</text>")
        });
        let labels: String = labels.collect();
        format!("<svg class=\"axis\" aria-hidden=\"true\">{labels}</svg>")
    }

    /// Draws the bar of a row that has a ratio.
    pub(super) fn bar(self, row: &Entry) -> String {
        let Some(median) = row.ratio else {
            return String::new();
        };
        let Some(outcome) = row.outcome() else {
            return String::new();
        };
        let label = escape(&describe(row, median, outcome));
        format!(
            "<svg class=\"bar\" role=\"img\" aria-label=\"{label}\"><title>{label}</title>\
             {grid}{budget}{whisker}{marker}</svg>",
            grid = self.grid(),
            budget = self.budget(row),
            whisker = self.whisker(row),
            marker = marker(self.position(median), self.shape(median, outcome), outcome),
        )
    }

    fn grid(self) -> String {
        let lines = self.ticks().map(|tick| {
            let class = if tick == 1.0 { "one" } else { "grid" };
            upright(class, self.position(tick), "0", "100%")
        });
        lines.collect()
    }

    fn budget(self, row: &Entry) -> String {
        let budget = row.budget.filter(|_| row.budget_of == BudgetOf::Ratio);
        let budget = budget.filter(|budget| self.holds(*budget));
        budget
            .map(|budget| upright("budget", self.position(budget), "8%", "92%"))
            .unwrap_or_default()
    }

    /// Draws the range; an end beyond the axis has no cap.
    fn whisker(self, row: &Entry) -> String {
        let (Some(min), Some(max)) = (row.ratio_min, row.ratio_max) else {
            return String::new();
        };
        let caps = [min, max].into_iter().filter(|end| self.holds(*end));
        let caps: String =
            caps.map(|end| upright("whisker", self.position(end), "32%", "68%")).collect();
        let (from, to) = (self.position(min), self.position(max));
        format!(
            "<line class=\"whisker\" x1=\"{from:.2}%\" x2=\"{to:.2}%\" \
             y1=\"50%\" y2=\"50%\"/>{caps}"
        )
    }

    fn shape(self, ratio: f64, outcome: Outcome) -> &'static str {
        match outcome {
            _ if ratio < 1.0 / self.limit => ARROW_LEFT,
            _ if ratio > self.limit => ARROW_RIGHT,
            Outcome::Loss => DIAMOND,
            Outcome::Win | Outcome::Even => CIRCLE,
        }
    }
}

/// Explains what the bars are made of.
pub(super) fn legend() -> String {
    let shapes = [
        ("win", marker(50.0, CIRCLE, Outcome::Win), "win"),
        (
            "even",
            marker(50.0, CIRCLE, Outcome::Even),
            "even: the rounds lie on both sides of 1, or on it",
        ),
        ("loss", marker(50.0, DIAMOND, Outcome::Loss), "loss"),
        ("loss", marker(50.0, ARROW_RIGHT, Outcome::Loss), "beyond the axis"),
        ("", upright("budget", 50.0, "0", "100%"), "budget"),
    ];
    let items = shapes.map(|(class, shape, text)| {
        format!(
            "<li class=\"{class}\"><svg class=\"key\" aria-hidden=\"true\">{shape}</svg>\
             {text}</li>"
        )
    });
    format!("<ul class=\"legend\">{}</ul>", items.concat())
}

fn marker(position: f64, shape: &str, outcome: Outcome) -> String {
    let class = if outcome == Outcome::Even { "dot hollow" } else { "dot" };
    format!("<svg x=\"{position:.2}%\" y=\"50%\" class=\"{class}\"><path d=\"{shape}\"/></svg>")
}

fn upright(class: &str, position: f64, top: &str, bottom: &str) -> String {
    format!(
        "<line class=\"{class}\" x1=\"{position:.2}%\" x2=\"{position:.2}%\" \
         y1=\"{top}\" y2=\"{bottom}\"/>"
    )
}

/// Says in words what the bar shows.
fn describe(row: &Entry, median: f64, outcome: Outcome) -> String {
    let mut text = format!("ratio {}", ratio(median));
    if let (Some(min), Some(max)) = (row.ratio_min, row.ratio_max) {
        text += &format!(", range {}", range(min, max));
    }
    if let Some(budget) = row.budget.filter(|_| row.budget_of == BudgetOf::Ratio) {
        text += &format!(", budget {}", ratio(budget));
    }
    text + ", " + outcome.word()
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn the_axis_has_one_in_its_middle() {
        let axis = Axis { limit: 10.0 };
        let positions = [0.01, 0.1, 1.0, 10.0, 99.0].map(|ratio| axis.position(ratio).round());
        assert_eq!(positions, [0.0, 0.0, 50.0, 100.0, 100.0]);
        assert_eq!(axis.position(0.0), 0.0);
        assert_eq!(axis.ticks().collect::<Vec<_>>(), [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0]);
    }

    #[test]
    fn the_axis_holds_nine_of_ten() {
        let rows = |ratios: [f64; 10]| {
            let rows = ratios.map(|ratio| sample::compared("lock", "pair", ratio, None));
            Axis::fitting(&rows).limit
        };
        assert_eq!(rows([1.0; 10]), 2.0);
        assert_eq!(rows([1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 900.0]), 2.0);
        assert_eq!(rows([1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.11, 900.0]), 10.0);
        assert_eq!(rows([900.0; 10]), 20.0);
        assert_eq!(Axis::fitting(&[]).limit, 2.0);
    }

    #[test]
    fn shapes_tell_wins_from_losses() {
        let axis = Axis { limit: 5.0 };
        let shape = |ratio, outcome| axis.shape(ratio, outcome);
        assert_eq!(shape(0.1, Outcome::Win), ARROW_LEFT);
        assert_eq!(shape(0.9, Outcome::Win), CIRCLE);
        assert_eq!(shape(1.1, Outcome::Even), CIRCLE);
        assert_eq!(shape(1.1, Outcome::Loss), DIAMOND);
        assert_eq!(shape(6.0, Outcome::Loss), ARROW_RIGHT);
    }

    #[test]
    fn a_bar_says_what_it_shows() {
        let axis = Axis { limit: 2.0 };
        let bar = axis.bar(&sample::compared("lock", "pair", 1.1, Some(1.25)));
        assert!(bar.contains("ratio 1.10, range 0.990–1.21, budget 1.25, even"), "{bar}");
        assert!(bar.contains("class=\"budget\"") && bar.contains("hollow"), "{bar}");
        assert_eq!(axis.bar(&sample::row("lock", "pair")), "");
    }
}
