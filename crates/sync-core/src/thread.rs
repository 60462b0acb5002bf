//! Threads, their never-reused ids, and ways to pass the time.

use std::num::NonZeroU64;

pub use crate::backend::thread::{
    Builder, JoinHandle, SpinWait, available_parallelism, current_id, current_name, sleep,
    yield_now,
};

crate::hardware_only! {
    pub use crate::backend::thread::{Scope, ScopedJoinHandle, scope};
}

/// The identity of a thread: a number that no other thread of the process ever gets.
///
/// Unlike an address in thread-local storage it is not recycled when a thread ends, and unlike
/// `std`'s id it can be asked for while the thread's storage is being torn down.
///
/// # Examples
///
/// ```
/// use sync_core::thread;
///
/// let other = std::thread::spawn(thread::current_id).join().unwrap();
/// assert_ne!(thread::current_id(), other);
/// assert_eq!(thread::current_id(), thread::current_id());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ThreadId(NonZeroU64);

impl ThreadId {
    /// The id as a number; never zero, so that zero can stand for "nobody".
    #[inline]
    pub const fn get(self) -> u64 {
        self.0.get()
    }

    /// The thread that runs `main`; nobody has this id under the model checker.
    pub const MAIN: Self = Self(NonZeroU64::MIN);

    /// Takes a fresh number.
    pub(crate) fn fresh() -> Self {
        use std::sync::atomic::{AtomicU64, Ordering};
        // Not one of the checker's atomics: ids are compared, and which number it is decides nothing.
        static NEXT: AtomicU64 = AtomicU64::new(ThreadId::MAIN.get() + 1);
        // ORDERING: Relaxed, because the increment alone makes the number unique.
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        Self(NonZeroU64::new(id).expect("more threads than 64 bits can count"))
    }

    /// Reads an id back from its number; `None` for zero.
    #[inline]
    pub(crate) const fn from_u64(id: u64) -> Option<Self> {
        match NonZeroU64::new(id) {
            Some(id) => Some(Self(id)),
            None => None,
        }
    }
}
