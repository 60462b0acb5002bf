//! One line chart with its legend and the values in a table.

use super::contenders::Look;
use super::scale::Scale;
use super::text::{NONE, escape};

const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 230.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 6.0;
const TOP: f64 = 28.0;
const BOTTOM: f64 = 36.0;
/// Between the ends of the axis and the first and last column.
const INSET: f64 = 18.0;

/// A chart before it is drawn.
pub(super) struct Plot {
    pub(super) title: String,
    /// What the columns are.
    pub(super) x_label: String,
    pub(super) columns: Vec<String>,
    pub(super) y_label: String,
    pub(super) scale: Scale,
    /// Writes a value.
    pub(super) text: fn(f64) -> String,
    pub(super) lines: Vec<Line>,
}

/// What one contender reached in each column.
pub(super) struct Line {
    pub(super) name: String,
    pub(super) look: Look,
    pub(super) values: Vec<Option<f64>>,
}

impl Plot {
    /// Draws it as a figure.
    pub(super) fn figure(&self) -> String {
        let legend: String = self.lines.iter().map(|line| line.look.legend(&line.name)).collect();
        format!(
            "<figure>\n<h3>{title}</h3>\n{svg}\n\
             <ul class=\"legend\">{legend}</ul>\n{table}</figure>\n",
            title = escape(&self.title),
            svg = self.svg(),
            table = self.table(),
        )
    }

    fn svg(&self) -> String {
        let names: Vec<&str> = self.lines.iter().map(|line| line.name.as_str()).collect();
        let label = format!(
            "{}: {} by {}, a line each for {}; the table below has the values",
            self.title,
            self.y_label,
            self.x_label,
            names.join(", ")
        );
        // Ours comes last, so that it lies on top.
        let lines: String = self.lines.iter().rev().map(|line| self.line(line)).collect();
        format!(
            "<svg class=\"plot\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
             aria-label=\"{label}\">{rows}{columns}{lines}</svg>",
            label = escape(&label),
            rows = self.rows(),
            columns = self.columns(),
        )
    }

    /// Draws the horizontal lines with their labels, and what they measure above them.
    fn rows(&self) -> String {
        let ticks = self.scale.ticks().into_iter().map(|value| {
            format!(
                "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{right}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
                 <text class=\"y\" x=\"{x}\" y=\"{base:.1}\">{text}</text>",
                right = WIDTH - RIGHT,
                x = LEFT - 6.0,
                y = self.y(value),
                base = self.y(value) + 4.0,
                text = (self.text)(value),
            )
        });
        let note = if self.scale.is_log() { ", log scale" } else { "" };
        let label = format!("<text x=\"0\" y=\"12\">{}{note}</text>", escape(&self.y_label));
        ticks.chain([label]).collect()
    }

    /// Names the columns below them.
    fn columns(&self) -> String {
        let names = self.columns.iter().enumerate().map(|(index, name)| {
            let (x, y) = (self.x(index), HEIGHT - BOTTOM + 15.0);
            format!("<text class=\"x\" x=\"{x:.1}\" y=\"{y}\">{}</text>", escape(name))
        });
        let middle = (LEFT + WIDTH - RIGHT) / 2.0;
        let label = format!(
            "<text class=\"x\" x=\"{middle}\" y=\"{}\">{}</text>",
            HEIGHT - 5.0,
            escape(&self.x_label)
        );
        names.chain([label]).collect()
    }

    fn line(&self, line: &Line) -> String {
        let points = line.values.iter().enumerate();
        let points: Vec<(usize, f64)> =
            points.filter_map(|(index, value)| Some((index, (*value)?))).collect();
        let path: Vec<String> = points
            .iter()
            .map(|(index, value)| format!("{:.1},{:.1}", self.x(*index), self.y(*value)))
            .collect();
        let markers: String = points
            .iter()
            .map(|(index, value)| {
                format!(
                    "<path d=\"{marker}\" transform=\"translate({x:.1} {y:.1})\">\
                     <title>{name}, {column}: {text}</title></path>",
                    marker = line.look.marker(),
                    x = self.x(*index),
                    y = self.y(*value),
                    name = escape(&line.name),
                    column = escape(&self.columns[*index]),
                    text = (self.text)(*value),
                )
            })
            .collect();
        let class = line.look.class();
        format!("<g class=\"series {class}\">{}{markers}</g>", line.look.line(&path.join(" ")))
    }

    fn table(&self) -> String {
        let head: String = self
            .columns
            .iter()
            .map(|column| format!("<th scope=\"col\">{}</th>", escape(column)))
            .collect();
        let rows: String = self
            .lines
            .iter()
            .map(|line| {
                let cells = line.values.iter().map(|value| value.map(self.text));
                let cells: String = cells
                    .map(|cell| format!("<td>{}</td>", cell.unwrap_or_else(|| NONE.to_owned())))
                    .collect();
                format!("<tr><th scope=\"row\">{}</th>{cells}</tr>", escape(&line.name))
            })
            .collect();
        format!(
            "<details><summary>Values</summary><div class=\"scroll\"><table>\
             <thead><tr><th scope=\"col\">{label}</th>{head}</tr></thead>\
             <tbody>{rows}</tbody></table></div></details>",
            label = escape(&self.x_label),
        )
    }

    fn x(&self, column: usize) -> f64 {
        let (first, last) = (LEFT + INSET, WIDTH - RIGHT - INSET);
        match self.columns.len() {
            0 | 1 => (first + last) / 2.0,
            columns => first + (last - first) * column as f64 / (columns - 1) as f64,
        }
    }

    fn y(&self, value: f64) -> f64 {
        let (top, bottom) = (TOP, HEIGHT - BOTTOM);
        bottom - self.scale.height(value) * (bottom - top)
    }
}
