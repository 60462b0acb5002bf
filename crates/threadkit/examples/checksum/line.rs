//! The lines that `sha256sum` writes and reads: a sum and a file name, which is bytes and may hold
//! anything.

/// A SHA-256 sum.
pub(crate) type Sum = [u8; 32];

/// Writes the line for a file, with the end of the line.
///
/// A name with a backslash or a line break would read as something else. Such a line begins with a
/// backslash, and those bytes are escaped.
pub(crate) fn format(sum: &Sum, name: &[u8]) -> Vec<u8> {
    let escaped = escape(name);
    let mut line = Vec::with_capacity(escaped.len() + 68);
    if escaped.len() > name.len() {
        line.push(b'\\');
    }
    line.extend(sum.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(hex_digit));
    line.extend(b"  ");
    line.extend(escaped);
    line.push(b'\n');
    line
}

/// Reads a line back, without its end; `None` if it is not well formed.
///
/// Between the sum and the name stand a blank and the mark of text, another blank, or of binary, a
/// star; which one makes no difference to the sum. `SHA256 (NAME) = SUM` is well formed, too.
pub(crate) fn parse(line: &[u8]) -> Option<(Sum, Vec<u8>)> {
    let line = trim_blanks(line);
    let (is_escaped, line) = match line.strip_prefix(b"\\") {
        Some(rest) => (true, rest),
        None => (false, line),
    };
    let (digits, name) = if line.starts_with(b"SHA256") { tagged(line)? } else { plain(line)? };
    let mut sum = Sum::default();
    for (byte, pair) in sum.iter_mut().zip(digits.chunks(2)) {
        *byte = hex_value(pair[0])? << 4 | hex_value(pair[1])?;
    }
    let name = if is_escaped { unescape(name)? } else { name.to_vec() };
    (digits.len() == 64 && !name.is_empty()).then_some((sum, name))
}

fn plain(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let (digits, rest) = line.split_at_checked(64)?;
    match rest {
        [b' ' | b'\t', b' ' | b'*', name @ ..] => Some((digits, name)),
        _ => None,
    }
}

fn tagged(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let line = line.strip_prefix(b"SHA256")?;
    let line = line.strip_prefix(b" ").unwrap_or(line).strip_prefix(b"(")?;
    let end = line.iter().rposition(|&byte| byte == b')')?;
    let digits = trim_blanks(&line[end + 1..]).strip_prefix(b"=")?;
    Some((trim_blanks(digits), &line[..end]))
}

fn trim_blanks(bytes: &[u8]) -> &[u8] {
    let blanks = bytes.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    &bytes[blanks..]
}

/// Puts what would break a line, or look like an escape, into two printable bytes.
pub(crate) fn escape(name: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(name.len());
    for &byte in name {
        match byte {
            b'\\' => escaped.extend(b"\\\\"),
            b'\n' => escaped.extend(b"\\n"),
            b'\r' => escaped.extend(b"\\r"),
            _ => escaped.push(byte),
        }
    }
    escaped
}

fn unescape(escaped: &[u8]) -> Option<Vec<u8>> {
    let mut name = Vec::with_capacity(escaped.len());
    let mut bytes = escaped.iter();
    while let Some(&byte) = bytes.next() {
        name.push(match byte {
            b'\\' => match bytes.next()? {
                b'\\' => b'\\',
                b'n' => b'\n',
                b'r' => b'\r',
                _ => return None,
            },
            _ => byte,
        });
    }
    Some(name)
}

fn hex_digit(value: u8) -> u8 {
    b"0123456789abcdef"[usize::from(value)]
}

fn hex_value(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}
