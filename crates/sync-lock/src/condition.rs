//! Waiting for something to become true.
//!
//! One byte and a queue. `WAITING` is set, under the queue's lock, by each thread that enters the
//! queue, and taken away by whoever leaves it empty; a notifier that does not find it has nobody to
//! wake.
//!
//! # Memory ordering
//!
//! The byte is Relaxed throughout. A waiter sets it before it releases its lock; a notifier that
//! changed the predicate under that lock took it either after that release, and then sees the byte
//! through the lock, or before, and then the waiter saw the predicate changed and did not wait.

use std::fmt;

use sync_core::atomic::AtomicU8;
use sync_core::atomic::Ordering::Relaxed;
use sync_core::parking::{FilterOp, NO_PARK_TOKEN, ParkResult, Parking, UnparkToken};
use sync_core::time::{Deadline, Duration, Instant};

use crate::wait::Waitable;

/// Somebody is in the queue.
const WAITING: u8 = 1;

const WOKEN: UnparkToken = UnparkToken(0);

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
    state: Parking<AtomicU8>,
}

impl Condition {
    sync_core::const_on_hardware! {
        /// Creates a condition nobody waits for.
        pub fn new() -> Self {
            Self { state: Parking::new(AtomicU8::new(0)) }
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
    #[track_caller]
    pub fn notify_one(&self) -> bool {
        self.notify_many(1) == 1
    }

    /// Wakes the `count` longest waiting threads; returns how many there were.
    ///
    /// Exactly those are woken, and nobody else: a thread that comes later waits for the next one.
    #[track_caller]
    pub fn notify_many(&self, count: usize) -> usize {
        let mut left = count;
        self.wake(|| {
            let wake = left > 0;
            left = left.saturating_sub(1);
            wake
        })
    }

    /// Wakes everybody who waits at this moment; returns how many there were.
    #[track_caller]
    pub fn notify_all(&self) -> usize {
        self.wake(|| true)
    }

    #[track_caller]
    fn wake(&self, mut one_more: impl FnMut() -> bool) -> usize {
        if self.state.load(Relaxed) == 0 {
            return 0;
        }
        let pick = |_| {
            if one_more() { FilterOp::Unpark } else { FilterOp::Stop }
        };
        // SAFETY: the callbacks count and touch one atomic; they cannot panic.
        let result = unsafe {
            self.state.unpark_filter(pick, |queue| {
                if !queue.have_more_threads || sync_core::mutant!("condition-forgets-other-waiters")
                {
                    self.state.swap(0, Relaxed);
                }
                WOKEN
            })
        };
        result.unparked_threads
    }

    /// Waits once; `false` when the time was over.
    #[track_caller]
    fn sleep<G: Waitable>(&self, guard: &mut G, deadline: Deadline) -> bool {
        let mut saved = None;
        let enter = || {
            self.state.swap(WAITING, Relaxed);
            true
        };
        let leave = |last: bool| {
            if last || sync_core::mutant!("condition-leaver-forgets-the-others") {
                self.state.swap(0, Relaxed);
            }
        };
        if sync_core::mutant!("condition-releases-before-it-waits") {
            // SAFETY: as below.
            saved = Some(unsafe { guard.release() });
        }
        // SAFETY: `enter` and `leave` touch one atomic; `release` wakes at most, and it and
        // `reacquire` belong together, with nothing using the guard in between.
        unsafe {
            let release = || {
                if saved.is_none() {
                    saved = Some(guard.release());
                }
            };
            let result = self.state.park(enter, release, leave, NO_PARK_TOKEN, deadline);
            if let Some(saved) = saved {
                guard.reacquire(saved);
            }
            result != ParkResult::TimedOut
        }
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

impl Default for Condition {
    fn default() -> Self {
        Self::new()
    }
}

/// Never waits.
impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waiting = self.state.load(Relaxed) != 0;
        f.debug_struct("Condition").field("waited_for", &waiting).finish()
    }
}
