//! Who takes turns with whom in a round: the system's business, or drawn from the seed by shuttle.

sync_core::hardware_only! {
    /// Runs the round on real threads.
    pub(crate) fn run(round: fn(u64), seed: u64) {
        round(seed);
    }
}

/// Runs the round in a schedule drawn from the seed, of one kind or the other by turns.
#[cfg(all(threadkit_shuttle, feature = "shuttle"))]
pub(crate) fn run(round: fn(u64), seed: u64) {
    use sync_core::checker::{Draw, run_once};

    let draw = if seed.is_multiple_of(2) { Draw::Random } else { Draw::Priorities };
    run_once(draw, seed, move || round(seed));
}
