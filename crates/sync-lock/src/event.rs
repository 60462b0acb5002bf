//! A flag to wait for.

use std::fmt;

use sync_core::time::{Deadline, Duration, Instant};

use crate::raw;

/// A flag that one thread sets and others wait for.
///
/// The counterpart of Python's `threading.Event`. While it is set, nobody who comes has to wait. All who
/// wait are woken at once when it is set, even if it is cleared right afterwards.
///
/// Setting or clearing it *happens before* everything that sees it afterwards. It is one byte large.
///
/// # Examples
///
/// ```
/// use std::thread;
/// use std::time::Duration;
/// use sync_lock::Event;
///
/// static READY: Event = Event::new();
///
/// let worker = thread::spawn(|| READY.wait());
/// assert!(!READY.is_set());
/// READY.set();
/// worker.join().unwrap();
/// assert!(READY.wait_for(Duration::ZERO), "set until it is cleared");
/// READY.clear();
/// assert!(!READY.wait_for(Duration::from_millis(1)));
/// ```
pub struct Event(raw::Event);

impl Event {
    sync_core::const_on_hardware! {
        /// Creates an event that is not set.
        pub fn new() -> Self {
            Self(raw::Event::new())
        }
    }

    /// Tells whether the event is set.
    #[track_caller]
    pub fn is_set(&self) -> bool {
        self.0.is_set()
    }

    /// Sets the event and wakes everybody who waits for it.
    ///
    /// The event is not touched any more once a thread that waits can go on, so that thread may
    /// free it.
    #[track_caller]
    pub fn set(&self) {
        self.0.set();
    }

    /// Clears the event, so that whoever comes has to wait.
    #[track_caller]
    pub fn clear(&self) {
        self.0.clear();
    }

    /// Waits until the event is set.
    #[track_caller]
    pub fn wait(&self) {
        self.wait_deadline(Deadline::NEVER);
    }

    /// Waits until the event is set, at most for `timeout`; tells whether it was.
    #[must_use = "false says that the time was over"]
    #[track_caller]
    pub fn wait_for(&self, timeout: Duration) -> bool {
        self.wait_deadline(Deadline::after(timeout))
    }

    /// Waits until the event is set, at most until `moment`; tells whether it was.
    #[must_use = "false says that the time was over"]
    #[track_caller]
    pub fn wait_until(&self, moment: Instant) -> bool {
        self.wait_deadline(Deadline::at(moment))
    }

    /// What the three forms above have in common, for crates that carry a deadline along.
    #[doc(hidden)]
    #[track_caller]
    pub fn wait_deadline(&self, deadline: Deadline) -> bool {
        self.0.wait(deadline)
    }
}

impl Default for Event {
    fn default() -> Self {
        Self::new()
    }
}

/// Never waits.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event").field("set", &self.is_set()).finish()
    }
}
