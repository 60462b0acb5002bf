//! A Rust file as the text checks see it: code told apart from comments and literals.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::root;

/// A Rust file, and views of it in which everything else is blank, at the same places.
#[derive(Debug)]
pub(crate) struct Source {
    /// Relative to the workspace, with slashes.
    pub(crate) path: String,
    pub(crate) text: String,
    /// Without comments, and without what stands in string and character literals.
    pub(crate) code: String,
    /// As `code`, without `use` declarations, too.
    pub(crate) body: String,
    pub(crate) comments: String,
    /// The `use` declarations, each with the number of its first line.
    pub(crate) uses: Vec<(usize, String)>,
    /// The line on which `#[cfg(test)] mod tests` begins, or the one after the last.
    pub(crate) tests_from: usize,
}

impl Source {
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let path = path.strip_prefix(root()).unwrap_or(path);
        Ok(Self::new(&path.to_string_lossy().replace('\\', "/"), &text))
    }

    pub(crate) fn new(path: &str, text: &str) -> Self {
        let kinds = kinds(text);
        let code = view(text, &kinds, Kind::Code);
        let (uses, body) = take_uses(&code);
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            comments: view(text, &kinds, Kind::Comment),
            tests_from: tests_from(&code),
            code,
            body,
            uses,
        }
    }

    /// The number of the line with this byte, counted from 1.
    pub(crate) fn line_at(&self, offset: usize) -> usize {
        line_at(&self.text, offset)
    }

    /// Tells whether the file belongs to what a crate ships.
    pub(crate) fn is_library(&self) -> bool {
        let mut parts = self.path.split('/');
        parts.next() == Some("crates") && parts.nth(1) == Some("src")
    }
}

/// Lists the Rust files in a folder and the folders within it, none if there is no such folder.
pub(crate) fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    if !folder.is_dir() {
        return Ok(files);
    }
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Yields the words of a line of code with their places; a path such as `std::thread` is one word.
pub(crate) fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let words = code.split(move |c| !is_word(c));
    let words = words.filter(|word| !word.is_empty());
    words.map(|word| (word.as_ptr() as usize - code.as_ptr() as usize, word))
}

fn line_at(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}

/// Takes the `use` declarations out of the code.
fn take_uses(code: &str) -> (Vec<(usize, String)>, String) {
    let mut uses = Vec::new();
    let mut body = code.to_owned();
    let mut offset = 0;
    for line in code.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        let declaration = line.trim_start();
        let is_use = match declaration.strip_prefix("pub") {
            Some(rest) => rest.split_once("use ").is_some_and(|(visibility, _)| {
                visibility == " " || visibility.starts_with('(') && visibility.ends_with(") ")
            }),
            None => declaration.starts_with("use "),
        };
        let length = code[start..].find(';').map_or(line.len(), |length| length + 1);
        if is_use {
            let range = start..start + length;
            uses.push((line_at(code, start), code[range.clone()].to_owned()));
            body.replace_range(range.clone(), &blank(&code[range]));
        }
    }
    (uses, body)
}

fn tests_from(code: &str) -> usize {
    let lines: Vec<&str> = code.lines().map(str::trim).collect();
    let is_start = |pair: &[&str]| pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod tests");
    let start = lines.windows(2).position(is_start);
    start.map_or(lines.len() + 1, |index| index + 1)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Code,
    Comment,
    Literal,
}

fn view(text: &str, kinds: &[Kind], shown: Kind) -> String {
    let mut view = String::with_capacity(text.len());
    for (offset, c) in text.char_indices() {
        if kinds[offset] == shown {
            view.push(c);
        } else {
            view.push_str(&blank(&text[offset..offset + c.len_utf8()]));
        }
    }
    view
}

/// As many blanks as the text has bytes; ends of lines stay.
fn blank(text: &str) -> String {
    let bytes = text.bytes();
    bytes.map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect()
}

/// Tells of each byte what it belongs to.
fn kinds(text: &str) -> Vec<Kind> {
    let mut kinds = Vec::with_capacity(text.len());
    while kinds.len() < text.len() {
        let offset = kinds.len();
        let (kind, length) = token(&text[..offset], &text[offset..]);
        kinds.resize(offset + length, kind);
    }
    kinds
}

