//! The state machine of the semaphores: one word and a queue, first in, first out.
//!
//! | free | waiting | meaning                                                                |
//! |------|---------|------------------------------------------------------------------------|
//! | n    | 0       | n permits to take, by anybody who comes                                |
//! | n    | w ≥ 1   | w threads in the queue; what is free is too little for the first of them, |
//! |      |         | or one has just given up and is about to make its offer (4)            |
//!
//! # Invariants
//!
//! 1. `waiting` is the length of the queue, whenever the queue is unlocked.
//! 2. While `waiting` is not zero, the word is changed with the queue locked only. Whoever comes then
//!    queues up, so a large request is not starved by small ones.
//! 3. Permits go from the one who releases straight to the ones who wait, in order, while the queue is
//!    locked. A thread that wakes has its permits already, however late it is.
//! 4. A waiter that gives up may have been what the others waited for, so it makes an offer of what
//!    is free to those behind it.
//!
//! # Memory ordering
//!
//! Every release writes the word with Release and every grant reads it with Acquire; all are
//! read-modify-writes, so a holder sees everything that went on before each of the permits it got was
//! released. A grant in the queue is passed on by the wake-up. What only counts waiters is Relaxed.

use std::cell::Cell;
use std::fmt;

use sync_core::atomic::Ordering::{Acquire, Relaxed, Release};
use sync_core::atomic::{AtomicU32, AtomicU64};
use sync_core::parking::{FilterOp, ParkResult, ParkToken, Parking, UnparkToken};
use sync_core::time::Deadline;

/// Free permits in the low half, waiting threads in the high half.
#[derive(Clone, Copy, PartialEq, Eq)]
struct State(u64);

const ONE_WAITING: u64 = 1 << 32;

impl State {
    const fn new(free: u32, waiting: u32) -> Self {
        Self(free as u64 | (waiting as u64) << 32)
    }

    const fn free(self) -> u32 {
        self.0 as u32
    }

    const fn waiting(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// The state with `count` permits taken, if they are there and nobody waits for them.
    fn take(self, count: u32) -> Option<Self> {
        let nobody_first = self.waiting() == 0 || sync_core::mutant!("semaphore-barges");
        let left = self.free().checked_sub(count).filter(|_| nobody_first)?;
        Some(Self::new(left, self.waiting()))
    }

    /// The state with `count` permits more, if they can be counted.
    fn put(self, count: u32) -> Option<Self> {
        Some(Self::new(self.free().checked_add(count)?, self.waiting()))
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} free, {} waiting", self.free(), self.waiting())
    }
}

/// More permits than can be counted.
#[derive(Debug)]
pub(crate) struct Overflow;

/// Permits and those who wait for them.
pub(crate) struct RawSemaphore {
    word: Parking<AtomicU64>,
    /// Permits that are out without a guard to give them back; a semaphore without a bound never asks.
    /// Only a count, so Relaxed: the permits themselves are ordered by the word.
    forgotten: AtomicU32,
}

/// A waiter that is woken has what it asked for.
const GRANTED: UnparkToken = UnparkToken(0);

impl RawSemaphore {
    sync_core::const_on_hardware! {
        pub(crate) fn new(permits: u32) -> Self {
            Self {
                word: Parking::new(AtomicU64::new(State::new(permits, 0).0)),
                forgotten: AtomicU32::new(0),
            }
        }
    }

    pub(crate) fn free(&self) -> u32 {
        self.load().free()
    }

    pub(crate) fn waiting(&self) -> u32 {
        self.load().waiting()
    }

    pub(crate) fn forgotten(&self) -> u32 {
        self.forgotten.load(Relaxed)
    }

    /// Notes permits whose guard is gone.
    pub(crate) fn forget(&self, count: u32) {
        self.forgotten.fetch_add(count, Relaxed);
    }

    /// Takes note back of permits about to be released; `false` if there are not so many.
    pub(crate) fn remember(&self, count: u32) -> bool {
        let fewer = |forgotten: u32| forgotten.checked_sub(count);
        if sync_core::mutant!("semaphore-remembers-in-two-steps") {
            let Some(left) = fewer(self.forgotten()) else { return false };
            self.forgotten.swap(left, Relaxed);
            return true;
        }
        self.forgotten.fetch_update(Relaxed, Relaxed, fewer).is_ok()
    }

    /// Takes the permits if they are free and nobody waits.
    #[inline]
    #[track_caller]
    pub(crate) fn try_acquire(&self, count: u32) -> bool {
        count == 0 || self.change(Acquire, |state| state.take(count)).is_some()
    }

