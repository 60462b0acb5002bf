//! A gate that somebody may close in order to be alone.
//!
//! Those who come and go often pay little: each has a [`Visitor`] of its own, writes that it is inside, and
//! looks at the gate. Who closes the gate and then looks at the visitors pays for both, with the other half of
//! the [pair of fences](crate::fence): either it sees that somebody is inside, or that one sees the gate closed.

use crate::atomic::Ordering::{Acquire, Relaxed, Release};
use crate::atomic::{AtomicBool, AtomicU32};
use crate::fence;

/// Open, or closed by so many.
#[derive(Debug, Default)]
pub struct Gate {
    closed: AtomicU32,
}

/// Tells whether one thread is inside.
#[derive(Debug, Default)]
pub struct Visitor {
    is_inside: AtomicBool,
}

impl Gate {
    crate::const_on_hardware! {
        /// Creates a gate that is open.
        pub fn new() -> Self {
            Self { closed: AtomicU32::new(0) }
        }
    }

    /// Goes inside, and returns `false` if the gate is closed; `visitor` belongs to the calling thread.
    #[inline]
    pub fn enter(&self, visitor: &Visitor) -> bool {
        // ORDERING: Relaxed: `light` is between this and the next load, and meets `heavy` in
        // `announce`.
        visitor.is_inside.store(true, Relaxed);
        if !crate::mutant!("gate-enters-without-a-fence") {
            fence::light();
        }
        // ORDERING: Acquire pairs with the Release in `open`: what was done behind the closed gate is seen.
        let is_open = self.closed.load(Acquire) == 0;
        if !is_open && !crate::mutant!("gate-lets-everybody-in") {
            visitor.leave();
        }
        is_open || crate::mutant!("gate-lets-everybody-in")
    }

    /// Lets nobody inside from now on, but for those who may not see it before it is [announced](Self::announce).
    pub fn close(&self) {
        // ORDERING: Relaxed: the fence is in `announce`.
        self.closed.fetch_add(1, Relaxed);
    }

    /// Has everybody see that it is closed. Who is inside is seen by [`Visitor::is_inside`] after that, unless the
    /// answer is `false`: then the system has refused the fence.
    pub fn announce(&self) -> bool {
        // It is between the change in `close` and the loads to come, and meets `light` in `enter`.
        crate::mutant!("gate-closes-without-a-fence") || fence::heavy()
    }

    /// Takes one [`close`](Self::close) back.
    pub fn open(&self) {
        // ORDERING: Release pairs with the Acquire in `enter`.
        let order = if crate::mutant!("gate-opens-relaxed") { Relaxed } else { Release };
        self.closed.fetch_sub(1, order);
    }

    /// Takes all of them back; for who is the only thread.
    pub fn open_for_all(&self) {
        // ORDERING: Relaxed: there is nobody else.
        self.closed.store(0, Relaxed);
    }
}

impl Visitor {
    crate::const_on_hardware! {
        /// Creates that of a thread that is outside.
        pub fn new() -> Self {
            Self { is_inside: AtomicBool::new(false) }
        }
    }

    /// Goes inside without a look at the gate; who closed it does not notice, and must be told.
    pub fn enter_anyway(&self) {
        // ORDERING: Relaxed: the caller tells.
        self.is_inside.store(true, Relaxed);
    }

    /// Goes outside.
    #[inline]
    pub fn leave(&self) {
        // ORDERING: Release pairs with the Acquire in `is_inside`.
        let order = if crate::mutant!("gate-leaves-relaxed") { Relaxed } else { Release };
        self.is_inside.store(false, order);
    }

    /// Tells whether the thread is inside; what it did there is seen if it is not any more.
    pub fn is_inside(&self) -> bool {
        // ORDERING: Acquire pairs with the Release in `leave`.
        self.is_inside.load(Acquire)
    }
}
