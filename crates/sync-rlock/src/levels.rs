//! How often a thread has taken the lock.

/// How many levels a thread has with so many more; checked before anything changes.
///
/// # Panics
///
/// If that is more than can be counted.
#[inline]
#[track_caller]
pub(crate) fn more_levels(levels: u32, more: u32) -> u32 {
    levels.checked_add(more).unwrap_or_else(|| too_deep(levels))
}

#[cold]
#[inline(never)]
#[track_caller]
fn too_deep(levels: u32) -> ! {
    panic!("this thread has taken the RLock {levels} times, which is the most it can")
}
