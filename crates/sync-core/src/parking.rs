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

pub use crate::backend::parking::Parking;
pub use parking_lot_core::{FilterOp, ParkResult, ParkToken, RequeueOp, UnparkResult, UnparkToken};

/// A token for those who have nothing to say.
pub const NO_PARK_TOKEN: ParkToken = ParkToken(0);
