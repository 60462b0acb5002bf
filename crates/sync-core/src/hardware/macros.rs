//! The macros that spare every other crate a `cfg` for the model checker, in an ordinary build.

/// Declares a function that is `const` on hardware and an ordinary one under the model checker.
///
/// The checker's atomics register themselves with the running execution, so none of them can be
/// made at compile time.
///
/// # Examples
///
/// ```
/// use sync_core::atomic::AtomicU32;
///
/// pub struct Counter(AtomicU32);
///
/// impl Counter {
///     sync_core::const_on_hardware! {
///         /// Creates a counter at zero.
///         pub fn new() -> Self {
///             Self(AtomicU32::new(0))
///         }
///     }
/// }
///
/// static HITS: Counter = Counter::new();
/// assert_eq!(HITS.0.load(sync_core::atomic::Ordering::Relaxed), 0);
/// ```
#[macro_export]
macro_rules! const_on_hardware {
    ($(#[$meta:meta])* $vis:vis fn $($rest:tt)*) => {
        $(#[$meta])* $vis const fn $($rest)*
    };
}

/// Keeps the items inside it on hardware and drops them under the model checker.
///
/// # Examples
///
/// ```
/// sync_core::hardware_only! {
///     fn needs_a_real_clock() -> bool { true }
/// }
/// assert!(needs_a_real_clock());
/// ```
#[macro_export]
macro_rules! hardware_only {
    ($($item:item)*) => { $($item)* };
}

/// Declares statics: plain ones on hardware, fresh ones for each execution under the model checker.
///
/// A plain `static` of a type that holds atomics cannot work under the checker, where an object
/// belongs to one execution. On hardware the initial value must be a constant expression.
///
/// # Examples
///
/// ```
/// use sync_core::atomic::{AtomicU32, Ordering::Relaxed};
///
/// sync_core::global! {
///     /// How often somebody knocked.
///     static KNOCKS: AtomicU32 = AtomicU32::new(0);
/// }
///
/// KNOCKS.fetch_add(1, Relaxed);
/// assert_eq!(KNOCKS.load(Relaxed), 1);
/// ```
#[macro_export]
macro_rules! global {
    ($($(#[$meta:meta])* $vis:vis static $name:ident: $ty:ty = $init:expr;)*) => {
        $($(#[$meta])* $vis static $name: $ty = $init;)*
    };
}
