//! Aligned columns for a terminal.

/// Lays the rows out under the header; a column whose title begins with `>` is aligned to the right.
pub(crate) fn table<const N: usize>(header: [&str; N], rows: &[[String; N]]) -> String {
    let titles = header.map(|title| title.trim_start_matches('>').to_owned());
    let lines: Vec<&[String; N]> = std::iter::once(&titles).chain(rows).collect();
    let widths: [usize; N] = std::array::from_fn(|column| {
        let cells = lines.iter().map(|line| line[column].chars().count());
        cells.max().unwrap_or(0)
    });
    let mut text = String::new();
    for line in lines {
        let cells: [String; N] = std::array::from_fn(|column| {
            let (cell, width) = (&line[column], widths[column]);
            if header[column].starts_with('>') {
                format!("{cell:>width$}")
            } else {
                format!("{cell:<width$}")
            }
        });
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// Writes a number with a blank between each three digits.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// Writes milliseconds as seconds.
pub(crate) fn seconds(millis: u128) -> String {
    format!("{}.{:02} s", millis / 1000, millis % 1000 / 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["lock", "7"], ["semaphore", "12"]].map(|row| row.map(str::to_owned));
        let text = table(["name", ">n"], &rows);
        assert_eq!(text, "name        n\nlock        7\nsemaphore  12\n");
    }

    #[test]
    fn digits_come_in_threes() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1 000", "1 234 567"]);
    }

    #[test]
    fn seconds_have_two_decimals() {
        assert_eq!([9, 1_250, 61_000].map(seconds), ["0.00 s", "1.25 s", "61.00 s"]);
    }
}
