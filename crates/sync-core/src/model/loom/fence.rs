//! The pair as the checker can see it: read-modify-writes of a cell for each thread.
//!
//! Two `SeqCst` fences would be too strong, since they also order `light` with `light`, which
//! hardware does not: drafts of locks that are broken passed them. Here `light` goes to its thread's
//! own cell and `heavy` to all of them, so the two meet in one cell, and the second sees what the
//! first one's thread had done. Two `light` never meet.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize as Counter, Ordering::Relaxed};

use crate::model::atomic::{AtomicUsize, Ordering::AcqRel, Ordering::SeqCst, fence};

/// As many threads as a model can have, the main one among them.
const THREADS: usize = 5;

/// The cell of those that come by while their thread-locals are destroyed, and no longer know their own.
const ENDING: usize = THREADS;

struct Cells {
    of_threads: [AtomicUsize; THREADS + 1],
    /// How many have an owner; not one of the checker's objects, because it only gives names.
    given: Counter,
}

impl Cells {
    fn new() -> Rc<Self> {
        let of_threads = std::array::from_fn(|_| AtomicUsize::new(0));
        Rc::new(Self { of_threads, given: Counter::new(0) })
    }

    #[track_caller]
    fn meet_in(&self, cell: usize) {
        // ORDERING: AcqRel: whoever comes second sees what the first one had done, in whichever order
        // the two come.
        self.of_threads[cell].fetch_add(0, AcqRel);
    }
}

loom::lazy_static! {
    /// For models that are explored without [`prepare`].
    static ref CELLS: Rc<Cells> = Cells::new();
}

loom::thread_local! {
    /// Shared, because a thread may outlive the checker's globals.
    static OWN: OnceCell<(Rc<Cells>, usize)> = OnceCell::new();
}

std::thread_local! {
    /// All threads of a model are coroutines on one OS thread.
    static KIND: Cell<Kind> = const { Cell::new(Kind::Asymmetric) };
    /// How often this execution has asked for what its kind may refuse.
    static ASKED: Cell<usize> = const { Cell::new(0) };
    static PREPARED: RefCell<Option<Rc<Cells>>> = const { RefCell::new(None) };
}

/// Which pair of fences the program has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// One side is free.
    Asymmetric,
    /// Both sides are full fences.
    Symmetric,
    /// As `Asymmetric`, but so many `heavy` are granted, the first ones, and the others are refused.
    Granted(usize),
    /// As `Asymmetric`, but the first `heavy` is refused.
    RefusedOnce,
    /// As `Asymmetric`, but the first `reserve` is refused.
    Braked,
    /// As `Asymmetric`, but so many questions whether it is `affordable` have a yes, the first ones.
    Affordable(usize),
}

/// How often what the kind may refuse has been asked for before.
fn asked_before() -> usize {
    let before = ASKED.get();
    ASKED.set(before + 1);
    before
}

/// Chooses the kind for this execution, and makes the cells before its threads start: the first use of
/// a global orders those that come after it, and two `light` would see each other.
pub(super) fn prepare(kind: Kind) {
    KIND.set(kind);
    ASKED.set(0);
    PREPARED.set(Some(Cells::new()));
}

/// Forgets what [`prepare`] made, after the last execution.
pub(super) fn clear() {
    KIND.set(Kind::Asymmetric);
    PREPARED.set(None);
}

/// Orders the calling thread towards whoever calls [`heavy`]; the frequent side of the pair.
#[track_caller]
pub fn light() {
    if is_asymmetric() {
        in_own_cell();
    } else {
        // ORDERING: SeqCst, with that of `heavy`; the variables are its caller's.
        fence(SeqCst);
    }
}

/// A [`light`] for whoever has had a yes from [`reserve`] before.
#[track_caller]
pub fn light_reserved() {
    light();
}

/// Orders the calling thread towards whoever calls [`light`] or this; the rare side of the pair.
/// Refused only in a model that asks for it.
#[must_use = "if it was refused, what others did before a `light` may not be seen"]
#[track_caller]
pub fn heavy() -> bool {
    let refused = match KIND.get() {
        Kind::Granted(granted) => asked_before() >= granted,
        Kind::RefusedOnce => asked_before() == 0,
        _ => false,
    };
    if is_asymmetric() && !refused && !crate::mutant!("fence-heavy-reaches-nobody") {
        // Threads that have made no `light` yet find what is left for them in their cells.
        let cells = cells();
        (0..=THREADS).for_each(|cell| cells.meet_in(cell));
    }
    // ORDERING: SeqCst, with that of another `heavy`, or of `light` where both are full fences; the
    // variables are the caller's.
    fence(SeqCst);
    !refused
}

/// A [`heavy`] for which a [`reserve`] said yes.
#[must_use = "if it was refused, what others did before a `light` may not be seen"]
#[track_caller]
pub fn heavy_reserved() -> bool {
    heavy()
}

/// Yes, until that is used up in a model that says how often.
pub fn affordable() -> bool {
    match KIND.get() {
        Kind::Affordable(times) => asked_before() < times,
        _ => true,
    }
}

/// Asks for a [`heavy_reserved`] that may become necessary later; refused in models that ask for it, and
/// where [`light`] is not free anyway.
pub fn reserve() -> bool {
    is_asymmetric() && !(KIND.get() == Kind::Braked && asked_before() == 0)
}

/// Tells whether [`light`] costs nothing.
pub fn is_asymmetric() -> bool {
    KIND.get() != Kind::Symmetric
}

fn cells() -> Rc<Cells> {
    PREPARED.with_borrow(Option::clone).unwrap_or_else(|| CELLS.clone())
}

#[track_caller]
fn in_own_cell() {
    let own = OWN.try_with(|own| {
        own.get_or_init(|| {
            let cells = cells();
            let next = cells.given.fetch_add(1, Relaxed);
            (cells, next)
        })
        .clone()
    });
    let (cells, own) = own.unwrap_or_else(|_destroyed| (cells(), ENDING));
    cells.meet_in(own);
}
