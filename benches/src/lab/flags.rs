//! The command line of the lab; `cargo xtask bench` passes its own on.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::rounds::{FULL, Mode, QUICK, TINY};
use super::session::{self, Wish};
use super::{child, noise, readme};
use crate::areas;
use crate::row::Effort;

xflags::xflags! {
    /// Measures threadkit beside its peers.
    cmd lab {
        /// Measures in interleaved rounds and writes the record.
        cmd run {
            /// Rows whose name has one of these in it; an area's name means that area alone.
            repeated filters: String
            /// Fewer and shorter rounds.
            optional --quick
            /// As little as there can be; for tests of the lab.
            optional --tiny
            /// Says what changed since the record of an earlier run.
            optional --compare old: PathBuf
            /// Where the record goes.
            required --folder folder: PathBuf
        }
        /// Measures one contender of one row once and prints what it found.
        cmd sample {
            required row: String
            required contender: String
            /// How long to measure.
            required --micros time: u64
        }
        /// Puts the newest record of benches/results into the README.
        cmd readme {}
    }
}

/// Does what the command line asks for, and says what went wrong.
pub fn main() -> ExitCode {
    match run(Lab::from_env_or_exit().subcommand) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: LabCmd) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("benches is a folder")?;
    match command {
        LabCmd::Run(run) => session::run(&wish(run, root)),
        LabCmd::Sample(sample) => answer(&sample),
        LabCmd::Readme(_) => readme::write(root),
    }
}

fn wish(run: Run, root: &Path) -> Wish {
    let mode: Mode = match run {
        Run { tiny: true, .. } => TINY,
        Run { quick: true, .. } => QUICK,
        _ => FULL,
    };
    Wish {
        mode,
        filters: run.filters,
        compare: run.compare,
        root: root.to_owned(),
        folder: run.folder,
    }
}

fn answer(sample: &Sample) -> Result<()> {
    let mut rows = areas::rows();
    rows.push(noise::tenfold());
    let row = rows.iter().find(|row| row.id() == sample.row).context("no row is called that")?;
    let effort = Effort { time: Duration::from_micros(sample.micros) };
    println!("{}", child::answer(row, &sample.contender, effort)?);
    Ok(())
}
