//! The vertical axis of a chart: which values get a line, and how high a value stands.

/// The most lines that a chart has room for.
const MOST_TICKS: i32 = 6;

/// An axis from zero, or a logarithmic one.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    log: bool,
    min: f64,
    max: f64,
    /// Between two lines of a linear axis.
    step: f64,
}

impl Scale {
    /// Returns an axis from zero, unless the values lie too far apart to tell the small ones.
    pub(super) fn fitting(values: &[f64]) -> Self {
        const FAR_APART: f64 = 30.0;

        let (min, max) = extremes(values);
        if max > min * FAR_APART { Self::log(values) } else { Self::linear(max) }
    }

    /// Returns a logarithmic axis that holds all values above zero.
    pub(super) fn log(values: &[f64]) -> Self {
        let (min, max) = extremes(values);
        let low = grid_below(min);
        let mut high = low + 1;
        while grid(high) < max {
            high += 1;
        }
        Self { log: true, min: grid(low), max: grid(high), step: 0.0 }
    }

    fn linear(max: f64) -> Self {
        let mut index = grid_below(max / f64::from(MOST_TICKS));
        while grid(index) * f64::from(MOST_TICKS - 1) < max {
            index += 1;
        }
        let step = grid(index);
        Self { log: false, min: 0.0, max: (max / step).ceil() * step, step }
    }

    pub(super) fn is_log(self) -> bool {
        self.log
    }

    /// Returns the height of a value: 0 at the bottom, 1 at the top.
    pub(super) fn height(self, value: f64) -> f64 {
        let height = if self.log {
            (value.max(self.min) / self.min).ln() / (self.max / self.min).ln()
        } else {
            value / self.max
        };
        height.clamp(0.0, 1.0)
    }

    /// Returns the values that get a line and a label.
    pub(super) fn ticks(self) -> Vec<f64> {
        if !self.log {
            let last = (self.max / self.step).round() as u32;
            return (0..=last).map(|index| f64::from(index) * self.step).collect();
        }
        let (low, high) = (grid_below(self.min), grid_below(self.max));
        let apart = if high - low < MOST_TICKS { 1 } else { 3 };
        (low..=high).filter(|index| index % apart == 0).map(grid).collect()
    }
}

/// Returns the smallest and the largest value above zero.
fn extremes(values: &[f64]) -> (f64, f64) {
    let values = values.iter().copied().filter(|value| value.is_finite() && *value > 0.0);
    let none = (f64::INFINITY, 0.0_f64);
    let (min, max) = values.fold(none, |(min, max), value| (min.min(value), max.max(value)));
    if min <= max { (min, max) } else { (1.0, 1.0) }
}

/// Returns the values that axes prefer by index: 1, 2, 5, 10, 20, 50, 100.
fn grid(index: i32) -> f64 {
    let digit = [1.0, 2.0, 5.0][index.rem_euclid(3) as usize];
    // Parsed, since a power of ten below one is not exact: 0.2 shall be what `0.2` is.
    format!("{digit}e{}", index.div_euclid(3)).parse().unwrap_or(digit)
}

/// Returns the index of the last such value that is not above this one.
fn grid_below(value: f64) -> i32 {
    let mut index = value.log10().floor() as i32 * 3 - 1;
    while grid(index + 1) <= value {
        index += 1;
    }
    index
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_linear_axis_starts_at_zero() {
        let scale = Scale::fitting(&[30.0, 96.0]);
        assert!(!scale.is_log());
        assert_eq!(scale.ticks(), [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
        assert_eq!(scale.height(50.0), 0.5);
    }

    #[test]
    fn values_far_apart_get_a_logarithmic_axis() {
        let scale = Scale::fitting(&[0.3, 0.0, 900.0]);
        assert!(scale.is_log());
        assert_eq!(scale.ticks(), [1.0, 10.0, 100.0, 1000.0]);
        assert_eq!([0.0, 0.2, 1000.0].map(|value| scale.height(value)), [0.0, 0.0, 1.0]);
    }

    #[test]
    fn a_short_logarithmic_axis_has_finer_lines() {
        assert_eq!(Scale::log(&[0.25, 3.0]).ticks(), [0.2, 0.5, 1.0, 2.0, 5.0]);
        assert_eq!(Scale::log(&[5.0, 5.0]).ticks(), [5.0, 10.0]);
    }

    #[test]
    fn no_values_make_an_axis_too() {
        assert_eq!(Scale::fitting(&[]).height(1.0), 1.0);
        assert_eq!(Scale::log(&[0.0]).ticks(), [1.0, 2.0]);
    }
}
