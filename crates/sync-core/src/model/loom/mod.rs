//! The model on loom: every schedule within a bound, and every value that a load may see.

pub mod checker;
pub(crate) mod fence;
mod scenario;
// Where it has been tried, and `mmap` is a system call with six arguments.
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod stacks;
#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
mod stacks {
    //! Elsewhere each of the checker's threads has a new stack.
    pub(super) struct Keep;
    impl Keep {
        pub(super) fn new() -> Self {
            Self
        }
    }
}

use std::marker::PhantomData;

pub(crate) use loom::cell::UnsafeCell;
pub use loom::lazy_static::Lazy;
pub(crate) use loom::sync::{atomic, mpsc};
pub(crate) use loom::{thread, thread_local};

/// What a global is made of.
pub const fn lazy<T>(init: fn() -> T) -> Lazy<T> {
    Lazy { init, _p: PhantomData }
}