/// The kind and the length of what comes next.
fn token(before: &str, rest: &str) -> (Kind, usize) {
    let in_word = before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
    if rest.starts_with("//") {
        (Kind::Comment, rest.find('\n').unwrap_or(rest.len()))
    } else if rest.starts_with("/*") {
        (Kind::Comment, block_comment(rest))
    } else if rest.starts_with('"') {
        (Kind::Literal, quoted(rest, '"'))
    } else if let Some(length) = raw_string(rest).filter(|_| !in_word) {
        (Kind::Literal, length)
    } else if rest.starts_with('\'') && is_char(rest) {
        (Kind::Literal, quoted(rest, '\''))
    } else {
        (Kind::Code, rest.chars().next().map_or(1, char::len_utf8))
    }
}

/// The length of a comment that may hold others.
fn block_comment(rest: &str) -> usize {
    let mut depth = 0;
    for (at, mark) in rest.bytes().zip(rest.bytes().skip(1)).enumerate() {
        match mark {
            (b'/', b'*') => depth += 1,
            (b'*', b'/') if depth == 1 => return at + 2,
            (b'*', b'/') => depth -= 1,
            _ => {}
        }
    }
    rest.len()
}

/// The length of a literal with escapes.
fn quoted(rest: &str, quote: char) -> usize {
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        if c == '\\' {
            chars.next();
        } else if c == quote {
            return at + 1;
        }
    }
    rest.len()
}

/// The length of a literal such as `r"…"` or `br#"…"#`.
fn raw_string(rest: &str) -> Option<usize> {
    let after_r = rest.strip_prefix(['b', 'c']).unwrap_or(rest).strip_prefix('r')?;
    let text = after_r.trim_start_matches('#');
    let hashes = after_r.len() - text.len();
    let text = text.strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let start = rest.len() - text.len();
    Some(text.find(&end).map_or(rest.len(), |at| start + at + end.len()))
}

/// Tells a character literal from a lifetime.
fn is_char(rest: &str) -> bool {
    let mut chars = rest.chars().skip(1);
    chars.next() == Some('\\') || chars.next() == Some('\'')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> String {
        let source = Source::new("crates/a/src/b.rs", text);
        assert_eq!(source.code.len(), text.len());
        source.code.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn comments_and_literals_are_blank() {
        assert_eq!(code("a // b\nc /* d /* e */ f */ g"), "a c g");
        assert_eq!(code(r#"a("b \" // c", '"', '\'', 'ß') d"#), "a( , , , ) d");
        assert_eq!(code(r###"a(r#"b "c" "#, br"d\", r"e") f"###), "a( , , ) f");
        assert_eq!(code("fn a<'b>(c: &'b str) {} // 'd"), "fn a<'b>(c: &'b str) {}");
    }

    #[test]
    fn comments_are_a_view_of_their_own() {
        let source = Source::new("a.rs", "//! one\nlet s = \"// two\"; // three\n");
        let comments: Vec<&str> = source.comments.split_whitespace().collect();
        assert_eq!(comments, ["//!", "one", "//", "three"]);
    }

    #[test]
    fn use_declarations_are_taken_out() {
        let text = "use a::b;\npub(crate) use c::{\n    d,\n};\npub use e;\npub fn f() { reuse }\n";
        let source = Source::new("a.rs", text);
        let lines: Vec<usize> = source.uses.iter().map(|&(line, _)| line).collect();
        assert_eq!(lines, [1, 2, 5]);
        assert_eq!(source.body.trim(), "pub fn f() { reuse }");
    }

    #[test]
    fn tests_begin_at_their_module() {
        let text = "fn a() {}\n#[cfg(test)]\nfn b() {}\n#[cfg(test)]\nmod tests {\n}\n";
        assert_eq!(Source::new("a.rs", text).tests_from, 4);
        assert_eq!(Source::new("a.rs", "fn a() {}\n").tests_from, 2);
    }

    #[test]
    fn paths_are_words() {
        let words: Vec<_> = words("let a: std::sync::Arc<b>;").collect();
        assert_eq!(words, [(0, "let"), (4, "a:"), (7, "std::sync::Arc"), (22, "b")]);
    }
}
