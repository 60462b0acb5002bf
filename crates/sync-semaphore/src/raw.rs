//! The state machine of the semaphores: one word and a queue.
//!
//! Whoever waits sleeps in the queue, in one of two ways. *In order*: permits are kept for the sleeper,
//! and it is woken when it has them. *Patient*: it is woken when there are permits, to try for them like
//! everybody. The policy decides who is patient: nobody under `Fifo`; under `Greedy` whoever asks for
//! one permit and has not been woken in vain for some time.
//!
//! | free | waiting | marks   | meaning                                                              |
//! |------|---------|---------|----------------------------------------------------------------------|
//! | n    | 0       |         | n permits to take, by anybody who comes                              |
//! | n    | w ≥ 1   | ORDERLY | w threads in the queue; what is free is too little for the first of those |
//! |      |         |         | that wait in order, and kept for it                                  |
//! | 0    | w ≥ 1   |         | w patient threads in the queue                                       |
//! | n ≥ 1 | w ≥ 1  |         | *calls*: somebody is about to wake one of them (4)                   |
//! | n    | w       | WOKEN   | w threads in the queue, and a patient one that was woken has still to try |
//!
//! # Invariants
//!
//! 1. `waiting` is the length of the queue, whenever the queue is unlocked.
//! 2. While anybody in the queue waits in order, `ORDERLY` stands, and while it stands, the word is
//!    changed with the queue locked only. Whoever comes then queues up.
//! 3. Under `ORDERLY` permits go from the one who releases straight to those who wait in order, one
//!    after the other, while the queue is locked. A thread that wakes has its permits already, however
//!    late it is. Whoever finds nobody left that waits in order takes the mark away.
//! 4. Whoever leaves the word in a state that calls, by more permits or by a mark less, wakes the first
//!    of the queue and sets `WOKEN`, with the queue locked and only if the word still calls.
//! 5. Who was woken so takes `WOKEN` away with the permit, or as it goes back into the queue, and
//!    nobody else does.
//! 6. A waiter that gives up may have been what the others waited for, so it makes an offer of what is
//!    free to those behind it.
//!
//! # Nobody sleeps beside permits that it could have
//!
//! *In order.* Let F be the first that waits in order, and enough be free for it. The last change that
//! made it so was made with the queue locked (2). It was none by F, which would have taken the permits
//! instead of queueing up; so it was a release or an offer, which would have served F (3), or somebody
//! before F left: served, and then the same call served F next, or giving up, and then an offer is to
//! come (6). The same holds for who comes with `ORDERLY` set and finds nobody in the queue who needs it:
//! it was set for somebody, who was served (3) or is about to make an offer.
//!
//! *Patient.* Say P sleeps, and a permit is free and kept for nobody. If `WOKEN` stands, then whoever
//! was woken will try. If it takes the permit, that is gone, or was one of several, and the state it
//! leaves calls; if it goes back into the queue, no permit is free, or it is kept for somebody. If
//! `WOKEN` does not stand, the state calls. Look at the last change that made it so. P's queueing up is
//! none, since it would have taken the permit. More permits, `WOKEN` or `ORDERLY` taken away: whoever
//! did that wakes somebody (4), or finds on looking again, with the queue locked, that the word does
//! not call any more.
//!
//! # Nobody is overtaken for ever
//!
//! A thread that waits in order is overtaken by none that comes later. A patient thread is overtaken
//! while it sleeps, for half a millisecond: then it wakes up by itself and waits in order, see
//! [`sync_core::patience`]. No turns are arranged as with a lock, since a permit that is handed over
//! keeps nobody from the others. A request for many waits in order from the beginning.
//!
//! # Memory ordering
//!
//! Every release writes the word with Release; whoever takes permits, or enters the queue for them,
//! changes it with Acquire. All changes are read-modify-writes, so a holder sees everything that went on
//! before each of the permits it got was released. A grant in the queue is ordered by the queue's lock
//! and passed on by the wake-up. What only counts waiters or sets marks is Relaxed.

mod state;

use std::cell::Cell;
use std::fmt;

use sync_core::atomic::AtomicU64;
use sync_core::atomic::Ordering::{self, Acquire, Relaxed, Release};
use sync_core::parking::{FilterOp, ParkResult, ParkToken, Parking, UnparkToken};
use sync_core::patience::Patience;
use sync_core::thread::SpinWait;
use sync_core::time::Deadline;

