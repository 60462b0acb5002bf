//! What the child of a `fork` finds in the queues that threads sleep in.
#![cfg(all(
    unix,
    not(any(
        all(any(loom, threadkit_loom), feature = "loom"),
        all(any(shuttle, threadkit_shuttle), feature = "shuttle")
    ))
))]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::SeqCst};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use sync_core::parking::{FilterOp, NO_PARK_TOKEN, ParkResult, Parking, RequeueOp, UnparkToken};
use sync_core::process::generation;
use sync_core::time::Deadline;

type Word = Parking<AtomicU32>;

/// One fork at a time: the child has what the other test is doing, too.
static FORKS: Mutex<()> = Mutex::new(());

const TOKEN: UnparkToken = UnparkToken(1);

/// Runs `child` in a copy of this process and tells whether it went through, in half a minute at most.
fn in_child(child: impl FnOnce()) -> bool {
    // SAFETY: the child runs what this file says, and ends by `_exit` or a signal.
    let id = unsafe { libc::fork() };
    if id == 0 {
        // SAFETY: the call only sets a timer.
        unsafe { libc::alarm(30) };
        let result = catch_unwind(AssertUnwindSafe(child));
        // SAFETY: nothing of this process is needed any more.
        unsafe { libc::_exit(if result.is_ok() { 0 } else { 1 }) };
    }
    assert!(id > 0, "the system refuses to fork");
    let mut status = 0;
    // SAFETY: `status` lives until the call returns.
    assert_eq!(unsafe { libc::waitpid(id, &mut status, 0) }, id);
    status == 0
}

/// Sleeps in the queue of `word`, from which it may be moved to that of `other`, and says so when it is in.
fn sleep_in(word: &Word, other: &Word, asleep: &AtomicUsize, deadline: Deadline) -> ParkResult {
    let sleeps = || {
        asleep.fetch_add(1, SeqCst);
    };
    // SAFETY: the callbacks do not panic, and the words outlive this.
    unsafe { word.park_movable(other, || true, sleeps, |_, _| (), NO_PARK_TOKEN, deadline) }
}

fn wait_for(count: &AtomicUsize, so_many: usize) {
    while count.load(SeqCst) < so_many {
        thread::yield_now();
    }
}

/// A thread sleeps in each of many queues, all over the table, and each is woken.
fn queues_work() {
    let words: [Word; 40] = std::array::from_fn(|_| Parking::new(AtomicU32::new(0)));
    let asleep = AtomicUsize::new(0);
    thread::scope(|scope| {
        for word in &words {
            scope.spawn(|| {
                assert_eq!(
                    sleep_in(word, word, &asleep, Deadline::NEVER),
                    ParkResult::Unparked(TOKEN)
                )
            });
        }
        wait_for(&asleep, words.len());
        words.iter().for_each(|word| assert_eq!(word.unpark_all(TOKEN), 1));
    });
}

#[test]
fn the_child_has_none_of_the_threads_that_sleep_in_the_parent() {
    let _alone = FORKS.lock().unwrap_or_else(PoisonError::into_inner);
    let [from, to, timed, brief] = [(); 4].map(|()| Word::new(AtomicU32::new(0)));
    let asleep = AtomicUsize::new(0);
    let soon = Deadline::after(Duration::from_secs(1));
    let wake_all = || [&from, &to, &timed].map(|word| word.unpark_all(TOKEN));
    thread::scope(|scope| {
        for _ in 0..4 {
            let late = Deadline::after(Duration::from_secs(3600));
            let (from, to, timed, asleep) = (&from, &to, &timed, &asleep);
            scope.spawn(|| sleep_in(from, to, asleep, Deadline::NEVER));
            scope.spawn(move || sleep_in(timed, timed, asleep, late));
        }
        scope.spawn(|| sleep_in(&brief, &brief, &asleep, soon));
        wait_for(&asleep, 9);
        // By a thread that is there for longer.
        let ((moved, count), (end, wait)) = (mpsc::channel(), mpsc::channel::<()>());
        let (source, target) = (&from, &to);
        scope.spawn(move || {
            let one = || RequeueOp::RequeueOne;
            // SAFETY: the callbacks do not panic, and both words live.
            let result = unsafe { source.unpark_requeue(target, || true, one, |_, _| TOKEN) };
            moved.send(result.requeued_threads).unwrap();
            assert!(wait.recv().is_err());
        });
        assert_eq!(count.recv().unwrap(), 1);
        // Whoever counts the forks has emptied the queues, as a look past the seats shows.
        assert!(in_child(|| {
            assert_eq!(generation(), 1);
            // SAFETY: the key is the address of our own word.
            assert_eq!(unsafe { parking_lot_core::unpark_all(from.key(), TOKEN) }, 0);
        }));
        assert!(in_child(|| {
            assert_eq!(wake_all(), [0; 3]);
            queues_work();
            // A child may have children, which have nothing of a sleep that is long over.
            while !soon.is_over() {
                thread::yield_now();
            }
            let asleep = AtomicUsize::new(0);
            thread::scope(|scope| {
                scope.spawn(|| sleep_in(&from, &to, &asleep, Deadline::NEVER));
                wait_for(&asleep, 1);
                assert!(in_child(|| {
                    assert_eq!(wake_all(), [0; 3]);
                    queues_work();
                }));
                assert_eq!(wake_all(), [1, 0, 0]);
            });
        }));
        assert_eq!(wake_all(), [3, 1, 4]);
        drop(end);
    });
}

