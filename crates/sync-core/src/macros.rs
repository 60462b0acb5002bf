//! The macro that seeds a fault. Those that spare every other crate a `cfg` for the model checker are the
//! backends'.

/// Tells whether the seeded fault of that name is switched on: always `false` in ordinary builds.
///
/// A model is worth what it catches. Builds with `--cfg threadkit_mutants` carry deliberate faults,
/// one of which the environment variable `THREADKIT_MUTANT` chooses; the models must then fail.
///
/// # Examples
///
/// ```
/// assert!(!sync_core::mutant!("forget-the-last-waiter"));
/// ```
#[cfg(not(threadkit_mutants))]
#[macro_export]
macro_rules! mutant {
    ($name:literal) => {
        false
    };
}

/// Tells whether the seeded fault of that name is switched on.
#[cfg(threadkit_mutants)]
#[macro_export]
macro_rules! mutant {
    ($name:literal) => {
        $crate::mutant::chosen($name)
    };
}
