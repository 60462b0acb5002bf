//! From what the rounds gave to the entries of the record.

use std::collections::{BTreeMap, BTreeSet};

use super::comparison::Comparison;
use super::rounds::Series;
use super::run::{BudgetOf, ByContender, Entry, Quantiles};
use super::stats::{Spread, TOLERANCE, geometric_mean, interval};
use crate::clock::median;
use crate::row::{Better, Cells, OURS, Row};

/// What a row says: the comparison with all peers, then those with one alone.
pub(super) fn of_row(row: &Row, series: &[Series]) -> Vec<Entry> {
    let mut main = compared(row, series, &compare(row, series));
    main.budget = row.budget;
    main.budget_of = row.budget_of.unwrap_or(BudgetOf::Ratio);
    main.beside = beside(series);
    main.at_least = at_least(series);
    main.latencies = latencies(series);
    main.chart.clone_from(&row.point);
    judge(&mut main);
    let duels = row.duels.iter().map(|duel| {
        let only = Comparison::new(row.unit.better, series, |name| name == duel.peer);
        let mut entry = compared(row, series, &only);
        entry.peers.retain(|name, _| name == duel.peer);
        entry.workload = format!("{}, against {}", row.workload, duel.peer);
        entry.budget = Some(duel.budget);
        judge(&mut entry);
        entry
    });
    std::iter::once(main).chain(duels).collect()
}

/// The geometric mean over the cells of one set, each against its own best peer.
pub(super) fn of_cells(cells: Cells, rows: &[(&Row, &[Series])]) -> Option<Entry> {
    let (first, _) = rows.first()?;
    let each: Vec<Entry> =
        rows.iter().map(|(row, series)| of_row(row, series).swap_remove(0)).collect();
    let of_all = |value: &dyn Fn(&Entry) -> Option<f64>| {
        let values: Option<Vec<f64>> = each.iter().map(value).collect();
        Some(geometric_mean(values?.into_iter()))
    };
    let peers = each.first()?.peers.keys();
    let peers = peers
        .filter_map(|name| Some((name.clone(), of_all(&|entry| entry.peers.get(name).copied())?)));
    let comparisons: Vec<Comparison<'_>> =
        rows.iter().map(|(row, series)| compare(row, series)).collect();
    let mut entry = Entry {
        workload: cells.name.to_owned(),
        ours: of_all(&|entry| Some(entry.ours))?,
        peers: peers.collect(),
        best_peer: Some("each cell's best".to_owned()),
        budget: Some(cells.budget),
        rounds: comparisons.iter().map(Comparison::rounds).min()?,
        ..blank(first)
    };
    set_ratio(&mut entry, spread_of_cells(&comparisons)?);
    judge(&mut entry);
    Some(entry)
}

/// The rounds' geometric means.
fn spread_of_cells(cells: &[Comparison<'_>]) -> Option<Spread> {
    let ratios: Vec<Vec<f64>> = cells.iter().map(Comparison::ratios).collect::<Option<_>>()?;
    let rounds = ratios.iter().map(Vec::len).min()?;
    let means = (0..rounds).map(|round| geometric_mean(ratios.iter().map(|cell| cell[round])));
    let in_rounds = |drawn: &[usize]| geometric_mean(cells.iter().map(|cell| cell.ratio_in(drawn)));
    Some(Spread::new(&means.collect::<Vec<_>>(), interval(rounds, in_rounds)))
}

/// A row's contenders, the yardsticks left out.
fn compare<'a>(row: &Row, series: &'a [Series]) -> Comparison<'a> {
    Comparison::new(row.unit.better, series, |name| !row.yardsticks.contains(&name))
}

/// An entry with all values and the ratio to the best peer of the comparison.
fn compared(row: &Row, series: &[Series], comparison: &Comparison<'_>) -> Entry {
    let mut entry = blank(row);
    for series in series {
        if let Some(reason) = &series.skipped {
            entry.skipped.insert(series.name.clone(), reason.clone());
        } else if series.name == OURS {
            entry.ours = median(&mut series.values());
            entry.rounds = series.samples.len();
        } else {
            entry.peers.insert(series.name.clone(), median(&mut series.values()));
        }
    }
    entry.best_peer = comparison.best_peer().map(str::to_owned);
    if let Some(spread) = comparison.spread() {
        set_ratio(&mut entry, spread);
    }
    entry
}

