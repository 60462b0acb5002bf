//! Who goes first when permits are free and somebody waits.

/// How a semaphore chooses between those who wait and those who come: [`Fifo`] or [`Greedy`].
pub trait Policy: sealed::Policy {}

/// First come, first served, always.
///
/// Permits go straight to the thread that has waited longest, and nobody takes one while somebody
/// waits. A request for many is not overtaken by requests for few.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fifo {}

/// Whoever comes takes what is free, also while others wait; nobody is passed over for long.
///
/// Saves the switch of threads that handing a permit over costs. A thread that has waited for half a
/// millisecond, and a request for more than one permit, is served like in [`Fifo`]: before all that come
/// after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Greedy {}

impl Policy for Fifo {}
impl Policy for Greedy {}

pub(crate) mod sealed {
    /// The one thing in which the policies differ.
    #[expect(unnameable_types, reason = "sealed: nobody else implements it")]
    pub trait Policy: Send + Sync + 'static {
        /// Whether a thread that waits for a single permit puts up with being overtaken, for a time.
        const WAITERS_ARE_PATIENT: bool;
    }

    impl Policy for super::Fifo {
        const WAITERS_ARE_PATIENT: bool = false;
    }

    impl Policy for super::Greedy {
        const WAITERS_ARE_PATIENT: bool = true;
    }
}