use self::state::{ORDERLY, State, WOKEN};
use crate::forgotten::Forgotten;
use crate::request::{Overflow, Request};

/// Permits and those who wait for them.
#[expect(unnameable_types, reason = "a sealed trait hands it out, and nobody else can call that")]
pub struct RawSemaphore {
    word: Parking<AtomicU64>,
    pub(crate) forgotten: Forgotten,
}

/// A waiter that is woken has what it asked for.
const GRANTED: UnparkToken = UnparkToken(0);
/// A waiter that is woken may try again.
const RETRY: UnparkToken = UnparkToken(1);

/// What a patient thread says in the queue; the others say how many they want, which is not none.
const PATIENT: ParkToken = ParkToken(0);

/// Counting.
impl RawSemaphore {
    sync_core::const_on_hardware! {
        pub(crate) fn new(permits: u32) -> Self {
            Self {
                word: Parking::new(AtomicU64::new(State::new(permits).bits())),
                forgotten: Forgotten::new(),
            }
        }
    }

    pub(crate) fn free(&self) -> u32 {
        self.load().free()
    }

    pub(crate) fn waiting(&self) -> u32 {
        self.load().waiting()
    }

    #[inline]
    fn load(&self) -> State {
        State::from_bits(self.word.load(Relaxed))
    }

    /// Replaces the state by what `next` makes of it and returns that, unless it is nothing.
    #[inline]
    #[track_caller]
    fn change(&self, order: Ordering, next: impl Fn(State) -> Option<State>) -> Option<State> {
        let mut state = self.load();
        loop {
            let new = next(state)?;
            match self.word.compare_exchange_weak(state.bits(), new.bits(), order, Relaxed) {
                Ok(_) => return Some(new),
                Err(now) => state = State::from_bits(now),
            }
        }
    }
}

/// Taking.
impl RawSemaphore {
    /// Takes the permits if they are free and kept for nobody.
    #[inline]
    #[track_caller]
    pub(crate) fn try_acquire(&self, count: u32) -> bool {
        count == 0 || self.change(Acquire, |state| state.take(count)).is_some()
    }

    /// Takes what is free and kept for nobody, at most so much, and returns how much it was.
    #[track_caller]
    pub(crate) fn try_acquire_up_to(&self, most: u32) -> u32 {
        let taken = Cell::new(0);
        let next = |state: State| {
            taken.set(most.min(state.free()));
            if sync_core::mutant!("semaphore-up-to-so-many-barges") && taken.get() > 0 {
                return Some(State::from_bits(state.bits() - u64::from(taken.get())));
            }
            if taken.get() > 0 { state.take(taken.get()) } else { None }
        };
        let acquire =
            if sync_core::mutant!("semaphore-up-to-so-many-relaxed") { Relaxed } else { Acquire };
        if self.change(acquire, next).is_some() { taken.get() } else { 0 }
    }

    /// Takes the permits, waiting for them if need be; `false` if it took too long.
    #[inline]
    #[track_caller]
    pub(crate) fn acquire(&self, request: Request) -> bool {
        self.try_acquire(request.count) || self.acquire_contended(request)
    }

    #[cold]
    #[track_caller]
    fn acquire_contended(&self, request: Request) -> bool {
        let Request { count, is_patient, deadline } = request;
        let mut patience = Patience::new();
        let mut woken = false;
        loop {
            if is_patient && self.take_while_awake(count, woken) {
                return true;
            }
            let in_order = !is_patient || count > 1 || patience.is_over_without_turns();
            let limit = if in_order { deadline } else { deadline.min(patience.limit()) };
            match self.sleep(count, in_order, woken, limit) {
                Slept::AndHas => return true,
                Slept::TooLong if limit == deadline => return false,
                Slept::TooLong if sync_core::mutant!("semaphore-gives-up-with-its-patience") => {
                    return false;
                }
                // It has been patient for long enough, and queues up again in order.
                Slept::TooLong => woken = false,
                Slept::UntilWoken => woken = true,
            }
        }
    }

