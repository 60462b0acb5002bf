//! The bias: who takes a lock first has it for next to nothing, until another thread wants it.
//!
//! Most re-entrant locks are used by one thread for all of their lives, or for most of it. So the first
//! thread to take one is made its *first owner*: it takes and gives back the lock by plain stores to
//! `levels`. The first other thread *revokes* the bias, once and for ever, and pays for the ordering
//! that the first owner never paid for with one heavy fence; see [`sync_core::fence`].
//!
//! | `word`                   | meaning                                                         |
//! |--------------------------|-----------------------------------------------------------------|
//! | `NOBODY`                 | nobody has taken the lock yet                                   |
//! | `id`                     | the first owner takes the lock by the bias                      |
//! | `id`, `REVOKED`          | somebody wants the lock, and the first owner may not know it yet |
//! | `id`, `REVOKED`, `SETTLED` | the first owner takes no first level by the bias any more     |
//! | `REVOKED`, perhaps `SETTLED` | there never was a first owner, and there will be none       |
//!
//! Everybody but the first owner, and the first owner too once it knows, takes the *ordinary way*: the
//! inner lock, and then [`revoke`](Bias::revoke), which waits until the bias holds nothing any more.
//! Those who revoke queue at the inner lock, so there is one of them at a time.
//!
//! # Invariants
//!
//! 1. `levels` is written by the first owner alone.
//! 2. Bits of `word` are added, never taken away. In particular the first owner stays in it, and who has
//!    a level by the bias finds that out whatever happens meanwhile: it takes another one and never
//!    waits for itself.
//! 3. A first level counts if, after the store of it and a light fence, `word` does not say `REVOKED`.
//!    Otherwise the first owner takes it back and goes the ordinary way.
//! 4. `SETTLED` is added after `REVOKED`: by whoever did a heavy fence in between that was not refused, by
//!    whoever found that there is no first owner, or by the first owner, without a level, itself.
//! 5. Whoever goes the ordinary way owns the lock once it has found `SETTLED`, and after that no levels.
//!
//! # Why two never own it
//!
//! Let O hold a first level that counts, and R go the ordinary way and find `SETTLED`. If O added it, O
//! had found `REVOKED` before, so its last level that counted was over, and R sees that (Release and
//! Acquire of `word`). Otherwise there was a heavy fence H after `REVOKED` was added. By the light fence L
//! of invariant 3, O's store comes before L and its second look at `word` after L. If H is first, the
//! look finds `REVOKED`, and the level does not count. If L is first, the store is seen by whoever did
//! H and, through `SETTLED`, by R, which waits until it reads the zero that O stores at its end. That
//! store is a Release and the reading an Acquire, so R sees what O did.
//!
//! # Why nobody waits for ever
//!
//! R sleeps only if it finds levels with the queue locked. O, when it gives back its last level or takes
//! one back, stores the zero, makes a light fence, and looks at `word`. If it finds `REVOKED`, it wakes
//! R: R was in the queue already, or locks the queue later and finds the zero. If not, L came before H
//! and R, which looks after H, finds the zero. Without `SETTLED`, R sleeps for a millisecond at most: it
//! does not rely on a fence that was refused, and asks for another one.
//!
//! A revoker whose time is over gives the inner lock back and leaves the bits for the next one.
//!
//! # Memory ordering
//!
//! Relaxed where the first owner reads what it wrote itself, and in what the fences order. The rest is
//! said at the places.
//!
//! Source of the idea: [lock reservation] in Java, known as biased locking; the asymmetric fence takes the
//! place of stopping the owner. Drafts that failed under the model checker stand in `tests/mutants.txt`.
//!
//! [lock reservation]: https://research.ibm.com/publications/lock-reservation-java-locks-can-mostly-do-without-atomic-operations--1

use sync_core::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use sync_core::atomic::{AtomicU32, AtomicU64, OnlyWriter};
use sync_core::cell::Witness;
use sync_core::fence;
use sync_core::parking::{NO_PARK_TOKEN, ParkResult, Parking, UnparkToken};
use sync_core::time::{Deadline, Duration};

use crate::levels::more_levels;

/// Stands for no owner; no thread has this id.
pub(super) const NOBODY: u64 = 0;

/// Somebody wants the lock who is not its first owner.
const REVOKED: u64 = 1 << 63;
/// The first owner knows, if there is one.
const SETTLED: u64 = 1 << 62;
/// The first owner's id.
const ID: u64 = SETTLED - 1;

