//! The checksum example against `sha256sum`, over the crates' own files.

use anyhow::{Result, ensure};
use xshell::{Shell, cmd};

use crate::target_dir;

/// Fails unless the example prints what `sha256sum` prints, and `sha256sum` accepts it.
pub(crate) fn compare(sh: &Shell) -> Result<()> {
    cmd!(sh, "cargo build --release --package threadkit --example checksum").run()?;
    let checksum = target_dir().join("release/examples/checksum");
    let ours = cmd!(sh, "{checksum} crates").read()?;
    cmd!(sh, "sha256sum --quiet --check -").stdin(&ours).run()?;
    let find = "find crates -type f -print0 | xargs -0 sha256sum";
    let theirs = cmd!(sh, "bash -c {find}").read()?;
    ensure!(!theirs.is_empty(), "no files were summed");
    let differences = differences(&ours, &theirs);
    ensure!(differences.is_empty(), "the sums differ:\n{}", differences.join("\n"));
    println!("{} files, the same sums", ours.lines().count());
    Ok(())
}

/// The lines that one of the two has more often than the other, whatever their order.
fn differences(ours: &str, theirs: &str) -> Vec<String> {
    let [mut ours, mut theirs] = [ours, theirs].map(|text| text.lines().collect::<Vec<_>>());
    ours.sort_unstable();
    theirs.sort_unstable();
    let (mut ours, mut theirs) = (ours.into_iter().peekable(), theirs.into_iter().peekable());
    let mut differences = Vec::new();
    loop {
        match (ours.peek(), theirs.peek()) {
            (None, None) => return differences,
            (Some(a), Some(b)) if a == b => {
                ours.next();
                theirs.next();
            }
            (Some(a), Some(b)) if a > b => differences.extend(theirs.next().map(missing)),
            (Some(_), _) => differences.extend(ours.next().map(|line| format!("extra    {line}"))),
            (None, Some(_)) => differences.extend(theirs.next().map(missing)),
        }
    }
}

fn missing(line: &str) -> String {
    format!("missing  {line}")
}

#[cfg(test)]
mod tests {
    use super::differences;

    #[test]
    fn order_makes_no_difference() {
        assert_eq!(differences("b\na\n", "a\nb\n"), [""; 0]);
    }

    #[test]
    fn each_missing_and_extra_line_does() {
        assert_eq!(differences("a\nb\nb\n", "b\na\nc\n"), ["extra    b", "missing  c"]);
        assert_eq!(differences("", "a"), ["missing  a"]);
        assert_eq!(differences("a", ""), ["extra    a"]);
    }
}
