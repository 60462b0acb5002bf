//! The state machine of the lock: one byte, and a queue of sleeping threads.
//!
//! Source of the idea: the raw mutex of [parking_lot](https://docs.rs/parking_lot).
//!
//! | byte            | meaning                                             |
//! |-----------------|-----------------------------------------------------|
//! | `0`             | free, nobody in the queue                           |
//! | `LOCKED`        | held, nobody in the queue                           |
//! | `LOCKED PARKED` | held, somebody is in the queue or about to enter it |
//! | `PARKED`        | free, somebody in the queue                         |
//!
//! # Invariants
//!
//! 1. A thread enters the queue only while the byte is `LOCKED PARKED`, seen under the queue's lock.
//! 2. `PARKED` is taken away under the queue's lock only, by whoever leaves the queue empty.
//! 3. Therefore an unlocker that finds no `PARKED` leaves nobody asleep, and one that finds it has the
//!    queue's lock before the byte changes under a thread that is about to enter.
//! 4. A waiter that is woken by a fair unlock owns the lock: the byte never lost `LOCKED`.
//!
//! # Memory ordering
//!
//! Every way to take the lock reads the byte with Acquire and every way to give it back writes it with
//! Release, all of them read-modify-writes, so each holder sees what the holders before it wrote. A
//! fair hand-over is ordered by the wake-up instead. `PARKED` alone is Relaxed: it is only
//! information about the queue, and the queue's lock orders it.

use std::fmt;

use sync_core::atomic::AtomicU8;
use sync_core::atomic::Ordering::{Acquire, Relaxed, Release};
use sync_core::cell::Witness;
use sync_core::panic::while_dropping;
use sync_core::parking::{NO_PARK_TOKEN, ParkResult, Parking, UnparkToken};
use sync_core::thread::SpinWait;
use sync_core::time::{Deadline, Duration, Instant};

/// Somebody holds the lock.
const LOCKED: u8 = 0b01;
/// Somebody sleeps in the queue, or is about to.
const PARKED: u8 = 0b10;

/// Woken to try again.
const RETRY: UnparkToken = UnparkToken(0);
/// Woken as the new holder.
const HANDED_OVER: UnparkToken = UnparkToken(1);

/// A lock without data: one byte, for building other things on.
///
/// It implements the traits of [`lock_api`], so every type that is generic over a raw mutex can use
/// it. Most programs want [`Lock`](crate::Lock).
///
/// Not fair: a thread that comes along may take the lock before one that was just woken.
/// [`unlock_fair`](Self::unlock_fair) hands it to the longest waiting thread.
///
/// # Examples
///
/// ```
/// use sync_lock::RawLock;
///
/// let lock = RawLock::new();
/// lock.lock();
/// assert!(!lock.try_lock());
/// // SAFETY: it was locked above.
/// unsafe { lock.unlock() };
/// assert!(lock.try_lock());
/// ```
pub struct RawLock {
    /// Written by everybody; see the table above.
    state: Parking<AtomicU8>,
    witness: Witness,
}

impl RawLock {
    sync_core::const_on_hardware! {
        /// Creates an unlocked lock.
        pub fn new() -> Self {
            Self { state: Parking::new(AtomicU8::new(0)), witness: Witness::new() }
        }
    }

    /// Takes the lock, waiting for as long as it takes.
    #[inline]
    #[track_caller]
    pub fn lock(&self) {
        let taken = self.take(Deadline::NEVER);
        debug_assert!(taken, "a wait without a deadline ends with the lock");
    }

    /// Takes the lock if it is free now.
    #[inline]
    #[track_caller]
    pub fn try_lock(&self) -> bool {
        let mut state = self.state.load(Relaxed);
        while state & LOCKED == 0 {
            let parked =
                if sync_core::mutant!("lock-try-drops-parked") { 0 } else { state & PARKED };
            match self.state.compare_exchange_weak(state, LOCKED | parked, Acquire, Relaxed) {
                Ok(_) => {
                    self.witness.touch();
                    return true;
                }
                Err(now) => state = now,
            }
        }
        false
    }

