//! What the lock does when there is somebody to wait for, or somebody who waits.
//!
//! # Invariants
//!
//! 1. Whoever takes `holder` from `FREE` to `LOCKED` holds the lock, and so does whoever is woken with
//!    `HANDED_OVER`. Only a holder stores `FREE`.
//! 2. `PARKED` is taken away under the queue's lock only, by whoever leaves the queue empty. So it
//!    stands for as long as anybody is in the queue.
//! 3. A thread enters the queue only if, under the queue's lock, it finds `PARKED` and then `LOCKED`;
//!    and with no limit to its sleep only if it finds `SETTLED`, too.
//! 4. Between the first mark and `SETTLED` lies a heavy fence that was not refused, of whoever set
//!    `SETTLING`. The marks go back to none only from `CONTENDED` with or without `SETTLED`, and no
//!    other mark. So while anybody sleeps without a limit, `CONTENDED SETTLED PARKED` stands.
//! 5. An unlocker that finds marks, before its store or after it, changes them once more after its
//!    store, and reads them only then.
//! 6. `WOKEN` is set, under the queue's lock, for a thread that is woken to try for the lock. It is
//!    taken away by one that was, with a change C, after it tried and before it sleeps again.
//!
//! # Nobody sleeps for ever beside a free lock
//!
//! Say W sleeps without a limit. It found `LOCKED` under the queue's lock: some unlocker U has not
//! stored `FREE` yet, or W did not see that store. We show that U wakes somebody from the queue, or
//! that W saw the store after all. Let P be the change that set the `PARKED` that W found.
//!
//! - *U found marks.* By 5 it made a change R of them after its store. If P comes before R, then U
//!   finds `PARKED`, or somebody emptied the queue in between, W included. If R comes before P, then P
//!   continues what R released: W, who saw P, saw U's store.
//! - *U found none, twice, with a light fence in between.* Let H be the heavy fence before the
//!   `SETTLED` that W found. If the light fence is the first of the two, then U's store was seen by
//!   whoever did H, and through `SETTLED` by W. If H is the first, U's second look found what was set
//!   before H or later marks, and by 4 there are no later ones that are none while W sleeps.
//!
//! If U finds `WOKEN` beside `PARKED`, it wakes nobody: some V was woken and its C is still to come, so
//! V sees U's store at C. Then either V took the lock and will unlock it, or it looks at `holder` once
//! more, and sleeps only if there is a new holder. That one unlocks after C, and so on. Meanwhile
//! whoever takes the lock and gives it back does not pay for waking somebody else each time.
//!
//! Whoever is woken tries for the lock. If it fails, there is a new holder, and the queue, if it is
//! not empty, still has its mark. A waiter that gives up leaves the queue by itself and takes nothing
//! with it: a wake-up that came first counts, and it then tries for the lock like everybody.
//!
//! Sleeping *with* a limit asks for nothing, since the sleeper looks again by itself. So who may not
//! call for a heavy fence, see [`sync_core::fence`], or was refused, or finds somebody else `SETTLING`,
//! sleeps for a millisecond at most. Everybody else sleeps until its patience may be over and looks then
//! whether to ask for the lock; the proof needs nothing of that, and in the models it never happens but
//! where a model asks for it.
//!
//! # A late unlocker
//!
//! It found no marks before its store, and some after it. By then the lock may have another holder. So
//! it may wake somebody but must not hand over what it no longer has, and it must change the marks
//! before it believes what it reads: the fence that it passed was made for H, and P may be younger.
//!
//! # Memory ordering
//!
//! What one holder did is seen by the next through `holder`, or through the wake-up if it was handed
//! over. Changes of `marks` are AcqRel, since the proof needs both sides of each; taking marks away under
//! the queue's lock is ordered by that.
//!
//! Drafts that failed under the model checker stand in `tests/mutants.txt`.

use std::cell::Cell;
use sync_core::atomic::OnlyWriter;

use sync_core::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use sync_core::fence;
use sync_core::parking::{FilterOp, NO_PARK_TOKEN, ParkResult, ParkToken, UnparkToken};
use sync_core::patience::{CALM, Patience};
use sync_core::thread::SpinWait;
use sync_core::time::{Deadline, Duration};

use super::lock::{LOCKED, Lock};

/// There were waiters.
pub(crate) const CONTENDED: u8 = 1 << 0;
/// Somebody is about to set `SETTLED`.
const SETTLING: u8 = 1 << 1;
/// Every unlocker knows that there were waiters.
pub(crate) const SETTLED: u8 = 1 << 2;
/// Somebody is in the queue, or about to enter it.
pub(crate) const PARKED: u8 = 1 << 3;
/// Somebody in the queue asks to be handed the lock.
const STARVED: u8 = 1 << 4;
/// Somebody was woken to try for the lock, and has not done so yet.
pub(crate) const WOKEN: u8 = 1 << 5;

