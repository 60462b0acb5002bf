//! `checksum --check FILE`: reads such lines and verifies them.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use threadkit::ThreadPool;

use crate::hasher::Hasher;
use crate::line::{self, Sum};
use crate::ordered;

/// Hashes the files of a list and says of each whether it is as it was.
pub(crate) fn check(list: &Path, pool: &ThreadPool, hasher: &Arc<Hasher>) -> io::Result<()> {
    let text = match read(list) {
        Ok(text) => text,
        Err(error) => {
            hasher.totals.lock().errors += 1;
            hasher.report.complain(list, &error);
            return Ok(());
        }
    };
    let is_stdin = list.as_os_str() == "-";
    let (entries, malformed) = entries(&text, is_stdin);
    if entries.is_empty() {
        hasher.totals.lock().errors += 1;
        let list = if is_stdin { Path::new("'standard input'") } else { list };
        let nothing = io::Error::other("no properly formatted checksum lines found");
        hasher.report.complain(list, &nothing);
        return Ok(());
    }

    let ahead: Vec<PathBuf> = entries.iter().map(|(_, path)| path.clone()).collect();
    hasher.report.expect(move || ahead.into_iter());
    let jobs = entries.into_iter().map(|(sum, path)| ((sum, path.clone()), hasher.job(path)));
    let (mut unreadable, mut changed) = (0, 0);
    let mut out = io::stdout().lock();
    ordered::run(pool, jobs, |(expected, path), result| {
        let verdict = match result.unwrap_or_else(|lost| Err(io::Error::other(lost))) {
            Ok(sum) if sum == expected => "OK",
            Ok(_) => {
                changed += 1;
                "FAILED"
            }
            Err(error) => {
                unreadable += 1;
                hasher.report.complain(&path, &error);
                "FAILED open or read"
            }
        };
        let line = verdict_line(path, verdict);
        hasher.report.print(|| out.write_all(&line))
    })?;

    hasher.totals.lock().errors += unreadable + changed;
    let warn = |count: u64, one: &str, many: &str| {
        if count > 0 {
            let text = format!("WARNING: {count} {}", if count == 1 { one } else { many });
            hasher.report.warn(&[text.as_bytes()]);
        }
    };
    warn(malformed, "line is improperly formatted", "lines are improperly formatted");
    warn(unreadable, "listed file could not be read", "listed files could not be read");
    warn(changed, "computed checksum did NOT match", "computed checksums did NOT match");
    Ok(())
}

fn read(list: &Path) -> io::Result<Vec<u8>> {
    if list.as_os_str() != "-" {
        return fs::read(list);
    }
    let mut text = Vec::new();
    io::stdin().read_to_end(&mut text)?;
    Ok(text)
}

/// The well-formed lines, and how many are not. A list that comes from the standard input cannot
/// name it.
fn entries(text: &[u8], is_stdin: bool) -> (Vec<(Sum, PathBuf)>, u64) {
    let mut entries = Vec::new();
    let mut malformed = 0;
    for line in text.split(|&byte| byte == b'\n').filter(|line| !line.starts_with(b"#")) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match line::parse(line).and_then(|(sum, name)| Some((sum, path(name)?))) {
            Some((sum, path)) if !(is_stdin && path.as_os_str() == "-") => {
                entries.push((sum, path));
            }
            _ => malformed += u64::from(!line.is_empty()),
        }
    }
    (entries, malformed)
}

/// The path of that name; `None` if no path of this system can be made of the bytes.
#[cfg(unix)]
fn path(name: Vec<u8>) -> Option<PathBuf> {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt as _;
    Some(OsString::from_vec(name).into())
}

#[cfg(not(unix))]
fn path(name: Vec<u8>) -> Option<PathBuf> {
    Some(String::from_utf8(name).ok()?.into())
}

/// Escapes the name only if it would take more than a line, unlike the lines of sums.
fn verdict_line(path: PathBuf, verdict: &str) -> Vec<u8> {
    let mut name = path.into_os_string().into_encoded_bytes();
    if name.contains(&b'\n') {
        name = [b"\\".as_slice(), &line::escape(&name)].concat();
    }
    [&name, b": ".as_slice(), verdict.as_bytes(), b"\n"].concat()
}
