//! The real thing: processor atomics, operating-system threads and clocks.

#[cfg(all(target_os = "linux", not(miri)))]
mod at_start;
pub(crate) mod atomic;
mod brake;
pub(crate) mod cell;
#[cfg(feature = "channel")]
pub(crate) mod channel;
mod clock;
pub(crate) mod fence;
mod macros;
pub(crate) mod panic;
pub(crate) mod parking;
pub(crate) mod patience;
pub(crate) mod process;
#[cfg(unix)]
mod sleepers;
#[cfg(not(unix))]
mod sleepers {
    //! There is no `fork` here.
    use crate::time::Deadline;

    pub(super) struct Seat;

    impl Seat {
        pub(super) const fn enter(&self) {}
        pub(super) const fn leave(&self) {}
        pub(super) const fn sleeps_in(&self, _queues: [usize; 2], _deadline: Deadline) {}
        pub(super) const fn is_up(&self) {}
    }

    pub(super) const fn empty_queues() {}

    #[inline]
    pub(super) fn with_seat<R>(f: impl FnOnce(&Seat) -> R) -> R {
        f(&Seat)
    }
}
pub(crate) mod thread;
pub(crate) mod time;
