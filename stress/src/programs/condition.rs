//! A queue with room for three, between four threads that put in and four that take out.

use std::collections::VecDeque;
use std::time::Duration;

use fastrand::Rng;
use sync_lock::{Condition, Lock, LockGuard};

use crate::threads::{in_threads, keep, panics_in, soon};

const ROOM: usize = 3;
const PRODUCERS: usize = 4;
const ITEMS: u64 = 40;

#[derive(Default)]
struct Shared {
    queue: Lock<Queue>,
    not_empty: Condition,
    not_full: Condition,
}

#[derive(Default)]
struct Queue {
    items: VecDeque<u64>,
    finished: usize,
}

pub(crate) fn round(seed: u64) {
    let shared: &'static Shared = keep(Shared::default());
    let sums = in_threads(2 * PRODUCERS, seed, |number, random| {
        if number < PRODUCERS { shared.produce(random) } else { shared.consume(random) }
    });
    assert_eq!(sums.into_iter().sum::<u64>(), PRODUCERS as u64 * (1..=ITEMS).sum::<u64>());
}

impl Shared {
    fn produce(&self, random: &mut Rng) -> u64 {
        for item in 1..=ITEMS {
            let mut queue = self.queue.lock();
            let is_full = |queue: &Queue| queue.items.len() >= ROOM;
            wait(&self.not_full, &mut queue, is_full, random);
            queue.items.push_back(item);
            tell(&self.not_empty, queue, random);
        }
        let mut queue = self.queue.lock();
        queue.finished += 1;
        self.not_empty.notify_all();
        0
    }

    fn consume(&self, random: &mut Rng) -> u64 {
        let mut sum = 0;
        loop {
            let mut queue = self.queue.lock();
            let is_empty = |queue: &Queue| queue.items.is_empty() && queue.finished < PRODUCERS;
            wait(&self.not_empty, &mut queue, is_empty, random);
            let Some(item) = queue.items.pop_front() else { return sum };
            sum += item;
            tell(&self.not_full, queue, random);
        }
    }
}

/// Waits in one of the ways there are.
fn wait(
    condition: &Condition,
    queue: &mut LockGuard<'_, Queue>,
    is_so: impl Fn(&Queue) -> bool,
    random: &mut Rng,
) {
    match random.u8(0..4) {
        0 => while !condition.wait_while_for(queue, &is_so, soon(random)) {},
        1 => {
            while is_so(queue) {
                let _notified_or_not: bool = condition.wait_for(queue, soon(random));
            }
        }
        2 => assert!(condition.wait_while_for(queue, &is_so, Duration::MAX)),
        _ => condition.wait_while(queue, &is_so),
    }
}

/// Notifies in one of the ways there are: with the lock, after it, or with too many.
fn tell(condition: &Condition, queue: LockGuard<'_, Queue>, random: &mut Rng) {
    match random.u8(0..5) {
        0 => drop(condition.notify_all()),
        1 => {
            condition.notify_one();
            panics_in(move || queue);
        }
        2 => {
            condition.notify_one();
            LockGuard::unlock_fair(queue);
        }
        3 => {
            condition.notify_one();
        }
        _ => {
            drop(queue);
            condition.notify_one();
        }
    }
}
