//! A flag to wait for, and its queue.
//!
//! One word and a queue.
//!
//! | word     | meaning                                     |
//! |----------|---------------------------------------------|
//! | `CLEAR`  | not set, and nobody waits                   |
//! | `WAITED` | not set, and somebody is in the queue       |
//! | `SET`    | set, and nobody is in the queue             |
//!
//! Between `CLEAR` and `SET` it goes without the queue's lock. To and from `WAITED` it goes under that lock only,
//! so
//!
//! 1. whoever is in the queue finds somebody to wake it: `set` cannot change `WAITED` in passing;
//! 2. a wake-up is for those who were there when the flag was set, whatever becomes of it afterwards: the
//!    word changes and they are woken in one step, before which `clear` has nothing to clear.
//!
//! # Memory ordering
//!
//! Every change is a read-modify-write. `set` and `clear` release, also where they change nothing, and
//! whoever reads the word acquires, so each sees what went on before every `set` and `clear` up to then.
//! Who is woken sees what its waker did, and that includes what the waker saw.

use sync_core::atomic::AtomicU8;
use sync_core::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use sync_core::parking::{FilterOp, NO_PARK_TOKEN, ParkResult, Parking, UnparkResult, UnparkToken};
use sync_core::time::Deadline;

const CLEAR: u8 = 0;
const SET: u8 = 1;
const WAITED: u8 = 2;

/// Woken because the flag was set; nobody needs to be told more.
const WAS_SET: UnparkToken = UnparkToken(0);

/// The state machine of [`Event`](crate::Event).
pub(crate) struct Event {
    word: Parking<AtomicU8>,
}

impl Event {
    sync_core::const_on_hardware! {
        pub(crate) fn new() -> Self {
            Self { word: Parking::new(AtomicU8::new(CLEAR)) }
        }
    }

    #[track_caller]
    pub(crate) fn is_set(&self) -> bool {
        // ORDERING: Acquire: pairs with `set` and `clear`.
        self.word.load(Acquire) == SET
    }

    #[track_caller]
    pub(crate) fn set(&self) {
        let release = if sync_core::mutant!("event-set-relaxed") { Relaxed } else { AcqRel };
        // ORDERING: Relaxed: the exchange confirms it.
        let mut now = self.word.load(Relaxed);
        while now != WAITED {
            if now == SET && sync_core::mutant!("event-set-twice-in-silence") {
                return;
            }
            // ORDERING: AcqRel: the Release pairs with whoever reads it; the Acquire hands on what others
            // released. Relaxed for a failure, after which it is tried again.
            match self.word.compare_exchange_weak(now, SET, release, Relaxed) {
                Ok(_) => return,
                Err(other) => now = other,
            }
        }
        self.set_and_wake();
    }

    /// Sets the event of those who are in the queue. Nothing is touched once they can go on, so any of
    /// them may drop the event.
    #[cold]
    #[track_caller]
    fn set_and_wake(&self) {
        let set = |_: UnparkResult| {
            let (relaxed, blind) = (
                sync_core::mutant!("event-wakes-relaxed"),
                sync_core::mutant!("event-wakes-without-a-look"),
            );
            let both = if relaxed {
                Relaxed
            } else if blind {
                Release
            } else {
                AcqRel
            };
            // ORDERING: AcqRel, as in `set`.
            self.word.swap(SET, both);
            WAS_SET
        };
        if sync_core::mutant!("event-set-before-its-waiters-wake") {
            self.word.swap(SET, AcqRel);
        }
        // SAFETY: the callbacks touch one atomic and cannot panic.
        unsafe { self.word.unpark_filter(|_| FilterOp::Unpark, set) };
    }

    #[track_caller]
    pub(crate) fn clear(&self) {
        let both = if sync_core::mutant!("event-clear-relaxed") { Relaxed } else { AcqRel };
        let waited =
            if sync_core::mutant!("event-clear-forgets-who-waits") { CLEAR } else { WAITED };
        // ORDERING: AcqRel, also where it changes nothing: the Acquire is for the caller, who looks next at what
        // there is to do; the Release pairs with whoever reads it, and with the next `set`.
        self.word.fetch_and(waited, both);
    }

    #[track_caller]
    pub(crate) fn wait(&self, deadline: Deadline) -> bool {
        self.is_set() || self.sleep(deadline)
    }

    /// Enters the queue, unless the event is set; `false` if it took too long.
    #[cold]
    #[track_caller]
    fn sleep(&self, deadline: Deadline) -> bool {
        let enter = || {
            // ORDERING: Acquire, as in `is_set`.
            let seen = self.word.compare_exchange(CLEAR, WAITED, Acquire, Acquire);
            seen != Err(SET) || sync_core::mutant!("event-waits-without-looking")
        };
        let leave = |last: bool| {
            if last || sync_core::mutant!("event-leaver-forgets-the-others") {
                // ORDERING: Relaxed: it tells nothing, and a read-modify-write passes on what others told.
                self.word.swap(CLEAR, Relaxed);
            }
        };
        // SAFETY: the callbacks touch one atomic and cannot panic.
        let result = unsafe { self.word.park(enter, || (), leave, NO_PARK_TOKEN, deadline) };
        result != ParkResult::TimedOut
    }
}
