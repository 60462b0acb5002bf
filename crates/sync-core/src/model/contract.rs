//! What contracts are written with: what a lock or a queue promises, and no more, for the checker to run in the
//! place of the algorithm.
//!
//! All threads of a model are coroutines of one OS thread, and switch at the checker's operations alone. So whatever
//! a contract does between two of these is one step with the one before. Each call makes one that others can see, on
//! an atomic, and then looks at and changes state that the checker knows nothing of: [`Plain`] and [`Queue`].
//!
//! Whoever is woken knows what its waker knew: the checker cannot wake a thread in any other way.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::mem::ManuallyDrop;

use parking_lot_core::FilterOp;

use super::atomic::AtomicUsize;
use super::atomic::Ordering::{AcqRel, Relaxed};
use super::engine::{mpsc, thread, thread_local};
use crate::time::Deadline;

/// State that goes with the steps on an atomic beside it.
#[derive(Debug, Default)]
pub struct Plain<T>(RefCell<T>);

// SAFETY: the threads of a model are coroutines of one OS thread, and none is taken away from between `borrow_mut`
// and the end of `with`; the state moves between them as they do.
unsafe impl<T: Send> Send for Plain<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Plain<T> {}

impl<T> Plain<T> {
    /// Creates it with this state.
    pub fn new(state: T) -> Self {
        Self(RefCell::new(state))
    }

    /// Calls `f`, which must not use anything of the checker's, with the state.
    pub fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        f(&mut self.0.borrow_mut())
    }
}

/// State that changes in steps, each of which sees all that went on before the ones before it.
#[derive(Debug, Default)]
pub struct Steps<S> {
    step: AtomicUsize,
    state: Plain<S>,
}

impl<S> Steps<S> {
    /// Creates it with this state.
    #[track_caller]
    pub fn new(state: S) -> Self {
        Self { step: AtomicUsize::new(0), state: Plain::new(state) }
    }

    /// Takes a step: calls `f`, which must not use anything of the checker's, with the state.
    #[track_caller]
    pub fn step<R>(&self, f: impl FnOnce(&mut S) -> R) -> R {
        let both = if crate::mutant!("steps-show-nothing") { Relaxed } else { AcqRel };
        self.step.fetch_add(1, both);
        self.state.with(f)
    }
}

/// A line of threads of which one at a time is at the head; who is next when that leaves is anybody's guess.
///
/// Waiting in it is no step of its own, so those who wait for the same thing are not told apart.
#[derive(Debug)]
pub struct Line {
    give: mpsc::Sender<()>,
    take: ManuallyDrop<mpsc::Receiver<()>>,
}

// SAFETY: as for `Plain`.
unsafe impl Send for Line {}
// SAFETY: as for `Plain`.
unsafe impl Sync for Line {}

impl Default for Line {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl Line {
    /// Creates a line with nobody in it.
    #[track_caller]
    pub fn new() -> Self {
        let (give, take) = mpsc::channel();
        give.send(()).expect("the receiver is here");
        Self { give, take: ManuallyDrop::new(take) }
    }

    /// Waits to be at the head.
    #[track_caller]
    pub fn enter(&self) {
        self.take.recv().expect("the sender is here");
    }

    /// Leaves the head to another.
    #[track_caller]
    pub fn leave(&self) {
        self.give.send(()).expect("the receiver is here");
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        // Dropping the receiver takes the token out, which is an operation of the checker's, and one of those
        // during the unwinding of a failed model would abort the process.
        if !std::thread::panicking() {
            // SAFETY: the receiver is dropped here and nowhere else.
            unsafe { ManuallyDrop::drop(&mut self.take) };
        }
    }
}

/// A queue of sleeping threads, in order of arrival. `I` is what each is here for, `M` what it is told.
#[derive(Debug)]
pub struct Queue<I = (), M = ()>(Plain<State<I, M>>);

#[derive(Debug)]
struct State<I, M> {
    sleepers: VecDeque<Sleeper<I, M>>,
    /// How many have entered so far, which names the next.
    entered: usize,
}

#[derive(Debug)]
struct Sleeper<I, M> {
    number: usize,
    is_here_for: I,
    wake: mpsc::Sender<M>,
}

/// A thread's place in a queue.
#[must_use = "whoever entered a queue waits there"]
#[derive(Debug)]
pub struct Place<M> {
    number: usize,
    sleep: mpsc::Receiver<M>,
}

/// Threads that were taken out of a queue, and still have to be told.
#[must_use = "whoever was taken out of a queue has to be woken"]
#[derive(Debug)]
pub struct Woken<M>(Vec<mpsc::Sender<M>>);

impl<I, M> Default for Queue<I, M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<I, M> Queue<I, M> {
    /// Creates an empty queue.
    pub fn new() -> Self {
        Self(Plain::new(State { sleepers: VecDeque::new(), entered: 0 }))
    }

