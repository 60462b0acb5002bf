//! The checker's atomics.

pub use loom::sync::atomic::{
    AtomicBool, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence,
};

/// A store by the only thread that may change the variable at that moment: here a swap, because
/// loom lets a read-modify-write slip past a plain store (tokio-rs/loom#254).
pub trait OnlyWriter {
    /// The integer inside.
    type Value;

    /// Stores `value`; the caller is the only thread that may write here now.
    fn store_by_only_writer(&self, value: Self::Value, order: Ordering);
}

macro_rules! swap {
    ($($atomic:ty: $value:ty),*) => {$(
        impl OnlyWriter for $atomic {
            type Value = $value;

            #[track_caller]
            fn store_by_only_writer(&self, value: $value, order: Ordering) {
                self.swap(value, order);
            }
        }
    )*};
}

swap!(AtomicU8: u8, AtomicU32: u32, AtomicU64: u64, AtomicUsize: usize);