/// How long one sleeps who cannot rely on being woken.
const DOZE: Duration = Duration::from_millis(1);

/// What a thread found in the word of a [`Bias`].
#[derive(Clone, Copy)]
pub(crate) struct Word(u64);

impl Word {
    /// Nobody has taken the lock yet.
    #[inline]
    pub(crate) fn is_nobodys(self) -> bool {
        self.0 == NOBODY
    }

    /// The first owner is `me`.
    #[inline]
    pub(crate) fn is_of(self, me: u64) -> bool {
        self.0 & ID == me
    }

    /// The first owner is `me`, and nobody has revoked that.
    #[inline]
    pub(crate) fn is_still_of(self, me: u64) -> bool {
        self.0 == me
    }

    /// The bias is over as soon as no levels are found.
    #[inline]
    pub(crate) fn is_settled(self) -> bool {
        self.0 & SETTLED != 0
    }
}

pub(crate) struct Bias {
    /// The first owner, and what has become of the bias.
    word: AtomicU64,
    /// How often the first owner has taken the lock by the bias. Who revokes sleeps in its queue.
    levels: Parking<AtomicU32>,
    /// Of the whole lock: both ways touch it.
    pub(crate) witness: Witness,
}

impl Bias {
    sync_core::const_on_hardware! {
        /// Belongs to nobody yet.
        pub(crate) fn new() -> Self {
            Self {
                word: AtomicU64::new(NOBODY),
                levels: Parking::new(AtomicU32::new(0)),
                witness: Witness::new(),
            }
        }
    }

    /// Whose it is and what has become of it, as far as the calling thread knows.
    #[inline]
    pub(crate) fn word(&self) -> Word {
        // ORDERING: Acquire, with the AcqRel of whoever added SETTLED: `levels` is read after it.
        Word(self.word.load(Acquire))
    }

    /// Takes so many levels by the bias. The caller is the first owner and has not found it revoked yet; if
    /// it finds that now, the answer is `false`, and [`take_late`](Self::take_late) comes next.
    ///
    /// # Panics
    ///
    /// If these are more levels than can be counted; nothing changes then.
    #[inline]
    #[track_caller]
    pub(crate) fn take(&self, more: u32) -> bool {
        let levels = self.levels.load(Relaxed);
        if levels == 0 {
            return self.take_first(more);
        }
        self.levels.store_by_only_writer(more_levels(levels, more), Relaxed);
        true
    }

    /// Takes the first level, which counts if the second look of invariant 3 says so.
    ///
    /// Here and in `give_back` a first level has a way of its own, with nothing to count: what it stores
    /// does not wait for what it loads.
    #[inline]
    #[track_caller]
    fn take_first(&self, more: u32) -> bool {
        self.levels.store_by_only_writer(more, Relaxed);
        fence::light_reserved();
        // ORDERING: Relaxed: the fence pairs with the heavy one before SETTLED.
        let is_revoked = self.word.load(Relaxed) & REVOKED != 0;
        if is_revoked && !sync_core::mutant!("rlock-bias-looks-once") {
            // ORDERING: Release, with the Acquire in `holds_nothing`: who finds this zero instead of an
            // earlier one sees what was done before that.
            self.levels.store_by_only_writer(0, Release);
            return false;
        }
        self.witness.touch();
        true
    }

    /// For the first owner, once it has found the bias revoked: takes more levels if it has any, and says
    /// goodbye otherwise. `word` is what it found.
    ///
    /// # Panics
    ///
    /// As [`take`](Self::take).
    #[track_caller]
    pub(crate) fn take_late(&self, word: Word, more: u32) -> bool {
        let levels = self.levels.load(Relaxed);
        if levels != 0 {
            self.levels.store_by_only_writer(more_levels(levels, more), Relaxed);
        } else if !word.is_settled() && !sync_core::mutant!("rlock-bias-taken-back-in-silence") {
            self.bow_out();
        }
        levels != 0
    }

    /// If the fence for the one who revokes is to be had, and nobody comes first.
    #[cold]
    #[track_caller]
    pub(crate) fn become_first_owner(&self, me: u64) -> bool {
        // ORDERING: Relaxed: whoever reads the id compares it with its own, and only `me` finds that.
        fence::reserve() && self.word.compare_exchange(NOBODY, me, Relaxed, Relaxed).is_ok()
    }

