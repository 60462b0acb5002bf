//! Atomic integers and fences: the processor's, or the model checker's.
//!
//! On hardware these are the types of [`core::sync::atomic`]. Under the checker they are loom's,
//! whose constructors are not `const`; see [`const_on_hardware!`](crate::const_on_hardware!).

pub use crate::backend::atomic::{
    AtomicBool, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, OnlyWriter, Ordering, fence,
};
