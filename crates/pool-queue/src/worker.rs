//! What a worker does with messages, whatever engine they come from.

use std::sync::Arc;

use sync_core::channel::Sender;
use sync_core::panic::catch;
use sync_core::shutdown::Shutdown;
use sync_core::thread::{ThreadId, current_id};
use sync_core::time::Duration;
use sync_lock::Lock;

use crate::channel::Never;
use crate::crew::Crew;
use crate::engine::{Delivery, Engine, Settled};
use crate::handler::{Handler, Job, Then};
use crate::outcome::{DeadLetter, Done, Failure};
use crate::outlet::{Outlets, contain};

pub(crate) type FailureHook = Box<dyn Fn(&Job<'_>, &Failure) + Send + Sync>;

/// How often a message is tried, and how long it waits in between.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Patience {
    pub(crate) retries: u32,
    pub(crate) first_delay: Duration,
    pub(crate) longest_delay: Duration,
}

impl Patience {
    /// How long to wait after the failure of this attempt: twice as long each time, up to the longest.
    fn delay(&self, attempt: u32) -> Duration {
        let mut delay = self.first_delay;
        for _ in 1..attempt {
            if delay.is_zero() || delay >= self.longest_delay {
                break;
            }
            delay = delay.saturating_mul(2);
        }
        delay.min(self.longest_delay)
    }
}

/// What the workers and the pool share.
pub(crate) struct Shared<In, Out> {
    pub(crate) engine: Box<dyn Engine<Message = In>>,
    pub(crate) handler: Box<dyn Handler<In, Out = Out>>,
    pub(crate) patience: Patience,
    pub(crate) on_failure: Option<FailureHook>,
    pub(crate) crew: Crew,
    /// Those of the pool itself.
    pub(crate) outlets: Outlets<In, Out>,
    /// Closed when the pool is: who waits for a reader of results is told.
    pub(crate) closing: Lock<Option<Sender<Never>>>,
}

/// The body of a worker thread.
pub(crate) fn work<In: Send + 'static, Out: 'static>(
    shared: Arc<Shared<In, Out>>,
    outlets: Outlets<In, Out>,
) {
    let leaving = Leaving { shared: Some(shared), outlets, worker: current_id() };
    let Some(shared) = &leaving.shared else { return };
    while let Some(delivery) = shared.engine.next() {
        shared.handle(delivery, &leaving.outlets);
    }
}

/// Takes the worker off the crew when it ends, however it does; the last one feeds the backlog.
struct Leaving<In, Out> {
    /// Some until it ends.
    shared: Option<Arc<Shared<In, Out>>>,
    outlets: Outlets<In, Out>,
    worker: ThreadId,
}

impl<In, Out> Drop for Leaving<In, Out> {
    fn drop(&mut self) {
        sync_core::panic::while_dropping(|| {
            let Self { shared, outlets, worker } = self;
            let Some(shared) = shared.take() else { return };
            let feeds = shared.crew.leave(*worker, || outlets.undelivered() > 0);
            // The handler must not outlive the pool because of a slow reader.
            contain(|| drop(shared));
            if feeds && !sync_core::mutant!("queue-leaves-the-backlog") {
                outlets.feed();
            }
            outlets.close();
        });
    }
}

impl<In: Send + 'static, Out: 'static> Shared<In, Out> {
    /// Hands a message to the handler and does what the outcome asks for.
    #[track_caller]
    fn handle(&self, mut delivery: Delivery<In>, outlets: &Outlets<In, Out>) {
        if self.engine.is_cancelling() {
            return self.cancel(delivery, outlets);
        }
        delivery.attempts += 1;
        let is_cancelled = || self.engine.is_cancelling();
        let job = Job {
            id: delivery.id,
            attempt: delivery.attempts,
            attempts: self.patience.retries.saturating_add(1),
            is_cancelled: &is_cancelled,
        };
        let (failure, then) = match catch(|| self.handler.handle(&job, &delivery.message)) {
            Ok(Ok(value)) => return self.complete(delivery, value, outlets),
            Ok(Err(fail)) => (Failure::Failed(fail.error.into()), fail.then),
            Err(panicked) => (Failure::Panicked(Arc::new(panicked)), Then::Retry),
        };
        if let Some(hook) = &self.on_failure {
            contain(|| hook(&job, &failure));
        }
        let delay = match then {
            Then::Dead => None,
            _ if job.is_last_attempt() => None,
            Then::Retry => Some(self.patience.delay(delivery.attempts)),
            Then::RetryAfter(delay) => Some(delay),
        };
        let Some(delay) = delay else {
            return self.bury(delivery, failure, Settled::Dead, outlets);
        };
        contain(|| drop(failure));
        if let Err(delivery) = self.engine.retry(delivery, delay) {
            self.cancel(delivery, outlets);
        }
    }

    /// A message counts as running until its result is where readers find it and nothing of it is left.
    #[track_caller]
    fn complete(&self, delivery: Delivery<In>, value: Out, outlets: &Outlets<In, Out>) {
        let Delivery { id, attempts, message } = delivery;
        contain(|| drop(message));
        if sync_core::mutant!("queue-settles-before-it-delivers") {
            self.engine.settle(id, Settled::Completed);
            return outlets.result(Done { id, attempts, outcome: Ok(value) });
        }
        outlets.result(Done { id, attempts, outcome: Ok(value) });
        self.engine.settle(id, Settled::Completed);
    }

    /// Ends a message that will not be handled because of a shutdown.
    #[track_caller]
    pub(crate) fn cancel(&self, delivery: Delivery<In>, outlets: &Outlets<In, Out>) {
        self.bury(delivery, Failure::Cancelled, Settled::Cancelled, outlets);
    }

    /// Ends a message without a result.
    #[track_caller]
    fn bury(
        &self,
        delivery: Delivery<In>,
        failure: Failure,
        how: Settled,
        outlets: &Outlets<In, Out>,
    ) {
        let Delivery { id, attempts, message } = delivery;
        // The failure is copied only if two want it, so that a sole reader can have the payload.
        if outlets.letters.is_wanted() {
            if outlets.results.is_wanted() {
                outlets.result(Done { id, attempts, outcome: Err(failure.clone()) });
            }
            outlets.letter(DeadLetter { id, attempts, message, failure });
        } else {
            contain(|| drop(message));
            outlets.result(Done { id, attempts, outcome: Err(failure) });
        }
        if !sync_core::mutant!("queue-forgets-to-settle-the-dead") {
            self.engine.settle(id, how);
        }
    }

    /// Takes no more messages, and ends those that are queued if they are to be cancelled; returns how
    /// many that were.
    #[track_caller]
    pub(crate) fn close(&self, what: Shutdown) -> u64 {
        let closing = self.closing.lock().take();
        if sync_core::mutant!("queue-close-leaves-workers-waiting") {
            std::mem::forget(closing);
        } else {
            drop(closing);
        }
        let cancelled = self.engine.close(what);
        let count = cancelled.len() as u64;
        for delivery in cancelled {
            self.cancel(delivery, &self.outlets);
        }
        count
    }
}
