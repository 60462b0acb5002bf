//! Work that a compiler cannot shorten.

use std::hint::black_box;

/// Does a chain of steps, each waiting for the one before: about a nanosecond a step.
///
/// A mere multiplication and addition would not do: a compiler makes one of several.
#[inline]
pub(crate) fn work(steps: u32) -> u64 {
    let mut state = black_box(1_u64);
    for _ in 0..steps {
        state = (state ^ (state >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    }
    black_box(state)
}