/// Sleeps until it is woken to try again.
const TRIES: ParkToken = NO_PARK_TOKEN;
/// Asks to be handed the lock.
const ASKS: ParkToken = ParkToken(1);
/// Waited for a condition, and sleeps until the lock is its: it cannot look whether to ask for it, and must
/// not be passed over by all who can.
pub(crate) const MOVED: ParkToken = ParkToken(2);

/// Woken to try again.
pub(crate) const RETRY: UnparkToken = UnparkToken(0);
/// Woken as the new holder.
pub(crate) const HANDED_OVER: UnparkToken = UnparkToken(1);

/// How long one sleeps who cannot rely on being woken.
const DOZE: Duration = Duration::from_millis(1);

/// Waiting.
impl Lock {
    /// Takes the lock by waiting for it. `woken` if the caller was in the queue and was woken to try.
    #[cold]
    #[track_caller]
    pub(crate) fn lock_contended(&self, mut woken: bool, deadline: Deadline) -> bool {
        let mut patience = Patience::new();
        let mut spins = true;
        loop {
            let at_once = woken && self.take_if_free();
            if at_once || spins && self.take_while_awake() {
                if woken && (at_once || !sync_core::mutant!("lock-woken-looks-and-stays-woken")) {
                    self.tries_no_more();
                }
                return true;
            }
            let slept = self.sleep(woken, &mut patience, deadline);
            // Whoever wakes up by itself is hardly there when the lock is given back.
            spins = slept != Slept::ForAWhile;
            woken = match slept {
                Slept::AndHolds => return true,
                Slept::TooLong => return false,
                Slept::UntilWoken => true,
                Slept::NotAtAll | Slept::ForAWhile if self.take_if_free() => return true,
                Slept::NotAtAll | Slept::ForAWhile => false,
            };
        }
    }

    #[track_caller]
    fn take_while_awake(&self) -> bool {
        let mut spin = SpinWait::new();
        while spin.spin() {
            // ORDERING: Relaxed: a hint when to try, and whoever goes to sleep looks again.
            if self.holder.load(Relaxed) != LOCKED && self.take_if_free() {
                return true;
            }
        }
        false
    }

    /// Whoever was woken has tried for the lock; returns the marks that are left.
    #[track_caller]
    fn tries_no_more(&self) -> u8 {
        // ORDERING: AcqRel: C of the proof. Not in one with P by an update in a loop: its load would
        // hide from the checker that an unlocker may look between the two.
        self.marks.fetch_and(!WOKEN, AcqRel) & !WOKEN
    }

    /// Enters the queue, if the lock is still held (invariant 3). `woken` if the caller was, and tried.
    #[track_caller]
    fn sleep(&self, woken: bool, patience: &mut Patience, deadline: Deadline) -> Slept {
        let (starved, token) =
            if patience.is_over(self.marks.key()) { (STARVED, ASKS) } else { (0, TRIES) };
        let new = CONTENDED | PARKED | starved;
        // ORDERING: AcqRel: P of the proof.
        let mut marks = self.marks.fetch_or(new, AcqRel) | new;
        if woken && !sync_core::mutant!("lock-woken-stays-woken") {
            marks = self.tries_no_more();
        }
        let can_rely = marks & SETTLED != 0 || self.settle(marks);
        let is_asked_for = can_rely && !sync_core::mutant!("lock-sleeps-on-what-was-settled");
        let wanted = PARKED | starved | if is_asked_for { SETTLED } else { 0 };
        let limit = if can_rely || sync_core::mutant!("lock-relies-on-what-is-settling") {
            deadline.min(patience.limit())
        } else {
            deadline.min(Deadline::after(DOZE))
        };
        let still_held = || {
            // ORDERING: Acquire, with the AcqRel of whoever set the marks: `holder` is read after it,
            // and is as new as what they knew. Relaxed for that itself.
            // The other order would lose nobody either, but by a longer argument: marks that are
            // not this thread's own come from another waiter, which looks at `holder` after it set
            // them, and takes the lock or finds a holder that is yet to see them; or from a
            // notifier, which sets them under the queue's lock.
            sync_core::mutant!("lock-parks-without-looking")
                || self.marks.load(Acquire) & wanted == wanted
                    && self.holder.load(Relaxed) == LOCKED
        };
        let gave_up = |last| self.left_by_a_sleeper(last);
        // SAFETY: the callbacks touch atomics and cannot panic.
        let result = unsafe { self.marks.park(still_held, || (), gave_up, token, limit) };
        match result {
            ParkResult::Unparked(HANDED_OVER) => Slept::AndHolds,
            ParkResult::Unparked(_) => Slept::UntilWoken,
            ParkResult::TimedOut if limit == deadline => Slept::TooLong,
            ParkResult::TimedOut => Slept::ForAWhile,
            ParkResult::Invalid => Slept::NotAtAll,
        }
    }

