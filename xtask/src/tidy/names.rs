//! Checks of what a file may name: sync-core alone knows whether it runs on hardware or under a
//! model checker, so it alone names std's threads and the checker's cfgs.

use super::Finding;
use crate::source::{Source, words};

/// Where the names may stand.
const GROUND_FLOOR: &str = "crates/sync-core/src/";

const CHECKER_WORDS: &[&str] =
    &["loom", "shuttle", "threadkit_loom", "threadkit_shuttle", "threadkit_mutants"];

/// Outside the ground floor, a library takes threads, clocks and atomics from sync-core.
pub(super) fn std_names(source: &Source) -> Vec<Finding> {
    if !source.is_library() || source.path.starts_with(GROUND_FLOOR) {
        return Vec::new();
    }
    let mut paths: Vec<(usize, String)> = Vec::new();
    for (line, declaration) in &source.uses {
        let tree = declaration.split_once("use ").map_or("", |(_, tree)| tree);
        let expanded = use_paths(tree.trim_end_matches(';'));
        paths.extend(expanded.into_iter().map(|path| (*line, path)));
    }
    for (index, code) in source.body.lines().enumerate() {
        let words = words(code).map(|(_, word)| (index + 1, word.to_owned()));
        paths.extend(words);
    }
    let stray =
        paths.into_iter().filter(|(line, path)| *line < source.tests_from && is_stray(path));
    let findings = stray.map(|(line, path)| {
        let message = format!("`{path}`: only sync-core names it; use what sync-core offers");
        Finding::new(&source.path, line, message)
    });
    findings.collect()
}

/// Tells whether a path leads to what only sync-core names.
fn is_stray(path: &str) -> bool {
    let segments: Vec<&str> = path.trim_matches(':').split("::").collect();
    match segments[..] {
        ["std" | "alloc", "sync", "Arc" | "Weak", ..] => false,
        ["std" | "core" | "alloc", "sync", ..] | ["std", "thread", ..] => true,
        ["std", "time"] | ["std", "time", "self" | "*" | "Instant", ..] => true,
        ["std" | "core" | "alloc", "*"] => true,
        _ => false,
    }
}

/// The paths that a tree such as `std::{fmt, sync::{Arc, Weak}}` brings in.
fn use_paths(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some((prefix, rest)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or(tree);
        return vec![path.trim().trim_start_matches("::").to_owned()];
    };
    let inner = rest.trim_end().strip_suffix('}').unwrap_or(rest);
    let mut depth = 0;
    let branches = inner.split(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == ',' && depth == 0
    });
    let branches = branches.filter(|branch| !branch.trim().is_empty());
    let paths = branches.flat_map(use_paths);
    let prefix = prefix.trim().trim_start_matches("::");
    paths.map(|path| format!("{prefix}{path}")).collect()
}

/// Nobody else asks which checker is on, but to choose its contract for that; a test file may, as a whole, at its top.
pub(super) fn checker_cfgs(source: &Source) -> Vec<Finding> {
    if source.path.starts_with(GROUND_FLOOR) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (offset, word) in words(&source.code) {
        let after = &source.code[offset + word.len()..];
        let is_cfg = matches!(word, "cfg" | "cfg_attr") && after.starts_with(['(', '!']);
        let Some(open) = after.find('(').filter(|_| is_cfg) else {
            continue;
        };
        let start = offset + word.len() + open;
        let condition = &source.text[start..start + parenthesis(&source.code[start..])];
        let of_checker = words(condition).find(|(_, word)| CHECKER_WORDS.contains(word));
        let chooses = word == "cfg_attr" && condition.contains("path = \"contract");
        let allowed = chooses && source.path.ends_with("/src/lib.rs")
            || source.path.contains("/tests/") && is_at_top(&source.code[..offset]);
        if let Some((_, name)) = of_checker.filter(|_| !allowed) {
            let message = format!("`{word}` asks for `{name}`: only sync-core does that");
            findings.push(Finding::new(&source.path, source.line_at(offset), message));
        }
    }
    findings
}

/// The length of the parenthesis that the code begins with.
fn parenthesis(code: &str) -> usize {
    let mut depth = 0;
    let end = code.find(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth == 0
    });
    end.map_or(code.len(), |end| end + 1)
}

/// Tells whether the code before a `cfg` is but the file's own attributes.
fn is_at_top(before: &str) -> bool {
    before.trim_end().ends_with("#![") && !before.contains([';', '{'])
}