    /// Enters at the end; [`wait`](Self::wait) comes next.
    #[track_caller]
    pub fn enter(&self, is_here_for: I) -> Place<M> {
        let (wake, sleep) = mpsc::channel();
        self.0.with(|state| {
            state.entered += 1;
            state.sleepers.push_back(Sleeper { number: state.entered, is_here_for, wake });
            Place { number: state.entered, sleep }
        })
    }

    /// Sleeps until woken and returns what it is told; `None`, and it is in the queue no more, if the time was over.
    ///
    /// `looks` is a step on the queue's atomic, with which a thread finds that its time is over.
    #[track_caller]
    pub fn wait(&self, place: Place<M>, deadline: Deadline, looks: impl FnOnce()) -> Option<M> {
        if !deadline.is_never() {
            let_others();
            looks();
            let left = self.0.with(|state| {
                let found = state.sleepers.iter().position(|it| it.number == place.number);
                found.map(|found| state.sleepers.remove(found))
            });
            if left.is_some() {
                return None;
            }
        }
        Some(place.sleep.recv().expect("whoever is taken out of a queue is woken"))
    }

    /// Goes through the queue and takes out those whom `pick` says to wake.
    pub fn pick(&self, mut pick: impl FnMut(&I) -> FilterOp) -> Woken<M> {
        self.0.with(|state| {
            let (mut woken, mut stay) = (Vec::new(), VecDeque::new());
            let mut sleepers = std::mem::take(&mut state.sleepers).into_iter();
            for sleeper in sleepers.by_ref() {
                match pick(&sleeper.is_here_for) {
                    FilterOp::Unpark => woken.push(sleeper.wake),
                    FilterOp::Skip => stay.push_back(sleeper),
                    FilterOp::Stop => {
                        stay.push_back(sleeper);
                        break;
                    }
                }
            }
            stay.extend(sleepers);
            state.sleepers = stay;
            Woken(woken)
        })
    }

    /// Takes out the first so many.
    pub fn take(&self, mut count: usize) -> Woken<M> {
        self.pick(|_| match count.checked_sub(1) {
            Some(fewer) => {
                count = fewer;
                FilterOp::Unpark
            }
            None => FilterOp::Stop,
        })
    }

    /// Tells whether there is anybody of whom `is_it` says so.
    pub fn any(&self, mut is_it: impl FnMut(&I) -> bool) -> bool {
        self.0.with(|state| state.sleepers.iter().any(|sleeper| is_it(&sleeper.is_here_for)))
    }

    /// Returns how many are in the queue.
    pub fn len(&self) -> usize {
        self.0.with(|state| state.sleepers.len())
    }

    /// Tells whether nobody is in the queue.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<M: Copy> Woken<M> {
    /// Returns how many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Tells whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Tells them, once all that goes with it is done: others may go on in between.
    #[track_caller]
    pub fn wake(self, with: M) {
        for sleeper in self.0 {
            sleeper.send(with).expect("whoever is taken out of a queue waits for that");
        }
    }
}

thread_local! {
    /// Whether the thread has had a chance to go on before the others.
    static HAS_GONE_ON: Cell<bool> = Cell::new(false);
}

/// Lets the others go on before a time-out, or after a release that is fair; but not for the first of these in each
/// thread, so that both happen. Without that there would be no end to the executions in which a thread tries again and again.
#[track_caller]
pub fn let_others() {
    if HAS_GONE_ON.try_with(|it| it.replace(true)).unwrap_or(true) {
        thread::yield_now();
    }
}