/// It cannot use that queue, but it comes to life.
#[test]
fn a_queue_that_stays_locked_holds_up_neither_the_fork_nor_the_child() {
    let _alone = FORKS.lock().unwrap_or_else(PoisonError::into_inner);
    let word = Word::new(AtomicU32::new(0));
    let (asleep, is_locked) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| sleep_in(&word, &word, &asleep, Deadline::NEVER));
        wait_for(&asleep, 1);
        scope.spawn(|| {
            let stays = |_| {
                is_locked.store(1, SeqCst);
                while !is_over.load(SeqCst) {
                    thread::yield_now();
                }
                TOKEN
            };
            // SAFETY: the callback does not panic.
            unsafe { word.unpark_one(stays) }
        });
        wait_for(&is_locked, 1);
        // What empties queues, where that can be done.
        let went_through = in_child(|| assert_ne!(generation(), 0));
        is_over.store(true, SeqCst);
        assert!(went_through);
    });
}

/// The child has the queue locked then, as the parent has.
#[test]
fn a_fork_in_the_midst_of_a_queue_comes_back_to_it() {
    let _alone = FORKS.lock().unwrap_or_else(PoisonError::into_inner);
    let (word, asleep) = (Word::new(AtomicU32::new(0)), AtomicUsize::new(0));
    thread::scope(|scope| {
        scope.spawn(|| sleep_in(&word, &word, &asleep, Deadline::NEVER));
        wait_for(&asleep, 1);
        let mut went_through = false;
        let forks = |_| {
            went_through = in_child(|| assert_ne!(generation(), 0));
            FilterOp::Unpark
        };
        // SAFETY: the callbacks do not panic, but in the child, which ends then.
        let woken = unsafe { word.unpark_filter(forks, |_| TOKEN) };
        assert_eq!(woken.unparked_threads, 1);
        assert!(went_through);
    });
}

#[test]
fn a_fork_comes_when_nobody_has_a_queue_locked() {
    let _alone = FORKS.lock().unwrap_or_else(PoisonError::into_inner);
    let (word, nobody) = (Word::new(AtomicU32::new(0)), AtomicUsize::new(0));
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for micros in [0, 50, 500] {
            let (word, nobody, is_over) = (&word, &nobody, &is_over);
            scope.spawn(move || {
                while !is_over.load(SeqCst) {
                    sleep_in(word, word, nobody, Deadline::after(Duration::from_micros(micros)));
                }
            });
        }
        scope.spawn(|| {
            while !is_over.load(SeqCst) {
                word.unpark_all(TOKEN);
            }
        });
        let child = || {
            assert_eq!(word.unpark_all(TOKEN), 0);
            assert_eq!(sleep_in(&word, &word, &nobody, Deadline::PAST), ParkResult::TimedOut);
        };
        let failed = (0..300).find(|_| !in_child(child));
        is_over.store(true, SeqCst);
        assert_eq!(failed, None, "the child of that fork failed");
    });
}
