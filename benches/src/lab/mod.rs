//! The instrument: it measures in rounds, each measurement in a process of its own, and tells.

mod child;
mod compare;
mod comparison;
pub mod counting;
mod entries;
mod flags;
mod machine;
mod noise;
pub(crate) mod process;
mod progress;
mod readme;
mod report;
mod rounds;
pub(crate) mod run;
mod session;
mod stats;
mod store;
mod text;

pub use flags::main;
