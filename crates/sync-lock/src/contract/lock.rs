//! What a lock promises.
//!
//! One thread at a time holds it. Who is next is anybody who waits or comes. An attempt without waiting fails only if
//! somebody holds the lock, and one with a time-out only if somebody did when it came and when it gave up, however
//! early that is.
//!
//! A fair release lets another thread go on, if any waits. That this one is next and nobody else is a promise about
//! who waited for longer, and for that it would have to be known since when somebody waits: no program can know.
//!
//! # Memory ordering
//!
//! Giving back *happens before* taking next. Nothing else is ordered: what was done before an attempt that fails, or
//! before a question that is answered, need not be seen.

use sync_core::atomic::AtomicU8;
use sync_core::atomic::Ordering::{Acquire, Relaxed, Release};
use sync_core::contract::{Line, Plain, Queue, time_passes};
use sync_core::thread::yield_now;
use sync_core::time::Deadline;

use crate::wait::Wakeup;

const FREE: u8 = 0;
const HELD: u8 = 1;

pub(crate) struct Lock {
    state: AtomicU8,
    /// Those who wait for as long as it takes, and the holder if it did.
    line: Line,
    /// Whether the holder is the head of the line.
    waited: Plain<bool>,
    /// The head of the line, if the holder is somebody else, who came when the lock was free.
    next: Queue,
}

impl Lock {
    pub(crate) fn new() -> Self {
        let (state, waited) = (AtomicU8::new(FREE), Plain::new(false));
        Self { state, line: Line::new(), waited, next: Queue::new() }
    }

    #[track_caller]
    fn take(&self) -> bool {
        self.state.compare_exchange(FREE, HELD, Acquire, Relaxed).is_ok()
    }

    #[track_caller]
    pub(crate) fn try_lock(&self) -> bool {
        let taken = self.take();
        if taken {
            self.waited.with(|waited| *waited = false);
        }
        taken
    }

    #[track_caller]
    pub(crate) fn lock_by(&self, deadline: Deadline) -> bool {
        if deadline.is_never() {
            self.wait();
            return true;
        }
        let taken = self.try_lock();
        if taken || deadline.is_over() {
            return taken;
        }
        time_passes();
        self.try_lock()
    }

    #[track_caller]
    fn wait(&self) {
        self.line.enter();
        while !self.take() {
            let place = self.next.enter(());
            self.next.wait(place, Deadline::NEVER, || ());
        }
        self.waited.with(|waited| *waited = true);
    }

    /// # Safety
    ///
    /// That of [`RawLock::unlock`](crate::RawLock::unlock), as for the two below.
    #[track_caller]
    pub(crate) unsafe fn unlock(&self) {
        self.state.swap(FREE, Release);
        let next = self.next.take(1);
        if self.waited.with(|waited| *waited) {
            self.line.leave();
        }
        next.wake(());
    }

    /// # Safety
    ///
    /// As above.
    #[track_caller]
    pub(crate) unsafe fn unlock_fair(&self) {
        let is_waited_for = self.is_waited_for();
        // SAFETY: the caller's.
        unsafe { self.unlock() };
        if is_waited_for {
            yield_now();
        }
    }

    /// # Safety
    ///
    /// As above.
    #[track_caller]
    pub(crate) unsafe fn bump(&self) {
        if self.is_waited_for() {
            // SAFETY: the caller's.
            unsafe { self.unlock_fair() };
            self.wait();
        }
    }

    /// Tells whether anybody but the holder is in the line.
    fn is_waited_for(&self) -> bool {
        self.line.len() > usize::from(self.waited.with(|waited| *waited))
    }

    #[track_caller]
    pub(crate) fn lock_after(&self, _wakeup: Wakeup) {
        self.wait();
    }

    #[track_caller]
    pub(crate) fn is_locked(&self) -> bool {
        self.state.load(Relaxed) == HELD
    }
}
