//! How threads wait for each other.
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

use sync_core::panic;
use sync_core::time::Deadline;

use crate::{Condition, Lock, LockGuard};

/// The state machine of [`Barrier`](crate::Barrier).
pub(crate) struct Rendezvous {
    parties: usize,
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

/// The threads at a barrier did not pass.
#[derive(Debug)]
pub(crate) struct Broken;

impl Rendezvous {
    sync_core::const_on_hardware! {
        pub(crate) fn new(parties: usize) -> Self {
            let state = State { arrived: 0, leaving: 0, passes: 0, is_broken: false };
            Self { parties, state: Lock::new(state), changed: Condition::new() }
        }
    }

    /// Waits until all are there. The last one that comes calls `action`, if there is one; a panic of that goes
    /// on when the barrier is broken.
    #[track_caller]
    pub(crate) fn wait(
        &self,
        deadline: Deadline,
        action: Option<impl FnOnce()>,
    ) -> Result<usize, Broken> {
        let mut state = self.state.lock();
        self.await_entry(&mut state, deadline)?;
        let (place, pass) = (state.arrived, state.passes);
        state.arrived += 1;
        if state.arrived == self.parties {
            self.complete(&mut state, action);
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
        Err(Broken)
    }

    /// Waits for as long as nobody is let in.
    #[track_caller]
    fn await_entry(
        &self,
        state: &mut LockGuard<'_, State>,
        deadline: Deadline,
    ) -> Result<(), Broken> {
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
        if state.is_broken { Err(Broken) } else { Ok(()) }
    }

    /// All are there. Unless somebody breaks it meanwhile, the barrier is passed.
    #[track_caller]
    fn complete(&self, state: &mut LockGuard<'_, State>, action: Option<impl FnOnce()>) {
        if let Some(action) = action {
            let done = LockGuard::unlocked(state, || panic::catch(action));
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
    pub(crate) fn abort(&self) {
        self.break_up(&mut self.state.lock());
    }

    #[track_caller]
    fn break_up(&self, state: &mut State) {
        state.is_broken = true;
        state.turn_away();
        self.tell(state);
    }

    /// Makes the barrier as good as new, for those who come.
    #[track_caller]
    pub(crate) fn reset(&self) {
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

    /// Returns how many threads wait.
    #[track_caller]
    pub(crate) fn waiters(&self) -> usize {
        self.state.lock().arrived
    }

    #[track_caller]
    pub(crate) fn is_broken(&self) -> bool {
        self.state.lock().is_broken
    }

    /// How many wait and whether it is broken, if nobody is just about to change that.
    pub(crate) fn glimpse(&self) -> Option<(usize, bool)> {
        self.state.try_lock().map(|state| (state.arrived, state.is_broken))
    }
}
