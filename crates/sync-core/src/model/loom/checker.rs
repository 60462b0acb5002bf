//! Runs a model, counts what was explored, and refuses to pass on too little.
//!
//! Each exploration prints one line that begins with `MODEL`, and where the threads of a deadlock
//! wait is said in lines that begin with `FOUND`; `cargo xtask model` collects both.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

pub use super::scenario::{Scenario, scenario};
use super::{fence, stacks};
use crate::model::choices::{self, Choices};
use crate::model::thread;
use crate::panic::message_of;
use crate::thread::{Builder, JoinHandle};

/// Behind a pointer, so that the search is compiled once and not for each program: half of the compiling.
type Program = Arc<dyn Fn() + Send + Sync>;

/// A model about to be explored.
///
/// ```ignore
/// model("two_threads_one_counter").unbounded().bound(2).floor(10).passes(|| { /* threads and locks */ });
/// ```
#[derive(Debug, Clone)]
pub struct Model {
    name: &'static str,
    bounds: Vec<Option<usize>>,
    floor: usize,
    /// Whether deep runs go on beyond the bounds.
    deepens: bool,
    fences: fence::Kind,
    choices: Choices,
}

/// Names a model, like the test that runs it.
#[must_use]
pub fn model(name: &'static str) -> Model {
    let fences = fence::Kind::Asymmetric;
    let choices = Choices::default();
    Model { name, bounds: Vec::new(), floor: 1, deepens: true, fences, choices }
}

impl Model {
    /// Explores every schedule with at most `preemptions` forced switches; bounds are tried in the
    /// order in which they are given.
    #[must_use]
    pub fn bound(mut self, preemptions: usize) -> Self {
        self.bounds.push(Some(preemptions));
        self
    }

    /// Explores every schedule.
    #[must_use]
    pub fn unbounded(mut self) -> Self {
        self.bounds.push(None);
        self
    }

    /// Explores every schedule in a deep run, where the bounds are not enough and the whole takes long.
    #[must_use]
    pub fn unbounded_when_deep(self) -> Self {
        if is_deep() { self.unbounded() } else { self }
    }

    /// Demands at least that many executions of each exploration: loom can end early without a word
    /// (tokio-rs/loom#392).
    #[must_use]
    pub fn floor(mut self, executions: usize) -> Self {
        self.floor = executions;
        self
    }

    /// Keeps deep runs within the bounds, too, where what the program asserts is true within them only: that a
    /// waiter has its turn soon enough, for one, which nothing ensures if the others are let go on for ever.
    #[must_use]
    pub fn no_deeper(mut self) -> Self {
        self.deepens = false;
        self
    }

    /// Makes both sides of [`fence`](crate::fence) full fences, as on systems where that is all there is.
    #[must_use]
    pub fn symmetric_fences(mut self) -> Self {
        self.fences = fence::Kind::Symmetric;
        self
    }

    /// Has the system refuse every [`heavy`](crate::fence::heavy).
    #[must_use]
    pub fn refused_fences(self) -> Self {
        self.granted_fences(0)
    }

    /// Has the system grant the first so many [`heavy`](crate::fence::heavy) of each execution, and no more.
    #[must_use]
    pub fn granted_fences(mut self, granted: usize) -> Self {
        self.fences = fence::Kind::Granted(granted);
        self
    }

    /// Has [`affordable`](crate::fence::affordable) say yes so many times in each execution, and then no.
    #[must_use]
    pub fn affordable_fences(mut self, times: usize) -> Self {
        self.fences = fence::Kind::Affordable(times);
        self
    }

    /// Has the system refuse the first [`heavy`](crate::fence::heavy) of each execution.
    #[must_use]
    pub fn first_fence_refused(mut self) -> Self {
        self.fences = fence::Kind::RefusedOnce;
        self
    }

    /// Has the first [`reserve`](crate::fence::reserve) of each execution say no.
    #[must_use]
    pub fn first_reserve_refused(mut self) -> Self {
        self.fences = fence::Kind::Braked;
        self
    }

    /// Lets the first sleep of each execution that has a [patience](crate::patience) end by itself, at any
    /// point or not at all.
    #[must_use]
    pub fn first_sleep_may_end(mut self) -> Self {
        self.choices.first_sleep_may_end = true;
        self
    }

    /// Has each [busy wait](crate::thread::SpinWait) look once before it gives up; otherwise none does.
    #[must_use]
    pub fn spins(mut self) -> Self {
        self.choices.spins = true;
        self
    }

    /// Has [patience](crate::patience) last for ever; otherwise it is over after the first sleep.
    #[must_use]
    pub fn patience_lasts(mut self) -> Self {
        self.choices.patience_lasts = true;
        self
    }

