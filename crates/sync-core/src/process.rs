//! The process, which a `fork` copies together with the one thread that called it.

use std::sync::OnceLock;

pub use crate::backend::process::{first_thread, generation};

/// A value that each process has for itself: the child of a `fork` gets a fresh one.
///
/// The parent's may be of no use to it, since it is as some thread left it that the child does not
/// have: locked, for one.
#[derive(Debug)]
pub struct PerProcess<T> {
    generation: u32,
    value: T,
    /// That of a child, a grandchild, and so on.
    next: OnceLock<Box<Self>>,
}

impl<T> PerProcess<T> {
    /// Creates that of the first process.
    pub const fn new(value: T) -> Self {
        Self { generation: 0, value, next: OnceLock::new() }
    }

    /// Returns that of this process, and makes it first if there is none yet.
    pub fn get(&self, make: impl Fn() -> T) -> &T {
        let generation = generation();
        let mut now = self;
        while now.generation != generation {
            let fresh = || Box::new(Self { generation, value: make(), next: OnceLock::new() });
            now = now.next.get_or_init(fresh);
        }
        &now.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_same_for_as_long_as_nobody_forks() {
        static NUMBER: PerProcess<u32> = PerProcess::new(7);
        assert_eq!(NUMBER.get(|| unreachable!("this is no child")), &7);
    }
}
