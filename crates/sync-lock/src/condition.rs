//! Waiting for something to become true.

use std::fmt;

use sync_core::time::{Deadline, Duration, Instant};

use crate::raw;
use crate::wait::{Outermost, Waitable};

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
pub struct Condition(raw::Condition);

impl Condition {
    sync_core::const_on_hardware! {
        /// Creates a condition nobody waits for.
        pub fn new() -> Self {
            Self(raw::Condition::new())
        }
    }

    /// Releases the guard's lock, waits for a notification and takes the lock again.
    #[track_caller]
    pub fn wait<G: Waitable>(&self, guard: &mut G) {
        self.0.sleep(guard, Deadline::NEVER);
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
        self.0.sleep(guard, Deadline::after(timeout))
    }

    /// Waits for a notification, at most until `moment`; tells whether one came.
    #[must_use = "false says that the time was over"]
    #[track_caller]
    pub fn wait_until<G: Waitable>(&self, guard: &mut G, moment: Instant) -> bool {
        self.0.sleep(guard, Deadline::at(moment))
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
        self.0.notify_one() == 1
    }

    /// Wakes the `count` longest waiting threads; returns how many there were.
    ///
    /// Exactly those are woken, and nobody else: a thread that comes later waits for the next one.
    #[track_caller]
    pub fn notify_many(&self, count: usize) -> usize {
        self.0.notify_many(count)
    }

    /// Wakes everybody who waits at this moment; returns how many there were.
    ///
    /// If their lock has been fought for of late, they are woken one after the other, as it becomes free.
    #[track_caller]
    pub fn notify_all(&self) -> usize {
        self.0.notify_all()
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
            if !self.0.sleep(guard, deadline) {
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
        Ok(self.0.sleep(&mut guard.outermost()?, deadline))
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
        f.debug_struct("Condition").field("waited_for", &self.0.is_waited_for()).finish()
    }
}
