//! The model on shuttle: schedules drawn from a seed, for programs that are too large for all of them. Memory is
//! as the threads would see it in turn; what weaker orderings allow is loom's business.

pub(crate) mod cell;
pub mod checker;
pub(crate) mod fence;

pub(crate) use cell::UnsafeCell;
pub use shuttle::lazy_static::Lazy;
pub(crate) use shuttle::sync::{atomic, mpsc};
pub(crate) use shuttle::{thread, thread_local};

/// What a global is made of.
pub const fn lazy<T: Sync>(init: fn() -> T) -> Lazy<T> {
    Lazy::new(init)
}