    /// Takes the permits if they are free, or become so within the time of a sleep and a wake-up.
    #[track_caller]
    fn take_while_awake(&self, count: u32, woken: bool) -> bool {
        if woken && self.take_when_woken(count) {
            return true;
        }
        let mut spin = SpinWait::new();
        while spin.spin() {
            let state = self.load();
            if state.has(ORDERLY) {
                return false;
            }
            let was_woken = woken && !sync_core::mutant!("semaphore-woken-takes-as-one-who-comes");
            let taken =
                || if was_woken { self.take_when_woken(count) } else { self.try_acquire(count) };
            if state.take(count).is_some() && taken() {
                return true;
            }
        }
        false
    }

    /// The way by which a thread takes its permits that was woken to try (invariant 5).
    #[track_caller]
    fn take_when_woken(&self, count: u32) -> bool {
        let left = self.change(Acquire, |state| Some(state.take(count)?.without(WOKEN)));
        left.inspect(|&left| self.pass_on(left)).is_some()
    }

    /// Whoever was woken to try has taken its permits and left that, without `WOKEN` (invariant 4).
    #[track_caller]
    fn pass_on(&self, left: State) {
        if !sync_core::mutant!("semaphore-woken-wakes-nobody") {
            self.see_to(left);
        }
    }

    /// Enters the queue, unless the permits can be taken. `woken` if the caller was, and tried.
    #[track_caller]
    fn sleep(&self, count: u32, in_order: bool, woken: bool, deadline: Deadline) -> Slept {
        let after = Cell::new(State::new(0));
        let enter = || {
            let taken = Cell::new(false);
            let next = |state: State| {
                let left = state.take(count);
                taken.set(left.is_some());
                let new = left.unwrap_or(state.one_more_waiting(in_order));
                let goes_back = !in_order && sync_core::mutant!("semaphore-woken-goes-back-woken");
                let stays =
                    !woken || goes_back || sync_core::mutant!("semaphore-woken-stays-woken");
                Some(if stays { new } else { new.without(WOKEN) })
            };
            // ORDERING: Acquire with the Release of every permit that was released before, since it may take
            // them; and if it does not, whoever serves it later knows them by the queue's lock.
            let acquire =
                if sync_core::mutant!("semaphore-enters-relaxed") { Relaxed } else { Acquire };
            after.set(self.change(acquire, next).expect("there is always a next state"));
            !taken.get()
        };
        let leave = |_last| {
            if !sync_core::mutant!("semaphore-timed-out-still-counts") {
                // ORDERING: Relaxed, as all that counts waiters.
                self.change(Relaxed, |state| Some(state.one_less_waiting()));
            }
        };
        let token = if in_order { ParkToken(count as usize) } else { PATIENT };
        // SAFETY: the callbacks touch one atomic. They cannot panic, since the state that they expect is
        // never missing.
        match unsafe { self.word.park(enter, || (), leave, token, deadline) } {
            ParkResult::Unparked(RETRY) => Slept::UntilWoken,
            ParkResult::Unparked(_) => Slept::AndHas,
            ParkResult::Invalid => {
                if woken {
                    self.pass_on(after.get());
                }
                Slept::AndHas
            }
            ParkResult::TimedOut => {
                if !sync_core::mutant!("semaphore-leaves-without-offering") {
                    // Invariant 6. Nothing is added, so nothing can overflow.
                    let _ = self.serve(0);
                }
                Slept::TooLong
            }
        }
    }
}

/// How a sleep ended.
enum Slept {
    /// With the permits.
    AndHas,
    /// With the deadline.
    TooLong,
    /// With a wake-up to try again.
    UntilWoken,
}

/// Giving.
impl RawSemaphore {
    /// Gives permits back, to those first who wait in order.
    #[inline]
    #[track_caller]
    pub(crate) fn release(&self, count: u32) -> Result<(), Overflow> {
        let order = if sync_core::mutant!("semaphore-release-relaxed") { Relaxed } else { Release };
        loop {
            let state = self.load();
            if state.has(ORDERLY) {
                return self.serve(count);
            }
            let more = state.put(count).ok_or(Overflow)?;
            if self.word.compare_exchange_weak(state.bits(), more.bits(), order, Relaxed).is_ok() {
                if !sync_core::mutant!("semaphore-release-wakes-nobody") {
                    self.see_to(more);
                }
                return Ok(());
            }
        }
    }

