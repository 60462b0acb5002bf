//! The pipeline example against the system's `wc -w`, and its parts by themselves.
#![cfg(not(all(any(loom, threadkit_loom), feature = "loom")))]
#![cfg(unix)] // `sh`, `wc`, and symbolic links

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Output;

mod support;
#[path = "../examples/pipeline/words.rs"]
mod words;

use crate::support::{Folder, example, os, text};

/// The locale in which `wc` knows what white space is.
const LOCALE: &str = "LC_ALL=C.UTF-8";

fn pipeline(folder: &Folder, args: &[&str]) -> Output {
    folder.run(&example("pipeline"), &os(args), b"")
}

/// What `wc -w` counts in all files of the folder, one after the other.
fn wc(folder: &Folder) -> String {
    let script = format!("find . -type f -print0 | xargs -0 cat | {LOCALE} wc -w");
    text(&folder.run(Path::new("sh"), &os(&["-c", &script]), b"").stdout)
}

#[test]
fn the_total_is_that_of_wc() {
    let folder = Folder::new();
    folder.write("empty", "");
    folder.write("blank", " \n\t\r\n\u{b}\u{c} ");
    folder.write("deep/er/.hidden", "one two\nthree  four\n");
    folder.write("deep/no spaces", "five,six");
    folder.write(
        "other scripts",
        "\u{a0}sieben\u{2003}\u{20ac}\u{3000}zw\u{f6}lf \u{1f980} \u{2192}\n",
    );
    // Larger than a piece, so that words and characters are cut; and one word larger than a piece.
    for shift in 0..4 {
        let long = format!("{}{}", "x".repeat(shift), " \u{1f980}\u{20ac}a".repeat(40_000));
        folder.write(format!("long {shift}"), &format!("{long}\n"));
        folder.write(format!("word {shift}"), &"\u{1f980}".repeat(50_000 + shift));
    }
    // `cat` would join the last word of a file with the first one of the next.
    for entry in ["deep/no spaces", "word 0", "word 1", "word 2", "word 3"] {
        let path = folder.0.join(entry);
        fs::write(&path, [fs::read(&path).unwrap(), b"\n".to_vec()].concat()).unwrap();
    }
    symlink("deep", folder.0.join("link")).unwrap();

    let theirs = wc(&folder);
    assert!(theirs.trim().parse::<u64>().unwrap() > 160_000, "{theirs}");
    for workers in ["1", "2", "7"] {
        let ours = pipeline(&folder, &["--workers", workers, "--capacity", "1", "."]);
        assert_eq!((text(&ours.stdout), text(&ours.stderr)), (theirs.clone(), String::new()));
        assert!(ours.status.success());
    }
}

#[test]
fn a_dash_is_the_standard_input() {
    let folder = Folder::new();
    let ours = folder.run(&example("pipeline"), &os(&["-"]), b"from the standard input");
    assert_eq!((text(&ours.stdout), text(&ours.stderr)), ("4\n".to_owned(), String::new()));
}

#[test]
fn what_is_missing_is_told_and_the_others_are_counted() {
    let folder = Folder::new();
    folder.write("a", "one two");
    folder.write("z", "three");
    let ours = pipeline(&folder, &["a", "missing", "z"]);
    assert_eq!(text(&ours.stdout), "3\n");
    let complaint = text(&ours.stderr);
    assert!(complaint.starts_with("pipeline: \"missing\": No such file or directory"));
    assert_eq!(complaint.lines().count(), 1);
    assert_eq!(ours.status.code(), Some(1));
}

#[test]
fn senseless_arguments_are_refused() {
    let folder = Folder::new();
    for args in [&["--workers", "0", "."], &["--capacity", "0", "."], &["--workers", "x", "."]] {
        let ours = pipeline(&folder, args);
        assert_eq!(ours.status.code(), Some(2));
        let refusal = format!("invalid value '{}' for '{}", args[1], args[0]);
        assert!(text(&ours.stderr).contains(&refusal));
    }
    assert_eq!(pipeline(&folder, &[]).status.code(), Some(2));
}

#[test]
fn a_verbose_run_tells_what_was_done() {
    let folder = Folder::new();
    folder.write("a", "one");
    folder.write("b", &"two ".repeat(20_000));
    let ours = pipeline(&folder, &["--verbose", "--workers", "3", "."]);
    assert_eq!(text(&ours.stdout), "20001\n");
    let told = "pipeline: 2 files with 78.13 KiB in 3 pieces, 3 workers; ";
    assert!(text(&ours.stderr).starts_with(told), "{}", text(&ours.stderr));
}

/// The count of a text that is cut into pieces of a size, as the reader cuts it.
fn in_pieces(text: &[u8], size: usize) -> u64 {
    let (mut piece, mut within_word, mut total) = (Vec::new(), false, 0);
    for read in text.chunks(size) {
        piece.extend_from_slice(read);
        let rest = words::split_off_fragment(&mut piece);
        total += words::count(&piece, within_word);
        within_word = if piece.is_empty() { within_word } else { words::ends_within_word(&piece) };
        piece = rest;
    }
    total + words::count(&piece, within_word)
}

#[test]
fn however_text_is_cut_the_count_is_the_same() {
    let texts: [(&[u8], u64); 9] = [
        (b"", 0),
        (b" ", 0),
        (b"a", 1),
        (b" a b ", 2),
        ("\u{2003}\u{1f980}\u{2003}\u{a0}z".as_bytes(), 2),
        (b"\xff \xe2\x82 x\xe2\x82\xac", 3),
        (b"\x80\x80\x80\x80\x80", 1),
        (b"\xf0\x9f\xa6", 1),
        (b" \xe2\x80", 1),
    ];
    for (text, expected) in texts {
        for size in 1..=8 {
            assert_eq!(in_pieces(text, size), expected, "{text:?} in pieces of {size}");
        }
    }
}
