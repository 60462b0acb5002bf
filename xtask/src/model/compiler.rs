//! The compiler that switches the seeded faults of our own crates on, which is this program.
//!
//! With their cfg in `RUSTFLAGS` all other crates would be compiled anew, too, for minutes.

use std::ffi::OsString;
use std::process::{Command, ExitStatus};

use anyhow::{Context as _, Result};

/// Has this program compile.
const COMPILES: &str = "THREADKIT_COMPILES_MUTANTS";

/// What makes cargo have the crates of the workspace compiled by [`compile`].
pub(super) fn environment() -> Result<[(&'static str, OsString); 2]> {
    let this = std::env::current_exe()?.into_os_string();
    Ok([("RUSTC_WORKSPACE_WRAPPER", this), (COMPILES, "1".into())])
}

/// Runs the compiler that cargo calls with these arguments, with the faults; `None` if cargo did not call.
pub(crate) fn compile(arguments: impl IntoIterator<Item = OsString>) -> Option<Result<ExitStatus>> {
    std::env::var_os(COMPILES)?;
    let mut arguments = arguments.into_iter().skip(1);
    let mut rustc = Command::new(arguments.next()?);
    rustc.args(arguments).args(["--cfg", "threadkit_mutants"]);
    Some(rustc.status().with_context(|| format!("{} cannot be run", rustc.get_program().display())))
}