    /// Returns how many levels `me` has by the bias.
    #[inline]
    pub(crate) fn levels_of(&self, me: u64) -> u32 {
        if self.word.load(Relaxed) & ID == me { self.levels.load(Relaxed) } else { 0 }
    }

    /// Gives so many levels back. The caller is the first owner and has them.
    #[inline]
    #[track_caller]
    pub(crate) fn give_back(&self, levels: u32) {
        let before = self.levels.load(Relaxed);
        if before != levels {
            // ORDERING: Relaxed: read by its writer alone, unless it is zero.
            self.levels.store_by_only_writer(before - levels, Relaxed);
            return;
        }
        self.witness.touch();
        // ORDERING: Release, with the Acquire in `holds_nothing`.
        self.levels.store_by_only_writer(0, Release);
        fence::light_reserved();
        // ORDERING: Relaxed: the fence pairs with the heavy one before SETTLED.
        let is_revoked = self.word.load(Relaxed) & REVOKED != 0;
        if is_revoked && !sync_core::mutant!("rlock-bias-given-back-in-silence") {
            self.bow_out();
        }
    }

    /// Tells the first owner whether somebody wants the lock, or did, as far as it knows.
    #[inline]
    pub(crate) fn is_revoked(&self) -> bool {
        // ORDERING: Relaxed: a guess, which only decides whether to let others have their turn.
        self.word.load(Relaxed) & REVOKED != 0
    }

    /// The first owner has learnt that it was revoked, and has no level: tells whoever waits for that.
    #[cold]
    #[track_caller]
    fn bow_out(&self) {
        if !sync_core::mutant!("rlock-bias-owner-never-settles") {
            // ORDERING: AcqRel: whoever finds SETTLED sees the store of no levels.
            self.word.fetch_or(SETTLED, AcqRel);
        }
        // SAFETY: the callback does nothing.
        unsafe { self.levels.unpark_one(|_| UnparkToken(0)) };
    }

    /// Tells whether the bias holds nothing, and never will again.
    #[inline]
    pub(crate) fn is_over(&self) -> bool {
        self.word().is_settled() && self.holds_nothing()
    }

    /// Waits until the bias is over; `false` if the deadline came first. The caller has the inner lock.
    #[cold]
    #[track_caller]
    pub(crate) fn revoke(&self, deadline: Deadline) -> bool {
        loop {
            let can_rely = self.word().is_settled() || self.settle();
            if can_rely && self.holds_nothing() {
                return true;
            }
            let limit = if can_rely { deadline } else { deadline.min(Deadline::after(DOZE)) };
            let still_held = || !can_rely && !self.word().is_settled() || !self.holds_nothing();
            // SAFETY: the callbacks touch atomics and cannot panic.
            let result =
                unsafe { self.levels.park(still_held, || (), |_| (), NO_PARK_TOKEN, limit) };
            if result == ParkResult::TimedOut && limit == deadline {
                return false;
            }
        }
    }

    /// Tells whether the first owner has no level at this moment; for ever, if `SETTLED` was found before.
    #[inline]
    pub(crate) fn holds_nothing(&self) -> bool {
        // ORDERING: Acquire, with the Release in `give_back`: the next owner sees what the first one did.
        self.levels.load(Acquire) == 0 || sync_core::mutant!("rlock-bias-settled-is-free")
    }

    /// Adds `REVOKED` and, if it can, `SETTLED`, as invariant 4 allows.
    #[track_caller]
    fn settle(&self) -> bool {
        if sync_core::mutant!("rlock-bias-left-to-be-given") && self.word.load(Relaxed) == NOBODY {
            return true;
        }
        // ORDERING: AcqRel, as all changes; the fence comes after it.
        let word = if sync_core::mutant!("rlock-bias-forgets-its-owner") {
            self.word.swap(REVOKED, AcqRel)
        } else {
            self.word.fetch_or(REVOKED, AcqRel)
        };
        let reached_first_owner = word & ID == NOBODY
            || sync_core::mutant!("rlock-bias-revoked-without-a-fence")
            || fence::heavy_reserved();
        let can_rely =
            reached_first_owner || sync_core::mutant!("rlock-bias-relies-on-a-refused-fence");
        if can_rely {
            // ORDERING: AcqRel: whoever finds it sees what this thread saw after the fence.
            self.word.fetch_or(SETTLED, AcqRel);
        }
        can_rely
    }
}