fn set_ratio(entry: &mut Entry, spread: Spread) {
    entry.ratio = Some(spread.median);
    (entry.ratio_min, entry.ratio_max) = (Some(spread.min), Some(spread.max));
    entry.movement = spread.movement;
    entry.noisy = entry.movement.is_none_or(|movement| movement > TOLERANCE);
}

fn judge(entry: &mut Entry) {
    entry.within_budget = entry.budget.and_then(|budget| match entry.budget_of {
        BudgetOf::Ratio => Some(entry.ratio? <= budget),
        BudgetOf::Ours if entry.better == Better::Higher => Some(entry.own()? >= budget),
        BudgetOf::Ours => Some(entry.own()? <= budget),
    });
}

fn beside(series: &[Series]) -> BTreeMap<String, ByContender> {
    let mut beside: BTreeMap<String, ByContender> = BTreeMap::new();
    for series in series.iter().filter(|series| !series.samples.is_empty()) {
        let names = series.samples[0].beside.iter().map(|(name, _)| name);
        for (index, name) in names.enumerate() {
            let values = series.samples.iter().map(|sample| sample.beside[index].1);
            let middle = median(&mut values.collect::<Vec<_>>());
            beside.entry(name.clone()).or_default().insert(series.name.clone(), middle);
        }
    }
    beside
}

/// Whose median is cut off, since that many samples are.
fn at_least(series: &[Series]) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for Series { name, samples, .. } in series {
        for what in samples.iter().flat_map(|sample| &sample.at_least) {
            let cut_off = samples.iter().filter(|sample| sample.at_least.contains(what)).count();
            if 2 * cut_off >= samples.len() {
                all.entry(what.clone()).or_default().insert(name.clone());
            }
        }
    }
    all
}

/// Each quantile's median over the rounds.
fn latencies(series: &[Series]) -> BTreeMap<String, Quantiles> {
    let of = |series: &Series| {
        let all: Vec<Quantiles> =
            series.samples.iter().filter_map(|sample| sample.latencies).collect();
        let middle = |quantile: fn(&Quantiles) -> f64| {
            median(&mut all.iter().map(quantile).collect::<Vec<_>>())
        };
        (!all.is_empty()).then(|| Quantiles {
            p50: middle(|all| all.p50),
            p90: middle(|all| all.p90),
            p99: middle(|all| all.p99),
            p999: middle(|all| all.p999),
            max: middle(|all| all.max),
        })
    };
    series.iter().filter_map(|series| Some((series.name.clone(), of(series)?))).collect()
}

