//! Queues of sleeping threads, each attached to the atomic word that it serves.
//!
//! A [`Parking<A>`] is an atomic word with a first-in-first-out queue of threads that wait for it to
//! change. On hardware the queue lives in the process-wide table of [`parking_lot_core`], under the
//! word's own address, and costs no memory; a word of its own for each queue is what keeps two
//! queues of one object apart. Under the model checker the queue lives in the object, because a
//! table for all would make every lock of a program depend on every other.
//!
//! Callbacks, `before_sleep` excepted, run while the queue is locked, in both worlds, so what they see
//! and change is atomic with respect to the queue.

use crate::time::Deadline;

pub use crate::backend::parking::Parking;
pub use parking_lot_core::{FilterOp, ParkResult, ParkToken, RequeueOp, UnparkResult, UnparkToken};

/// A token for those who have nothing to say.
pub const NO_PARK_TOKEN: ParkToken = ParkToken(0);

impl<A> Parking<A> {
    /// Puts the calling thread at the end of the queue and to sleep.
    ///
    /// `validate` runs with the queue locked; if it returns `false`, the answer is
    /// [`ParkResult::Invalid`] at once. `before_sleep` runs once the thread is in the queue, with
    /// the queue unlocked. `timed_out` runs with the queue locked when `deadline` passed first, and
    /// is told whether this was the last thread in the queue. An unparker that came first wins: the
    /// answer is then [`ParkResult::Unparked`], however late it is.
    ///
    /// # Safety
    ///
    /// The callbacks must not panic. `validate` and `timed_out` must not call into any parking
    /// queue; `before_sleep` may unpark threads but must not park.
    #[track_caller]
    pub unsafe fn park(
        &self,
        validate: impl FnOnce() -> bool,
        before_sleep: impl FnOnce(),
        timed_out: impl FnOnce(bool),
        token: ParkToken,
        deadline: Deadline,
    ) -> ParkResult {
        // SAFETY: the caller's.
        unsafe {
            self.park_movable(
                self,
                validate,
                before_sleep,
                |_moved, last| timed_out(last),
                token,
                deadline,
            )
        }
    }
}
