//! Checks of a file as a whole: how it opens, how long it is, what was left in it.

use super::Finding;
use crate::source::Source;

/// The longest file.
const MAX_LINES: usize = 600;

/// What a crate's `lib.rs` says, so that its README is its documentation.
pub(super) const README_IS_DOC: &str = "#![doc = include_str!(\"../README.md\")]";
/// The same where the README's examples need features and are tested where all of them are on.
pub(super) const README_IS_DOC_TESTED_APART: &str =
    "#![cfg_attr(not(doctest), doc = include_str!(\"../README.md\"))]";

/// Each file says first what it is for.
pub(super) fn opening(source: &Source) -> Vec<Finding> {
    let first = source.text.lines().map(str::trim).find(|line| !line.is_empty());
    let first = first.unwrap_or_default();
    let is_readme = [README_IS_DOC, README_IS_DOC_TESTED_APART].contains(&first);
    let is_documented =
        first.starts_with("//!") || is_readme && source.path.ends_with("/src/lib.rs");
    if is_documented {
        Vec::new()
    } else {
        vec![Finding::new(&source.path, 1, "the file does not open with `//!`")]
    }
}

/// A file that grows too long has more than one subject.
pub(super) fn length(source: &Source) -> Vec<Finding> {
    let lines = source.text.lines().count();
    if lines <= MAX_LINES {
        return Vec::new();
    }
    let message = format!("{lines} lines, more than {MAX_LINES}: is there a natural cut?");
    vec![Finding::new(&source.path, lines, message)]
}

/// Nothing is left for later.
pub(super) fn leftovers(source: &Source) -> Vec<Finding> {
    let marks = [
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
        concat!("dbg", "!("),
        concat!("#[", "ignore"),
        concat!("FIX", "ME"),
        concat!("X", "XX"),
    ];
    let lines = source.code.lines().zip(source.comments.lines());
    let mut findings = Vec::new();
    for (index, (code, comment)) in lines.enumerate() {
        for mark in marks {
            if code.contains(mark) || comment.contains(mark) {
                let message = format!("`{mark}` is left in the file");
                findings.push(Finding::new(&source.path, index + 1, message));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::faulty_lines;
    use super::*;

    const PATH: &str = "crates/a/src/raw.rs";

    #[test]
    fn a_file_opens_with_its_purpose() {
        assert_eq!(faulty_lines(opening, PATH, "\n//! A lock.\n"), [0; 0]);
        assert_eq!(faulty_lines(opening, PATH, "// A lock.\n//! Two.\n"), [1]);
        assert_eq!(faulty_lines(opening, PATH, ""), [1]);
    }

    #[test]
    fn only_the_root_of_a_crate_opens_with_its_readme() {
        for line in [README_IS_DOC, README_IS_DOC_TESTED_APART] {
            assert_eq!(faulty_lines(opening, "crates/a/src/lib.rs", line), [0; 0]);
            assert_eq!(faulty_lines(opening, PATH, line), [1]);
        }
    }

    #[test]
    fn a_file_has_600_lines_at_most() {
        assert_eq!(faulty_lines(length, PATH, &"\n".repeat(600)), [0; 0]);
        assert_eq!(faulty_lines(length, PATH, &"\n".repeat(601)), [601]);
    }

    #[test]
    fn leftovers_are_found_in_code_and_comments() {
        for text in [
            concat!("fn a() {\n    to", "do!()\n}"),
            concat!("fn a() {\n    unimple", "mented!()\n}"),
            concat!("fn a() {\n    d", "bg!(1)\n}"),
            concat!("#[test]\n#[ign", "ore = \"slow\"]\nfn a() {}"),
            concat!("fn a() {}\n// FIX", "ME: later"),
            concat!("fn a() {}\n/// XX", "X"),
        ] {
            assert_eq!(faulty_lines(leftovers, PATH, text), [2], "{text}");
        }
    }

    #[test]
    fn a_literal_is_no_leftover() {
        let text = concat!("let mark = \"FIX", "ME\";\nlet todo = ignore();");
        assert_eq!(faulty_lines(leftovers, PATH, text), [0; 0]);
    }
}
