//! Waiting for a notification.
//!
//! One word and a queue. The word says who is in the queue, and is changed with the queue locked only:
//!
//! | word     | meaning                                                                        |
//! |----------|--------------------------------------------------------------------------------|
//! | null     | nobody waits                                                                   |
//! | a lock   | somebody waits, and all who do will take that lock: a notifier may move them to its queue |
//! | `SEVERAL`| somebody waits, and they have to be woken                                      |
//!
//! A lock in the word lives for as long as the queue is locked: somebody in it has a guard of that lock. Without
//! the queue's lock the word is an address and no more. How a thread is moved to the queue of
//! its lock, and back to the lock from there, stands in `requeue.rs`.
//!
//! # Memory ordering
//!
//! The word is Relaxed throughout. A waiter sets it before it releases its lock; a notifier that
//! changed the predicate under that lock took it either after that release, and then sees the word
//! through the lock, or before, and then the waiter saw the predicate changed and did not wait.

use std::cell::Cell;
use std::ptr;

use sync_core::atomic::AtomicPtr;
use sync_core::atomic::Ordering::Relaxed;
use sync_core::parking::{FilterOp, ParkResult, Parking, RequeueOp, UnparkResult, UnparkToken};
use sync_core::time::Deadline;

use super::contended::{HANDED_OVER, MOVED, RETRY};
use super::lock::Lock;
use crate::wait::{Waitable, Wakeup};

/// Nobody is in the queue.
const NOBODY: *mut Lock = ptr::null_mut();
/// Those in the queue take several locks, or one that has no queue for them. No lock has this address.
const SEVERAL: *mut Lock = ptr::without_provenance_mut(1);

/// Woken by a notifier, in the queue of the condition; other tokens come from the queue of a lock.
const NOTIFIED: UnparkToken = UnparkToken(2);

/// The state machine of [`Condition`](crate::Condition).
pub(crate) struct Condition {
    word: Parking<AtomicPtr<Lock>>,
}

impl Condition {
    sync_core::const_on_hardware! {
        pub(crate) fn new() -> Self {
            Self { word: Parking::new(AtomicPtr::new(NOBODY)) }
        }
    }

    pub(crate) fn is_waited_for(&self) -> bool {
        self.word.load(Relaxed) != NOBODY
    }

    /// Wakes the first waiter or moves it to the queue of its lock; returns how many that were.
    #[track_caller]
    pub(crate) fn notify_one(&self) -> usize {
        self.notify(Lock::expects_one, 1)
    }

    /// Wakes the first so many waiters; returns how many there were.
    #[track_caller]
    pub(crate) fn notify_many(&self, count: usize) -> usize {
        if self.is_waited_for() { self.wake(count) } else { 0 }
    }

    /// Wakes all waiters or moves them to the queue of their lock; returns how many there were.
    #[track_caller]
    pub(crate) fn notify_all(&self) -> usize {
        self.notify(Lock::expects_all, usize::MAX)
    }

    /// Moves waiters to the queue of their lock as `expects` says, or wakes so many.
    #[track_caller]
    fn notify(&self, expects: fn(&Lock) -> RequeueOp, count: usize) -> usize {
        let lock = self.word.load(Relaxed);
        if lock == NOBODY {
            return 0;
        }
        let moved = if lock == SEVERAL { 0 } else { self.move_to(lock, expects) };
        if moved > 0 { moved } else { self.wake(count) }
    }