    /// A sleeper gave up and left the queue, which is locked; `last` if that is empty now.
    #[track_caller]
    pub(crate) fn left_by_a_sleeper(&self, last: bool) {
        // Invariant 2. An unlocker that saw the mark before it went finds an empty queue.
        if last {
            // ORDERING: Relaxed, under the queue's lock.
            self.marks.fetch_and(!(PARKED | STARVED), Relaxed);
        }
    }

    /// Makes sure that every unlocker knows about waiters; `false` if that is not so yet. `marks` are those
    /// of a moment ago.
    #[cold]
    #[track_caller]
    fn settle(&self, marks: u8) -> bool {
        // ORDERING: AcqRel, as all changes; Relaxed for a failure, after which nothing is relied on.
        let is_mine = marks & SETTLING == 0
            && fence::affordable()
            && self.marks.compare_exchange(marks, marks | SETTLING, AcqRel, Relaxed).is_ok();
        if !is_mine {
            return false;
        }
        if sync_core::mutant!("lock-settles-before-its-fence") {
            self.marks.fetch_or(SETTLED, AcqRel);
        }
        let reached_all = sync_core::mutant!("lock-settles-without-a-fence") || fence::heavy();
        let reached_all = reached_all || sync_core::mutant!("lock-relies-on-a-refused-fence");
        if reached_all {
            // ORDERING: AcqRel: whoever relies on SETTLED sees what this thread saw after the fence.
            self.marks.fetch_xor(SETTLING | SETTLED, AcqRel);
        } else {
            self.marks.fetch_and(!SETTLING, AcqRel);
        }
        reached_all
    }
}

/// How a sleep ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Slept {
    /// With the lock, which was handed over.
    AndHolds,
    /// With the deadline.
    TooLong,
    /// With a wake-up to try again.
    UntilWoken,
    /// With a doze, or when patience may be over.
    ForAWhile,
    /// Before it began.
    NotAtAll,
}

/// Letting go.
impl Lock {
    /// Gives the lock back where there are marks.
    #[inline(never)]
    #[track_caller]
    pub(crate) fn unlock_contended(&self, marks: u8) {
        let asked = marks & STARVED != 0 && !sync_core::mutant!("lock-never-hands-over");
        if asked && self.hand_over(Heir::WhoAsks) {
            return;
        }
        let calm = if marks & (PARKED | WOKEN) != 0 { 0 } else { self.calm.load(Relaxed) + 1 };
        let is_calm = calm >= CALM;
        // ORDERING: Relaxed: the holder's own, so the lock orders it.
        self.calm.store_by_only_writer(if is_calm { 0 } else { calm }, Relaxed);
        self.give_back();
        let marks = self.marks_after_giving_back();
        if somebody_sleeps_on(marks) {
            self.wake_one();
        } else if is_calm && nobody_comes(marks) && fence::affordable() {
            self.return_to_fast_mode(marks);
        }
    }

    /// The marks appeared while the lock was given back: wakes somebody, and no more.
    #[cold]
    #[track_caller]
    pub(crate) fn unlocked_late(&self) {
        let marks = if sync_core::mutant!("lock-late-unlocker-looks-once") {
            self.marks.load(Relaxed)
        } else {
            self.marks_after_giving_back()
        };
        if sync_core::mutant!("lock-late-unlocker-hands-over") {
            self.hand_over(Heir::First);
        } else if somebody_sleeps_on(marks) {
            self.wake_one();
        }
    }

    /// Reads the marks by invariant 5.
    #[inline]
    #[track_caller]
    fn marks_after_giving_back(&self) -> u8 {
        if sync_core::mutant!("lock-unlock-reads-too-early") {
            return self.marks.load(Relaxed);
        }
        // ORDERING: AcqRel: R of the proof. Setting a bit that is set changes nothing; if the lock went
        // back to its fast mode meanwhile, it costs it a calm spell.
        self.marks.fetch_or(CONTENDED, AcqRel)
    }

