//! A place where threads wait for each other.
//!
//! A lock, a condition, and three numbers under the lock:
//!
//! | `arrived`         | `leaving` | the barrier                                                                   |
//! |-------------------|-----------|-------------------------------------------------------------------------------|
//! | fewer than needed | 0         | fills                                                                         |
//! | all               | 0         | is full, and its action runs                                                  |
//! | 0                 | some      | was broken or reset, and so many of those who had arrived do not know it yet  |
//!
//! `passes` counts how often it was passed. It stays as it is while the barrier is full or `leaving`, since nobody
//! is let in then. So a thread that has arrived learns what became of it, however late it looks: `passes` has
//! changed, and it has passed; or it has not, and whoever is awaited still is `leaving`, and it has not passed.

use std::error::Error;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};

use sync_core::panic;
use sync_core::time::{Deadline, Duration, Instant};

use crate::{Condition, Lock, LockGuard};

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
    state: Lock<State>,
    changed: Condition,
}

/// See the table above.
#[derive(Debug)]
struct State {
    arrived: usize,
    leaving: usize,
    passes: u64,
    is_broken: bool,
}

impl State {
    /// Those who have arrived will not pass.
    fn turn_away(&mut self) {
        let leaving =
            if sync_core::mutant!("barrier-forgets-who-leaves") { 0 } else { self.leaving };
        self.leaving = leaving + self.arrived;
        self.arrived = 0;
    }
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
            let state = State { arrived: 0, leaving: 0, passes: 0, is_broken: false };
            Self { parties, action: None, state: Lock::new(state), changed: Condition::new() }
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
        let mut state = self.state.lock();
        self.await_entry(&mut state, deadline)?;
        let (place, pass) = (state.arrived, state.passes);
        state.arrived += 1;
        if state.arrived == self.parties {
            self.complete(&mut state);
        } else {
            let waits = |now: &State| now.passes == pass && now.leaving == 0;
            if !self.changed.wait_while_deadline(&mut state, waits, deadline) {
                self.break_up(&mut state);
            }
        }
        if state.passes != pass {
            return Ok(place);
        }
        self.leave(&mut state);
        Err(BrokenBarrier(()))
    }

    /// Waits for as long as nobody is let in.
    #[track_caller]
    fn await_entry(
        &self,
        state: &mut LockGuard<'_, State>,
        deadline: Deadline,
    ) -> Result<(), BrokenBarrier> {
        let is_shut = |now: &State| {
            let is_full =
                now.arrived == self.parties && !sync_core::mutant!("barrier-lets-in-too-many");
            let is_leaving = now.leaving > 0 && !sync_core::mutant!("barrier-lets-in-too-early");
            let is_open = now.is_broken && !sync_core::mutant!("barrier-is-shut-though-broken");
            !is_open && (is_full || is_leaving)
        };
        if !self.changed.wait_while_deadline(state, is_shut, deadline) {
            // Nobody is turned away: if they are all there, they pass.
            state.is_broken = true;
            if !sync_core::mutant!("barrier-breaks-in-silence") {
                self.tell(state);
            }
        }
        if state.is_broken { Err(BrokenBarrier(())) } else { Ok(()) }
    }

    /// All are there. Unless somebody breaks it meanwhile, the barrier is passed.
    #[track_caller]
    fn complete(&self, state: &mut LockGuard<'_, State>) {
        if let Some(action) = &self.action {
            let done = LockGuard::unlocked(state, || panic::catch(|| (action.lock())()));
            if let Err(panicked) = done {
                // If they have been turned away meanwhile, the barrier is another one's by now.
                if state.leaving == 0 || sync_core::mutant!("barrier-breaks-what-was-reset") {
                    self.break_up(state);
                }
                if !sync_core::mutant!("barrier-awaits-who-panicked") {
                    self.leave(state);
                }
                std::panic::resume_unwind(panicked.into_panic());
            }
        }
        if state.leaving == 0 || sync_core::mutant!("barrier-passes-though-broken") {
            state.arrived = 0;
            state.passes += 1;
            self.tell(state);
        }
    }

    /// One more of those who did not pass knows it.
    #[track_caller]
    fn leave(&self, state: &mut State) {
        state.leaving -= 1;
        if state.leaving == 0 && !sync_core::mutant!("barrier-leaves-the-door-shut") {
            if sync_core::mutant!("barrier-lets-in-one-alone") {
                self.changed.notify_one();
                return;
            }
            self.changed.notify_all();
        }
    }

    /// Breaks the barrier: everybody who waits at it gets an error, and everybody who comes.
    #[track_caller]
    pub fn abort(&self) {
        self.break_up(&mut self.state.lock());
    }

    #[track_caller]
    fn break_up(&self, state: &mut State) {
        state.is_broken = true;
        state.turn_away();
        self.tell(state);
    }

    /// Makes the barrier as good as new: everybody who waits at it gets an error, and who comes does not. If the
    /// action runs, who comes has to wait for its end.
    #[track_caller]
    pub fn reset(&self) {
        let mut state = self.state.lock();
        state.is_broken = false;
        state.turn_away();
        self.tell(&state);
    }

    /// Wakes those who wait for another state than they found; they see the new one when they have the lock.
    #[track_caller]
    fn tell(&self, _state: &State) {
        if !sync_core::mutant!("barrier-tells-one-alone") {
            self.changed.notify_all();
        } else {
            self.changed.notify_one();
        }
    }

    /// Returns for how many threads the barrier is.
    pub fn parties(&self) -> usize {
        self.parties
    }

    /// Returns how many threads wait at the barrier.
    #[track_caller]
    pub fn waiters(&self) -> usize {
        self.state.lock().arrived
    }

    /// Tells whether the barrier is broken.
    #[track_caller]
    pub fn is_broken(&self) -> bool {
        self.state.lock().is_broken
    }
}

/// Never waits.
impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct("Barrier");
        text.field("parties", &self.parties);
        if let Some(state) = self.state.try_lock() {
            text.field("waiters", &state.arrived).field("broken", &state.is_broken);
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
