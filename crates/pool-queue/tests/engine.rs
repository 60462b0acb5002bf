//! Another engine under the same pool: it keeps messages in a heap and gives out the greatest first.
#![cfg(not(all(any(loom, threadkit_loom), feature = "loom")))]

use std::collections::BinaryHeap;
use std::sync::{Condvar, Mutex, MutexGuard, mpsc};
use std::time::{Duration, Instant};

use pool_queue::{
    Counts, Deadline, Delivery, Engine, Fail, Failure, Job, MessageId, QueuePool, Reason, Rejected,
    Room, Settled, Shutdown,
};

/// The heap has no bound, so nobody ever waits for room.
#[derive(Default)]
struct Heap {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    queued: BinaryHeap<(u32, MessageId, u32)>,
    waiting: Vec<(Instant, Delivery<u32>)>,
    counts: Counts,
    closed: bool,
    cancelling: bool,
}

impl State {
    fn unfinished(&self) -> u64 {
        let Counts { queued, waiting, running, .. } = self.counts();
        queued + waiting + running
    }

    fn counts(&self) -> Counts {
        let (queued, waiting) = (self.queued.len() as u64, self.waiting.len() as u64);
        Counts { queued, waiting, ..self.counts }
    }

    /// Queues again what is due; returns how long the next one takes.
    fn wake_up(&mut self) -> Duration {
        let now = Instant::now();
        for (_, delivery) in self.waiting.extract_if(.., |(due, _)| *due <= now) {
            self.queued.push((delivery.message, delivery.id, delivery.attempts));
        }
        let next = self.waiting.iter().map(|(due, _)| *due - now).min();
        next.unwrap_or(Duration::from_secs(60))
    }
}

impl Heap {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

fn delivery((message, id, attempts): (u32, MessageId, u32)) -> Delivery<u32> {
    Delivery { id, attempts, message }
}

impl Engine for Heap {
    type Message = u32;

    fn push(&self, message: u32, _room: Room) -> Result<MessageId, Rejected<u32>> {
        let mut state = self.state();
        if state.closed {
            state.counts.rejected += 1;
            return Err(Rejected::new(message, Reason::ShutDown));
        }
        let id = state.counts.sent;
        state.counts.sent += 1;
        state.queued.push((message, id, 0));
        self.changed.notify_all();
        Ok(id)
    }

    fn next(&self) -> Option<Delivery<u32>> {
        let mut state = self.state();
        loop {
            let pause = state.wake_up();
            if let Some(first) = state.queued.pop() {
                state.counts.running += 1;
                return Some(delivery(first));
            }
            if state.closed && state.unfinished() == 0 {
                return None;
            }
            state = self.changed.wait_timeout(state, pause).unwrap().0;
        }
    }

    fn settle(&self, _id: MessageId, how: Settled) {
        let mut state = self.state();
        state.counts.running -= 1;
        match how {
            Settled::Completed => state.counts.completed += 1,
            Settled::Dead => state.counts.dead += 1,
            Settled::Cancelled => state.counts.cancelled += 1,
        }
        self.changed.notify_all();
    }

    fn retry(&self, delivery: Delivery<u32>, delay: Duration) -> Result<(), Delivery<u32>> {
        let mut state = self.state();
        if state.cancelling {
            return Err(delivery);
        }
        state.counts.running -= 1;
        state.counts.retried += 1;
        state.waiting.push((Instant::now() + delay, delivery));
        self.changed.notify_all();
        Ok(())
    }

    fn close(&self, what: Shutdown) -> Vec<Delivery<u32>> {
        let mut state = self.state();
        state.closed = true;
        let mut cancelled = Vec::new();
        if what == Shutdown::Cancel {
            state.cancelling = true;
            cancelled.extend(std::mem::take(&mut state.queued).into_iter().map(delivery));
            cancelled.extend(std::mem::take(&mut state.waiting).into_iter().map(|(_, it)| it));
            state.counts.running += cancelled.len() as u64;
        }
        self.changed.notify_all();
        cancelled
    }

