//! The pair by `membarrier` on Linux, and by two full fences elsewhere.
//!
//! | mode         | `light`                      | `heavy`       |
//! |--------------|------------------------------|---------------|
//! | `UNDECIDED`  | decides; a full fence        | decides first |
//! | `DECIDING`   | a full fence                 | refused       |
//! | `ASYMMETRIC` | for the compiler             | `membarrier`  |
//! | `SYMMETRIC`  | a full fence                 | a full fence  |
//!
//! The mode is decided once in the life of a process, by whichever side comes first, and never
//! changes after that: a thread that found `ASYMMETRIC` relies on every `heavy` to reach it. One that
//! found an earlier mode makes a full fence, which is as good in either of the later ones. Nobody
//! waits for the one who decides, not even itself, should what it asks the system for come back here
//! (an allocator may use a lock that uses this).
//!
//! Before `membarrier` can be used a process must register for it, which takes milliseconds once it has
//! several threads: a grace period of the kernel's. So it is done when the program is loaded.
//! Whoever decides registers once more, which takes no time then, and finds out whether a sandbox has
//! forbidden it meanwhile.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicU8, compiler_fence, fence};

use super::brake;

const UNDECIDED: u8 = 0;
const DECIDING: u8 = 1;
const ASYMMETRIC: u8 = 2;
const SYMMETRIC: u8 = 3;

static MODE: AtomicU8 = AtomicU8::new(UNDECIDED);

/// Orders the calling thread towards whoever calls [`heavy`]; the frequent side of the pair.
#[inline]
pub fn light() {
    // ORDERING: Relaxed: whatever is found, the fence is strong enough for it; see the table.
    if MODE.load(Relaxed) == ASYMMETRIC {
        compiler_fence(SeqCst);
    } else {
        full_fence();
    }
}

/// A [`light`] for whoever has had a yes from [`reserve`] before, which was the decision: it costs nothing.
#[inline]
pub fn light_reserved() {
    debug_assert!(is_asymmetric(), "nothing is reserved elsewhere");
    // ORDERING: SeqCst, as in `light`: for the compiler, with the barrier of `heavy`.
    compiler_fence(SeqCst);
}

#[cold]
fn full_fence() {
    let _answer = mode();
    // ORDERING: SeqCst, with that of `heavy`; the variables are its caller's.
    fence(SeqCst);
}

/// Orders the calling thread towards whoever calls [`light`] or this; the rare side of the pair.
///
/// It costs a system call and an interrupt on each processor that runs this process: some
/// microseconds, which count for [`affordable`]. Returns `false` if the system refused it, or if
/// another thread is just finding out whether the system would.
#[cold]
#[must_use = "if it failed, what another thread did before a `light` may not be seen"]
pub fn heavy() -> bool {
    heavy_by(|| brake::charge(barrier::on_all_processors))
}

/// A [`heavy`] for which a [`reserve`] said yes, perhaps long ago; it costs the process nothing more.
#[cold]
#[must_use = "if it failed, what another thread did before a `light` may not be seen"]
pub fn heavy_reserved() -> bool {
    heavy_by(barrier::on_all_processors)
}

fn heavy_by(barrier: impl FnOnce() -> bool) -> bool {
    // ORDERING: SeqCst, with that of `light` where this is not asymmetric; the variables are the
    // caller's.
    fence(SeqCst);
    match mode() {
        ASYMMETRIC => {
            let reached_all = barrier();
            if !reached_all {
                // ORDERING: Relaxed: nothing is read on its strength.
                REFUSED.store(true, Relaxed);
            }
            reached_all
        }
        mode => mode == SYMMETRIC,
    }
}

/// Whether the system has ever refused a barrier since it promised them.
static REFUSED: AtomicBool = AtomicBool::new(false);

/// Asks for a [`heavy_reserved`] that may become necessary later.
///
/// Says no if [`light`] is not free anyway, if the system has refused a barrier before, and if a
/// hundredth of the time and ten milliseconds in advance would not be enough for all that were asked for.
pub fn reserve() -> bool {
    // ORDERING: Relaxed, as above.
    is_asymmetric() && !REFUSED.load(Relaxed) && brake::reserve()
}

/// Tells whether the process may afford a [`heavy`] now: all of them together take no more than a
/// hundredth of the time, and a millisecond in advance.
///
/// Nobody is kept from calling it all the same; whoever can do without asks first.
pub fn affordable() -> bool {
    mode() == SYMMETRIC || brake::affordable()
}

/// Tells whether [`light`] costs nothing, and decides that if nobody has yet.
///
/// The environment variable `THREADKIT_SYMMETRIC_FENCES`, set to anything before that, makes both
/// sides full fences: for tests, and, set when the program starts, for sandboxes that kill whoever calls
/// `membarrier`.
pub fn is_asymmetric() -> bool {
    mode() == ASYMMETRIC
}

/// Decides if nobody has yet.
fn mode() -> u8 {
    // ORDERING: Acquire, with the Release in `decide`: the process is registered before its use.
    match MODE.load(Acquire) {
        UNDECIDED => decide(),
        mode => mode,
    }
}

#[cold]
fn decide() -> u8 {
    // ORDERING: Acquire, as above; Relaxed for becoming the one who decides, which tells nobody
    // anything.
    match MODE.compare_exchange(UNDECIDED, DECIDING, Relaxed, Acquire) {
        Ok(_) => {
            let mode = if is_wanted() && barrier::register() { ASYMMETRIC } else { SYMMETRIC };
            // ORDERING: Release, with the Acquire in `mode`.
            MODE.store(mode, Release);
            mode
        }
        Err(mode) => mode,
    }
}

