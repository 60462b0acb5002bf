//! A place where threads wait for each other.

use std::error::Error;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};

use sync_core::time::{Deadline, Duration, Instant};

use crate::Lock;
use crate::rendezvous::{Broken, Rendezvous};

/// What the barrier does each time all are there.
type Action = Box<dyn FnMut() + Send>;

/// Lets so many threads wait until all of them are there, as often as they like.
///
/// The counterpart of Python's `threading.Barrier`. All that went on before the calls of `wait` of those who
/// pass together *happens before* everything that follows any of their returns.
///
/// # Broken barriers
///
/// A thread that will not come would keep the others for ever. So a barrier breaks when it is
/// [aborted](Self::abort), when the time of one who waits is over, and when the action panics. All who
/// wait then, and all who come later, get [`BrokenBarrier`], until it is [reset](Self::reset). That goes for
/// time that passes while the action runs, too.
///
/// More threads than it is for may use a barrier. Who comes while the action runs waits for the next pass; if its
/// time is over, those who are all there pass, and the barrier is broken for who comes later.
///
/// # Examples
///
/// ```
/// use std::thread;
/// use sync_lock::{Barrier, Lock};
///
/// let (barrier, list) = (Barrier::new(3), Lock::new(Vec::new()));
/// thread::scope(|s| {
///     for number in 0..3 {
///         let (barrier, list) = (&barrier, &list);
///         s.spawn(move || {
///             list.lock().push(number);
///             let place = barrier.wait().unwrap();
///             assert!(place < 3);
///             assert_eq!(list.lock().len(), 3, "all were there");
///         });
///     }
/// });
/// ```
pub struct Barrier {
    parties: usize,
    action: Option<Lock<Action>>,
    rendezvous: Rendezvous,
}

// A panic of the action, the only code here that is not ours, breaks the barrier and tells everybody.
impl UnwindSafe for Barrier {}
impl RefUnwindSafe for Barrier {}

impl Barrier {
    sync_core::const_on_hardware! {
        /// Creates a barrier for so many threads.
        ///
        /// # Panics
        ///
        /// If there are none.
        #[track_caller]
        pub fn new(parties: usize) -> Self {
            assert!(parties > 0, "a barrier for no threads can never be passed");
            Self { parties, action: None, rendezvous: Rendezvous::new(parties) }
        }
    }

    /// Creates a barrier with something to be done each time all are there, before anybody goes on.
    ///
    /// The last thread that comes does it. If it panics, that thread panics and the barrier is broken. It
    /// may use the barrier, but not wait at it: it would wait for its own end.
    ///
    /// # Panics
    ///
    /// If there are no parties.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::thread;
    /// use sync_lock::Barrier;
    ///
    /// let mut round = 0;
    /// let barrier = Barrier::with_action(2, move || {
    ///     round += 1;
    ///     println!("round {round}");
    /// });
    /// thread::scope(|s| {
    ///     for _ in 0..2 {
    ///         s.spawn(|| (barrier.wait().unwrap(), barrier.wait().unwrap()));
    ///     }
    /// });
    /// ```
    #[track_caller]
    pub fn with_action(parties: usize, action: impl FnMut() + Send + 'static) -> Self {
        Self { action: Some(Lock::new(Box::new(action))), ..Self::new(parties) }
    }

    /// Waits until all are there; returns which place this thread had, from 0 for the first.
    ///
    /// # Errors
    ///
    /// If the barrier is broken, or breaks.
    ///
    /// # Panics
    ///
    /// If the action does.
    #[track_caller]
    pub fn wait(&self) -> Result<usize, BrokenBarrier> {
        self.wait_by(Deadline::NEVER)
    }

    /// Waits until all are there, at most for `timeout`.
    ///
    /// # Errors
    ///
    /// If the barrier is broken, or breaks: among other things because the time is over.
    ///
    /// # Panics
    ///
    /// If the action does.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use sync_lock::Barrier;
    ///
    /// let barrier = Barrier::new(2);
    /// assert!(barrier.wait_for(Duration::from_millis(1)).is_err());
    /// assert!(barrier.is_broken());
    /// ```
    #[track_caller]
    pub fn wait_for(&self, timeout: Duration) -> Result<usize, BrokenBarrier> {
        self.wait_by(Deadline::after(timeout))
    }

    /// Waits until all are there, at most until `moment`.
    ///
    /// # Errors
    ///
    /// If the barrier is broken, or breaks: among other things because the time is over.
    ///
    /// # Panics
    ///
    /// If the action does.
    #[track_caller]
    pub fn wait_until(&self, moment: Instant) -> Result<usize, BrokenBarrier> {
        self.wait_by(Deadline::at(moment))
    }

    #[track_caller]
    fn wait_by(&self, deadline: Deadline) -> Result<usize, BrokenBarrier> {
        let action = self.action.as_ref().map(|action| || (action.lock())());
        self.rendezvous.wait(deadline, action).map_err(|Broken| BrokenBarrier(()))
    }

    /// Breaks the barrier: everybody who waits at it gets an error, and everybody who comes.
    #[track_caller]
    pub fn abort(&self) {
        self.rendezvous.abort();
    }

    /// Makes the barrier as good as new: everybody who waits at it gets an error, and who comes does not. If the
    /// action runs, who comes has to wait for its end.
    #[track_caller]
    pub fn reset(&self) {
        self.rendezvous.reset();
    }

    /// Returns for how many threads the barrier is.
    pub fn parties(&self) -> usize {
        self.parties
    }

    /// Returns how many threads wait at the barrier.
    #[track_caller]
    pub fn waiters(&self) -> usize {
        self.rendezvous.waiters()
    }

    /// Tells whether the barrier is broken.
    #[track_caller]
    pub fn is_broken(&self) -> bool {
        self.rendezvous.is_broken()
    }
}

/// Never waits.
impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct("Barrier");
        text.field("parties", &self.parties);
        if let Some((waiters, is_broken)) = self.rendezvous.glimpse() {
            text.field("waiters", &waiters).field("broken", &is_broken);
        }
        text.finish_non_exhaustive()
    }
}

/// The threads at a barrier did not pass: it was aborted or reset, somebody's time was over, or the action
/// panicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BrokenBarrier(());

impl fmt::Display for BrokenBarrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the barrier is broken: the threads at it did not pass")
    }
}

impl Error for BrokenBarrier {}
