//! Threads with a source of randomness each, in a way that ThreadSanitizer understands.

use std::cell::UnsafeCell;
use std::panic::resume_unwind;
use std::time::Duration;

use fastrand::Rng;
use sync_core::thread;

/// Keeps the value for ever: an `Arc`, or a scope of std, looks like a race to ThreadSanitizer, which cannot see
/// into the standard library.
pub(crate) fn keep<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

/// Runs `f(number, randomness)` in so many threads and returns what they return.
///
/// # Panics
///
/// With the first panic of a thread, when all have ended.
pub(crate) fn in_threads<R: Send + 'static>(
    count: usize,
    seed: u64,
    f: impl Fn(usize, &mut Rng) -> R + Copy + Send + 'static,
) -> Vec<R> {
    let mut seeds = Rng::with_seed(seed);
    let threads: Vec<_> = (0..count)
        .map(|number| {
            let mut random = seeds.fork();
            let run = move || f(number, &mut random);
            thread::Builder::new().spawn(run).expect("the system has room for a thread")
        })
        .collect();
    let ends: Vec<_> = threads.into_iter().map(thread::JoinHandle::join).collect();
    ends.into_iter().map(|end| end.unwrap_or_else(|panic| resume_unwind(panic))).collect()
}

/// A time-out that may well pass.
pub(crate) fn soon(random: &mut Rng) -> Duration {
    Duration::from_micros(random.u64(0..200))
}

/// Panics in `f` past the hook, and is fine.
pub(crate) fn panics_in<R>(f: impl FnOnce() -> R) {
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _kept_until_then = f();
        resume_unwind(Box::new(OnPurpose));
    }));
    if let Err(panic) = panicked
        && !panic.is::<OnPurpose>()
    {
        resume_unwind(panic);
    }
}

/// What is thrown to see what becomes of the rest.
struct OnPurpose;

/// Plain memory. Nothing but what a program tests keeps its uses apart, and ThreadSanitizer sees if it does not.
#[derive(Default)]
pub(crate) struct Plain(UnsafeCell<u64>);

// SAFETY: the programs put all uses in order, unless they have found what they are after.
unsafe impl Sync for Plain {}

impl Plain {
    pub(crate) fn add(&self, more: u64) {
        // SAFETY: nobody else uses it now, see above.
        unsafe { *self.0.get() += more };
    }

    pub(crate) fn get(&self) -> u64 {
        // SAFETY: nobody changes it now, see above.
        unsafe { *self.0.get() }
    }
}
