//! Words in pieces of text.
//!
//! A word is what stands between white space, as Unicode has it; bytes that are not UTF-8 belong to
//! words. A piece may end within a word, and not within a character.

/// Counts the words that begin in `text`; the text before it may have ended within a word.
pub(crate) fn count(text: &[u8], within_word: bool) -> u64 {
    let mut within_word = within_word;
    let mut words = 0;
    let mut pass = |is_word: bool| {
        words += u64::from(is_word && !within_word);
        within_word = is_word;
    };
    for part in text.utf8_chunks() {
        part.valid().chars().for_each(|char| pass(!char.is_whitespace()));
        if !part.invalid().is_empty() {
            pass(true);
        }
    }
    words
}

/// Tells whether a word goes on at the end of `text`.
pub(crate) fn ends_within_word(text: &[u8]) -> bool {
    match str::from_utf8(last_character(text)) {
        Ok(char) => char.chars().any(|char| !char.is_whitespace()),
        Err(_) => true,
    }
}

/// Splits off the last character if it is not all there.
pub(crate) fn split_off_fragment(text: &mut Vec<u8>) -> Vec<u8> {
    let last = last_character(text);
    let is_fragment = str::from_utf8(last).is_err_and(|error| error.error_len().is_none());
    let fragment = if is_fragment { last.len() } else { 0 };
    text.split_off(text.len() - fragment)
}

/// The bytes from the last one on that begins a character.
fn last_character(text: &[u8]) -> &[u8] {
    const LONGEST: usize = 4;
    let tail = &text[text.len().saturating_sub(LONGEST)..];
    let start = tail.iter().rposition(|byte| byte & 0b1100_0000 != 0b1000_0000);
    &tail[start.unwrap_or(0)..]
}
