//! What a barrier promises.
//!
//! Those who wait pass together, once so many are there; whoever comes last does the action first, and meanwhile
//! nobody is let in. They do not pass if it is broken before the action has ended: because it was aborted or reset,
//! somebody's time was over, or the action panicked. A broken barrier turns everybody away until it is reset.
//!
//! # Memory ordering
//!
//! What those who pass did before *happens before* what they do afterwards: each arrives with Release, the last one sees
//! all of them by its fence, and wakes the others. Nothing else is ordered.

use sync_core::atomic::Ordering::{self, Acquire, Relaxed, Release};
use sync_core::atomic::{AtomicUsize, fence};
use sync_core::contract::{Plain, Queue};
use sync_core::panic;
use sync_core::time::Deadline;

pub(crate) struct Rendezvous {
    parties: usize,
    /// Changed by whoever looks at the rest, so that their order matters.
    step: AtomicUsize,
    state: Plain<State>,
    /// Those who have arrived, but for the last; each is told whether it passes.
    arrived: Queue<(), bool>,
    /// Those who wait to be let in.
    outside: Queue,
}

#[derive(Debug, Clone, Copy, Default)]
struct State {
    is_broken: bool,
    /// All have arrived, and the action runs.
    is_shut: bool,
    /// The last one to arrive passes, too, when the action has ended.
    last_passes: bool,
}

/// The threads at a barrier did not pass.
#[derive(Debug)]
pub(crate) struct Broken;

impl Rendezvous {
    pub(crate) fn new(parties: usize) -> Self {
        let (step, state) = (AtomicUsize::new(0), Plain::new(State::default()));
        Self { parties, step, state, arrived: Queue::new(), outside: Queue::new() }
    }

    #[track_caller]
    fn step(&self, order: Ordering) {
        self.step.fetch_add(1, order);
    }

    fn state(&self) -> State {
        self.state.with(|state| *state)
    }

    #[track_caller]
    pub(crate) fn wait(
        &self,
        deadline: Deadline,
        action: Option<impl FnOnce()>,
    ) -> Result<usize, Broken> {
        let looks = || self.step(Relaxed);
        self.step(Release);
        let is_open = sync_core::mutant!("contract-barrier-lets-in-too-many");
        while self.state().is_shut && !self.state().is_broken && !is_open {
            if self.outside.wait(self.outside.enter(()), deadline, looks).is_none() {
                // Nobody inside is turned away.
                self.state.with(|state| state.is_broken = true);
                self.outside.take(usize::MAX).wake(());
                return Err(Broken);
            }
            self.step(Release);
        }
        if self.state().is_broken {
            return Err(Broken);
        }
        let place = self.arrived.len();
        let passes = if place + 1 < self.parties {
            self.arrived.wait(self.arrived.enter(()), deadline, looks)
        } else {
            if !sync_core::mutant!("contract-barrier-shows-the-last-one-nothing") {
                fence(Acquire);
            }
            Some(self.complete(action))
        };
        if passes.is_none() && !sync_core::mutant!("contract-barrier-leaves-alone") {
            self.turn_away(true);
        }
        if passes == Some(true) { Ok(place) } else { Err(Broken) }
    }

    /// All are there; tells whether they pass.
    #[track_caller]
    fn complete(&self, action: Option<impl FnOnce()>) -> bool {
        let mut done = Ok(());
        self.state.with(|state| (state.is_shut, state.last_passes) = (true, true));
        if let Some(action) = action {
            done = panic::catch(action);
            self.step(Release);
        }
        let passes = self.state.with(|state| {
            state.is_shut = false;
            std::mem::take(&mut state.last_passes)
        });
        let outside = self.outside.take(usize::MAX);
        if passes && done.is_ok() {
            self.arrived.take(usize::MAX).wake(true);
        } else if passes {
            self.turn_away(true);
        }
        outside.wake(());
        done.unwrap_or_else(|panicked| std::panic::resume_unwind(panicked.into_panic()));
        passes
    }

    /// Tells all who have arrived that they do not pass; after a step.
    #[track_caller]
    fn turn_away(&self, is_broken: bool) {
        self.state.with(|state| (state.is_broken, state.last_passes) = (is_broken, false));
        let (arrived, outside) = (self.arrived.take(usize::MAX), self.outside.take(usize::MAX));
        arrived.wake(false);
        outside.wake(());
    }

    #[track_caller]
    pub(crate) fn abort(&self) {
        self.step(Release);
        self.turn_away(true);
    }

    #[track_caller]
    pub(crate) fn reset(&self) {
        self.step(Release);
        self.turn_away(false);
    }

    #[track_caller]
    pub(crate) fn waiters(&self) -> usize {
        self.look().0
    }

    #[track_caller]
    pub(crate) fn is_broken(&self) -> bool {
        self.look().1
    }

    #[track_caller]
    pub(crate) fn glimpse(&self) -> Option<(usize, bool)> {
        Some(self.look())
    }

    /// How many wait, and whether it is broken.
    #[track_caller]
    fn look(&self) -> (usize, bool) {
        self.step(Relaxed);
        let State { is_broken, last_passes, .. } = self.state();
        (if last_passes { self.parties } else { self.arrived.len() }, is_broken)
    }
}
