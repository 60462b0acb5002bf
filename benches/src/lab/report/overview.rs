//! The top of the page: where and when, what came of it, and the controls.

use std::collections::BTreeMap;

use crate::lab::run::{Entry, Failed, Machine, Noise, Outcome, Run};

use super::text::{NONE, count, escape, or_none, percent, range, ratio};

/// More rows than these are counted, not named.
const MOST_NAMED: usize = 3;

/// Writes the title, the machine and how to read the page.
pub(super) fn header(machine: &Machine) -> String {
    let cores = machine.cores.to_string();
    let facts = [
        ("date", &machine.date),
        ("commit", &machine.commit),
        ("mode", &machine.mode),
        ("rustc", &machine.rustc),
        ("cpu", &machine.cpu),
        ("cores", &cores),
        ("kernel", &machine.kernel),
    ];
    let facts = facts.map(|(name, value)| {
        let value = if value.is_empty() { NONE } else { value };
        format!("<div><dt>{name}</dt><dd>{}</dd></div>", escape(value))
    });
    let peers: Vec<String> = machine
        .peers
        .iter()
        .map(|peer| format!("<span class=\"peer\">{}</span>", escape(peer)))
        .collect();
    let peers = if peers.is_empty() { "none".to_owned() } else { peers.join(", ") };
    format!(
        "<header>\n<h1>threadkit beside its peers</h1>\n<dl>{facts}</dl>\n<p>Peers: {peers}</p>\n\
         <p>How to read it: ratio = ours / best peer, per round, median with min–max; below 1 is \
         a win, whichever way the unit points.</p>\n</header>\n",
        facts = facts.concat(),
    )
}

/// Sums the rows up, and lists those that failed and the peers that were skipped.
pub(super) fn summary(run: &Run) -> String {
    format!(
        "<section aria-labelledby=\"summary\">\n<h2 id=\"summary\">Summary</h2>\n\
         <p class=\"sentence\">{}</p>\n{}{}</section>\n",
        sentence(run),
        failed(&run.failed),
        skipped(run),
    )
}

fn sentence(run: &Run) -> String {
    let outcomes: Vec<Outcome> = run.rows.iter().filter_map(Entry::outcome).collect();
    let of = |which| outcomes.iter().filter(|outcome| **outcome == which).count();
    let (won, even) = (of(Outcome::Win), of(Outcome::Even));
    let budgets = count(run.rows.iter().filter(|row| row.budget.is_some()).count(), "row");
    let within = run.rows.iter().filter(|row| row.within_budget == Some(true)).count();
    let noisy = run.rows.iter().filter(|row| row.noisy).count();
    let alone = match run.rows.len() - outcomes.len() {
        0 => String::new(),
        alone => format!(" {} without a ratio.", count(alone, "row")),
    };
    format!(
        "<b>{won} of {compared}</b> won, <b>{even}</b> even; \
         <b>{within} of {budgets}</b> with a budget kept it; \
         <b>{noisy}</b> noisy; <b>{failed}</b> failed.{alone}",
        compared = count(outcomes.len(), "compared row"),
        failed = run.failed.len(),
    )
}

fn failed(failed: &[Failed]) -> String {
    let items = failed.iter().map(|row| {
        let (area, workload) = (escape(&row.area), escape(&row.workload));
        format!("<li><b>{area}: {workload}</b> {}</li>", escape(&row.reason))
    });
    list("failed", "Failed rows", &items.collect::<String>())
}

fn skipped(run: &Run) -> String {
    let mut rows: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for row in &run.rows {
        for (peer, reason) in &row.skipped {
            let name = format!("{}: {}", escape(&row.area), escape(&row.workload));
            rows.entry((peer, reason)).or_default().push(name);
        }
    }
    let items = rows.into_iter().map(|((peer, reason), rows)| {
        let whence = match rows.len() {
            named if named <= MOST_NAMED => rows.join("; "),
            many => count(many, "row"),
        };
        format!("<li><b>{}</b> {} ({whence})</li>", escape(peer), escape(reason))
    });
    list("skipped", "Skipped peers", &items.collect::<String>())
}

fn list(class: &str, title: &str, items: &str) -> String {
    if items.is_empty() {
        return String::new();
    }
    format!("<h3>{title}</h3>\n<ul class=\"{class}\">{items}</ul>\n")
}

/// Writes the table of the controls.
pub(super) fn controls(noise: &[Noise]) -> String {
    let columns = ["kind", "what", "expected", "ratio", "min–max", "movement"];
    let columns = columns.map(|column| format!("<th scope=\"col\">{column}</th>"));
    let rows: String = noise.iter().map(control).collect();
    let content = if noise.is_empty() {
        "<p>None in this run.</p>".to_owned()
    } else {
        format!(
            "<p>Contenders whose ratio is known beforehand; the movement is how far a ratio may \
             move from one run to the next.</p>\n<div class=\"scroll\"><table class=\"controls\">\
             <thead><tr>{}</tr></thead><tbody>{rows}</tbody></table></div>",
            columns.concat()
        )
    };
    format!(
        "<section aria-labelledby=\"controls\">\n<h2 id=\"controls\">Controls</h2>\n{content}\n\
         </section>\n"
    )
}

fn control(noise: &Noise) -> String {
    format!(
        "<tr><th scope=\"row\">{kind}</th><td class=\"text\">{what}</td><td>{expected}</td>\
         <td>{ratio}</td><td>{range}</td><td>{movement}</td></tr>",
        kind = escape(&noise.kind),
        what = escape(&noise.what),
        expected = ratio(noise.expected),
        ratio = ratio(noise.ratio),
        range = range(noise.ratio_min, noise.ratio_max),
        movement = or_none(noise.movement, percent),
    )
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn the_sentence_counts_rows() {
        let text = sentence(&sample::run()).replace("<b>", "").replace("</b>", "");
        assert_eq!(
            text,
            "2 of 5 compared rows won, 1 even; 1 of 3 rows with a budget kept it; 1 noisy; 1 failed. \
             1 row without a ratio."
        );
    }

    #[test]
    fn a_peer_that_is_skipped_often_is_listed_once() {
        let mut run = Run::default();
        for index in 0..5 {
            let mut row = sample::row("lock", &format!("pair {index}"));
            row.skipped.insert("usync".to_owned(), "no such lock".to_owned());
            run.rows.push(row);
        }
        assert!(skipped(&run).contains("<li><b>usync</b> no such lock (5 rows)</li>"));
        run.rows.truncate(2);
        assert!(skipped(&run).contains("(lock: pair 0; lock: pair 1)"));
    }

    #[test]
    fn a_control_has_its_movement_in_percent() {
        let control = control(&sample::run().noise[0]);
        assert!(control.contains("<td>1.00</td><td>1.01</td><td>0.980–1.03</td>"), "{control}");
        assert!(control.contains("<td>2.1\u{a0}%</td>"), "{control}");
    }
}