/// Has somebody decide again, in the child of a `fork`, if the one who was about to is a thread that was
/// left behind. A decision that was made stands: the child inherits the registration for barriers.
#[cfg(unix)]
pub(super) fn in_child() {
    // ORDERING: Relaxed: there is one thread.
    let _decided = MODE.compare_exchange(DECIDING, UNDECIDED, Relaxed, Relaxed);
}

/// Makes both sides full fences.
const SWITCH: &str = "THREADKIT_SYMMETRIC_FENCES";

fn is_wanted() -> bool {
    std::env::var_os(SWITCH).is_none()
}

/// Registers for barriers, if they are wanted, before anybody has decided anything.
#[cfg(all(target_os = "linux", not(miri)))]
pub(super) fn register_early() {
    let _decided_later = is_wanted() && barrier::register();
}

#[cfg(target_os = "linux")]
mod barrier {
    //! Linux's [`membarrier`](https://man7.org/linux/man-pages/man2/membarrier.2.html).

    use libc::{SYS_membarrier, c_int, c_uint};

    /// From `linux/membarrier.h`, as the next.
    const PRIVATE_EXPEDITED: c_int = 1 << 3;
    const REGISTER_PRIVATE_EXPEDITED: c_int = 1 << 4;

    /// Announces that this process will ask for barriers; `false` if the kernel has none, or a sandbox
    /// forbids them.
    pub(super) fn register() -> bool {
        membarrier(REGISTER_PRIVATE_EXPEDITED)
    }

    /// Runs a full barrier on every processor that runs a thread of this process.
    pub(super) fn on_all_processors() -> bool {
        membarrier(PRIVATE_EXPEDITED)
    }

    fn membarrier(command: c_int) -> bool {
        let (no_flags, no_processor): (c_uint, c_int) = (0, 0);
        // SAFETY: the call takes three numbers and touches no memory of ours.
        unsafe { libc::syscall(SYS_membarrier, command, no_flags, no_processor) == 0 }
    }
}

#[cfg(not(target_os = "linux"))]
mod barrier {
    //! None that is known.

    pub(super) fn register() -> bool {
        false
    }

    pub(super) fn on_all_processors() -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use std::sync::MutexGuard;

    use super::brake::{accounts, reserve_all, spend_all, used};
    use super::*;

    /// Shows something where each test has a process; where they share one, another may have registered.
    #[cfg(target_os = "linux")]
    #[test]
    fn the_process_is_registered_before_anybody_asks() {
        assert!(!is_wanted() || barrier::on_all_processors());
    }

    /// Has the process for one test alone, in this mode and with nothing spent or refused. The next
    /// test sets a mode of its own.
    fn in_mode(mode: u8) -> MutexGuard<'static, ()> {
        let alone = accounts();
        MODE.store(mode, Relaxed);
        REFUSED.store(false, Relaxed);
        alone
    }

    /// The decision to expect. It registers for nothing: that was done when the program was loaded.
    fn decision() -> u8 {
        if is_wanted() && barrier::on_all_processors() { ASYMMETRIC } else { SYMMETRIC }
    }

    #[test]
    fn whoever_comes_first_decides() {
        let decides: [fn(u8); 5] = [
            |_| light(),
            |_| assert!(heavy()),
            |_| assert!(affordable()),
            |mode| assert_eq!(is_asymmetric(), mode == ASYMMETRIC),
            |mode| assert_eq!(reserve(), mode == ASYMMETRIC),
        ];
        let decision = decision();
        for comes_first in decides {
            let _alone = in_mode(UNDECIDED);
            comes_first(decision);
            assert_eq!(MODE.load(Relaxed), decision);
        }
    }

    #[test]
    fn nobody_waits_for_the_one_who_decides_nor_relies_on_it() {
        let _alone = in_mode(DECIDING);
        light();
        assert!(!heavy() && !heavy_reserved() && !is_asymmetric() && !reserve());
        assert_eq!(MODE.load(Relaxed), DECIDING);
    }

    #[cfg(unix)]
    #[test]
    fn a_child_makes_the_decision_that_nobody_is_left_to_make() {
        let child_of = |parent| {
            let _alone = in_mode(parent);
            in_child();
            MODE.load(Relaxed)
        };
        assert_eq!(child_of(DECIDING), UNDECIDED);
        let others = [UNDECIDED, ASYMMETRIC, SYMMETRIC];
        assert_eq!(others.map(child_of), others);
    }

    #[test]
    fn full_fences_are_never_refused_and_have_no_limit() {
        let _alone = in_mode(SYMMETRIC);
        assert!(heavy() && heavy_reserved() && !is_asymmetric() && !reserve());
        assert_eq!(used(), [false, false]);
        spend_all();
        assert!(affordable());
    }

    #[test]
    fn a_barrier_counts_unless_it_was_reserved() {
        if decision() != ASYMMETRIC {
            return;
        }
        let _alone = in_mode(ASYMMETRIC);
        assert!(is_asymmetric() && heavy_reserved());
        assert_eq!(used(), [false, false]);
        assert!(heavy() && affordable());
        assert_eq!(used(), [true, false]);
        assert!(reserve());
        assert_eq!(used(), [true, true]);
        spend_all();
        assert!(!affordable() && reserve() && heavy(), "nobody is kept from it");
        reserve_all();
        assert!(!reserve() && heavy_reserved());
    }

    #[test]
    fn after_a_refused_barrier_none_is_reserved() {
        let _alone = in_mode(ASYMMETRIC);
        assert!(heavy_by(|| true) && reserve());
        assert!(!heavy_by(|| false), "what was refused did not happen");
        assert!(!reserve() && affordable());
    }
}
