//! Waiting for something to become true.
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
use std::fmt;
use std::ptr;

use sync_core::atomic::AtomicPtr;
use sync_core::atomic::Ordering::Relaxed;
use sync_core::parking::{FilterOp, ParkResult, Parking, RequeueOp, UnparkResult, UnparkToken};
use sync_core::time::{Deadline, Duration, Instant};

use crate::RawLock;
use crate::contended::{HANDED_OVER, MOVED, RETRY};
use crate::wait::{Outermost, Waitable, Wakeup};

/// Nobody is in the queue.
const NOBODY: *mut RawLock = ptr::null_mut();
/// Those in the queue take several locks, or one that has no queue for them. No lock has this address.
const SEVERAL: *mut RawLock = ptr::without_provenance_mut(1);

/// Woken by a notifier, in the queue of the condition; other tokens come from the queue of a lock.
const NOTIFIED: UnparkToken = UnparkToken(2);

/// Lets threads that hold a lock wait until another one tells them that something changed.
///
/// The counterpart of Python's `threading.Condition`. There are no spurious wake-ups: a wait ends
/// because of a notification or because its time is over. What was true at the notification may have
/// changed again before the lock is retaken, so [`wait_while`](Self::wait_while) is the form to
/// prefer. Waiters are notified in order of arrival.
///
/// Change the data that is waited for while holding the lock. Notifying is possible with or without it.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use sync_lock::{Condition, Lock};
///
/// let shared = Arc::new((Lock::new(Vec::new()), Condition::new()));
/// let producer = {
///     let shared = shared.clone();
///     std::thread::spawn(move || {
///         shared.0.lock().push("work");
///         shared.1.notify_one();
///     })
/// };
/// let mut queue = shared.0.lock();
/// shared.1.wait_while(&mut queue, |queue| queue.is_empty());
/// assert_eq!(queue.pop(), Some("work"));
/// # drop(queue);
/// producer.join().unwrap();
/// ```
pub struct Condition {
    word: Parking<AtomicPtr<RawLock>>,
}

impl Condition {
    sync_core::const_on_hardware! {
        /// Creates a condition nobody waits for.
        pub fn new() -> Self {
            Self { word: Parking::new(AtomicPtr::new(NOBODY)) }
        }
    }

    /// Releases the guard's lock, waits for a notification and takes the lock again.
    #[track_caller]
    pub fn wait<G: Waitable>(&self, guard: &mut G) {
        self.sleep(guard, Deadline::NEVER);
    }

    /// Waits for a notification, at most for `timeout`; tells whether one came.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use sync_lock::{Condition, Lock};
    ///
    /// let lock = Lock::new(());
    /// let nobody_notifies = Condition::new();
    /// assert!(!nobody_notifies.wait_for(&mut lock.lock(), Duration::from_millis(1)));
    /// ```
    #[must_use = "false says that the time was over"]
    #[track_caller]
    pub fn wait_for<G: Waitable>(&self, guard: &mut G, timeout: Duration) -> bool {
        self.sleep(guard, Deadline::after(timeout))
    }

    /// Waits for a notification, at most until `moment`; tells whether one came.
    #[must_use = "false says that the time was over"]
    #[track_caller]
    pub fn wait_until<G: Waitable>(&self, guard: &mut G, moment: Instant) -> bool {
        self.sleep(guard, Deadline::at(moment))
    }

    /// Waits for as long as `condition` is true of the value, starting with a look.
    #[track_caller]
    pub fn wait_while<G: Waitable>(
        &self,
        guard: &mut G,
        condition: impl FnMut(&G::Target) -> bool,
    ) {
        self.wait_while_deadline(guard, condition, Deadline::NEVER);
    }

    /// Waits for as long as `condition` is true, at most for `timeout` in all; tells whether it became
    /// false. A last look is taken when the time is over.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use sync_lock::{Condition, Lock};
    ///
    /// let ready = Lock::new(false);
    /// let changed = Condition::new();
    /// assert!(!changed.wait_while_for(&mut ready.lock(), |ready| !*ready, Duration::from_millis(1)));
    /// ```
    #[must_use = "false says that the time was over and the condition still true"]
    #[track_caller]
    pub fn wait_while_for<G: Waitable>(
        &self,
        guard: &mut G,
        condition: impl FnMut(&G::Target) -> bool,
        timeout: Duration,
    ) -> bool {
        self.wait_while_deadline(guard, condition, Deadline::after(timeout))
    }

    /// Waits for as long as `condition` is true, at most until `moment`; tells whether it became false.
    #[must_use = "false says that the time was over and the condition still true"]
    #[track_caller]
    pub fn wait_while_until<G: Waitable>(
        &self,
        guard: &mut G,
        condition: impl FnMut(&G::Target) -> bool,
        moment: Instant,
    ) -> bool {
        self.wait_while_deadline(guard, condition, Deadline::at(moment))
    }

    /// Wakes the longest waiting thread; tells whether there was one.
    ///
    /// If its lock is held at that moment, and has been fought for of late, the thread is not woken only to
    /// sleep again: it waits on for the lock.
    #[track_caller]
    pub fn notify_one(&self) -> bool {
        self.notify(RawLock::expects_one, 1) == 1
    }

    /// Wakes the `count` longest waiting threads; returns how many there were.
    ///
    /// Exactly those are woken, and nobody else: a thread that comes later waits for the next one.
    #[track_caller]
    pub fn notify_many(&self, count: usize) -> usize {
        if self.word.load(Relaxed) == NOBODY { 0 } else { self.wake(count) }
    }

