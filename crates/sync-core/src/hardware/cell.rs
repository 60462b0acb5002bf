//! `core`'s cell behind `with` and `with_mut`, at no cost.

/// Memory that can change behind a shared reference.
///
/// All access goes through [`with`](Self::with) and [`with_mut`](Self::with_mut), which is how the
/// model checker learns of it and finds data races.
#[repr(transparent)]
#[derive(Debug, Default)]
pub struct UnsafeCell<T: ?Sized>(core::cell::UnsafeCell<T>);

impl<T> UnsafeCell<T> {
    /// Creates a cell that holds `value`.
    pub const fn new(value: T) -> Self {
        Self(core::cell::UnsafeCell::new(value))
    }

    /// Returns the value.
    pub fn into_inner(self) -> T {
        self.0.into_inner()
    }
}

impl<T: ?Sized> UnsafeCell<T> {
    /// Reads: calls `f` with a pointer to the value.
    #[inline]
    pub fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        f(self.0.get())
    }

    /// Writes: calls `f` with a pointer to the value.
    #[inline]
    pub fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        f(self.0.get())
    }

    /// Returns the value behind an exclusive reference.
    #[inline]
    pub fn get_mut(&mut self) -> &mut T {
        self.0.get_mut()
    }
}

/// Evidence of exclusion: a raw lock touches it when it is taken and when it is given back.
///
/// Under the model checker each touch is a write, so two holders at once are a data race and the
/// model fails. On hardware it has no size and does nothing.
#[derive(Debug, Default)]
pub struct Witness(());

impl Witness {
    /// Creates a witness.
    pub const fn new() -> Self {
        Self(())
    }

    /// Claims exclusive access at this point of the program.
    #[inline]
    pub fn touch(&self) {}
}
