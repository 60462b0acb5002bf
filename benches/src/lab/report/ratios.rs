//! The rows of a run by area: what was measured, its ratio as a bar, and what came of it.

use crate::lab::run::{BudgetOf, Entry, Outcome};
use crate::row::{Better, OURS};

use super::bar::{self, Axis};
use super::text::{bounded, count, escape, number, range, ratio};
use super::values;

/// Draws all rows, a part for each area.
pub(super) fn section(rows: &[Entry]) -> String {
    let mut areas: Vec<&str> = Vec::new();
    for row in rows {
        if !areas.contains(&row.area.as_str()) {
            areas.push(&row.area);
        }
    }
    let axis = Axis::fitting(rows);
    let parts = areas.iter().enumerate().map(|(index, area)| {
        let rows: Vec<&Entry> = rows.iter().filter(|row| row.area == *area).collect();
        part(index, area, &rows, axis)
    });
    let links = areas
        .iter()
        .enumerate()
        .map(|(index, area)| format!("<li><a href=\"#area-{index}\">{}</a></li>", escape(area)));
    let links: String = links.collect();
    let content = if areas.is_empty() {
        "<p>No rows in this run.</p>\n".to_owned()
    } else {
        format!(
            "<p>Less is better unless a row says otherwise. A row opens to the values of all \
             contenders.</p>\n{legend}\n<nav aria-label=\"Areas\"><ul>{links}</ul></nav>\n",
            legend = bar::legend(),
        )
    };
    format!(
        "<section aria-labelledby=\"ratios\">\n<h2 id=\"ratios\">Ratios</h2>\n{content}{parts}\
         </section>\n",
        parts = parts.collect::<String>(),
    )
}

fn part(index: usize, area: &str, rows: &[&Entry], axis: Axis) -> String {
    let outcomes: Vec<Outcome> = rows.iter().filter_map(|row| row.outcome()).collect();
    let won = outcomes.iter().filter(|outcome| **outcome == Outcome::Win).count();
    let note = match outcomes.len() {
        0 => count(rows.len(), "row"),
        compared => format!("{won} of {compared} won"),
    };
    let head = if outcomes.is_empty() {
        String::new()
    } else {
        format!(
            "<div class=\"head\" aria-hidden=\"true\"><span class=\"scale\">\
             <span class=\"sides\"><span>← better</span><span>worse →</span></span>\
             {labels}</span></div>\n",
            labels = axis.labels(),
        )
    };
    let lines: String = rows.iter().map(|entry| line(entry, axis)).collect();
    format!(
        "<section class=\"area\" aria-labelledby=\"area-{index}\">\n\
         <h3 id=\"area-{index}\">{area} <small>{note}</small></h3>\n{head}{lines}</section>\n",
        area = escape(area),
    )
}

/// Draws one row; what it opens to is in the same element.
fn line(row: &Entry, axis: Axis) -> String {
    let class = row.outcome().map_or("none", Outcome::word);
    let bar = match row.ratio {
        Some(_) => format!("<span class=\"scale\">{}</span>", axis.bar(row)),
        None => String::new(),
    };
    format!(
        "<details class=\"row {class}\"><summary><span class=\"line\">\
         <span class=\"what\"><b>{workload}</b><span class=\"figures\">{figures}</span></span>\
         <span class=\"verdict\">{verdict}</span>{bar}</span></summary>\n{values}</details>\n",
        workload = escape(&row.workload),
        figures = figures(row),
        verdict = verdict(row),
        values = values::table(row),
    )
}

/// Writes the values that are compared, or all of them if there is no ratio.
fn figures(row: &Entry) -> String {
    let of = |name: &str| format!("{}\u{a0}{}", escape(name), bounded(row.value(name)));
    let ours = bounded(row.value(OURS));
    let mut figures = vec![format!("ours {ours}\u{a0}{}", escape(&row.unit))];
    let best = row.best_peer.as_ref().filter(|name| row.peers.contains_key(*name));
    match best.filter(|_| row.ratio.is_some()) {
        Some(name) => figures.push(format!("best peer {}", of(name))),
        None => {
            let peers = values::best_first(row.better, &row.peers).into_iter();
            figures.extend(peers.map(|(name, _)| of(name)));
        }
    }
    if row.better == Better::Higher {
        figures.push("more is better".to_owned());
    }
    figures.join(" · ")
}

/// Writes the ratio, how it is judged, and its budget.
fn verdict(row: &Entry) -> String {
    let mut parts = Vec::new();
    match row.ratio.zip(row.outcome()) {
        Some((median, outcome)) => {
            parts.push(format!("<b>{}</b>", ratio(median)));
            parts.push(flag(outcome.word(), outcome.word()));
        }
        None => parts.push("<i>no ratio</i>".to_owned()),
    }
    if row.noisy {
        parts.push(flag("noisy", "noisy"));
    }
    if row.within_budget == Some(false) {
        parts.push(flag("over", "over budget"));
    }
    let spread = row.ratio_min.zip(row.ratio_max).map(|(min, max)| range(min, max));
    let small = spread.into_iter().chain(budget(row));
    let small: Vec<String> = small.map(|part| format!("<span>{part}</span>")).collect();
    if !small.is_empty() {
        parts.push(format!("<small>{}</small>", small.join(" · ")));
    }
    parts.join(" ")
}

fn flag(class: &str, word: &str) -> String {
    format!("<span class=\"flag {class}\">{word}</span>")
}

/// Writes what the budget demands.
fn budget(row: &Entry) -> Option<String> {
    let budget = row.budget?;
    Some(match (row.budget_of, row.better) {
        (BudgetOf::Ratio, _) => format!("budget {}", ratio(budget)),
        (BudgetOf::Ours, Better::Lower) => format!("budget: ours ≤ {}", number(budget)),
        (BudgetOf::Ours, Better::Higher) => format!("budget: ours ≥ {}", number(budget)),
    })
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn a_row_says_what_was_compared() {
        let row = sample::compared("lock", "pair", 0.8, Some(1.0));
        assert_eq!(figures(&row).replace('\u{a0}', " "), "ours 10 ns · best peer std 12.5");
        let verdict = verdict(&row);
        assert!(verdict.starts_with("<b>0.800</b> <span class=\"flag win\">win</span>"));
        assert!(
            verdict.ends_with("<small><span>0.720–0.880</span> · <span>budget 1.00</span></small>"),
            "{verdict}"
        );
    }

    #[test]
    fn without_a_ratio_all_values_are_shown() {
        let mut row = sample::row("lock", "pair");
        row.better = Better::Higher;
        row.peers = [("std".to_owned(), 0.0), ("tokio".to_owned(), 3.0)].into();
        (row.budget, row.budget_of, row.within_budget) = (Some(20.0), BudgetOf::Ours, Some(false));
        let figures = figures(&row).replace('\u{a0}', " ");
        assert_eq!(figures, "ours 10 ns · tokio 3 · std 0 · more is better");
        assert_eq!(
            verdict(&row),
            "<i>no ratio</i> <span class=\"flag over\">over budget</span> \
             <small><span>budget: ours ≥ 20</span></small>"
        );
        row.better = Better::Lower;
        assert_eq!(budget(&row).as_deref(), Some("budget: ours ≤ 20"));
    }
}
