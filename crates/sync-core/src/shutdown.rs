//! How a pool ends: one word for all pools, so that a program names it once.

/// What a shutdown does with the work that has not started.
///
/// # Examples
///
/// ```
/// use sync_core::shutdown::Shutdown;
///
/// assert_eq!(Shutdown::default(), Shutdown::Drain);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Shutdown {
    /// Does it all.
    #[default]
    Drain,
    /// Cancels it, and tells whoever waits for it.
    Cancel,
}
