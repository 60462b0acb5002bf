//! What a semaphore promises.
//!
//! Nobody takes a permit that is not there.
//!
//! *In order* first come is first served: as long as anybody waits so, what is released is for the first of them, or
//! kept until it is enough, and whoever comes queues up. A *patient* waiter is woken when there is a permit for it, and
//! tries for it like everybody; if it comes too late, then the next time it waits in order.
//!
//! # Memory ordering
//!
//! What was done before a permit was released *happens before* what its next holder does: Release, and Acquire by who
//! takes it. Nothing else is ordered: a release sees nothing, nor does an attempt that fails, and a look at the numbers
//! may see what was a moment ago.

use std::fmt;

use sync_core::atomic::AtomicUsize;
use sync_core::atomic::Ordering::{self, Acquire, Relaxed, Release};
use sync_core::contract::{Plain, Queue};
use sync_core::parking::FilterOp;

use crate::forgotten::Forgotten;
use crate::request::{Overflow, Request};

#[expect(unnameable_types, reason = "a sealed trait hands it out, and nobody else can call that")]
pub struct RawSemaphore {
    /// Changed by whoever looks at the rest; the value says which of the `past` numbers are the present ones.
    now: AtomicUsize,
    past: Plain<Vec<Numbers>>,
    queue: Queue<Waits, Told>,
    pub(crate) forgotten: Forgotten,
}

#[derive(Debug, Clone, Copy)]
struct Numbers {
    free: u32,
    waiting: u32,
}

#[derive(Debug, Clone, Copy)]
struct Waits {
    count: u32,
    in_order: bool,
}

/// Why a thread wakes up.
#[derive(Debug, Clone, Copy)]
enum Told {
    /// It has its permits, and all were released by its waker.
    Has,
    /// It has its permits, which were released by several.
    HasOfMany,
    /// There is a permit to try for.
    Try,
}

impl RawSemaphore {
    pub(crate) fn new(permits: u32) -> Self {
        let (now, past) = (AtomicUsize::new(0), vec![Numbers { free: permits, waiting: 0 }]);
        Self { now, past: Plain::new(past), queue: Queue::new(), forgotten: Forgotten::new() }
    }

    #[track_caller]
    fn look(&self) -> Numbers {
        let now = self.now.load(Relaxed);
        self.past.with(|past| past[now])
    }

    #[track_caller]
    pub(crate) fn free(&self) -> u32 {
        self.look().free
    }

    #[track_caller]
    pub(crate) fn waiting(&self) -> u32 {
        self.look().waiting
    }

    /// What there is in truth: to be used in a step.
    fn present(&self) -> Numbers {
        self.past.with(|past| *past.last().expect("there is a beginning"))
    }

    /// What there is to take for one who comes.
    fn on_offer(&self) -> u32 {
        let is_kept = self.queue.any(|waits| waits.in_order);
        let barges = sync_core::mutant!("contract-semaphore-barges");
        if is_kept && !barges { 0 } else { self.present().free }
    }

    /// A step, which leaves the numbers as they are for now.
    #[track_caller]
    fn step(&self, order: Ordering) {
        self.now.fetch_add(1, order);
        self.past.with(|past| past.push(past[past.len() - 1]));
    }

    /// Ends a step with so many permits free.
    fn settle(&self, free: u32) {
        let waiting = self.queue.len() as u32;
        self.past.with(|past| {
            past.pop();
            past.push(Numbers { free, waiting });
        });
    }

    /// Takes permits without waiting: as many of `most` as there are, unless these are less than `least`.
    ///
    /// It does so, or finds that it cannot, in a step by itself, for which nothing may have changed since the look.
    #[track_caller]
    fn try_take(&self, least: u32, most: u32) -> u32 {
        loop {
            let now = self.past.with(|past| past.len() - 1);
            let on_offer = self.on_offer();
            let taken = if on_offer < least { 0 } else { on_offer.min(most) };
            let next = now + usize::from(taken > 0);
            let order = if taken > 0 { Acquire } else { Relaxed };
            if self.now.compare_exchange(now, next, order, Relaxed).is_ok() {
                if taken > 0 {
                    let left = self.present().free - taken;
                    self.past.with(|past| past.push(Numbers { free: left, ..past[now] }));
                }
                return taken;
            }
        }
    }

    #[track_caller]
    pub(crate) fn try_acquire(&self, count: u32) -> bool {
        count == 0 || self.try_take(count, count) > 0
    }

    #[track_caller]
    pub(crate) fn try_acquire_up_to(&self, most: u32) -> u32 {
        self.try_take(1, most)
    }

    #[track_caller]
    pub(crate) fn acquire(&self, Request { count, is_patient, deadline }: Request) -> bool {
        let has_time = deadline.is_never();
        if count == 0 || !has_time && self.try_acquire(count) {
            return true;
        }
        if deadline.is_over() {
            return false;
        }
        let mut in_order = !is_patient || count > 1;
        loop {
            self.step(if has_time { Acquire } else { Relaxed });
            let told = if self.on_offer() >= count {
                self.settle(self.present().free - count);
                Some(Told::Has)
            } else {
                let place = self.queue.enter(Waits { count, in_order });
                self.settle(self.present().free);
                self.queue.wait(place, deadline, || self.step(Relaxed))
            };
            match told {
                Some(Told::Try) if sync_core::mutant!("contract-semaphore-patient-for-ever") => {}
                Some(Told::Try) => in_order = true,
                Some(Told::Has) if has_time => return true,
                Some(_) => {
                    // All that were released so far, and so those that it has.
                    self.now.load(Acquire);
                    return true;
                }
                None => {
                    // What was kept for this one is for those behind it.
                    self.serve(self.present().free, false);
                    return false;
                }
            }
        }
    }

    #[track_caller]
    pub(crate) fn release(&self, count: u32) -> Result<(), Overflow> {
        let acquire = sync_core::mutant!("contract-semaphore-release-sees-others");
        self.step(if acquire { Ordering::AcqRel } else { Release });
        let before = self.present().free;
        let free = before.checked_add(count).ok_or(Overflow)?;
        self.serve(free, before == 0);
        Ok(())
    }

    /// Ends a step that leaves so many permits: those who wait in order have them first, then the patient may try.
    #[track_caller]
    fn serve(&self, mut free: u32, from_one: bool) {
        let has = self.queue.pick(|waits| match free.checked_sub(waits.count) {
            _ if !waits.in_order => FilterOp::Skip,
            Some(left) => {
                free = left;
                FilterOp::Unpark
            }
            None => FilterOp::Stop,
        });
        let is_kept = self.queue.any(|waits| waits.in_order);
        let try_for_it = self.queue.take(if is_kept { 0 } else { free as usize });
        self.settle(free);
        let from_one =
            from_one || sync_core::mutant!("contract-semaphore-shows-one-release-of-two");
        has.wake(if from_one { Told::Has } else { Told::HasOfMany });
        try_for_it.wake(Told::Try);
    }
}

impl fmt::Debug for RawSemaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Numbers { free, waiting } = self.look();
        write!(f, "{free} free, {waiting} waiting")
    }
}
