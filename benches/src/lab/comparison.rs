//! Ours and its peers in one row, round by round.

use super::rounds::Series;
use super::stats::{Spread, interval, ratios};
use crate::clock::median;
use crate::row::{Better, OURS};

/// The values of the rounds, of those who count.
#[derive(Debug)]
pub(super) struct Comparison<'a> {
    ours: Vec<f64>,
    peers: Vec<(&'a str, Vec<f64>)>,
    better: Better,
}

impl<'a> Comparison<'a> {
    /// Takes ours and the peers, without those that this machine could not measure.
    pub(super) fn new(
        better: Better,
        series: &'a [Series],
        is_peer: impl Fn(&str) -> bool,
    ) -> Self {
        let measured = || series.iter().filter(|series| series.skipped.is_none());
        let ours = measured().find(|series| series.name == OURS).map(Series::values);
        let peers = measured().filter(|series| series.name != OURS && is_peer(&series.name));
        Self {
            ours: ours.unwrap_or_default(),
            peers: peers.map(|series| (series.name.as_str(), series.values())).collect(),
            better,
        }
    }

    pub(super) fn rounds(&self) -> usize {
        self.ours.len()
    }

    /// The peer with the best median, by name.
    pub(super) fn best_peer(&self) -> Option<&'a str> {
        self.best(&self.all_rounds()).map(|(name, _)| *name)
    }

    /// The rounds' ratios to that peer, if all are numbers.
    pub(super) fn ratios(&self) -> Option<Vec<f64>> {
        let (_, peer) = self.best(&self.all_rounds())?;
        let ratios = ratios(&self.ours, peer, self.better);
        let are_numbers = !ratios.is_empty() && ratios.iter().all(|ratio| ratio.is_finite());
        are_numbers.then_some(ratios)
    }

    /// The ratio as these rounds alone would give it, with the peer that is best in them.
    pub(super) fn ratio_in(&self, rounds: &[usize]) -> f64 {
        let Some((_, peer)) = self.best(rounds) else { return f64::NAN };
        median(&mut ratios(&at(&self.ours, rounds), &at(peer, rounds), self.better))
    }

    /// The ratio with all that is known about how sure it is.
    pub(super) fn spread(&self) -> Option<Spread> {
        let movement = interval(self.rounds(), |rounds| self.ratio_in(rounds));
        Some(Spread::new(&self.ratios()?, movement))
    }

    fn best(&self, rounds: &[usize]) -> Option<&(&'a str, Vec<f64>)> {
        let middle = |values: &[f64]| median(&mut at(values, rounds));
        let medians = self.peers.iter().map(|peer| (peer, middle(&peer.1)));
        let best = match self.better {
            Better::Lower => medians.min_by(|a, b| a.1.total_cmp(&b.1)),
            Better::Higher => medians.max_by(|a, b| a.1.total_cmp(&b.1)),
        };
        best.map(|(peer, _)| peer)
    }

    fn all_rounds(&self) -> Vec<usize> {
        (0..self.rounds()).collect()
    }
}

fn at(values: &[f64], rounds: &[usize]) -> Vec<f64> {
    rounds.iter().map(|&round| values[round]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::Sample;

    fn series(name: &str, values: &[f64]) -> Series {
        let samples = values.iter().map(|&value| Sample::new(value)).collect();
        Series { name: name.to_owned(), samples, skipped: None }
    }

    #[test]
    fn the_best_peer_is_the_one_with_the_best_median() {
        let found = [series(OURS, &[4.0]), series("a", &[2.0]), series("b", &[8.0])];
        let lower = Comparison::new(Better::Lower, &found, |_| true);
        assert_eq!((lower.best_peer(), lower.ratios()), (Some("a"), Some(vec![2.0])));
        let higher = Comparison::new(Better::Higher, &found, |_| true);
        assert_eq!((higher.best_peer(), higher.ratios()), (Some("b"), Some(vec![2.0])));
        let without_a = Comparison::new(Better::Lower, &found, |name| name != "a");
        assert_eq!(without_a.best_peer(), Some("b"));
    }

    #[test]
    fn the_choice_of_the_best_peer_is_part_of_the_doubt() {
        let ours = series(OURS, &[1.0; 9]);
        let a = [1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0];
        let both = [ours.clone(), series("a", &a), series("b", &[1.5; 9])];
        let spread = Comparison::new(Better::Lower, &both, |_| true).spread().unwrap();
        // In a run in which `a` is slow, `b` is there.
        let movement = spread.movement.unwrap();
        assert!((0.4..0.6).contains(&movement), "{movement}");
        let alone = [ours, series("b", &[1.5; 9])];
        assert_eq!(
            Comparison::new(Better::Lower, &alone, |_| true).spread().unwrap().movement,
            Some(0.0)
        );
    }

    #[test]
    fn nothing_to_compare_with_is_no_ratio() {
        let absent = Series { skipped: Some("not here".to_owned()), ..series("a", &[]) };
        let found = [series(OURS, &[1.0]), absent];
        assert!(Comparison::new(Better::Lower, &found, |_| true).spread().is_none());
        let zero = [series(OURS, &[0.0]), series("a", &[0.0])];
        assert!(Comparison::new(Better::Lower, &zero, |_| true).spread().is_none());
    }
}
