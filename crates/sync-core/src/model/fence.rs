//! The pair as the checker can see it: read-modify-writes of a cell for each thread.
//!
//! Two `SeqCst` fences would be too strong, since they also order `light` with `light`, which
//! hardware does not: drafts of locks that are broken passed them. Here `light` goes to its thread's
//! own cell and `heavy` to all of them, so the two meet in one cell, and the second sees what the
//! first one's thread had done. Two `light` never meet.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize as Counter, Ordering::Relaxed};

use super::atomic::{AtomicUsize, Ordering::AcqRel, Ordering::SeqCst, fence};

/// As many threads as a model can have, the main one among them.
const THREADS: usize = 5;

struct Cells {
    of_threads: [AtomicUsize; THREADS],
    /// How many have an owner; not one of the checker's objects, because it only gives names.
    given: Counter,
}

loom::lazy_static! {
    static ref CELLS: Cells = Cells {
        of_threads: std::array::from_fn(|_| AtomicUsize::new(0)),
        given: Counter::new(0),
    };
}

loom::thread_local! {
    static OWN: Cell<Option<usize>> = Cell::new(None);
}

std::thread_local! {
    /// All threads of a model are coroutines on one OS thread.
    static SYMMETRIC: Cell<bool> = const { Cell::new(false) };
}

/// Chooses whether both sides are full fences in this execution, and makes the cells before its threads
/// start: the first use of a global orders those that come after it, and two `light` would see each
/// other.
pub(super) fn prepare(is_symmetric: bool) {
    SYMMETRIC.set(is_symmetric);
    let _ = &*CELLS;
}

/// Orders the calling thread towards whoever calls [`heavy`]; the frequent side of the pair.
#[track_caller]
pub fn light() {
    if is_asymmetric() {
        meet_in(own());
    } else {
        // ORDERING: SeqCst, with that of `heavy`; the variables are its caller's.
        fence(SeqCst);
    }
}

/// Orders the calling thread towards whoever calls [`light`] or this; the rare side of the pair.
/// Never refused here.
#[must_use = "if it was refused, what others did before a `light` may not be seen"]
#[track_caller]
pub fn heavy() -> bool {
    if is_asymmetric() && !crate::mutant!("fence-heavy-reaches-nobody") {
        // Threads that have made no `light` yet find what is left for them in their cells.
        (0..THREADS).for_each(meet_in);
    }
    // ORDERING: SeqCst, with that of another `heavy`, or of `light` where both are full fences; the
    // variables are the caller's.
    fence(SeqCst);
    true
}

/// Tells whether [`light`] costs nothing.
pub fn is_asymmetric() -> bool {
    !SYMMETRIC.get()
}

#[track_caller]
fn meet_in(cell: usize) {
    // ORDERING: AcqRel: whoever comes second sees what the first one had done, in whichever order the
    // two come.
    CELLS.of_threads[cell].fetch_add(0, AcqRel);
}

fn own() -> usize {
    OWN.with(|own| {
        own.get().unwrap_or_else(|| {
            let next = CELLS.given.fetch_add(1, Relaxed);
            own.set(Some(next));
            next
        })
    })
}
