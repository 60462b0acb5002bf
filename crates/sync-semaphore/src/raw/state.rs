//! The word of a semaphore: free permits, waiting threads, two marks.

use std::fmt;

/// Free permits in the low half, waiting threads and the marks in the high half.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct State(u64);

const ONE_WAITING: u64 = 1 << 32;

/// A patient thread was woken and has not tried yet. More threads than fit below cannot be made.
pub(crate) const WOKEN: u64 = 1 << 62;
/// What is free is kept for those who wait in order.
pub(crate) const ORDERLY: u64 = 1 << 63;

impl State {
    /// So many free permits and nothing else.
    pub(crate) const fn new(free: u32) -> Self {
        Self(free as u64)
    }

    pub(crate) const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    pub(crate) const fn bits(self) -> u64 {
        self.0
    }

    pub(crate) const fn free(self) -> u32 {
        self.0 as u32
    }

    pub(crate) const fn waiting(self) -> u32 {
        ((self.0 & !(WOKEN | ORDERLY)) >> 32) as u32
    }

    pub(crate) const fn has(self, mark: u64) -> bool {
        self.0 & mark != 0
    }

    pub(crate) const fn with(self, mark: u64) -> Self {
        Self(self.0 | mark)
    }

    pub(crate) const fn without(self, mark: u64) -> Self {
        Self(self.0 & !mark)
    }

    /// Tells whether there are a permit and a patient sleeper, and nobody on the way from one to the other.
    #[inline]
    pub(crate) const fn calls(self) -> bool {
        self.waiting() > 0 && self.free() > 0 && !self.has(WOKEN | ORDERLY)
    }

    /// The state with `count` permits taken, if they are there and kept for nobody.
    #[inline]
    pub(crate) fn take(self, count: u32) -> Option<Self> {
        if self.has(ORDERLY) && !sync_core::mutant!("semaphore-barges") {
            return None;
        }
        self.less(count)
    }

    /// The state with `count` permits given to a waiter, if they are there.
    pub(crate) fn grant(self, count: u32) -> Option<Self> {
        Some(self.less(count)?.one_less_waiting())
    }

    /// The state with `count` permits more, if they can be counted.
    #[inline]
    pub(crate) fn put(self, count: u32) -> Option<Self> {
        self.free().checked_add(count)?;
        Some(Self(self.0 + u64::from(count)))
    }

    /// The state with one thread more in the queue.
    pub(crate) fn one_more_waiting(self, in_order: bool) -> Self {
        let state = Self(self.0 + ONE_WAITING);
        if in_order { state.with(ORDERLY) } else { state }
    }

    /// The state with one thread less in the queue.
    pub(crate) fn one_less_waiting(self) -> Self {
        Self(self.0 - ONE_WAITING)
    }

    #[inline]
    fn less(self, count: u32) -> Option<Self> {
        self.free().checked_sub(count)?;
        Some(Self(self.0 - u64::from(count)))
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} free, {} waiting", self.free(), self.waiting())
    }
}
