//! The charts of a run: throughput against threads, and latencies.

use std::collections::BTreeSet;

use crate::lab::run::{Entry, Quantiles};
use crate::row::Better;

use super::contenders::Contenders;
use super::plot::{Line, Plot};
use super::scale::Scale;
use super::text::{duration, short};

/// Draws what each contender gets done with more and more threads.
pub(super) fn throughput(rows: &[Entry], contenders: &Contenders) -> String {
    let mut names: Vec<&str> = Vec::new();
    for point in rows.iter().filter_map(|row| row.chart.as_ref()) {
        if !names.contains(&point.chart.as_str()) {
            names.push(&point.chart);
        }
    }
    let figures = names.into_iter().map(|name| throughput_plot(name, rows, contenders).figure());
    section("throughput", "Throughput against threads", figures.collect())
}

/// Draws the distribution of each latency that was measured.
pub(super) fn latencies(rows: &[Entry], contenders: &Contenders) -> String {
    let rows = rows.iter().filter(|row| !row.latencies.is_empty());
    let figures = rows.map(|row| latency_plot(row, contenders).figure());
    section("latencies", "Latency distributions", figures.collect())
}

fn section(id: &str, title: &str, figures: Vec<String>) -> String {
    let content = if figures.is_empty() {
        "<p>None in this run.</p>".to_owned()
    } else {
        format!("<div class=\"charts\">\n{}</div>", figures.concat())
    };
    format!(
        "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{title}</h2>\n{content}\n\
         </section>\n"
    )
}

fn throughput_plot(chart: &str, rows: &[Entry], contenders: &Contenders) -> Plot {
    let points: Vec<(u32, &Entry)> = rows
        .iter()
        .filter_map(|row| Some((row.chart.as_ref()?, row)))
        .filter(|(point, _)| point.chart == chart)
        .map(|(point, row)| (point.threads, row))
        .collect();
    let threads: BTreeSet<u32> = points.iter().map(|(threads, _)| *threads).collect();
    let value = |name: &str, threads: u32| {
        let of_threads = points.iter().filter(|(other, _)| *other == threads);
        of_threads.filter_map(|(_, row)| per_second(row, value_of(row, name)?)).next()
    };
    let lines =
        lines(contenders, |name| threads.iter().map(|threads| value(name, *threads)).collect());
    let unit = points.first().map(|(_, row)| rate_label(row)).unwrap_or_default();
    Plot {
        title: chart.to_owned(),
        x_label: "threads".to_owned(),
        columns: threads.iter().map(u32::to_string).collect(),
        y_label: unit,
        scale: Scale::fitting(&values(&lines)),
        text: short,
        lines,
    }
}

fn latency_plot(row: &Entry, contenders: &Contenders) -> Plot {
    let lines = lines(contenders, |name| {
        let quantiles = row.latencies.get(name);
        quantiles.map(|quantiles| steps(quantiles).map(Some).to_vec()).unwrap_or_default()
    });
    Plot {
        title: format!("{}: {}", row.area, row.workload),
        x_label: "quantile".to_owned(),
        columns: ["p50", "p90", "p99", "p99.9", "max"].map(str::to_owned).to_vec(),
        y_label: "latency".to_owned(),
        scale: Scale::log(&values(&lines)),
        text: duration,
        lines,
    }
}

fn steps(quantiles: &Quantiles) -> [f64; 5] {
    [quantiles.p50, quantiles.p90, quantiles.p99, quantiles.p999, quantiles.max]
}

/// Returns a line for each contender that has values, ours first.
fn lines(contenders: &Contenders, values: impl Fn(&str) -> Vec<Option<f64>>) -> Vec<Line> {
    let lines = contenders.iter().map(|(name, look)| {
        let values = values(name).into_iter().map(|value| value.filter(|value| value.is_finite()));
        Line { name: name.to_owned(), look, values: values.collect() }
    });
    lines.filter(|line| line.values.iter().any(Option::is_some)).collect()
}

fn values(lines: &[Line]) -> Vec<f64> {
    lines.iter().flat_map(|line| line.values.iter().flatten().copied()).collect()
}

fn value_of(row: &Entry, name: &str) -> Option<f64> {
    row.value(name).map(|value| value.number)
}

/// Turns the time that one operation takes into operations a second; rates stay what they are.
fn per_second(row: &Entry, value: f64) -> Option<f64> {
    match a_second_in(row) {
        Some(second) => (value > 0.0).then(|| second / value),
        None => Some(value),
    }
}

fn rate_label(row: &Entry) -> String {
    match a_second_in(row) {
        Some(_) => "operations per second".to_owned(),
        None => row.unit.clone(),
    }
}

/// Returns how many of a row's units make a second, if it measures a time.
fn a_second_in(row: &Entry) -> Option<f64> {
    let unit = row.unit.split(|c: char| !c.is_alphabetic()).next();
    match unit.filter(|_| row.better == Better::Lower)? {
        "ns" => Some(1e9),
        "us" | "µs" => Some(1e6),
        "ms" => Some(1e3),
        "s" => Some(1.0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::row::OURS;

    #[test]
    fn nanoseconds_become_operations_a_second() {
        let rows = sample::run().rows;
        let plot = throughput_plot("lock, contended", &rows, &Contenders::of(&rows));
        assert_eq!(plot.columns, ["1", "4"]);
        assert_eq!(plot.y_label, "operations per second");
        assert_eq!(plot.lines[0].name, OURS);
        assert_eq!(plot.lines[0].values, [Some(1e8), Some(2.5e7)]);
        // The other peer was measured with four threads only.
        let std = plot.lines.iter().find(|line| line.name == "std").unwrap();
        assert_eq!(std.values, [None, Some(2e7)]);
    }

    #[test]
    fn rates_stay_what_they_are() {
        let mut row = sample::row("pool", "jobs");
        (row.unit, row.better) = ("Mjobs/s".to_owned(), Better::Higher);
        assert_eq!(per_second(&row, 12.0), Some(12.0));
        assert_eq!(rate_label(&row), "Mjobs/s");
        (row.unit, row.better) = ("ns".to_owned(), Better::Lower);
        assert_eq!(per_second(&row, 0.0), None);
    }

    #[test]
    fn a_latency_has_a_line_for_each_contender_that_was_measured() {
        let rows = sample::run().rows;
        let row = rows.iter().find(|row| !row.latencies.is_empty()).unwrap();
        let plot = latency_plot(row, &Contenders::of(&rows));
        let names: Vec<&str> = plot.lines.iter().map(|line| line.name.as_str()).collect();
        assert_eq!(names, ["threadkit", "tokio"]);
        assert_eq!(plot.lines[1].values[4], Some(4000.0));
    }
}
