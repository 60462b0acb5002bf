//! Who sleeps in which queue, and who has one locked: what a `fork` has to know.
//!
//! `parking_lot_core` has one table for the process, and the child gets a copy. Two things in it are of no use
//! there. A queue with a thread of the parent's in it: the memory that the thread had will belong to new threads
//! of the child, which then stand in two queues at once. And the lock of a queue that a thread had which the
//! child does not have.
//!
//! So each thread that uses the table has a [`Seat`] in a list, where it writes which queues it sleeps in and
//! whether it is inside of the table. Before a fork the [gate](crate::gate) is closed and everybody waited for
//! who is inside; afterwards the child wakes the parent's threads in its copy, which only takes them out of the
//! queues.
//!
//! A thread whose time is up locks its queue again without passing the gate. So a fork does not happen shortly
//! before the end of a sleep, or while that is going on, either. It never waits longer than [`PATIENCE`]: what it
//! did not get until then it goes without, and the child, if a queue may be locked, leaves all of them as they are.

use std::cell::Cell;
use std::ptr;
use std::sync::atomic::{
    AtomicBool, AtomicPtr, AtomicU64, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};
use std::thread::{sleep, yield_now};
use std::time::{Duration, Instant};

use parking_lot_core::{UnparkToken, unpark_all};

use super::{clock, process};
use crate::gate::{Gate, Visitor};
use crate::time::Deadline;

static GATE: Gate = Gate::new();

/// How long a fork, and who comes while it is going on, wait for each other.
const PATIENCE: Duration = Duration::from_millis(100);

/// Who will wake up within so long might do it during a fork.
const SOON: u64 = 10_000_000;

/// No time at which a sleep is over.
const NEVER: u64 = u64::MAX;

/// That of one thread at a time; never freed, since a fork may look at it whenever it comes.
pub(super) struct Seat {
    visitor: Visitor,
    /// The queues that its thread may sleep in, or zeros.
    queues: [AtomicUsize; 2],
    /// When that ends by itself.
    until: AtomicU64,
    is_taken: AtomicBool,
    next: Cell<*const Self>,
}

// SAFETY: `next` is written before the seat is in the list, and never again.
unsafe impl Sync for Seat {}

static SEATS: AtomicPtr<Seat> = AtomicPtr::new(ptr::null_mut());

/// All seats that there are.
fn seats() -> impl Iterator<Item = &'static Seat> {
    // ORDERING: Acquire pairs with the Release in `take`.
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
        // ORDERING: Acquire pairs with the Release in `give_back`.
        let is_free = |seat: &&Self| !seat.is_taken.swap(true, Acquire);
        if let Some(seat) = seats().find(is_free) {
            return seat;
        }
        let seat: &Self = Box::leak(Box::new(Self {
            visitor: Visitor::new(),
            queues: [const { AtomicUsize::new(0) }; 2],
            until: AtomicU64::new(NEVER),
            is_taken: AtomicBool::new(true),
            next: Cell::new(ptr::null()),
        }));
        let link = |first: *mut Self| {
            seat.next.set(first);
            Some(ptr::from_ref(seat).cast_mut())
        };
        // ORDERING: Release pairs with the Acquire in `seats`. Relaxed: what is there is only linked to.
        SEATS.fetch_update(Release, Relaxed, link).expect("it always links");
        seat
    }

    fn give_back(&self) {
        // ORDERING: Release pairs with the Acquire in `take`.
        self.is_taken.store(false, Release);
    }

    /// From here on the thread may lock queues. Waits while a fork is going on.
    #[inline]
    pub(super) fn enter(&self) {
        if !GATE.enter(&self.visitor) {
            self.enter_late();
        }
    }

    #[cold]
    fn enter_late(&self) {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            yield_now();
            if GATE.enter(&self.visitor) {
                return;
            }
        }
        self.visitor.enter_anyway();
    }

    #[inline]
    pub(super) fn leave(&self) {
        self.visitor.leave();
    }

    /// Says where the thread is going to sleep, before it leaves.
    pub(super) fn sleeps_in(&self, queues: [usize; 2], deadline: Deadline) {
        // ORDERING: Relaxed: the Release in `leave` follows, and the child of a fork has one thread.
        for (place, queue) in self.queues.iter().zip(queues) {
            place.store(queue, Relaxed);
        }
        let nanos = |end: Instant| clock::nanos(end.saturating_duration_since(clock::start()));
        let until = deadline.instant().map_or(NEVER, nanos);
        self.until.store(until, Relaxed);
    }

    /// Takes that back, after the sleep.
    pub(super) fn is_up(&self) {
        self.sleeps_in([0; 2], Deadline::NEVER);
        self.leave();
    }

    /// Tells whether a queue may be locked by its thread, now or until that moment.
    fn may_lock_by(&self, moment: u64) -> bool {
        // ORDERING: Relaxed: `is_inside` was Acquire.
        self.visitor.is_inside() || self.until.load(Relaxed) <= moment
    }
}

/// A thread's seat, until the thread ends.
struct Own(&'static Seat);

impl Drop for Own {
    fn drop(&mut self) {
        self.0.give_back();
    }
}

thread_local!(static OWN: Own = Own(Seat::take()));

/// Calls `f` with the seat of the calling thread.
#[inline]
pub(super) fn with_seat<R>(f: impl FnOnce(&Seat) -> R) -> R {
    match OWN.try_with(|own| own.0) {
        Ok(seat) => f(seat),
        // The thread is coming to its end, and has given its own one back.
        Err(_) => f(Own(Seat::take()).0),
    }
}

/// All seats but the calling thread's.
fn seats_of_others() -> impl Iterator<Item = &'static Seat> {
    let own = OWN.try_with(|own| ptr::from_ref(own.0)).unwrap_or(ptr::null());
    seats().filter(move |&seat| !ptr::eq(seat, own))
}

/// Before a fork: sees to it that no queue is locked.
pub(super) fn before_fork() {
    // If the fence is refused, somebody may come in unseen, in the moment it takes to go on from here.
    let _granted = GATE.close();
    let start = Instant::now();
    let may_lock = |seat: &Seat| seat.may_lock_by(clock::now().saturating_add(SOON));
    while seats_of_others().any(may_lock) && start.elapsed() < PATIENCE {
        sleep(Duration::from_micros(50));
    }
}

/// After a fork, in the parent.
pub(super) fn in_parent() {
    GATE.open();
}

/// After a fork, in the child: takes the parent's threads out of the queues.
pub(super) fn in_child() {
    GATE.open_for_all();
    let now = clock::now();
    let nothing_is_locked = !seats_of_others().any(|seat| seat.may_lock_by(now));
    for seat in seats_of_others() {
        // ORDERING: Relaxed: there is one thread.
        let queues = seat.queues.iter().map(|queue| queue.load(Relaxed));
        for queue in queues.filter(|&queue| queue != 0 && nothing_is_locked) {
            // SAFETY: the number was the address of a word of ours when somebody went to sleep there, and nobody
            // else sleeps in this process.
            unsafe { unpark_all(queue, UnparkToken(0)) };
        }
        seat.is_up();
        seat.give_back();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gate_is_closed_for_the_fork_alone() {
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
            std::thread::spawn(|| with_seat(Seat::is_up)).join().unwrap();
        }
        assert!(seats().count() < before + 50, "some for other tests, which run meanwhile");
    }
}