    /// Takes the lock, waiting at most for `timeout`; `Duration::MAX` is for ever.
    #[inline]
    #[track_caller]
    pub fn try_lock_for(&self, timeout: Duration) -> bool {
        self.try_lock() || self.take(Deadline::after(timeout))
    }

    /// Takes the lock, waiting at most until `moment`.
    #[inline]
    #[track_caller]
    pub fn try_lock_until(&self, moment: Instant) -> bool {
        self.take(Deadline::at(moment))
    }

    /// Tells whether somebody holds the lock at this moment.
    #[inline]
    pub fn is_locked(&self) -> bool {
        self.state.load(Relaxed) & LOCKED != 0
    }

    /// Gives the lock back and wakes the longest waiting thread to try for it.
    ///
    /// # Safety
    ///
    /// The lock is held, and the caller is entitled to give it back. That may be another thread than
    /// the one that took it.
    #[inline]
    #[track_caller]
    pub unsafe fn unlock(&self) {
        self.witness.touch();
        let order = if sync_core::mutant!("lock-unlock-relaxed") { Relaxed } else { Release };
        if self.state.compare_exchange(LOCKED, 0, order, Relaxed).is_err() {
            self.unlock_contended(false);
        }
    }

    /// Gives the lock to the longest waiting thread, if there is one.
    ///
    /// # Safety
    ///
    /// As for [`unlock`](Self::unlock).
    #[inline]
    #[track_caller]
    pub unsafe fn unlock_fair(&self) {
        self.witness.touch();
        if self.state.compare_exchange(LOCKED, 0, Release, Relaxed).is_err() {
            self.unlock_contended(!sync_core::mutant!("lock-unlock-fair-is-not"));
        }
    }

    /// Lets the longest waiting thread have its turn, if there is one, and takes the lock again.
    ///
    /// # Safety
    ///
    /// As for [`unlock`](Self::unlock); the caller holds the lock again afterwards.
    #[inline]
    #[track_caller]
    pub unsafe fn bump(&self) {
        if self.state.load(Relaxed) & PARKED != 0 {
            // SAFETY: the caller's.
            unsafe { self.unlock_fair() };
            self.lock();
        }
    }

