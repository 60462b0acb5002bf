//! What a lock promises.
//!
//! One thread at a time holds it. Who is next is anybody who waits or comes. An attempt fails only if
//! somebody holds the lock, also one with a time-out: that may be over at any moment, so this is one at a later moment.
//! A bump offers the lock to those who wait, if only for some time, and to nobody else.
//!
//! Since when somebody waits no program can know, so nothing can be promised to who has waited for longest. But nobody
//! goes on for ever: but for the first time, whoever releases the lock fairly or has no more time lets others go on first.
//!
//! # Memory ordering
//!
//! Giving back *happens before* taking next. Nothing else is ordered: what was done before an attempt that fails, or
//! before a question that is answered, need not be seen.

use sync_core::atomic::AtomicU8;
use sync_core::atomic::Ordering::{Acquire, Relaxed, Release};
use sync_core::contract::{Line, Plain, Queue, let_others};
use sync_core::time::Deadline;

use crate::wait::Wakeup;

const FREE: u8 = 0;
const HELD: u8 = 1;

pub(crate) struct Lock {
    state: AtomicU8,
    /// Those who wait for as long as it takes, and the holder if it did.
    line: Line,
    holder: Plain<Holder>,
    /// The head of the line, if that is not the holder, who came when the lock was free.
    next: Queue,
}

#[derive(Default)]
struct Holder {
    is_head: bool,
    /// It offers the lock to those who wait.
    offers: bool,
}

impl Lock {
    pub(crate) fn new() -> Self {
        let (state, holder) = (AtomicU8::new(FREE), Plain::default());
        Self { state, line: Line::new(), holder, next: Queue::new() }
    }

    #[track_caller]
    pub(crate) fn try_lock(&self) -> bool {
        let in_vain = if sync_core::mutant!("contract-lock-shows-who-tries-in-vain") {
            Acquire
        } else {
            Relaxed
        };
        self.state.compare_exchange(FREE, HELD, Acquire, in_vain).is_ok()
            || sync_core::mutant!("contract-lock-grants-two")
    }

    /// As [`try_lock`](Self::try_lock), for one who waits.
    #[track_caller]
    fn take(&self) -> bool {
        let taken = self.try_lock();
        let offered = !taken && self.holder.with(|holder| std::mem::take(&mut holder.offers));
        if offered {
            self.state.load(Acquire);
        }
        taken || offered
    }

    #[track_caller]
    pub(crate) fn lock_by(&self, deadline: Deadline) -> bool {
        if deadline.is_never() {
            self.wait();
            return true;
        }
        if deadline.is_over() {
            return self.try_lock();
        }
        let_others();
        self.take()
    }

    #[track_caller]
    fn wait(&self) {
        self.line.enter();
        while !self.take() {
            self.next.wait(self.next.enter(()), Deadline::NEVER, || ());
        }
        self.holder.with(|holder| holder.is_head = true);
    }

    /// # Safety
    ///
    /// That of [`RawLock::unlock`](crate::RawLock::unlock), as for the two below.
    #[track_caller]
    pub(crate) unsafe fn unlock(&self) {
        self.state.swap(FREE, Release);
        self.step_back();
    }

    /// # Safety
    ///
    /// As above.
    #[track_caller]
    pub(crate) unsafe fn unlock_fair(&self) {
        // SAFETY: the caller's.
        unsafe { self.unlock() };
        let_others();
    }

    /// # Safety
    ///
    /// As above.
    #[track_caller]
    pub(crate) unsafe fn bump(&self) {
        self.state.swap(HELD, Release);
        let offers = !sync_core::mutant!("contract-lock-keeps-what-is-bumped");
        self.holder.with(|holder| holder.offers = offers);
        self.step_back();
        let_others();
        self.wait();
    }

    /// Lets the next one come to the head of the line, or the one go on that is there already.
    #[track_caller]
    fn step_back(&self) {
        let next = self.next.take(1);
        if self.holder.with(|holder| std::mem::take(&mut holder.is_head)) {
            self.line.leave();
        }
        next.wake(());
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
