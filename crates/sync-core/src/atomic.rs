//! Atomic integers, pointers and fences: the processor's, or the model checker's.
//!
//! On hardware these are the types of [`core::sync::atomic`]. Under the checker they are loom's,
//! whose constructors are not `const`; see [`const_on_hardware!`](crate::const_on_hardware!).

pub use crate::backend::atomic::{
    AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence,
};

/// A store by the only thread that may change the variable at that moment.
///
/// On hardware it is a plain store. Under the model checker it is a swap, because loom lets a
/// read-modify-write slip past a plain store (tokio-rs/loom#254). A swap continues a release
/// sequence where a store would end it, so nobody may rely on an edge that reads *through* it.
pub trait OnlyWriter {
    /// The integer inside.
    type Value;

    /// Stores `value`; the caller is the only thread that may write here now.
    fn store_by_only_writer(&self, value: Self::Value, order: Ordering);
}

macro_rules! only_writer {
    ($($atomic:ty: $value:ty),*) => {$(
        impl OnlyWriter for $atomic {
            type Value = $value;

            #[inline]
            #[track_caller]
            fn store_by_only_writer(&self, value: $value, order: Ordering) {
                crate::backend::atomic::only_writer_store!(self, value, order);
            }
        }
    )*};
}

only_writer!(AtomicU8: u8, AtomicU32: u32, AtomicU64: u64, AtomicUsize: usize);