    /// Lets the first time-out of each execution come before the others have done anything; otherwise all come
    /// when those who can go on have been let go on.
    #[must_use]
    pub fn first_timeout_is_early(mut self) -> Self {
        self.choices.first_timeout_is_early = true;
        self
    }

    /// Explores the program and fails if any execution fails.
    ///
    /// When the environment variable `THREADKIT_DEEP` is set, it goes on beyond the largest bound, one
    /// forced switch after the other, as long as the next step is likely to end.
    ///
    /// # Panics
    ///
    /// With the checker's verdict, the program's own assertion, or because fewer executions than the
    /// floor were explored.
    pub fn passes(self, program: impl Fn() + Send + Sync + 'static) {
        self.must_pass(&(Arc::new(program) as Program));
    }

    fn must_pass(&self, program: &Program) {
        assert!(!self.bounds.is_empty(), "{}: a model needs a bound", self.name);
        let explore = |bound, limits| {
            let explored = self.explore(bound, limits, false, program.clone());
            explored.unwrap_or_else(|verdict| resume_unwind(verdict))
        };
        let whole = Limits { floor: self.floor, time: None };
        let explored =
            self.bounds.iter().filter_map(|&bound| Some((bound, explore(bound, whole)?)));
        let explored: BTreeMap<_, _> = explored.collect();
        if self.deepens && is_deep() {
            let deep = Limits { floor: 1, time: Some(LONG) };
            deepen(&explored, |bound| explore(bound, deep));
        }
    }

    /// Explores the program until an execution fails with a message that contains `expected`, prints
    /// where each thread stood, and
    /// returns the whole message.
    ///
    /// # Panics
    ///
    /// If some exploration ends without a failure, or with another one.
    pub fn finds(self, expected: &str, program: impl Fn() + Send + Sync + 'static) -> String {
        self.must_find(expected, &(Arc::new(program) as Program))
    }

    fn must_find(&self, expected: &str, program: &Program) -> String {
        // A search that finds what it is after is never too short.
        let limits = Limits { floor: 1, time: None };
        let mut found = None;
        for &bound in &self.bounds {
            let message = match self.explore(bound, limits, true, program.clone()) {
                Ok(_) => {
                    panic!("{}: explored to the end, but should have found: {expected}", self.name)
                }
                Err(verdict) => message_of(&*verdict).to_owned(),
            };
            assert!(message.contains(expected), "{}: found something else: {message}", self.name);
            self.explain(&message);
            found = Some(message);
        }
        found.expect("a model needs a bound")
    }

    /// Explores the program within one bound and counts the executions; nothing is said of a search that was cut off.
    fn explore(
        &self,
        bound: Option<usize>,
        Limits { floor, time }: Limits,
        with_locations: bool,
        program: Program,
    ) -> std::thread::Result<Option<usize>> {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = bound;
        builder.max_branches = 20_000;
        builder.checkpoint_interval = 1_000;
        builder.location |= with_locations;
        // Loom returns in silence when it runs into one of these, as if all had been explored; see `verdict`.
        builder.max_permutations = None;
        builder.max_duration = time;

        let executions = Arc::new(AtomicUsize::new(0));
        let start = Instant::now();
        let stacks = stacks::Keep::new();
        let result = catch_unwind(AssertUnwindSafe(|| {
            let executions = executions.clone();
            let (fences, choices) = (self.fences, self.choices);
            builder.check(move || {
                executions.fetch_add(1, Relaxed);
                fence::prepare(fences);
                choices::prepare(choices);
                thread::prepare();
                program();
                thread::wait_for_all();
            });
        }));
        drop(stacks);
        fence::clear();
        choices::prepare(Choices::default());
        thread::clear();
        let executions = executions.load(Relaxed);
        let is_cut_off = time.is_some_and(|time| start.elapsed() >= time);
        let verdict = match &result {
            Ok(()) if is_cut_off => "cut off".to_owned(),
            Ok(()) => "complete".to_owned(),
            Err(verdict) => format!("found:{}", first_words(message_of(&**verdict))),
        };
        self.report(bound, executions, floor, start.elapsed().as_millis(), &verdict);
        assert!(
            result.is_err() || executions >= floor,
            "{}: only {executions} executions, at least {floor} were expected",
            self.name,
        );
        result.map(|()| (!is_cut_off).then_some(executions))
    }

    /// Says in words what loom's text of a deadlock says: which thread waits, and in which line.
    #[expect(clippy::print_stdout, reason = "the explanation is for people")]
    fn explain(&self, deadlock: &str) {
        let between = |text: &str, start: &str, end: &str| {
            let (_, rest) = text.split_once(start)?;
            Some(rest.split_once(end)?.0.to_owned())
        };
        for thread in deadlock.split("(Id(").skip(1) {
            let number = thread.split(')').next().unwrap_or_default();
            let ending = match (between(thread, "file: \"", "\""), between(thread, "line: ", ",")) {
                (Some(file), Some(line)) => format!("waits for ever at {file}:{line}"),
                _ => "has ended".to_owned(),
            };
            println!("FOUND {}: thread {number} {ending}", self.name);
        }
    }

