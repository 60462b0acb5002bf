//! Who sleeps in which queue, and who has one locked: what a `fork` has to know.
//!
//! `parking_lot_core` has one table for the process, and the child gets a copy. Two things in it are of no use
//! there. A queue with a thread of the parent's in it: the memory that the thread had will belong to new threads
//! of the child, which then stand in two queues at once. And the lock of a queue that a thread had which the
//! child does not have.
//!
//! So each thread that uses the table has a [`Seat`] in a list, where it writes which queues it sleeps in and
//! whether it is inside of the table. Before a fork the [gate](crate::gate) is closed and everybody waited for
//! who is inside. The child wakes the parent's threads in its copy, which only takes them out of the queues; not
//! within `fork`, so that a child which goes on to `exec` has nothing to do with it, but before it first uses the
//! table or starts a thread.
//!
//! A thread whose time is up locks its queue again without passing the gate. So a fork does not happen shortly
//! before the end of a sleep, or while that is going on, either. It never waits longer than [`PATIENCE`]: what it
//! did not get until then it goes without, and the child, if a queue may be locked, leaves all of them as they are.

use std::cell::Cell;
use std::ptr;
use std::sync::atomic::{
    AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release, SeqCst},
    fence,
};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::fence::light;
use super::{clock, process};
use crate::gate::{Gate, Visitor};
use crate::time::Deadline;

static GATE: Gate = Gate::new();

/// How long a fork, and who comes while it is going on, wait for each other: longer than a thread waits for its
/// turn on a machine that is busy ten times over, which is more than a tenth of a second.
const PATIENCE: Duration = Duration::from_secs(1);
/// Between two looks.
const MOMENT: Duration = Duration::from_micros(50);

/// Who will wake up within so many nanoseconds might do it during a fork.
const SOON: u64 = 10_000_000;

/// No time at which a sleep is over.
const NEVER: u64 = u64::MAX;

/// How often somebody lost patience and went in although the gate was closed.
static UNWELCOME: AtomicU32 = AtomicU32::new(0);

/// That of one thread at a time; never freed, since a fork may look at it whenever it comes. Each has cache lines
/// of its own.
#[repr(align(128))]
pub(super) struct Seat {
    visitor: Visitor,
    /// The queues that its thread may sleep in, or zeros.
    queues: [AtomicUsize; 2],
    /// When that ends by itself.
    until: AtomicU64,
    is_taken: AtomicBool,
    /// That of the process which the thread belongs to.
    generation: AtomicU32,
    next: Cell<*const Self>,
}

// SAFETY: `next` is written before the seat is in the list, and never again.
unsafe impl Sync for Seat {}

static SEATS: AtomicPtr<Seat> = AtomicPtr::new(ptr::null_mut());

/// All seats that there are.
fn seats() -> impl Iterator<Item = &'static Seat> {
    // ORDERING: Acquire pairs with the Release in `add`.
    let mut next = SEATS.load(Acquire).cast_const();
    std::iter::from_fn(move || {
        // SAFETY: what is in the list was leaked.
        let seat = unsafe { next.as_ref()? };
        next = seat.next.get();
        Some(seat)
    })
}

