//! The pipeline example against `wc -w`, over the crates' own files.

use anyhow::{Result, ensure};
use xshell::{Shell, cmd};

use crate::target_dir;

/// Fails unless the example counts as many words as `wc -w`.
pub(crate) fn compare(sh: &Shell) -> Result<()> {
    cmd!(sh, "cargo build --release --package threadkit --example pipeline").run()?;
    let pipeline = target_dir().join("release/examples/pipeline");
    let ours = cmd!(sh, "{pipeline} --verbose crates").read()?;
    // In other locales, `wc` does not know which characters are letters.
    let find = "find crates -type f -print0 | xargs -0 cat | LC_ALL=C.UTF-8 wc -w";
    let theirs = cmd!(sh, "bash -o pipefail -c {find}").read()?;
    ensure!(ours == theirs && ours != "0", "{ours} words, but wc counts {theirs}");
    println!("{ours} words, as wc counts");
    Ok(())
}