    #[expect(clippy::print_stdout, reason = "this line is what the checker has to show")]
    fn report(
        &self,
        bound: Option<usize>,
        executions: usize,
        floor: usize,
        millis: u128,
        verdict: &str,
    ) {
        let bound = bound.map_or_else(|| "none".to_owned(), |bound| bound.to_string());
        println!(
            "MODEL name={} bound={bound} executions={executions} floor={floor} millis={millis} result={verdict}",
            self.name
        );
    }
}

/// Tells whether more is to be explored than on each change.
fn is_deep() -> bool {
    std::env::var_os("THREADKIT_DEEP").is_some()
}

/// Starts a thread of the model.
#[track_caller]
pub fn spawn<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    // Boxed, so that starting a thread is compiled once for each result and not for each program.
    let f: Box<dyn FnOnce() -> T + Send> = Box::new(f);
    Builder::new().spawn(f).expect("the checker's threads cannot be refused")
}

/// Runs `f(0)` to `f(N - 1)` in threads of their own and returns what they return.
///
/// The participants of a model belong in spawned threads, with the main one only joining: loom may
/// stop early otherwise (tokio-rs/loom#392).
#[track_caller]
pub fn in_threads<const N: usize, T: Send + 'static>(
    f: impl Fn(usize) -> T + Clone + Send + 'static,
) -> [T; N] {
    std::array::from_fn(|number| {
        let f = f.clone();
        spawn(move || f(number))
    })
    .map(|thread| thread.join().expect("a panic fails the model before it gets here"))
}

/// How many executions an exploration should have, and how long it may take.
#[derive(Clone, Copy)]
struct Limits {
    floor: usize,
    /// After so long it is cut off, and says so.
    time: Option<Duration>,
}

/// So many executions of one exploration are worth it in a deep run: some tens of seconds.
const DEEP: usize = 200_000;
/// If it takes as long all the same, it is not worth it.
const LONG: Duration = Duration::from_secs(120);

/// Explores with more and more forced switches, from the largest bound on that has been `explored`, as long as
/// the next exploration is likely to stay within [`DEEP`].
///
/// A thread that can be taken away at `n` places can be so `k` times in `n` over `k` ways, so the step to
/// `k + 1` multiplies the executions by `k / (k + 1)` of what the last one did. Once a step adds less than a half,
/// the rest is searched at once, without a bound. It ends early with an exploration that was cut off, of which
/// `explore` counts nothing.
fn deepen(
    explored: &BTreeMap<Option<usize>, usize>,
    explore: impl Fn(Option<usize>) -> Option<usize>,
) {
    let Some((&Some(mut bound), &(mut executions))) = explored.last_key_value() else { return };
    if explored.contains_key(&None) {
        return;
    }
    let fewer = bound.checked_sub(1);
    let known = fewer.map_or(Some(1), |fewer| explored.get(&Some(fewer)).copied());
    let Some(mut before) = known.or_else(|| explore(fewer)) else { return };
    while executions > before + before / 2 {
        let next = executions.saturating_mul(executions) / before * bound / (bound + 1);
        if next > DEEP {
            return;
        }
        bound += 1;
        let Some(counted) = explore(Some(bound)) else { return };
        (before, executions) = (executions, counted);
    }
    explore(None);
}

/// The beginning of a message's first line that says something.
fn first_words(message: &str) -> String {
    let line = message.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    line.split("; threads").next().unwrap_or_default().chars().take(60).collect()
}

/// The set of outcomes that the executions of a model had: a count alone proves nothing.
#[derive(Debug, Default)]
pub struct Outcomes<T>(Arc<Mutex<BTreeSet<T>>>);

impl<T> Clone for Outcomes<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl Outcomes<String> {
    /// Prints them for those who compare.
    #[expect(clippy::print_stdout, reason = "these lines are what the checker has to show")]
    pub(super) fn print(&self, name: &str) {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.iter().for_each(|outcome| println!("OUTCOME {name} {outcome}"));
    }
}

impl<T: Ord + Debug> Outcomes<T> {
    /// Creates an empty set.
    pub fn new() -> Self {
        Self(Arc::default())
    }

    /// Notes that an execution ended this way.
    pub fn saw(&self, outcome: T) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(outcome);
    }

    /// Compares the set of all outcomes with the one that theory predicts.
    ///
    /// # Panics
    ///
    /// If they differ.
    #[track_caller]
    pub fn are(&self, expected: impl IntoIterator<Item = T>) {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let expected: BTreeSet<T> = expected.into_iter().collect();
        assert_eq!(*seen, expected, "the set of outcomes");
    }
}
