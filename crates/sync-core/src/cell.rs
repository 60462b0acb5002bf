//! Shared memory that is not atomic, with every access visible to the model checker.

pub use crate::backend::cell::{UnsafeCell, Witness};

/// A value that its owner alone can reach, so that it may be shared even if its type may not.
///
/// Errors that carry something of the user's are made with it: an error is to be `Sync`.
///
/// # Examples
///
/// ```
/// use std::cell::Cell;
/// use sync_core::cell::Exclusive;
///
/// fn may_be_shared<T: Sync>(value: T) -> T { value }
/// assert_eq!(may_be_shared(Exclusive::new(Cell::new(5))).into_inner().get(), 5);
/// ```
pub struct Exclusive<T>(T);

// SAFETY: nothing reaches the value through a shared reference, so sharing one shares nothing.
unsafe impl<T> Sync for Exclusive<T> {}

impl<T> Exclusive<T> {
    /// Takes the value in.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// Gives the value back.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> std::fmt::Debug for Exclusive<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad("Exclusive { .. }")
    }
}