#[cfg(test)]
mod tests {
    use super::super::faulty_lines;
    use super::*;

    const RAW: &str = "crates/a/src/raw.rs";

    #[test]
    fn use_trees_are_expanded() {
        assert_eq!(
            use_paths("std::{fmt, sync::{Arc, atomic::AtomicU8 as A}, time::{self},}"),
            ["std::fmt", "std::sync::Arc", "std::sync::atomic::AtomicU8", "std::time::self"]
        );
        assert_eq!(use_paths("::std::io::Read as _"), ["std::io::Read"]);
    }

    #[test]
    fn std_threads_clocks_and_atomics_are_strays() {
        for line in [
            "use std::sync::Mutex;",
            "use std::sync::{\n    Arc,\n    atomic::AtomicU32,\n};",
            "pub(crate) use std::{fmt, thread};",
            "use std::time::{Duration, Instant};",
            "use std::time;",
            "use core::sync::atomic::Ordering::Relaxed;",
            "fn a(b: &std::sync::Mutex<u8>) {}",
            "fn a() { ::std::thread::yield_now() }",
            "let now = std::time::Instant::now();",
        ] {
            assert_eq!(faulty_lines(std_names, RAW, &format!("//! A.\n{line}\n")), [2], "{line}");
        }
    }

    #[test]
    fn arc_duration_docs_and_unit_tests_are_not() {
        let text = "//! As `std::thread`.\n\
            use std::sync::{Arc, Weak};\n\
            use std::time::Duration;\n\
            /// let a = std::sync::Mutex::new(());\n\
            fn a(b: std::sync::Arc<u8>) { c(\"std::thread\"); d(my::std::thread) }\n\
            #[cfg(test)]\n\
            mod tests { use std::thread; }\n";
        assert_eq!(faulty_lines(std_names, RAW, text), [0; 0]);
    }

    #[test]
    fn the_ground_floor_and_tests_may_name_them() {
        let text = "use std::thread;";
        assert_eq!(faulty_lines(std_names, "crates/sync-core/src/thread.rs", text), [0; 0]);
        assert_eq!(faulty_lines(std_names, "crates/a/tests/many.rs", text), [0; 0]);
        assert_eq!(faulty_lines(std_names, "crates/sync-core-x/src/a.rs", text), [1]);
    }

    #[test]
    fn checker_cfgs_are_for_the_ground_floor() {
        for text in [
            "#[cfg(loom)]\nuse a;",
            "#![cfg(not(all(\n    any(shuttle), feature = \"x\")))]",
            "fn a() { if cfg!(threadkit_mutants) {} }",
            "#[cfg_attr(feature = \"loom\", inline)]",
        ] {
            assert_eq!(faulty_lines(checker_cfgs, RAW, text), [1], "{text}");
            assert_eq!(faulty_lines(checker_cfgs, "crates/sync-core/src/a.rs", text), [0; 0]);
        }
    }

    #[test]
    fn a_crate_chooses_its_contract_in_its_root() {
        let text = "#[cfg_attr(\n    all(loom, feature = \"loom\"),\n    path = \"contract.rs\"\n)]\nmod raw;";
        assert_eq!(faulty_lines(checker_cfgs, "crates/a/src/lib.rs", text), [0; 0]);
        assert_eq!(faulty_lines(checker_cfgs, RAW, text), [1]);
        let another = text.replace("contract", "another");
        assert_eq!(faulty_lines(checker_cfgs, "crates/a/src/lib.rs", &another), [1]);
    }

    #[test]
    fn other_cfgs_are_for_everybody() {
        let text = "/// #[cfg(loom)]\n#[cfg(all(test, unix))]\nfn loom() { cfg(\"a\"); }\n";
        assert_eq!(faulty_lines(checker_cfgs, RAW, text), [0; 0]);
    }

    #[test]
    fn a_test_file_asks_at_its_top_alone() {
        let path = "crates/a/tests/model.rs";
        let top = "//! Models.\n#![cfg(threadkit_loom)]\n#![cfg(feature = \"loom\")]\n";
        assert_eq!(faulty_lines(checker_cfgs, path, top), [0; 0]);
        let below = format!("{top}use a;\n#[cfg(loom)]\nmod b {{\n    #![cfg(loom)]\n}}\n");
        assert_eq!(faulty_lines(checker_cfgs, path, &below), [5, 7]);
        assert_eq!(faulty_lines(checker_cfgs, path, "#[cfg(loom)]\nfn a() {}"), [1]);
    }
}
