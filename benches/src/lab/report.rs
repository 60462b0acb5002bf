//! The page that shows a run: one file that needs nothing but a browser.

mod bar;
mod charts;
mod contenders;
mod overview;
mod plot;
mod ratios;
#[cfg(test)]
mod sample;
mod scale;
mod text;
mod values;

use super::run::Run;

use contenders::Contenders;

/// Renders a run as one page of HTML, with its style sheet and its drawings inside.
pub(super) fn html(run: &Run) -> String {
    let contenders = Contenders::of(&run.rows);
    let parts = [
        overview::header(&run.machine),
        overview::summary(run),
        overview::controls(&run.noise),
        ratios::section(&run.rows),
        charts::throughput(&run.rows, &contenders),
        charts::latencies(&run.rows, &contenders),
    ];
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>threadkit beside its peers</title>\n<style>\n{style}</style>\n</head>\n\
         <body>\n<main>\n{content}</main>\n</body>\n</html>\n",
        style = include_str!("report/style.css"),
        content = parts.concat(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_with_every_case_is_rendered() {
        let page = html(&sample::run());
        for piece in [
            "<html lang=\"en\">",
            "<h1>threadkit beside its peers</h1>",
            "<dt>mode</dt><dd>quick</dd>",
            "<b>queue: burst</b> 7 &lt; 8 results",
            "<b>usync</b> needs &quot;more&quot; cores (lock: pair &lt;uncontended&gt;)",
            "<td class=\"text\">std &amp; itself</td>",
            "<span class=\"flag noisy\">noisy</span>",
            "<span class=\"flag over\">over budget</span>",
            "<i>no ratio</i>",
            "budget: ours ≤ 5",
            "ours 10\u{a0}ns · std\u{a0}0",
            "<h3>lock, contended</h3>",
            "<title>tokio, p99: 200\u{a0}µs</title>",
        ] {
            assert!(page.contains(piece), "{piece} is missing in\n{page}");
        }
    }

    #[test]
    fn text_is_escaped_everywhere() {
        let page = html(&sample::run());
        assert!(!page.contains("<Up>") && page.contains("Made &lt;Up&gt; CPU"));
        assert!(!page.contains("<uncontended>"));
    }

    #[test]
    fn elements_are_closed() {
        let page = html(&sample::run());
        for element in
            ["section", "details", "summary", "span", "svg", "table", "ul", "figure", "b"]
        {
            let opened = page.matches(&format!("<{element}>")).count()
                + page.matches(&format!("<{element} ")).count();
            assert_eq!(opened, page.matches(&format!("</{element}>")).count(), "{element}");
        }
    }

    #[test]
    fn nothing_is_loaded() {
        let page = html(&sample::run());
        for outside in ["http", "<script", "<link", "@import", "url("] {
            assert!(!page.contains(outside), "{outside}");
        }
    }

    #[test]
    fn an_empty_run_is_rendered() {
        let page = html(&Run::default());
        assert!(page.contains("<b>0 of 0 compared rows</b> won"));
        assert!(page.contains("No rows in this run."));
        assert!(!page.contains("NaN") && !page.contains("inf"));
    }
}
