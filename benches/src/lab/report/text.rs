//! Text and numbers as the page writes them.

use crate::lab::run::Value;

/// What stands between groups of three digits: narrow, and no line breaks there.
const GROUP: char = '\u{202f}';

/// Stands where there is no number.
pub(super) const NONE: &str = "–";

/// Makes text safe inside an element and inside an attribute.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Writes a value with three significant digits; whole numbers go without a point.
pub(super) fn number(value: f64) -> String {
    // A little off is whole too: that comes from a change of units.
    let is_whole = (value - value.round()).abs() <= value.abs() * 1e-9;
    let (value, decimals) = rounded(value);
    digits(value, if is_whole { 0 } else { decimals })
}

/// Writes a ratio with three significant digits, and one more if it is barely a loss.
pub(super) fn ratio(value: f64) -> String {
    match rounded(value) {
        (1.0, _) if value > 1.0 => digits(value, 3),
        (rounded, decimals) => digits(rounded, decimals.min(4)),
    }
}

/// Writes a share in percent.
pub(super) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    digits(percent, if percent.abs() < 9.95 { 1 } else { 0 }) + "\u{a0}%"
}

/// Writes a value or a dash.
pub(super) fn or_none(value: Option<f64>, write: fn(f64) -> String) -> String {
    value.map_or_else(|| NONE.to_owned(), write)
}

/// Writes a value that may be at least so much, or a dash.
pub(super) fn bounded(value: Option<Value>) -> String {
    value.map_or_else(|| NONE.to_owned(), |value| value.text(number))
}

/// Writes a range.
pub(super) fn range(min: f64, max: f64) -> String {
    format!("{}–{}", ratio(min), ratio(max))
}

/// Writes a large value short: 20 M for twenty million.
pub(super) fn short(value: f64) -> String {
    let steps = [(1e9, "\u{a0}G"), (1e6, "\u{a0}M"), (1e3, "\u{a0}k")];
    let step = steps.into_iter().find(|(step, _)| value.abs() >= *step);
    let (step, prefix) = step.unwrap_or((1.0, ""));
    number(value / step) + prefix
}

/// Writes microseconds in the unit that fits.
pub(super) fn duration(micros: f64) -> String {
    let (factor, unit) = match micros.abs() {
        0.0 => (1.0, "µs"),
        size if size < 1.0 => (1e3, "ns"),
        size if size < 1e3 => (1.0, "µs"),
        size if size < 1e6 => (1e-3, "ms"),
        _ => (1e-6, "s"),
    };
    format!("{}\u{a0}{unit}", number(micros * factor))
}

/// Writes how many there are of something whose plural ends in an s.
pub(super) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// Rounds to three significant digits and returns how many of them stand after the point.
fn rounded(value: f64) -> (f64, usize) {
    let text = format!("{value:.2e}");
    let exponent = text.split_once('e').and_then(|(_, exponent)| exponent.parse::<i32>().ok());
    let decimals = usize::try_from(2 - exponent.unwrap_or(0)).unwrap_or(0);
    (text.parse().unwrap_or(value), decimals)
}

/// Writes so many digits after the point and groups those before it.
fn digits(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return NONE.to_owned();
    }
    let text = format!("{value:.decimals$}");
    let whole_len = text.find('.').unwrap_or(text.len());
    let mut grouped = String::with_capacity(text.len() + 8);
    for (index, c) in text.chars().enumerate() {
        let left = whole_len.saturating_sub(index);
        let follows_digit = grouped.ends_with(|c: char| c.is_ascii_digit());
        if left > 0 && left.is_multiple_of(3) && follows_digit {
            grouped.push(GROUP);
        }
        grouped.push(c);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped() {
        assert_eq!(escape("<a b=\"c\">'&amp;"), "&lt;a b=&quot;c&quot;&gt;&#39;&amp;amp;");
    }

    #[test]
    fn numbers_have_three_digits_in_groups() {
        let numbers = [0.0, 0.001_234, 0.5, 3.0, 9.996, 123.4, 12_345.0, 7_654_321.0, -4_321.0];
        let expected = [
            "0",
            "0.00123",
            "0.500",
            "3",
            "10.0",
            "123",
            "12\u{202f}300",
            "7\u{202f}650\u{202f}000",
            "-4\u{202f}320",
        ];
        assert_eq!(numbers.map(number), expected);
        assert_eq!(number(f64::NAN), NONE);
        assert_eq!(number(f64::INFINITY), NONE);
    }

    #[test]
    fn ratios_keep_their_zeros() {
        assert_eq!([1.0, 0.5, 12.34, 0.000_2].map(ratio), ["1.00", "0.500", "12.3", "0.0002"]);
        assert_eq!([0.999_9, 1.002].map(ratio), ["1.00", "1.002"]);
        assert_eq!(range(0.9, 1.1), "0.900–1.10");
    }

    #[test]
    fn units_fit_the_size() {
        let durations = ["500 ns", "20 µs", "5 ms", "2 s"].map(nb);
        assert_eq!([0.5, 20.0, 5e3, 2e6].map(duration), durations);
        assert_eq!([5.0, 2e4, 3e6, 1e9].map(short), ["5", "20 k", "3 M", "1 G"].map(nb));
        assert_eq!([0.012, 0.25].map(percent), ["1.2 %", "25 %"].map(nb));
        assert_eq!([0, 1, 2].map(|number| count(number, "row")), ["0 rows", "1 row", "2 rows"]);
    }

    fn nb(text: &str) -> String {
        text.replace(' ', "\u{a0}")
    }
}