impl Seat {
    /// Finds one that nobody has, or makes it.
    fn take() -> &'static Self {
        process::observe_forks();
        // ORDERING: Acquire pairs with the Release in `give_back`. Relaxed: the exchange confirms it.
        let is_free =
            |seat: &&Self| !seat.is_taken.load(Relaxed) && !seat.is_taken.swap(true, Acquire);
        let seat = seats().find(is_free).unwrap_or_else(Self::add);
        // ORDERING: Relaxed: the child of a fork, which looks, has one thread.
        seat.generation.store(process::count(), Relaxed);
        seat
    }

    /// Makes one that is taken. The first `light` decides the mode of the fences, if nobody has yet.
    fn add() -> &'static Self {
        light();
        let seat: &Self = Box::leak(Box::new(Self {
            visitor: Visitor::new(),
            queues: [const { AtomicUsize::new(0) }; 2],
            until: AtomicU64::new(NEVER),
            is_taken: AtomicBool::new(true),
            generation: AtomicU32::new(0),
            next: Cell::new(ptr::null()),
        }));
        let link = |first: *mut Self| {
            seat.next.set(first);
            Some(ptr::from_ref(seat).cast_mut())
        };
        // ORDERING: Release pairs with the Acquire in `seats`. Relaxed: what is there is only linked to.
        SEATS.fetch_update(Release, Relaxed, link).expect("it always links");
        // ORDERING: SeqCst, with the one in `before_fork`; the gate is next.
        fence(SeqCst);
        seat
    }

    fn give_back(&self) {
        // ORDERING: Release pairs with the Acquire in `take`.
        self.is_taken.store(false, Release);
    }

    /// From here on the thread may lock queues. Waits while a fork is going on.
    #[inline]
    pub(super) fn enter(&self) {
        empty_queues();
        if !GATE.enter(&self.visitor) {
            self.enter_late();
        }
    }

    #[cold]
    fn enter_late(&self) {
        let start = Instant::now();
        // The one who forks may come here in what others do before and after a fork.
        while start.elapsed() < PATIENCE && FORK.get().is_none() {
            sleep(MOMENT);
            if GATE.enter(&self.visitor) {
                return;
            }
        }
        self.visitor.enter_anyway();
        // ORDERING: Relaxed and SeqCst: before a queue is locked, so that the child which has the lock has this.
        UNWELCOME.fetch_add(1, Relaxed);
        fence(SeqCst);
    }

    #[inline]
    pub(super) fn leave(&self) {
        self.visitor.leave();
    }

    /// Says where the thread is going to sleep, before it leaves.
    pub(super) fn sleeps_in(&self, queues: [usize; 2], deadline: Deadline) {
        let nanos = |end: Instant| clock::nanos(end.saturating_duration_since(clock::start()));
        let until = deadline.instant().map_or(NEVER, nanos);
        // ORDERING: Relaxed: the child of a fork, which looks, has one thread.
        for (place, queue) in self.queues.iter().zip(queues) {
            place.store(queue, Relaxed);
        }
        // ORDERING: Release pairs with the Acquire in `may_lock_by`: after a sleep the queue is unlocked again.
        self.until.store(until, Release);
    }

    /// Takes that back, after the sleep.
    pub(super) fn is_up(&self) {
        self.sleeps_in([0; 2], Deadline::NEVER);
        self.leave();
    }

    /// Tells whether a queue may be locked by its thread, now or until that moment.
    fn may_lock_by(&self, moment: u64) -> bool {
        self.visitor.is_inside() || self.may_wake_up_by(moment)
    }

    /// Tells whether its thread sleeps until that moment at most.
    fn may_wake_up_by(&self, moment: u64) -> bool {
        // ORDERING: Acquire pairs with the Release in `sleeps_in`.
        self.until.load(Acquire) <= moment
    }

    fn is_of_another_process(&self) -> bool {
        // ORDERING: Relaxed: who takes a seat writes this process's number, and others look for other ones.
        self.is_taken.load(Relaxed) && self.generation.load(Relaxed) != process::count()
    }
}

