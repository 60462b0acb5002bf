//! A check that every memory ordering is explained.
//!
//! An `ORDERING:` comment stands above it in the same function, or the file's own documentation has a
//! section `# Memory ordering`. `SeqCst` needs the comment in any case.

use super::Finding;
use crate::source::{Source, words};

const ORDERINGS: &[&str] = &["Relaxed", "Acquire", "Release", "AcqRel", "SeqCst"];

/// How far above the comment may be.
const REACH: usize = 40;

/// Each ordering in a library says what it pairs with; those of the checker's backend are loom's.
pub(super) fn explained(source: &Source) -> Vec<Finding> {
    if !source.is_library() || source.path.starts_with("crates/sync-core/src/model/") {
        return Vec::new();
    }
    let code: Vec<&str> = source.body.lines().collect();
    let comments: Vec<&str> = source.comments.lines().collect();
    let is_section = |line: &&str| line.trim() == "//! # Memory ordering";
    let has_section = comments.iter().any(is_section);
    let mut findings = Vec::new();
    for (index, line) in code.iter().enumerate().take(source.tests_from - 1) {
        let Some(ordering) = ordering_in(line) else {
            continue;
        };
        let excused = has_section && ordering != "SeqCst";
        if !excused && !has_comment(&code, &comments, index) {
            let message = format!("`{ordering}` has no `ORDERING:` comment above it");
            findings.push(Finding::new(&source.path, index + 1, message));
        }
    }
    findings
}

/// The strongest ordering that a line of code names.
fn ordering_in(line: &str) -> Option<&'static str> {
    let last_segments = words(line).filter_map(|(_, word)| word.rsplit("::").next());
    let positions =
        last_segments.filter_map(|name| ORDERINGS.iter().position(|&ordering| ordering == name));
    positions.max().map(|strongest| ORDERINGS[strongest])
}

/// Looks for the comment from a line upwards to where its function begins.
fn has_comment(code: &[&str], comments: &[&str], index: usize) -> bool {
    for above in (index.saturating_sub(REACH)..=index).rev() {
        if comments[above].contains("ORDERING:") {
            return true;
        }
        if words(code[above]).any(|(_, word)| word == "fn") {
            return false;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::super::faulty_lines;
    use super::*;

    const RAW: &str = "crates/a/src/raw.rs";

    fn faulty(text: &str) -> Vec<usize> {
        faulty_lines(explained, RAW, text)
    }

    #[test]
    fn a_bare_ordering_is_found() {
        assert_eq!(faulty("fn a() {\n    b.load(Relaxed);\n}\n"), [2]);
        assert_eq!(faulty("fn a() {\n    b.load(\n        Ordering::Acquire,\n    );\n}\n"), [3]);
    }

    #[test]
    fn a_comment_in_the_same_function_explains_it() {
        let text = "fn a() {\n    // ORDERING: pairs with b.\n\n    b.load(Acquire);\n}\n";
        assert_eq!(faulty(text), [0; 0]);
    }

    #[test]
    fn a_comment_in_the_function_above_does_not() {
        let text = "// ORDERING: far away.\nfn a() {}\nfn b() {\n    c.load(Acquire);\n}\n";
        assert_eq!(faulty(text), [4]);
    }

    #[test]
    fn a_comment_too_far_above_does_not() {
        let text = |lines| format!("// ORDERING: c.\n{}a.load(Acquire);\n", "\n".repeat(lines));
        assert_eq!(faulty(&text(39)), [0; 0]);
        assert_eq!(faulty(&text(40)), [42]);
    }

    #[test]
    fn a_section_explains_all_but_seq_cst() {
        let text = "//! A.\n//!\n//! # Memory ordering\nfn a() {\n    b.load(Acquire);\n    fence(SeqCst);\n}\n";
        assert_eq!(faulty(text), [6]);
        assert_eq!(faulty(&text.replace("//! #", "/// #")), [5, 6]);
    }

    #[test]
    fn names_outside_of_arguments_need_nothing() {
        let text = "use core::Ordering::{\n    Acquire,\n    Relaxed,\n};\n/// Release\n\
            fn a() { b(\"AcqRel\"); Acquired; Acquire::new() } // SeqCst\n\
            #[cfg(test)]\nmod tests {\n    a.load(Relaxed);\n}\n";
        assert_eq!(faulty(text), [0; 0]);
    }

    #[test]
    fn the_checkers_backend_is_exempt() {
        let text = "fn a() {\n    b.load(Relaxed);\n}\n";
        let faulty = |path| faulty_lines(explained, path, text);
        assert_eq!(faulty("crates/sync-core/src/model/atomic.rs"), [0; 0]);
        assert_eq!(faulty("crates/sync-core/src/hardware/atomic.rs"), [2]);
        assert_eq!(faulty("crates/a/tests/topic.rs"), [0; 0]);
    }
}