    /// Takes the permits, queueing up for them until `deadline`.
    #[inline]
    #[track_caller]
    pub(crate) fn acquire(&self, count: u32, deadline: Deadline) -> bool {
        self.try_acquire(count) || self.acquire_queued(count, deadline)
    }

    #[cold]
    #[track_caller]
    fn acquire_queued(&self, count: u32, deadline: Deadline) -> bool {
        let take_or_queue_up = || {
            let queued = |state: State| match state.take(count) {
                Some(_) => None,
                None => Some(State(state.0 + ONE_WAITING)),
            };
            loop {
                if self.change(Relaxed, queued).is_some() {
                    return true;
                }
                // Released in the meantime: no need to sleep (invariant 3 is about those who do).
                if self.try_acquire(count) {
                    return false;
                }
            }
        };
        let leave = |_last| {
            if !sync_core::mutant!("semaphore-timed-out-still-counts") {
                self.word.fetch_sub(ONE_WAITING, Relaxed);
            }
        };
        let token = ParkToken(count as usize);
        // SAFETY: the callbacks touch one atomic and cannot panic.
        match unsafe { self.word.park(take_or_queue_up, || (), leave, token, deadline) } {
            ParkResult::Unparked(_) | ParkResult::Invalid => true,
            ParkResult::TimedOut => {
                if !sync_core::mutant!("semaphore-leaves-without-offering") {
                    // Invariant 4. Nothing is added, so nothing can overflow.
                    let _ = self.release(0);
                }
                false
            }
        }
    }

    /// Gives permits back, to those who wait first.
    #[inline]
    #[track_caller]
    pub(crate) fn release(&self, count: u32) -> Result<(), Overflow> {
        let order = if sync_core::mutant!("semaphore-release-relaxed") { Relaxed } else { Release };
        loop {
            let state = self.load();
            if state.waiting() > 0 {
                return self.release_to_queue(count);
            }
            let more = state.put(count).ok_or(Overflow)?;
            if self.word.compare_exchange_weak(state.0, more.0, order, Relaxed).is_ok() {
                return Ok(());
            }
        }
    }

    #[cold]
    #[track_caller]
    fn release_to_queue(&self, count: u32) -> Result<(), Overflow> {
        // ORDERING: Acquire, because permits released before this call may be passed on by it.
        let acquire = if sync_core::mutant!("semaphore-grant-relaxed") { Relaxed } else { Acquire };
        let release =
            if sync_core::mutant!("semaphore-left-over-relaxed") { Relaxed } else { Release };
        // What there is to give, looked up when the first waiter is met. The queue is locked and not
        // empty then, so nobody else changes the word (invariant 2).
        let purse = Cell::new(None);
        let pick = |ParkToken(wanted)| {
            let state = purse.get().unwrap_or_else(|| State(self.word.load(acquire)).put(count));
            let left = state.and_then(|state| {
                Some(State::new(state.free().checked_sub(wanted as u32)?, state.waiting() - 1))
            });
            purse.set(Some(left.or(state)));
            match left {
                Some(_) => FilterOp::Unpark,
                None if sync_core::mutant!("semaphore-serves-small-ones-first") => FilterOp::Skip,
                None => FilterOp::Stop,
            }
        };
        let mut result = Ok(());
        let settle = |_| {
            match purse.get() {
                Some(Some(state)) => {
                    self.word.swap(state.0, release);
                }
                // Everybody had given up before the queue was locked.
                None if self.change(release, |state| state.put(count)).is_some() => {}
                _ => result = Err(Overflow),
            }
            GRANTED
        };
        // SAFETY: the callbacks count and touch one atomic; they cannot panic.
        unsafe { self.word.unpark_filter(pick, settle) };
        result
    }

    #[inline]
    fn load(&self) -> State {
        State(self.word.load(Relaxed))
    }

    /// Replaces the state by what `next` makes of it, until that is nothing.
    #[inline]
    #[track_caller]
    fn change(
        &self,
        order: sync_core::atomic::Ordering,
        next: impl Fn(State) -> Option<State>,
    ) -> Option<State> {
        let mut state = self.load();
        loop {
            let new = next(state)?;
            match self.word.compare_exchange_weak(state.0, new.0, order, Relaxed) {
                Ok(_) => return Some(new),
                Err(now) => state = State(now),
            }
        }
    }
}

impl fmt::Debug for RawSemaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.load().fmt(f)
    }
}