fn blank(row: &Row) -> Entry {
    Entry {
        area: row.area.to_owned(),
        workload: row.workload.clone(),
        unit: row.unit.name.to_owned(),
        better: row.unit.better,
        ours: 0.0,
        peers: ByContender::new(),
        best_peer: None,
        ratio: None,
        ratio_min: None,
        ratio_max: None,
        budget: None,
        rounds: 0,
        budget_of: BudgetOf::Ratio,
        within_budget: None,
        movement: None,
        noisy: false,
        skipped: BTreeMap::new(),
        beside: BTreeMap::new(),
        at_least: BTreeMap::new(),
        latencies: BTreeMap::new(),
        chart: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::{Kind, Sample, Unit};

    fn series(name: &str, values: &[f64]) -> Series {
        let samples = values.iter().map(|&value| Sample::new(value)).collect();
        Series { name: name.to_owned(), samples, skipped: None }
    }

    fn row(unit: Unit) -> Row {
        Row::new("area", "work", unit, Kind::Solo, Vec::new())
    }

    #[test]
    fn the_ratio_is_the_median_of_the_rounds_not_the_ratio_of_the_medians() {
        let found = [series(OURS, &[1.0, 20.0, 3.0]), series("a", &[2.0, 10.0, 6.0])];
        let entry = &of_row(&row(Unit::NANOS), &found)[0];
        assert_eq!((entry.ours, entry.peers["a"], entry.rounds), (3.0, 6.0, 3));
        assert_eq!(
            (entry.ratio, entry.ratio_min, entry.ratio_max),
            (Some(0.5), Some(0.5), Some(2.0))
        );
    }

    #[test]
    fn a_yardstick_is_no_best_peer_and_may_have_a_duel() {
        let found = [series(OURS, &[4.0]), series("a", &[8.0]), series("bare", &[2.0])];
        let row = row(Unit::NANOS).yardstick("bare").budget(0.6).duel("bare", 1.5);
        let entries = of_row(&row, &found);
        assert_eq!(
            (entries[0].best_peer.as_deref(), entries[0].within_budget),
            (Some("a"), Some(true))
        );
        assert_eq!(entries[0].peers.len(), 2);
        assert_eq!(entries[1].workload, "work, against bare");
        assert_eq!((entries[1].ratio, entries[1].within_budget), (Some(2.0), Some(false)));
    }

    #[test]
    fn a_budget_may_be_of_our_own_value() {
        let found = [series(OURS, &[0.0]), series("a", &[0.0])];
        let entry = &of_row(&row(Unit::lower("per s")).budget_of_ours(0.0), &found)[0];
        assert_eq!((entry.ratio, entry.within_budget), (None, Some(true)));
        let higher = row(Unit::higher("times")).budget_of_ours(1.9);
        let entry = &of_row(&higher, &[series(OURS, &[1.8])])[0];
        assert_eq!(entry.within_budget, Some(false));
    }

    #[test]
    fn a_budget_is_not_kept_by_who_was_not_measured() {
        let absent = Series { skipped: Some("not here".to_owned()), ..series(OURS, &[]) };
        let entry = &of_row(&row(Unit::lower("per s")).budget_of_ours(1.0), &[absent])[0];
        assert_eq!((entry.own(), entry.within_budget), (None, None));
    }

    #[test]
    fn a_value_is_at_least_so_much_when_half_of_the_rounds_were_cut_off() {
        let ours = |cut_off: usize| {
            let sample =
                |round| Sample::new(3.0).beside("wait", 2.0).at_least("wait", round < cut_off);
            Series { samples: (0..4).map(sample).collect(), ..series(OURS, &[]) }
        };
        let text = |cut_off| {
            let entry = of_row(&row(Unit::NANOS), &[ours(cut_off)]).remove(0);
            let values = [entry.value(OURS), entry.value_beside("wait", OURS)];
            values.map(|value| value.unwrap().text(|number| number.to_string()))
        };
        assert_eq!(text(1), ["3", "2"]);
        assert_eq!(text(2), ["3", "≥ 2"]);
    }

    #[test]
    fn who_was_skipped_is_named_and_not_compared() {
        let absent = Series { skipped: Some("not here".to_owned()), ..series("a", &[]) };
        let entry = &of_row(&row(Unit::NANOS), &[series(OURS, &[1.0]), absent])[0];
        assert_eq!((entry.skipped["a"].as_str(), entry.best_peer.as_deref()), ("not here", None));
    }

    #[test]
    fn a_row_is_noisy_when_its_median_may_move_too_far() {
        let ours = [1.0, 1.1, 1.2, 1.3, 1.4];
        let noisy = [series(OURS, &ours), series("a", &[2.0; 5])];
        assert!(of_row(&row(Unit::NANOS), &noisy)[0].noisy);
        let steady = [series(OURS, &ours), series("a", &ours)];
        assert!(!of_row(&row(Unit::NANOS), &steady)[0].noisy);
    }

    #[test]
    fn cells_are_summed_up_each_against_its_own_best() {
        let row = row(Unit::NANOS);
        let one = [series(OURS, &[4.0]), series("a", &[2.0]), series("b", &[8.0])];
        let two = [series(OURS, &[1.0]), series("a", &[8.0]), series("b", &[4.0])];
        let cells = Cells { name: "mean", budget: 1.0 };
        let entry = of_cells(cells, &[(&row, &one), (&row, &two)]).unwrap();
        assert!((entry.ratio.unwrap() - 0.5_f64.sqrt()).abs() < 1e-12);
        assert!((entry.peers["a"] - 4.0).abs() < 1e-12);
        assert_eq!(entry.within_budget, Some(true));
    }

    #[test]
    fn further_values_and_quantiles_are_medians() {
        let quantiles = |p50| Quantiles { p50, p90: 0.0, p99: 0.0, p999: 0.0, max: 9.0 };
        let samples = [1.0, 3.0, 2.0]
            .map(|value| Sample::new(0.5).beside("wait", value).latencies(quantiles(value)));
        let ours = Series { samples: samples.to_vec(), ..series(OURS, &[]) };
        let entry = &of_row(&row(Unit::NANOS), &[ours])[0];
        assert_eq!(entry.beside["wait"][OURS], 2.0);
        assert_eq!(entry.latencies[OURS], quantiles(2.0));
    }
}
