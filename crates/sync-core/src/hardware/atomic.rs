//! The processor's atomics.

pub use core::sync::atomic::{
    AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence,
};

/// How the only writer stores: plainly.
macro_rules! only_writer_store {
    ($atomic:expr, $value:expr, $order:expr) => {
        $atomic.store($value, $order)
    };
}
pub(crate) use only_writer_store;
