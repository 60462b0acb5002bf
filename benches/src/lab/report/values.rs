//! What a row opens to: the values of all contenders, and what was measured beside them.

use std::collections::BTreeSet;

use crate::lab::run::{ByContender, Entry};
use crate::row::{Better, OURS};

use super::text::{bounded, count, escape, or_none, percent, ratio};

/// Sorts contenders by their values.
pub(super) fn best_first(better: Better, values: &ByContender) -> Vec<(&str, f64)> {
    let mut sorted: Vec<(&str, f64)> =
        values.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    sorted.sort_by(|(_, a), (_, b)| match better {
        Better::Lower => a.total_cmp(b),
        Better::Higher => b.total_cmp(a),
    });
    sorted
}

/// Writes the table of a row with what else there is to know.
pub(super) fn table(row: &Entry) -> String {
    let metrics: String = row
        .beside
        .keys()
        .map(|metric| format!("<th scope=\"col\">{}</th>", escape(metric)))
        .collect();
    let lines: String = sorted(row).into_iter().map(|name| line(row, name)).collect();
    format!(
        "<div class=\"more\"><div class=\"scroll\"><table><thead><tr>\
         <th scope=\"col\">contender</th><th scope=\"col\">{unit}</th>\
         <th scope=\"col\">ratio of medians</th>{metrics}</tr></thead>\
         <tbody>{lines}</tbody></table></div>\n{notes}</div>",
        unit = escape(&row.unit),
        notes = notes(row),
    )
}

/// Returns everyone with a value, best first, then those that only have values beside it.
fn sorted(row: &Entry) -> Vec<&str> {
    let mut all = row.peers.clone();
    all.extend(row.own().map(|ours| (OURS.to_owned(), ours)));
    let order = best_first(row.better, &all);
    let beside: BTreeSet<&str> =
        row.beside.values().flat_map(|values| values.keys().map(String::as_str)).collect();
    let known = |name: &str| row.peers.keys().map(String::as_str).find(|known| *known == name);
    let measured = order.iter().map(|(name, _)| known(name).unwrap_or(OURS));
    let others = beside.into_iter().filter(|name| !all.contains_key(*name));
    measured.chain(others).collect()
}

fn line(row: &Entry, name: &str) -> String {
    let class = if name == OURS { " class=\"ours\"" } else { "" };
    let metrics = row.beside.keys().map(|what| row.value_beside(what, name));
    let metrics: String = metrics.map(|value| format!("<td>{}</td>", bounded(value))).collect();
    let peer = row.peers.get(name);
    let medians = peer.filter(|_| row.own().is_some()).and_then(|&peer| to_peer(row, peer));
    format!(
        "<tr{class}><th scope=\"row\">{name}</th><td>{value}</td><td>{medians}</td>{metrics}</tr>",
        name = escape(name),
        value = bounded(row.value(name)),
        medians = or_none(medians, ratio),
    )
}

/// Returns the ratio of our median to a peer's; below 1 is a win.
fn to_peer(row: &Entry, peer: f64) -> Option<f64> {
    let (a, b) = match row.better {
        Better::Lower => (row.ours, peer),
        Better::Higher => (peer, row.ours),
    };
    (b != 0.0).then(|| a / b)
}

fn notes(row: &Entry) -> String {
    let movement = row.ratio.map(|_| match row.movement {
        Some(movement) => {
            format!("; the ratio may move by {} from one run to the next", percent(movement))
        }
        None => "; how far the ratio may move has no bounds".to_owned(),
    });
    let rounds = format!("<p>{}{}.</p>", count(row.rounds, "round"), movement.unwrap_or_default());
    let skipped = row
        .skipped
        .iter()
        .map(|(name, reason)| format!("<p>{} was skipped: {}</p>", escape(name), escape(reason)));
    std::iter::once(rounds).chain(skipped).collect()
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn the_best_is_first_whichever_way_the_unit_points() {
        let values = [("a".to_owned(), 2.0), ("b".to_owned(), 1.0)].into();
        assert_eq!(best_first(Better::Lower, &values), [("b", 1.0), ("a", 2.0)]);
        assert_eq!(best_first(Better::Higher, &values), [("a", 2.0), ("b", 1.0)]);
    }

    #[test]
    fn a_table_has_everyone() {
        let mut row = sample::compared("lock", "pair", 0.8, None);
        row.peers.insert("tokio".to_owned(), 5.0);
        let beside = [(OURS.to_owned(), 0.0), ("futex".to_owned(), 7.0)].into();
        row.beside.insert("allocations".to_owned(), beside);
        assert_eq!(sorted(&row), ["tokio", OURS, "std", "futex"]);
        let table = table(&row);
        assert!(table.contains("<th scope=\"row\">tokio</th><td>5</td><td>2.00</td><td>–</td>"));
        assert!(table.contains("<th scope=\"row\">futex</th><td>–</td><td>–</td><td>7</td>"));
    }

    #[test]
    fn a_ratio_of_medians_points_the_same_way_for_rates() {
        let mut row = sample::row("pool", "jobs");
        assert_eq!(to_peer(&row, 20.0), Some(0.5));
        assert_eq!(to_peer(&row, 0.0), None);
        row.better = Better::Higher;
        assert_eq!(to_peer(&row, 20.0), Some(2.0));
    }
}