    #[track_caller]
    fn wake_one(&self) {
        // SAFETY: the callback touches one atomic and cannot panic.
        unsafe {
            self.marks.unpark_one(|queue| {
                // First the one, then the other: without either the lock could go back to its fast mode.
                // ORDERING: Relaxed, under the queue's lock, as the next.
                if queue.unparked_threads > 0 || sync_core::mutant!("lock-wakes-nobody") {
                    self.marks.fetch_or(WOKEN, Relaxed);
                }
                if !queue.have_more_threads || sync_core::mutant!("lock-forgets-other-waiters") {
                    self.marks.fetch_and(!(PARKED | STARVED), Relaxed);
                }
                RETRY
            })
        };
    }

    /// Where nobody waits, and nobody did for some time.
    #[cold]
    #[track_caller]
    fn return_to_fast_mode(&self, marks: u8) {
        if sync_core::mutant!("lock-way-back-forgets-waiters") {
            self.marks.swap(0, AcqRel);
            return;
        }
        // ORDERING: AcqRel as all changes, Relaxed for a failure: then there is somebody after all.
        let _unless_marked = self.marks.compare_exchange(marks, 0, AcqRel, Relaxed);
    }

    /// Hands the lock to the first thread that asks for it, or else to the first in the queue; `false` if
    /// there is none, and then it is still held.
    #[inline]
    #[track_caller]
    pub(crate) fn hand_over_to_the_first(&self) -> bool {
        // ORDERING: Relaxed: whoever is not seen yet is woken by the unlock that follows.
        let marks = self.marks.load(Relaxed);
        marks & PARKED != 0 && !sync_core::mutant!("lock-unlock-fair-is-not") && {
            self.witness.touch();
            marks & STARVED != 0 && self.hand_over(Heir::WhoAsks) || self.hand_over(Heir::First)
        }
    }

    /// The caller holds the lock, and still does if the answer is `false`.
    #[cold]
    #[track_caller]
    fn hand_over(&self, heir: Heir) -> bool {
        let (found, others_ask) = (Cell::new(false), Cell::new(false));
        let pick = |token| {
            if !found.get() && (heir == Heir::First || token == ASKS || token == MOVED) {
                found.set(true);
                return FilterOp::Unpark;
            }
            others_ask.set(others_ask.get() || token == ASKS);
            if heir == Heir::First { FilterOp::Stop } else { FilterOp::Skip }
        };
        // SAFETY: the callbacks touch atomics and cannot panic.
        let result = unsafe {
            self.marks.unpark_filter(pick, |queue| {
                if sync_core::mutant!("lock-hand-over-lets-go") {
                    self.give_back();
                }
                let done = match heir {
                    _ if !queue.have_more_threads => PARKED | STARVED,
                    Heir::WhoAsks if !others_ask.get() => STARVED,
                    _ => 0,
                };
                // ORDERING: Relaxed, under the queue's lock.
                self.marks.fetch_and(!done, Relaxed);
                HANDED_OVER
            })
        };
        result.unparked_threads > 0
    }
}

/// Nobody is on the way who will see to it that the sleepers are not forgotten.
fn somebody_sleeps_on(marks: u8) -> bool {
    marks & (PARKED | WOKEN) == PARKED
}

/// Nobody was woken, nor is anybody on the way into the queue.
fn nobody_comes(marks: u8) -> bool {
    let late = sync_core::mutant!("lock-calms-down-while-one-settles") && marks & SETTLING != 0;
    marks & !(CONTENDED | SETTLED) == 0 || late
}