    /// Adds permits and gives what there is to those who wait in order (invariant 3).
    #[cold]
    #[track_caller]
    fn serve(&self, count: u32) -> Result<(), Overflow> {
        let release =
            if sync_core::mutant!("semaphore-left-over-relaxed") { Relaxed } else { Release };
        // What there is to give, looked up once the queue is locked. Nobody else changes it then, if
        // anybody waits in order (invariant 2).
        let purse = Cell::new(None);
        let look = || {
            if purse.get().is_none() {
                // ORDERING: Relaxed: who waits in order took note of what was free with Acquire, with the
                // queue locked, and what was released since then came with the queue locked.
                purse.set(self.load().put(count));
            }
            purse.get()
        };
        let too_little = Cell::new(false);
        let pick = |token| {
            let Some(state) = look().filter(|state| state.has(ORDERLY)) else {
                return FilterOp::Stop;
            };
            if token == PATIENT {
                let stops = sync_core::mutant!("semaphore-stops-at-the-patient");
                return if stops { FilterOp::Stop } else { FilterOp::Skip };
            }
            let ParkToken(wanted) = token;
            match state.grant(wanted as u32) {
                Some(left) => {
                    purse.set(Some(left));
                    FilterOp::Unpark
                }
                None if sync_core::mutant!("semaphore-serves-small-ones-first") => FilterOp::Skip,
                None => {
                    too_little.set(true);
                    FilterOp::Stop
                }
            }
        };
        let left = Cell::new(None);
        let settle = |_| {
            left.set(match look() {
                Some(state) if state.has(ORDERLY) => {
                    let goes_on =
                        too_little.get() || sync_core::mutant!("semaphore-stays-orderly-for-ever");
                    let state = if goes_on { state } else { state.without(ORDERLY) };
                    // What `look` saw is still there: with this mark nobody changes the word without the
                    // queue's lock.
                    self.word.swap(state.bits(), release);
                    Some(state)
                }
                Some(_) => self.change(release, |state| state.put(count)),
                None => None,
            });
            GRANTED
        };
        // SAFETY: the callbacks count and touch one atomic; they cannot panic.
        unsafe { self.word.unpark_filter(pick, settle) };
        let left = left.get().ok_or(Overflow)?;
        if !sync_core::mutant!("semaphore-serves-who-waits-in-order-only") {
            self.see_to(left);
        }
        Ok(())
    }

    /// Wakes somebody if the state calls for it (invariant 4). The caller has made it what it is.
    #[inline]
    #[track_caller]
    fn see_to(&self, state: State) {
        if state.calls() {
            self.wake_one();
        }
    }

    #[cold]
    #[track_caller]
    fn wake_one(&self) {
        let looked = Cell::new(false);
        // Whoever is in the queue is patient while the word calls, so any permit will do.
        let pick = |_| {
            let first = !looked.replace(true);
            // ORDERING: Relaxed: as new as what the caller wrote and what the queue's lock shows; whoever
            // made it call since then wakes somebody, too.
            if first && self.load().calls() { FilterOp::Unpark } else { FilterOp::Stop }
        };
        let settle = |queue: sync_core::parking::UnparkResult| {
            if queue.unparked_threads > 0 {
                // ORDERING: Relaxed, as all that sets marks; it carries on what the release before it began.
                self.change(Relaxed, |state| Some(state.one_less_waiting().with(WOKEN)));
            }
            RETRY
        };
        // SAFETY: the callbacks touch one atomic and cannot panic.
        unsafe { self.word.unpark_filter(pick, settle) };
    }
}

impl fmt::Debug for RawSemaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.load().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;
    use sync_core::time::Duration;

    use super::*;

    #[test]
    fn a_patient_thread_waits_in_order_after_some_time_though_nobody_wakes_it() {
        let semaphore = RawSemaphore::new(0);
        thread::scope(|scope| {
            scope.spawn(|| {
                let deadline = Deadline::NEVER;
                semaphore.acquire(Request { count: 1, is_patient: true, deadline });
            });
            let too_long = Deadline::after(Duration::from_secs(60));
            let mut in_order = false;
            while !in_order && !too_long.is_over() {
                thread::yield_now();
                in_order = semaphore.load().has(ORDERLY);
            }
            semaphore.release(1).unwrap();
            assert!(in_order, "nobody released a permit, and the thread went on being patient");
        });
    }
}