    fn is_cancelling(&self) -> bool {
        self.state().cancelling
    }

    fn wait_until_idle(&self, deadline: Deadline) -> bool {
        let state = self.state();
        let busy = |state: &mut State| state.unfinished() > 0;
        let (state, _) =
            self.changed.wait_timeout_while(state, deadline.remaining(), busy).unwrap();
        state.unfinished() == 0
    }

    fn counts(&self) -> Counts {
        self.state().counts()
    }
}

/// A pool on the heap whose only worker, until the sender is dropped, is busy with its first message.
fn pool(
    handler: impl Fn(&Job<'_>, &u32) -> Result<u32, Fail> + Send + Sync + 'static,
) -> (QueuePool<u32, u32>, mpsc::Sender<()>) {
    let (end, wait) = mpsc::channel::<()>();
    let (begin, begun) = mpsc::channel();
    let wait = Mutex::new(wait);
    let gated = move |job: &Job<'_>, number: &u32| {
        if job.id() == 0 {
            begin.send(()).unwrap();
            wait.lock().unwrap().recv().unwrap_err();
        }
        handler(job, number)
    };
    let pool = QueuePool::builder(gated).engine(Heap::default()).workers(1).retries(1);
    let pool = pool.unbounded_results().build().unwrap();
    pool.send(0).unwrap();
    begun.recv().unwrap();
    (pool, end)
}

#[test]
fn the_engine_says_who_is_next() {
    let (pool, end) = pool(|_, number| Ok(*number));
    assert_eq!(pool.send_many([3, 1, 4, 1, 5, 9, 2, 6]).unwrap(), 8);
    assert_eq!((pool.stats().queued, pool.stats().running), (8, 1));
    assert!(pool.join_for(Duration::from_millis(10)).is_err());
    drop(end);
    pool.join().unwrap();
    let numbers: Vec<_> = pool.results().try_iter().map(|done| done.outcome.unwrap()).collect();
    assert_eq!(numbers, [0, 9, 6, 5, 4, 3, 2, 1, 1]);
}

#[test]
fn retries_and_the_end_are_the_pools() {
    let (pool, end) = pool(|job, number| match number {
        5 if !job.is_last_attempt() => Err(Fail::retry_after("later", Duration::from_millis(5))),
        6 => Err(Fail::dead("never")),
        _ => Ok(*number),
    });
    pool.send_many(4..=7).unwrap();
    drop(end);
    let results = pool.results();
    let report = pool.shutdown(Shutdown::Drain, Duration::MAX);
    assert!(report.is_complete());
    assert_eq!((report.stats.completed, report.stats.dead, report.stats.retried), (4, 1, 1));
    assert_eq!(pool.send(8).unwrap_err().into_inner(), 8);
    drop(pool);
    let mut outcomes: Vec<_> = results.iter().map(|done| done.outcome.ok()).collect();
    // Whether the back-off is over before the last one's turn is the clock's business.
    outcomes[3..].sort_unstable();
    assert_eq!(outcomes, [Some(0), Some(7), None, Some(4), Some(5)]);
}

#[test]
fn a_cancelling_shutdown_accounts_for_what_the_engine_hands_out() {
    let (pool, end) = pool(|_, number| Ok(*number));
    pool.send_many(1..=3).unwrap();
    let results = pool.results();
    let report = pool.shutdown(Shutdown::Cancel, Duration::ZERO);
    assert_eq!((report.cancelled_now, report.stats.cancelled, report.stats.running), (3, 3, 1));
    drop(end);
    assert!(pool.shutdown(Shutdown::Drain, Duration::MAX).is_complete());
    drop(pool);
    let (good, bad): (Vec<_>, Vec<_>) =
        results.iter().map(|done| done.outcome).partition(Result::is_ok);
    assert_eq!((good.len(), bad.len()), (1, 3));
    assert!(bad.iter().all(|outcome| matches!(outcome, Err(Failure::Cancelled))));
}
