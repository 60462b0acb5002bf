//! The bench lab: every area of the workspace beside its peers, in one binary.
//!
//! [`row`] says what a measurement is, `areas` declares them all, [`lab`] runs them in rounds and
//! reports. Workloads measure with `clock`, `crowd` and `work`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the lab reports to a person at a terminal"
)]

mod areas;
mod clock;
mod crowd;
pub mod lab;
pub mod row;
mod work;

pub use areas::rows;

/// The workspace's own README, so that its example is tested: here, since no published crate may
/// reach outside its folder.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct WorkspaceReadme;