/// Whom the lock is handed to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Heir {
    /// The first thread in the queue.
    First,
    /// The first of those that ask for it, or cannot ask.
    WhoAsks,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::thread;

    /// Long enough for whatever is to happen.
    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn who_waits_for_long_asks_without_being_woken_first() {
        let lock = Lock::new();
        assert!(lock.try_lock());
        thread::scope(|scope| {
            scope.spawn(|| {
                lock.lock_by(Deadline::NEVER);
                // SAFETY: it was locked just now.
                unsafe { lock.unlock() };
            });
            let too_long = Deadline::after(LONG);
            let mut asks = false;
            while !asks && !too_long.is_over() {
                thread::yield_now();
                asks = lock.marks.load(Relaxed) & STARVED != 0;
            }
            // SAFETY: it was locked above.
            unsafe { lock.unlock() };
            assert!(asks, "nobody unlocked the lock, and nobody asked for it");
        });
    }

    /// What becomes of a thread in the queue: its number, and how its sleep ended.
    type Came = (usize, ParkResult);

    fn handed_over(number: usize) -> Came {
        (number, ParkResult::Unparked(HANDED_OVER))
    }

    fn woken(number: usize) -> Came {
        (number, ParkResult::Unparked(RETRY))
    }

    /// Starts threads that enter the queue in this order and sleep there with these tokens, until
    /// they are woken, and then runs `f` with the lock held. Each goes on with `afterwards`.
    fn with_sleepers<R>(
        tokens: &[ParkToken],
        afterwards: impl Fn(&Lock, Came) + Clone + Send,
        f: impl FnOnce(&Lock) -> R,
    ) -> R {
        let lock = &Lock::new();
        assert!(lock.try_lock());
        thread::scope(|scope| {
            for (number, &token) in tokens.iter().enumerate() {
                let (asleep, falls_asleep) = mpsc::channel();
                let afterwards = afterwards.clone();
                scope.spawn(move || {
                    let asks = if token == ASKS { STARVED } else { 0 };
                    let enter = || {
                        lock.marks.fetch_or(CONTENDED | SETTLED | PARKED | asks, Relaxed);
                        true
                    };
                    let sleeps = || asleep.send(()).unwrap();
                    let leave = |last| lock.left_by_a_sleeper(last);
                    let limit = Deadline::after(LONG);
                    // SAFETY: `enter` and `leave` touch one atomic, and `sleeps` parks nobody.
                    let result = unsafe { lock.marks.park(enter, sleeps, leave, token, limit) };
                    afterwards(lock, (number, result));
                });
                falls_asleep.recv().unwrap();
            }
            f(lock)
        })
    }

    /// In which order threads come that sleep with these tokens, one for each time that the lock is
    /// given back.
    fn order_of(tokens: &[ParkToken], unlock: unsafe fn(&Lock)) -> Vec<Came> {
        let (came, comes) = mpsc::channel();
        let afterwards = move |_: &Lock, how| came.send(how).unwrap();
        with_sleepers(tokens, afterwards, |lock| {
            let order = tokens.iter().map(|_| {
                // SAFETY: it is held: taken at first, and then by the thread that came, or below.
                unsafe { unlock(lock) };
                let (number, how) = comes.recv().unwrap();
                if how == ParkResult::Unparked(RETRY) {
                    assert!(lock.take_if_free());
                    lock.tries_no_more();
                }
                (number, how)
            });
            let order = order.collect();
            assert_eq!(lock.marks.load(Relaxed), CONTENDED | SETTLED, "nobody is left");
            order
        })
    }

    #[test]
    fn all_that_ask_are_handed_the_lock_before_others_are_woken() {
        let order = order_of(&[TRIES, ASKS, TRIES, ASKS, TRIES], Lock::unlock);
        assert_eq!(order, [handed_over(1), handed_over(3), woken(0), woken(2), woken(4)]);
    }

    #[test]
    fn a_thread_that_waited_for_a_condition_is_not_passed_over() {
        let order = order_of(&[TRIES, MOVED, ASKS, MOVED, TRIES], Lock::unlock);
        assert_eq!(order, [handed_over(1), handed_over(2), woken(0), woken(3), woken(4)]);
    }

    #[test]
    fn fair_unlocks_go_through_the_queue_in_its_order() {
        let order = order_of(&[TRIES, MOVED, TRIES], Lock::unlock_fair);
        assert_eq!(order, [0, 1, 2].map(handed_over));
    }

    #[test]
    fn fair_unlocks_begin_with_threads_that_ask() {
        let order = order_of(&[TRIES, TRIES, ASKS, MOVED, ASKS, TRIES], Lock::unlock_fair);
        assert_eq!(order, [2, 3, 4, 0, 1, 5].map(handed_over));
    }

    #[test]
    fn a_bump_lets_the_first_have_its_turn() {
        let (came, comes) = mpsc::channel();
        let afterwards = move |lock: &Lock, (number, how)| {
            if how != ParkResult::Unparked(HANDED_OVER) {
                lock.lock_contended(how == ParkResult::Unparked(RETRY), Deadline::NEVER);
            }
            came.send((number, how)).unwrap();
            // SAFETY: it was taken just now, or handed over.
            unsafe { lock.unlock() };
        };
        let first = with_sleepers(&[TRIES, TRIES], afterwards, |lock| {
            // SAFETY: it is held, and after a bump again.
            unsafe { lock.bump() };
            let (first, holds) = (comes.try_recv(), lock.is_locked());
            // SAFETY: as above.
            unsafe { lock.unlock() };
            (first, holds)
        });
        assert_eq!(first, (Ok(handed_over(0)), true));
    }
}
