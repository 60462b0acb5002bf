//! Who is drawn how: the same contender looks the same in every chart.

use std::collections::{BTreeMap, BTreeSet};

use crate::lab::run::Entry;
use crate::row::OURS;

use super::text::escape;

/// How many colours there are for peers; the style sheet holds them, `s0` being ours.
const PEER_COLOURS: usize = 9;

/// Shapes around the origin, so that no two lines differ by colour alone.
const MARKERS: [&str; 7] = [
    "M-4.2 0a4.2 4.2 0 1 0 8.4 0a4.2 4.2 0 1 0-8.4 0z",
    "M-3.7-3.7h7.4v7.4h-7.4z",
    "M0-5L4.8 3.7H-4.8z",
    "M0-5.2L5.2 0L0 5.2L-5.2 0z",
    "M0 5L4.8-3.7H-4.8z",
    "M-1.6-4.8h3.2v3.2h3.2v3.2h-3.2v3.2h-3.2v-3.2h-3.2v-3.2h3.2z",
    "M-4.6-2.3l2.3-2.3l2.3 2.3l2.3-2.3l2.3 2.3l-2.3 2.3l2.3 2.3l-2.3 2.3l-2.3-2.3l-2.3 2.3l-2.3-2.3\
     l2.3-2.3z",
];

/// Dashes and gaps; the first is our solid line.
const DASHES: [&str; 5] = ["none", "7 3", "2 3", "10 3 2 3", "4 3"];

/// All that appear in charts: ours, then the peers by name.
pub(super) struct Contenders(Vec<(String, Look)>);

/// How one of them is drawn.
#[derive(Clone, Copy)]
pub(super) struct Look {
    /// Its place among all, which no other has.
    index: usize,
    /// Its colour, which others have when there are too many; 0 is ours alone.
    colour: usize,
}

impl Contenders {
    pub(super) fn of(rows: &[Entry]) -> Self {
        let mut throughput: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for row in rows {
            if let Some(point) = &row.chart {
                let peers = row.peers.keys().map(String::as_str);
                throughput.entry(&point.chart).or_default().extend(peers);
            }
        }
        let latencies = rows.iter().map(|row| {
            let names = row.latencies.keys().map(String::as_str);
            names.filter(|name| *name != OURS).collect()
        });
        let charts: Vec<_> = throughput.into_values().chain(latencies).collect();
        Self::in_charts(&charts)
    }

    /// Gives peers that share a chart different colours, as long as there are enough.
    fn in_charts(charts: &[BTreeSet<&str>]) -> Self {
        let peers: BTreeSet<&str> = charts.iter().flatten().copied().collect();
        let mut colours: BTreeMap<&str, usize> = BTreeMap::new();
        for peer in &peers {
            let shared = charts.iter().filter(|chart| chart.contains(peer)).flatten();
            let near: Vec<usize> = shared.filter_map(|other| colours.get(other).copied()).collect();
            let uses = |colour: &usize| {
                let nearby = near.iter().filter(|used| *used == colour).count();
                (nearby, colours.values().filter(|used| *used == colour).count())
            };
            let colour = (1..=PEER_COLOURS).min_by_key(uses).unwrap_or(1);
            colours.insert(peer, colour);
        }
        let all = std::iter::once((OURS, 0)).chain(colours);
        let looks = all
            .enumerate()
            .map(|(index, (name, colour))| (name.to_owned(), Look { index, colour }));
        Self(looks.collect())
    }

    /// Returns all names with their looks, ours first.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, Look)> {
        self.0.iter().map(|(name, look)| (name.as_str(), *look))
    }
}

impl Look {
    /// Returns the class that gives it its colour.
    pub(super) fn class(self) -> String {
        format!("s{}", self.colour)
    }

    /// Returns the outline of its marker around the origin.
    pub(super) fn marker(self) -> &'static str {
        MARKERS[self.index % MARKERS.len()]
    }

    /// Draws its line through these points.
    pub(super) fn line(self, points: &str) -> String {
        let width = if self.index == 0 { 3.5 } else { 1.75 };
        let dash = DASHES[self.index % DASHES.len()];
        format!(
            "<polyline points=\"{points}\" stroke-width=\"{width}\" stroke-dasharray=\"{dash}\"/>"
        )
    }

    /// Draws its entry in a legend.
    pub(super) fn legend(self, name: &str) -> String {
        format!(
            "<li><svg class=\"swatch\" viewBox=\"0 0 36 14\" aria-hidden=\"true\">\
             <g class=\"series {class}\">{line}\
             <path d=\"{marker}\" transform=\"translate(18 7)\"/></g>\
             </svg>{name}</li>",
            class = self.class(),
            line = self.line("1,7 35,7"),
            marker = self.marker(),
            name = escape(name),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn ours_is_first_and_all_in_charts_are_there() {
        let contenders = Contenders::of(&sample::run().rows);
        let names: Vec<&str> = contenders.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["threadkit", "parking_lot", "std", "tokio"]);
    }

    #[test]
    fn those_in_one_chart_have_colours_of_their_own() {
        let charts = [["a", "c", "m", "n", "o", "p"], ["b", "d", "x", "y", "z", "a"]];
        let contenders = Contenders::in_charts(&charts.map(BTreeSet::from));
        let colour = |name| contenders.iter().find(|(other, _)| *other == name).unwrap().1.class();
        for chart in charts {
            let colours: BTreeSet<String> = chart.into_iter().map(colour).collect();
            assert_eq!(colours.len(), chart.len());
            assert!(!colours.contains(&colour(OURS)));
        }
    }

    #[test]
    fn no_two_of_many_look_the_same() {
        let names: Vec<String> = (0..40).map(|index| format!("peer {index}")).collect();
        let chart = names.iter().map(String::as_str).collect();
        let contenders = Contenders::in_charts(&[chart]);
        let looks: BTreeSet<String> = contenders.iter().map(|(_, look)| look.legend("a")).collect();
        assert_eq!(looks.len(), 41);
    }
}
