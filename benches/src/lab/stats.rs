//! From rounds to a ratio, and how far that can be trusted.

use crate::clock::median;
use crate::row::Better;

/// Ratios of the rounds: the middle and the ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread {
    pub(super) median: f64,
    pub(super) min: f64,
    pub(super) max: f64,
    /// Nothing if it has no bounds.
    pub(super) movement: Option<f64>,
}

/// What two runs may differ by; a row that may move more is noisy.
pub(super) const TOLERANCE: f64 = 0.15;

impl Spread {
    pub(super) fn new(ratios: &[f64], movement: Option<f64>) -> Self {
        Self {
            median: median(&mut ratios.to_vec()),
            min: ratios.iter().copied().fold(f64::INFINITY, f64::min),
            max: ratios.iter().copied().fold(0.0, f64::max),
            movement,
        }
    }

    /// Of ratios to a peer that was chosen beforehand.
    pub(super) fn of(ratios: &[f64]) -> Self {
        let middle = |rounds: &[usize]| {
            median(&mut rounds.iter().map(|&round| ratios[round]).collect::<Vec<_>>())
        };
        Self::new(ratios, interval(ratios.len(), middle))
    }
}

/// The rounds' ratios of ours to a peer; below 1 is a win, whichever way the unit points.
pub(super) fn ratios(ours: &[f64], peer: &[f64], better: Better) -> Vec<f64> {
    let pairs = ours.iter().zip(peer);
    let ratio = |(ours, peer): (&f64, &f64)| match better {
        Better::Lower => ours / peer,
        Better::Higher => peer / ours,
    };
    pairs.map(ratio).collect()
}

/// How far a result may move from one run to the next: the width of its 95 % confidence interval,
/// 0.05 for 5 %. Nothing if that has no bounds, since the result is not always a number, or may be
/// zero or infinite.
///
/// It is the [bootstrap](https://en.wikipedia.org/wiki/Bootstrapping_(statistics))'s: so many rounds
/// are drawn from those that there are, again and again, and each time the result is what a run of
/// these would have said. Nothing is assumed about the distribution, so it sees what a standard
/// deviation does not: rounds that fall into one of two gaits, where the next median may be in the
/// other.
pub(super) fn interval(rounds: usize, result: impl Fn(&[usize]) -> f64) -> Option<f64> {
    const DRAWS: usize = 1_000;
    if rounds == 0 {
        return None;
    }
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut draw = || (0..rounds).map(|_| random.below(rounds)).collect::<Vec<_>>();
    let mut results: Vec<f64> = (0..DRAWS).map(|_| result(&draw())).collect();
    results.sort_by(f64::total_cmp);
    if results.iter().any(|result| result.is_nan()) {
        return None;
    }
    let (low, high) = (results[DRAWS / 40], results[DRAWS - 1 - DRAWS / 40]);
    let width = if low == high { 0.0 } else { high / low - 1.0 };
    width.is_finite().then_some(width)
}

/// The same sequence in each run, so that a record can be checked.
struct Random(u64);

impl Random {
    /// Marsaglia's [xorshift](https://doi.org/10.18637/jss.v008.i14).
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) as usize % bound
    }
}

pub(super) fn geometric_mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    (values.map(f64::ln).sum::<f64>() / count).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_win_is_below_one_whichever_way_the_unit_points() {
        assert_eq!(ratios(&[1.0], &[2.0], Better::Lower), [0.5]);
        assert_eq!(ratios(&[2.0], &[1.0], Better::Higher), [0.5]);
    }

    #[test]
    fn the_spread_has_the_middle_and_the_ends() {
        let spread = Spread::of(&[1.2, 0.8, 1.0]);
        assert_eq!((spread.median, spread.min, spread.max), (1.0, 0.8, 1.2));
    }

    fn movement(ratios: &[f64]) -> f64 {
        Spread::of(ratios).movement.unwrap()
    }

    #[test]
    fn what_has_no_bounds_has_no_movement() {
        assert_eq!(Spread::of(&[0.0, 0.0, 1.0, 1.0, 1.0]).movement, None);
        assert_eq!(Spread::of(&[1.0, 1.0, f64::INFINITY, 1.0, f64::INFINITY]).movement, None);
        assert_eq!(interval(3, |_| f64::NAN), None);
    }

    #[test]
    fn equal_rounds_do_not_move_and_wild_ones_do() {
        assert_eq!(movement(&[0.7; 7]), 0.0);
        assert_eq!(movement(&[0.0; 5]), 0.0);
        assert!(movement(&[1.0, 1.01, 0.99, 1.0, 1.02, 0.98, 1.0]) < 0.05);
        assert!(movement(&[1.0, 2.0, 0.5, 1.5, 0.7, 1.9, 0.6]) > TOLERANCE);
    }

    #[test]
    fn one_disturbed_round_is_forgiven() {
        assert!(movement(&[1.0, 1.01, 0.99, 1.0, 9.0, 0.98, 1.0, 1.0, 1.0]) < 0.05);
    }

    #[test]
    fn two_gaits_are_noise_although_most_rounds_agree() {
        assert!(movement(&[1.0, 1.01, 3.0, 1.0, 1.02, 2.9, 1.0, 3.1, 1.01]) > 1.0);
    }

    #[test]
    fn more_rounds_move_less() {
        let few = [0.9, 1.0, 1.1, 0.95, 1.05];
        let many: Vec<f64> = (0..50).map(|n| 0.9 + 0.004 * f64::from(n)).collect();
        assert!(movement(&many) < 0.6 * movement(&few));
    }

    #[test]
    fn the_geometric_mean_weighs_a_double_against_a_half() {
        assert!((geometric_mean([0.5, 2.0].into_iter()) - 1.0).abs() < 1e-12);
    }
}
