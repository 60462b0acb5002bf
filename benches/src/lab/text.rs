//! The table on the terminal.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::run::{BudgetOf, Entry, Noise, Value};
use crate::row::{Better, OURS};

/// An area's entries, below each other.
pub(super) fn area(name: &str, entries: &[Entry]) -> String {
    let titles = [name, "threadkit", "best peer", "", "ratio", "min–max", "budget"];
    let mut lines = vec![titles.map(str::to_owned).to_vec()];
    lines.extend(entries.iter().map(cells));
    let mut text = aligned(&lines, &[0, 3, 6]) + &beside(entries);
    for entry in entries {
        for (name, reason) in &entry.skipped {
            let _ = writeln!(text, "  {}: {name} is left out: {reason}", entry.workload);
        }
    }
    text
}

fn cells(entry: &Entry) -> Vec<String> {
    let best = entry.best_peer.clone().unwrap_or_default();
    let value = entry.value(&best).map_or_else(String::new, |value| value.text(number));
    let range = match (entry.ratio_min, entry.ratio_max) {
        (Some(min), Some(max)) => format!("{}–{}", number(min), number(max)),
        _ => String::new(),
    };
    let over = if entry.within_budget == Some(false) { " OVER" } else { "" };
    let noisy = if entry.noisy { " noisy" } else { "" };
    [
        format!("  {}", entry.workload),
        format!("{} {}", or_dash(entry.value(OURS)), entry.unit),
        value,
        best,
        entry.ratio.map_or_else(|| "–".to_owned(), number),
        range,
        format!("{}{over}{noisy}", budget(entry)),
    ]
    .to_vec()
}

/// What else was measured, a column for each contender.
fn beside(entries: &[Entry]) -> String {
    let measured = || entries.iter().filter(|entry| !entry.beside.is_empty());
    let of_all = measured().flat_map(|entry| entry.beside.values()).flat_map(BTreeMap::keys);
    let mut names: Vec<&str> = of_all.map(String::as_str).collect();
    // Ours first, then by name.
    names.sort_by_key(|&name| (name != OURS, name));
    names.dedup();
    if names.is_empty() {
        return String::new();
    }
    let title = std::iter::once("  beside that").chain(names.iter().copied());
    let mut lines = vec![title.map(str::to_owned).collect::<Vec<_>>()];
    for entry in measured() {
        for what in entry.beside.keys() {
            let value = |name: &&str| {
                entry.value_beside(what, name).map_or_else(String::new, |value| value.text(number))
            };
            let title = format!("  {}: {what}", entry.workload);
            lines.push(std::iter::once(title).chain(names.iter().map(value)).collect());
        }
    }
    aligned(&lines, &[0])
}

/// Pads each column to its widest cell: words to the right, numbers to the left.
fn aligned(lines: &[Vec<String>], of_words: &[usize]) -> String {
    let count = lines.first().map_or(0, Vec::len);
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max();
    let widths: Vec<usize> = (0..count).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for line in lines {
        let cells = line.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| {
            if of_words.contains(&column) {
                format!("{cell:<width$}")
            } else {
                format!("{cell:>width$}")
            }
        });
        let _ = writeln!(text, "{}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
    text
}

/// The budget in words, empty if there is none.
pub(super) fn budget(entry: &Entry) -> String {
    let Some(budget) = entry.budget else { return String::new() };
    let sign = match (entry.budget_of, entry.better) {
        (BudgetOf::Ours, Better::Higher) => "≥",
        _ => "≤",
    };
    let whose = if entry.budget_of == BudgetOf::Ours { "ours " } else { "" };
    format!("{whose}{sign} {}", number(budget))
}

/// What stands above the controls.
pub(super) const CONTROLS: &str = "controls: threadkit against itself, and a lock that is taken ten times where once is asked for";

/// One control.
pub(super) fn control(noise: &Noise) -> String {
    let Noise { kind, what, expected, ratio, ratio_min, ratio_max, movement } = noise;
    let movement =
        movement.map_or_else(|| "unbound".to_owned(), |it| format!("± {:>4.1} %", it * 100.0));
    let range = format!("({ratio_min:.3}–{ratio_max:.3})");
    let off = if noise.is_off() { "  OFF: trust no row of this kind" } else { "" };
    format!("  {kind:<13} {expected:>2} reads {ratio:>6.3} {range:<15} {movement}  {what}{off}")
}

/// A value, or a dash where there is none.
pub(super) fn or_dash(value: Option<Value>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| value.text(number))
}

/// Three digits that count.
pub(super) fn number(value: f64) -> String {
    let magnitude = value.abs();
    if value == 0.0 {
        "0".to_owned()
    } else if magnitude >= 1e6 {
        format!("{:.2} M", value / 1e6)
    } else if magnitude >= 1e4 {
        let thousands = (value / 1e3).trunc();
        format!("{thousands} {:03.0}", (value - thousands * 1e3).abs().min(999.0))
    } else if magnitude >= 100.0 {
        format!("{value:.0}")
    } else if magnitude >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let line = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let lines = [line(["a", "1", "b"]), line(["aaa", "111", ""])];
        assert_eq!(aligned(&lines, &[0, 2]), "a      1  b\naaa  111\n");
    }

    #[test]
    fn numbers_have_three_digits() {
        let numbers = [0.0, 0.654, 6.54, 65.4, 654.0, 6540.0, 65_400.0, 6.54e6].map(number);
        assert_eq!(numbers, ["0", "0.65", "6.54", "65.4", "654", "6540", "65 400", "6.54 M"]);
    }
}
