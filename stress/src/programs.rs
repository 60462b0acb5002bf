//! The programs. A round of each takes some milliseconds and is drawn from its seed.

mod condition;
mod lock;
mod pool;
mod rlock;
mod semaphore;
mod signals;

/// A program of which each round is new.
pub(crate) struct Program {
    pub(crate) name: &'static str,
    pub(crate) round: fn(u64),
}

/// Those before `pool` are fit for ThreadSanitizer.
pub(crate) const PROGRAMS: &[Program] = &[
    Program { name: "lock", round: lock::round },
    Program { name: "condition", round: condition::round },
    Program { name: "rlock", round: rlock::round },
    Program { name: "rlock-condition", round: rlock::round_with_condition },
    Program { name: "semaphore-fifo", round: semaphore::round::<sync_semaphore::Fifo> },
    Program { name: "semaphore-greedy", round: semaphore::round::<sync_semaphore::Greedy> },
    Program { name: "event", round: signals::round_of_events },
    Program { name: "barrier", round: signals::round_of_barriers },
    Program { name: "pool", round: pool::round },
];
