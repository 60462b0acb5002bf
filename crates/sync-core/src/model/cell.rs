//! The checker's cell, which reports a data race as a "Causality violation".

use std::fmt;

use super::engine;

/// Memory that can change behind a shared reference; the checker sees every access.
pub struct UnsafeCell<T: ?Sized>(engine::UnsafeCell<T>);

impl<T> UnsafeCell<T> {
    /// Creates a cell that holds `value`.
    #[track_caller]
    pub fn new(value: T) -> Self {
        Self(engine::UnsafeCell::new(value))
    }

    /// Returns the value.
    pub fn into_inner(self) -> T {
        self.0.into_inner()
    }
}

impl<T: ?Sized> UnsafeCell<T> {
    /// Reads: calls `f` with a pointer to the value.
    #[track_caller]
    pub fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        self.0.with(f)
    }

    /// Writes: calls `f` with a pointer to the value.
    #[track_caller]
    pub fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        self.0.with_mut(f)
    }

    /// Returns the value behind an exclusive reference.
    #[track_caller]
    pub fn get_mut(&mut self) -> &mut T {
        // SAFETY: `&mut self` proves that nobody else has access to the value.
        self.0.with_mut(|value| unsafe { &mut *value })
    }
}

impl<T: Default> Default for UnsafeCell<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: ?Sized> fmt::Debug for UnsafeCell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("UnsafeCell { .. }")
    }
}

/// Evidence of exclusion: a raw lock touches it when it is taken and when it is given back.
///
/// Without it a re-entrant lock that excludes nobody passes its models, because reads through
/// `&T` alone are no race.
#[derive(Debug)]
pub struct Witness(UnsafeCell<()>);

// SAFETY: the cell holds nothing; unsynchronised touches are what the checker is there to report.
unsafe impl Sync for Witness {}

impl Default for Witness {
    fn default() -> Self {
        Self::new()
    }
}

impl Witness {
    /// Creates a witness.
    #[track_caller]
    pub fn new() -> Self {
        Self(UnsafeCell::new(()))
    }

    /// Claims exclusive access at this point of the program.
    #[track_caller]
    pub fn touch(&self) {
        self.0.with_mut(|_| ());
    }
}