/// A thread's seat, until the thread ends.
struct Own(&'static Seat);

impl Own {
    fn take() -> Self {
        let own = Self(Seat::take());
        SEAT.set(own.0);
        own
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        SEAT.set(ptr::null());
        self.0.give_back();
    }
}

thread_local! {
    static OWN: Own = Own::take();
    /// The same, for who must not take one: a fork happens where nothing may be allocated.
    static SEAT: Cell<*const Seat> = const { Cell::new(ptr::null()) };
    /// Set by who closed the gate for a fork.
    static FORK: Cell<Option<Fork>> = const { Cell::new(None) };
}

/// What the parent has found out before a fork.
#[derive(Clone, Copy)]
struct Fork {
    /// Whether no queue was locked, and nobody could lock one unseen.
    is_clear: bool,
    unwelcome: u32,
}

impl Fork {
    /// Tells in the child whether all queues are unlocked, with the seat of its thread.
    fn left_nothing_locked(self, own: Option<&Seat>) -> bool {
        let now = clock::now();
        // ORDERING: Relaxed: there is one thread.
        self.is_clear
            && UNWELCOME.load(Relaxed) == self.unwelcome
            && !own.is_some_and(|own| own.visitor.is_inside())
            && !seats().any(|seat| seat.may_wake_up_by(now))
    }
}

/// Calls `f` with the seat of the calling thread.
#[inline]
pub(super) fn with_seat<R>(f: impl FnOnce(&Seat) -> R) -> R {
    match OWN.try_with(|own| own.0) {
        Ok(seat) => f(seat),
        // The thread is coming to its end, and has given its own one back.
        Err(_) => f(Own::take().0),
    }
}

/// Whether queues are to be emptied in this process.
static STALE: AtomicU8 = AtomicU8::new(NONE);
const NONE: u8 = 0;
const STALE_AND_FREE: u8 = 1;
const STALE_AND_LOCKED: u8 = 2;
const BEING_EMPTIED: u8 = 3;

/// In the child of a fork, takes the parent's threads out of the queues; once.
#[inline]
pub(super) fn empty_queues() {
    // ORDERING: Acquire pairs with the Release at the end of `empty_stale_queues`.
    if STALE.load(Acquire) != NONE {
        empty_stale_queues();
    }
}

#[cold]
fn empty_stale_queues() {
    // ORDERING: Acquire and Relaxed: who has lost waits for the end, which is Release.
    let are_locked = loop {
        let claim =
            |now| (now == STALE_AND_FREE || now == STALE_AND_LOCKED).then_some(BEING_EMPTIED);
        match STALE.fetch_update(Acquire, Acquire, claim) {
            Ok(before) => break before == STALE_AND_LOCKED,
            Err(NONE) => return,
            Err(_) => sleep(MOMENT),
        }
    };
    for seat in seats().filter(|seat| seat.is_of_another_process()) {
        // ORDERING: Relaxed: its thread is not in this process.
        let queues = seat.queues.iter().map(|queue| queue.load(Relaxed));
        queues.filter(|&queue| queue != 0 && !are_locked).for_each(wake_all);
        seat.is_up();
        seat.give_back();
    }
    // ORDERING: Release pairs with the Acquire in `empty_queues`.
    STALE.store(NONE, Release);
}

/// With futexes nothing is touched of a thread that is not there but one word.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn wake_all(queue: usize) {
    // SAFETY: the number was the address of a word of ours when somebody went to sleep there; if it is that of
    // something else by now, that has no queue yet.
    unsafe { parking_lot_core::unpark_all(queue, parking_lot_core::UnparkToken(0)) };
}

/// Elsewhere a sleeper has a mutex, which it may have locked.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn wake_all(_queue: usize) {}

/// Before a fork: sees to it that no queue is locked.
pub(super) fn before_fork() {
    empty_queues();
    // ORDERING: Relaxed: what comes later is noticed by the child.
    let unwelcome = UNWELCOME.load(Relaxed);
    GATE.close();
    // ORDERING: SeqCst, with the one in `add`: this sees the first seat, or whoever made it sees the gate closed.
    fence(SeqCst);
    // Without seats nobody is inside. With them the mode of the fences is decided: that must not be done here,
    // since it reads the environment, which the one who forks may have locked.
    let is_granted = seats().next().is_none() || GATE.announce();
    let start = Instant::now();
    let own = SEAT.get();
    let is_clear = loop {
        let soon = clock::now().saturating_add(SOON);
        if !seats().any(|seat| !ptr::eq(seat, own) && seat.may_lock_by(soon)) {
            break is_granted;
        }
        if start.elapsed() >= PATIENCE {
            break false;
        }
        sleep(MOMENT);
    };
    FORK.set(Some(Fork { is_clear, unwelcome }));
}

