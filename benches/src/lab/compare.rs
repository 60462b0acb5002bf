//! What changed between two runs, beyond what equal runs differ by.

use std::fmt::Write as _;

use super::run::{Entry, Run};
use super::stats::TOLERANCE;
use super::text::number;

/// Counts that hardly vary do so by less.
const ROUNDING: f64 = 0.01;

/// Names the rows that changed, and counts those that did not.
pub(super) fn text(old: &Run, new: &Run) -> String {
    let mut text = String::from("compared with the old run\n");
    let mut unchanged = 0;
    for entry in &new.rows {
        let Some(before) = old.rows.iter().find(|old| is_same(old, entry)) else {
            let _ = writeln!(text, "  new      {}: {}", entry.area, entry.workload);
            continue;
        };
        match change(before, entry) {
            None => unchanged += 1,
            Some(line) => {
                let _ = writeln!(text, "  {line}");
            }
        }
    }
    let _ = write!(text, "  {unchanged} rows are the same within the noise");
    text
}

fn is_same(one: &Entry, other: &Entry) -> bool {
    (&one.area, &one.workload) == (&other.area, &other.workload)
}

/// Says what changed, if something did.
fn change(before: &Entry, now: &Entry) -> Option<String> {
    // Ratios are measured against peers in the same minute; where there is none, our own value is all
    // there is.
    let (was, is, what) = match (before.ratio, now.ratio) {
        (Some(was), Some(is)) => (was, is, "ratio"),
        _ => (before.ours, now.ours, now.unit.as_str()),
    };
    if was == is {
        return None;
    }
    // What no bounds are known of, or what rounds cannot tell, is taken to move as equal runs may.
    let noise = [before, now].map(|entry| entry.movement.unwrap_or(TOLERANCE).max(ROUNDING));
    let factor = is / was;
    let beyond = !factor.is_finite() || factor.ln().abs() > noise[0].max(noise[1]).ln_1p();
    let better = if what == "ratio" || now.better == crate::row::Better::Lower {
        is < was
    } else {
        is > was
    };
    let word = if better { "better" } else { "worse " };
    beyond.then(|| {
        let (was, is) = (number(was), number(is));
        format!("{word}   {}: {}: {what} {was} → {is}", now.area, now.workload)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(workload: &str, ratio: f64, movement: f64) -> Run {
        let entry = serde_json::json!({
            "area": "lock", "workload": workload, "unit": "ns", "better": "lower", "ours": 1.0,
            "peers": {}, "best_peer": "std", "ratio": ratio, "ratio_min": ratio,
            "ratio_max": ratio, "budget": null, "rounds": 5, "movement": movement,
        });
        Run { rows: vec![serde_json::from_value(entry).unwrap()], ..Run::default() }
    }

    #[test]
    fn what_is_within_the_noise_of_either_run_did_not_change() {
        let text = text(&run("pairs", 1.0, 0.02), &run("pairs", 1.04, 0.05));
        assert!(text.ends_with("1 rows are the same within the noise"), "{text}");
    }

    #[test]
    fn what_is_beyond_it_is_named_with_its_direction() {
        let worse = text(&run("pairs", 1.0, 0.02), &run("pairs", 1.1, 0.05));
        assert!(worse.contains("worse    lock: pairs: ratio 1.00 → 1.10"), "{worse}");
        let better = text(&run("pairs", 1.0, 0.02), &run("pairs", 0.5, 0.05));
        assert!(better.contains("better   lock: pairs: ratio 1.00 → 0.50"), "{better}");
    }

    #[test]
    fn what_does_not_move_is_compared_exactly() {
        let text = text(&run("pairs", 1.0, 0.0), &run("pairs", 1.1, 0.0));
        assert!(text.contains("worse    lock: pairs: ratio 1.00 → 1.10"), "{text}");
    }

    #[test]
    fn a_new_row_is_named() {
        let text = text(&run("pairs", 1.0, 0.0), &run("triples", 1.0, 0.0));
        assert!(text.contains("new      lock: triples"), "{text}");
    }
}