    /// Gives the lock back while `f` runs and takes it again, also if `f` panics.
    ///
    /// # Safety
    ///
    /// As for [`unlock`](Self::unlock); nothing that the lock protects is used in `f` without it.
    #[track_caller]
    pub(crate) unsafe fn unlocked<R>(&self, f: impl FnOnce() -> R) -> R {
        struct LockAgain<'a>(&'a RawLock);
        impl Drop for LockAgain<'_> {
            fn drop(&mut self) {
                while_dropping(|| self.0.lock());
            }
        }
        // SAFETY: the caller's.
        unsafe { self.unlock() };
        let _again = LockAgain(self);
        f()
    }

    #[inline]
    #[track_caller]
    fn take(&self, deadline: Deadline) -> bool {
        let taken = self.state.compare_exchange_weak(0, LOCKED, Acquire, Relaxed).is_ok()
            || self.lock_contended(deadline);
        if taken {
            self.witness.touch();
        }
        taken
    }

    #[cold]
    #[track_caller]
    fn lock_contended(&self, deadline: Deadline) -> bool {
        let mut spin = SpinWait::new();
        let mut state = self.state.load(Relaxed);
        loop {
            if state & LOCKED == 0 {
                match self.state.compare_exchange_weak(state, state | LOCKED, Acquire, Relaxed) {
                    Ok(_) => return true,
                    Err(now) => state = now,
                }
                continue;
            }
            if state & PARKED == 0 {
                if spin.spin() {
                    state = self.state.load(Relaxed);
                    continue;
                }
                if let Err(now) =
                    self.state.compare_exchange_weak(state, state | PARKED, Relaxed, Relaxed)
                {
                    state = now;
                    continue;
                }
            }
            match self.sleep(deadline) {
                ParkResult::Unparked(HANDED_OVER) => return true,
                ParkResult::TimedOut => return false,
                _ => {}
            }
            spin.reset();
            state = self.state.load(Relaxed);
        }
    }

    /// Enters the queue, if the lock is still held (invariant 1).
    #[track_caller]
    fn sleep(&self, deadline: Deadline) -> ParkResult {
        // ORDERING: Relaxed; the queue's lock orders what concerns the queue.
        let still_held = || {
            sync_core::mutant!("lock-park-without-looking")
                || self.state.load(Relaxed) == LOCKED | PARKED
        };
        let gave_up = |last: bool| {
            // Invariant 2. An unlocker that saw the mark before it went finds an empty queue.
            if last {
                self.state.fetch_and(!PARKED, Relaxed);
            }
        };
        // SAFETY: the callbacks touch one atomic and cannot panic.
        unsafe { self.state.park(still_held, || (), gave_up, NO_PARK_TOKEN, deadline) }
    }

    #[cold]
    #[track_caller]
    fn unlock_contended(&self, fair: bool) {
        let new_state_and_token = |woken: bool, more: bool| {
            let parked =
                if more && !sync_core::mutant!("lock-forgets-other-waiters") { PARKED } else { 0 };
            if !(woken && fair) {
                (parked, RETRY)
            } else if sync_core::mutant!("lock-hand-over-lets-go") {
                (parked, HANDED_OVER)
            } else {
                (LOCKED | parked, HANDED_OVER)
            }
        };
        // SAFETY: the callback touches one atomic and cannot panic.
        unsafe {
            self.state.unpark_one(|queue| {
                let (state, token) =
                    new_state_and_token(queue.unparked_threads > 0, queue.have_more_threads);
                self.state.swap(state, Release);
                token
            })
        };
    }
}

impl Default for RawLock {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for RawLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawLock").field("locked", &self.is_locked()).finish()
    }
}

sync_core::hardware_only! {
    // SAFETY: the table above excludes two holders; Acquire and Release as the trait demands; a lock
    // may be moved or dropped while held, since nobody can be in its queue then.
    unsafe impl lock_api::RawMutex for RawLock {
        const INIT: Self = Self::new();

        type Guard = lock_api::GuardSend;

        #[inline]
        fn lock(&self) -> Self::Guard {
            self.lock();
            lock_api::GuardSend::new()
        }

        #[inline]
        fn try_lock(&self) -> Option<Self::Guard> {
            self.try_lock().then(lock_api::GuardSend::new)
        }

        #[inline]
        unsafe fn unlock(&self, _guard: Self::Guard) {
            // SAFETY: the caller's.
            unsafe { self.unlock() };
        }

        #[inline]
        fn is_locked(&self) -> bool {
            self.is_locked()
        }
    }

    // SAFETY: as above; a failed attempt does not return before its time.
    unsafe impl lock_api::RawMutexTimed for RawLock {
        type Duration = Duration;
        type Instant = Instant;

        fn try_lock_for(&self, timeout: Duration) -> Option<Self::Guard> {
            self.try_lock_for(timeout).then(lock_api::GuardSend::new)
        }

        fn try_lock_until(&self, moment: Instant) -> Option<Self::Guard> {
            self.try_lock_until(moment).then(lock_api::GuardSend::new)
        }
    }

    // SAFETY: as above; a hand-over leaves the byte locked for its new holder.
    unsafe impl lock_api::RawMutexFair for RawLock {
        #[inline]
        unsafe fn unlock_fair(&self, _guard: Self::Guard) {
            // SAFETY: the caller's.
            unsafe { self.unlock_fair() };
        }

        #[inline]
        unsafe fn bump(&self, _guard: &mut Self::Guard) {
            // SAFETY: the caller's; the guard state carries nothing.
            unsafe { self.bump() };
        }
    }
}