/// After a fork, in the parent.
pub(super) fn in_parent() {
    if FORK.take().is_some() {
        GATE.open();
    }
}

/// After a fork, in the child, which has this thread alone: finds out what it will be able to do.
pub(super) fn in_child() {
    let Some(fork) = FORK.take() else { return };
    GATE.open_for_all();
    // SAFETY: seats are never freed.
    let own = unsafe { SEAT.get().as_ref() };
    let state = if fork.left_nothing_locked(own) { STALE_AND_FREE } else { STALE_AND_LOCKED };
    // ORDERING: Relaxed: there is one thread.
    if let Some(own) = own {
        own.generation.store(process::count(), Relaxed);
    }
    STALE.store(state, Relaxed);
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, PoisonError};
    use std::thread;

    use super::*;

    /// One fork at a time.
    static FORKS: Mutex<()> = Mutex::new(());

    #[test]
    fn the_gate_is_closed_for_the_fork_alone() {
        let _alone = FORKS.lock().unwrap_or_else(PoisonError::into_inner);
        let visitor = Visitor::new();
        before_fork();
        assert!(!GATE.enter(&visitor));
        in_parent();
        assert!(GATE.enter(&visitor));
        visitor.leave();
    }

    #[test]
    fn threads_that_come_one_after_the_other_share_a_seat() {
        let before = seats().count();
        for _ in 0..100 {
            thread::spawn(|| with_seat(Seat::is_up)).join().unwrap();
        }
        assert!(seats().count() < before + 50, "some for other tests, which run meanwhile");
    }

    #[test]
    fn the_child_believes_in_nothing_that_may_have_changed_since() {
        let fork = Fork { is_clear: true, unwelcome: UNWELCOME.load(Relaxed) };
        let seat = Seat::take();
        assert!(!Fork { is_clear: false, ..fork }.left_nothing_locked(None));
        assert!(
            !Fork { unwelcome: fork.unwelcome.wrapping_sub(1), ..fork }.left_nothing_locked(None)
        );
        seat.sleeps_in([0; 2], Deadline::at(clock::start()));
        assert!(!fork.left_nothing_locked(None), "it may be up by now");
        seat.is_up();
        assert!(fork.left_nothing_locked(Some(seat)));
        seat.visitor.enter_anyway();
        assert!(!fork.left_nothing_locked(Some(seat)), "it is in the midst of a queue");
        seat.is_up();
        seat.give_back();
    }

    /// Forks and has the child use a queue; tells whether it still has its seat then.
    fn keeps_its_seat() -> bool {
        let _alone = FORKS.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: the child touches its seat and ends.
        let id = unsafe { libc::fork() };
        if id == 0 {
            let is_kept = with_seat(|seat| {
                seat.enter();
                seat.leave();
                seat.is_taken.load(Relaxed) && !seat.is_of_another_process()
            });
            // SAFETY: nothing of this process is needed any more.
            unsafe { libc::_exit(if is_kept { 0 } else { 1 }) };
        }
        let mut status = 0;
        // SAFETY: `status` lives until the call returns.
        assert_eq!(unsafe { libc::waitpid(id, &mut status, 0) }, id);
        status == 0
    }

    #[test]
    fn who_forks_has_the_same_seat_in_the_child() {
        let has_one = || {
            with_seat(Seat::is_up);
            keeps_its_seat()
        };
        assert!(thread::spawn(has_one).join().unwrap());
    }

    #[test]
    fn who_takes_a_seat_in_the_child_keeps_it() {
        process::observe_forks();
        let other = || {
            // Somebody has one, or there would be nothing to do for the child.
            with_seat(Seat::is_up);
            thread::spawn(keeps_its_seat).join().unwrap()
        };
        assert!(thread::spawn(other).join().unwrap());
    }
}