    /// Wakes everybody who waits at this moment; returns how many there were.
    ///
    /// If their lock has been fought for of late, they are woken one after the other, as it becomes free.
    #[track_caller]
    pub fn notify_all(&self) -> usize {
        self.notify(RawLock::expects_all, usize::MAX)
    }

    /// Moves waiters to the queue of their lock as `expects` says, or wakes so many.
    #[track_caller]
    fn notify(&self, expects: fn(&RawLock) -> RequeueOp, count: usize) -> usize {
        let lock = self.word.load(Relaxed);
        if lock == NOBODY {
            return 0;
        }
        let moved = if lock == SEVERAL { 0 } else { self.move_to(lock, expects) };
        if moved > 0 { moved } else { self.wake(count) }
    }

    /// Moves waiters to the queue of `lock`, if it is still the one that they all will take.
    #[track_caller]
    fn move_to(&self, lock: *mut RawLock, expects: fn(&RawLock) -> RequeueOp) -> usize {
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
        let result = unsafe {
            self.word.unpark_requeue(RawLock::queue_of(lock), is_current, decide, settle)
        };
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
    fn sleep<G: Waitable>(&self, guard: &mut G, deadline: Deadline) -> bool {
        let lock = guard.queue().map_or(SEVERAL, |lock| ptr::from_ref(lock).cast_mut());
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
        let own = RawLock::queue_of(lock);
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

    /// What the three forms above have in common, for crates that carry a deadline along.
    #[doc(hidden)]
    #[track_caller]
    pub fn wait_while_deadline<G: Waitable>(
        &self,
        guard: &mut G,
        mut condition: impl FnMut(&G::Target) -> bool,
        deadline: Deadline,
    ) -> bool {
        loop {
            if !condition(guard) {
                return true;
            }
            if !self.sleep(guard, deadline) {
                return !sync_core::mutant!("condition-takes-no-last-look") && !condition(guard);
            }
        }
    }
}

/// With the outermost guard of a re-entrant lock, whose value need not be [`Sync`].
///
/// `sync-rlock`'s `RLockGuard` is one. With it, the other forms of waiting ask for a value that is `Sync`,
/// give up all levels and restore them. These here wait with one level only, and fail if there are more:
/// with those left the lock would not be given up, and without them the other guards would stand for
/// nothing.
///
/// # Errors
///
/// If the thread has taken the lock more than once when it is about to wait. It has not waited then, or
/// not any more.
impl Condition {
    /// Releases the guard's lock, waits for a notification and takes the lock again.
    #[track_caller]
    pub fn wait_outermost<G: Outermost>(&self, guard: &mut G) -> Result<(), G::Nested> {
        self.sleep_outermost(guard, Deadline::NEVER).map(drop)
    }

    /// Waits for a notification, at most for `timeout`; tells whether one came.
    #[track_caller]
    pub fn wait_outermost_for<G: Outermost>(
        &self,
        guard: &mut G,
        timeout: Duration,
    ) -> Result<bool, G::Nested> {
        self.sleep_outermost(guard, Deadline::after(timeout))
    }

    /// Waits for a notification, at most until `moment`; tells whether one came.
    #[track_caller]
    pub fn wait_outermost_until<G: Outermost>(
        &self,
        guard: &mut G,
        moment: Instant,
    ) -> Result<bool, G::Nested> {
        self.sleep_outermost(guard, Deadline::at(moment))
    }

    /// Waits for as long as `condition` is true of the value, starting with a look.
    #[track_caller]
    pub fn wait_outermost_while<G: Outermost>(
        &self,
        guard: &mut G,
        condition: impl FnMut(&G::Target) -> bool,
    ) -> Result<(), G::Nested> {
        self.wait_outermost_while_deadline(guard, condition, Deadline::NEVER).map(drop)
    }

    /// Waits for as long as `condition` is true, at most for `timeout` in all; tells whether it became
    /// false. A last look is taken when the time is over.
    #[track_caller]
    pub fn wait_outermost_while_for<G: Outermost>(
        &self,
        guard: &mut G,
        condition: impl FnMut(&G::Target) -> bool,
        timeout: Duration,
    ) -> Result<bool, G::Nested> {
        self.wait_outermost_while_deadline(guard, condition, Deadline::after(timeout))
    }

    /// Waits for as long as `condition` is true, at most until `moment`; tells whether it became false.
    #[track_caller]
    pub fn wait_outermost_while_until<G: Outermost>(
        &self,
        guard: &mut G,
        condition: impl FnMut(&G::Target) -> bool,
        moment: Instant,
    ) -> Result<bool, G::Nested> {
        self.wait_outermost_while_deadline(guard, condition, Deadline::at(moment))
    }

    #[track_caller]
    fn sleep_outermost<G: Outermost>(
        &self,
        guard: &mut G,
        deadline: Deadline,
    ) -> Result<bool, G::Nested> {
        Ok(self.sleep(&mut guard.outermost()?, deadline))
    }

    /// `condition` may have taken the lock once more, so the guard is looked at before each sleep.
    #[track_caller]
    fn wait_outermost_while_deadline<G: Outermost>(
        &self,
        guard: &mut G,
        mut condition: impl FnMut(&G::Target) -> bool,
        deadline: Deadline,
    ) -> Result<bool, G::Nested> {
        loop {
            if !condition(guard) {
                return Ok(true);
            }
            if !self.sleep_outermost(guard, deadline)? {
                return Ok(!condition(guard));
            }
        }
    }
}

impl Default for Condition {
    fn default() -> Self {
        Self::new()
    }
}

/// Never waits.
impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waiting = self.word.load(Relaxed) != NOBODY;
        f.debug_struct("Condition").field("waited_for", &waiting).finish()
    }
}
