//! The checker's atomics.

pub use super::engine::atomic::{
    AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence,
};

/// How the only writer stores: by a swap, because loom lets a read-modify-write slip past a plain
/// store (tokio-rs/loom#254).
macro_rules! only_writer_store {
    ($atomic:expr, $value:expr, $order:expr) => {{
        $atomic.swap($value, $order);
    }};
}
pub(crate) use only_writer_store;