    /// Moves waiters to the queue of `lock`, if it is still the one that they all will take.
    #[track_caller]
    fn move_to(&self, lock: *mut Lock, expects: fn(&Lock) -> RequeueOp) -> usize {
        // The one that is in the word then, and not an earlier one at its address.
        let current = Cell::new(NOBODY);
        let is_current = || {
            current.set(self.word.load(Relaxed));
            current.get() == lock
        };
        // SAFETY: it is in the word, with the queue locked, so it lives.
        let decide = || expects(unsafe { &*current.get() });
        let settle = |op, queue: UnparkResult| {
            let is_empty = !queue.have_more_threads;
            if is_empty && !sync_core::mutant!("condition-keeps-the-lock-of-whom-it-moved") {
                self.word.swap(NOBODY, Relaxed);
            }
            if op == RequeueOp::UnparkOneRequeueRest && queue.unparked_threads > 0 {
                // SAFETY: the one that is woken needs the queue's lock to leave, and has a guard of it.
                unsafe { &*current.get() }.one_tries();
            }
            RETRY
        };
        // SAFETY: the callbacks touch atomics and cannot panic. A lock in the word lives for as long as
        // anybody sleeps in the queue.
        let result =
            unsafe { self.word.unpark_requeue(Lock::queue_of(lock), is_current, decide, settle) };
        result.unparked_threads + result.requeued_threads
    }

    /// Wakes so many.
    #[track_caller]
    fn wake(&self, count: usize) -> usize {
        let left = Cell::new(count);
        let pick = |_| match left.get().checked_sub(1) {
            Some(fewer) => {
                left.set(fewer);
                FilterOp::Unpark
            }
            None => FilterOp::Stop,
        };
        let settle = |queue: UnparkResult| {
            let is_empty = !queue.have_more_threads
                && !sync_core::mutant!("condition-keeps-the-lock-of-whom-it-woke");
            if is_empty || sync_core::mutant!("condition-forgets-other-waiters") {
                self.word.swap(NOBODY, Relaxed);
            }
            NOTIFIED
        };
        // SAFETY: the callbacks count and touch one atomic; they cannot panic.
        unsafe { self.word.unpark_filter(pick, settle) }.unparked_threads
    }

    /// Waits once; `false` when the time was over.
    #[track_caller]
    pub(crate) fn sleep<G: Waitable>(&self, guard: &mut G, deadline: Deadline) -> bool {
        let lock = guard.queue().map_or(SEVERAL, |lock| ptr::from_ref(&lock.0).cast_mut());
        let mut saved = None;
        let enter = || {
            let now = self.word.load(Relaxed);
            let is_alone = now == NOBODY || sync_core::mutant!("condition-keeps-one-lock-of-two");
            self.word.swap(if is_alone || now == lock { lock } else { SEVERAL }, Relaxed);
            true
        };
        let was_moved = Cell::new(false);
        let leave = |moved, last| {
            let is_empty = last && !sync_core::mutant!("condition-keeps-the-lock-of-who-left");
            was_moved.set(moved && !sync_core::mutant!("condition-forgets-whom-it-moved"));
            if moved {
                // SAFETY: it was moved to the queue of its own lock, of which it has a guard.
                unsafe { &*lock }.left_by_a_sleeper(last);
            } else if is_empty || sync_core::mutant!("condition-leaver-forgets-the-others") {
                self.word.swap(NOBODY, Relaxed);
            }
        };
        if sync_core::mutant!("condition-releases-before-it-waits") {
            // SAFETY: as below.
            saved = Some(unsafe { guard.release() });
        }
        let release = || {
            if saved.is_none() {
                // SAFETY: `reacquire` follows, with nothing using the guard in between.
                saved = Some(unsafe { guard.release() });
            }
        };
        let own = Lock::queue_of(lock);
        // SAFETY: `enter` and `leave` touch atomics; `release` wakes at most. Whoever is moved goes to the
        // queue of the guard's own lock.
        let result = unsafe { self.word.park_movable(own, enter, release, leave, MOVED, deadline) };
        let wakeup = match result {
            ParkResult::Unparked(RETRY) => Wakeup::ToTry,
            ParkResult::Unparked(HANDED_OVER) => Wakeup::AsHolder,
            _ => Wakeup::ToLock,
        };
        if let Some(saved) = saved {
            let wakeup = if sync_core::mutant!("condition-moved-never-says-it-tried") {
                Wakeup::ToLock
            } else {
                wakeup
            };
            // SAFETY: it is what `release` returned, and nobody wakes with the tokens of a lock but in the
            // queue of that in the word, or in its place.
            unsafe { guard.reacquire(saved, wakeup) };
        }
        result != ParkResult::TimedOut || was_moved.get()
    }
}
