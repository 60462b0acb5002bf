//! Requests: jobs with callbacks, which run on the thread that waits for the pool.

use std::fmt;
use std::panic::resume_unwind;
use std::sync::Arc;

use sync_core::atomic::AtomicU64;
use sync_core::atomic::Ordering::Relaxed;
use sync_core::panic::catch;

use crate::error::JobError;
use crate::task::{Answer, Ending, Left, Task, contain};

sync_core::global! {
    /// The next number to be drawn.
    static NEXT: AtomicU64 = AtomicU64::new(1);
}

/// What tells requests apart: a number, drawn or chosen.
///
/// Drawn numbers count up from 1 and are never equal to chosen ones.
///
/// # Examples
///
/// ```
/// use pool_threadpool::{RequestId, WorkRequest};
///
/// let chosen = WorkRequest::new(|| ()).with_id(1);
/// assert_eq!(chosen.id(), RequestId::from(1));
/// assert_ne!(WorkRequest::new(|| ()).id(), RequestId::from(1));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId {
    number: u64,
    chosen: bool,
}

impl RequestId {
    fn draw() -> Self {
        // ORDERING: Relaxed, because the increment alone makes the number unique.
        Self { number: NEXT.fetch_add(1, Relaxed), chosen: false }
    }

    /// Returns the number.
    pub fn get(self) -> u64 {
        self.number
    }
}

/// A number that the program has chosen.
impl From<u64> for RequestId {
    fn from(number: u64) -> Self {
        Self { number, chosen: true }
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.number.fmt(f)
    }
}

type Call<T> = Box<dyn FnOnce() -> T + Send>;
type Callback<T> = Box<dyn FnOnce(WorkRequest<T>, T) + Send>;
type ExcCallback<T> = Box<dyn FnOnce(WorkRequest<T>, JobError) + Send>;

/// A closure with what is to be done when it has ended.
///
/// [`put_request`](crate::ThreadPool::put_request) has a worker run it. Its callback then runs on the
/// thread that [waits](crate::ThreadPool::wait) for the pool or [polls](crate::ThreadPool::poll) it,
/// and gets the request back, spent, with the result. Callbacks run in the order in which requests end.
#[must_use = "a request does nothing before `put_request`"]
pub struct WorkRequest<T> {
    id: RequestId,
    /// None once it has been run or cancelled.
    call: Option<Call<T>>,
    callback: Option<Callback<T>>,
    exc_callback: Option<ExcCallback<T>>,
    failed: bool,
}

impl<T: Send + 'static> WorkRequest<T> {
    /// Creates a request with a drawn number and without callbacks.
    pub fn new(call: impl FnOnce() -> T + Send + 'static) -> Self {
        let id = RequestId::draw();
        Self { id, call: Some(Box::new(call)), callback: None, exc_callback: None, failed: false }
    }

    /// Chooses the number. A pool does not take a request while it has one with that number whose
    /// callback has not begun.
    ///
    /// Whatever is no number is no number for a request:
    ///
    /// ```compile_fail,E0277
    /// let request = pool_threadpool::WorkRequest::new(|| ()).with_id(vec![1]);
    /// ```
    pub fn with_id(mut self, id: impl Into<RequestId>) -> Self {
        self.id = id.into();
        self
    }

    /// Sets what is called with the result.
    pub fn callback(mut self, callback: impl FnOnce(Self, T) + Send + 'static) -> Self {
        self.callback = Some(Box::new(callback));
        self
    }

    /// Sets what is called instead if there is no result, because of a panic or a shutdown that
    /// cancelled the request.
    ///
    /// Without it, a panic goes to the pool's [`on_panic`](crate::Builder::on_panic) hook.
    pub fn exc_callback(mut self, callback: impl FnOnce(Self, JobError) + Send + 'static) -> Self {
        self.exc_callback = Some(Box::new(callback));
        self
    }
}

impl<T> WorkRequest<T> {
    /// Returns the request's number.
    pub fn id(&self) -> RequestId {
        self.id
    }

    /// Tells whether it has been run, or cancelled, so that no pool takes it any more.
    pub fn is_spent(&self) -> bool {
        self.call.is_none()
    }

    /// Tells whether it was spent without a result.
    pub fn has_failed(&self) -> bool {
        self.failed
    }
}

impl<T> fmt::Debug for WorkRequest<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkRequest")
            .field("id", &self.id.number)
            .field("is_spent", &self.is_spent())
            .field("has_failed", &self.failed)
            .finish_non_exhaustive()
    }
}

/// A request as the queue holds it; empty when it has been run or cancelled.
pub(crate) struct Requested<T>(Option<WorkRequest<T>>);

impl<T> Requested<T> {
    pub(crate) fn new(request: WorkRequest<T>) -> Self {
        Self(Some(request))
    }

    /// Gives a request back that was not queued.
    pub(crate) fn into_inner(self) -> Option<WorkRequest<T>> {
        self.0
    }
}

impl<T: Send + 'static> Task for Requested<T> {
    fn run(mut self: Box<Self>) -> Ending {
        let Some((call, mut request)) = self.0.take().and_then(spend) else {
            return Ending::COMPLETED;
        };
        match catch(call) {
            Ok(value) => match request.callback.take() {
                Some(callback) => {
                    let answer: Answer = Box::new(move || callback(request, value));
                    Ending { panicked: false, left: Left::Answer(answer) }
                }
                None => Ending::completed(catch(|| drop((request, value))).err()),
            },
            Err(panicked) => match request.exc_callback.take() {
                Some(callback) => {
                    let left =
                        Left::Answer(failure(request, callback, JobError::Panicked(panicked)));
                    Ending { panicked: true, left }
                }
                None => {
                    // The unused callback is user code, and its panic must not hide the job's.
                    contain(|| drop(request));
                    Ending::panicked(Some(panicked))
                }
            },
        }
    }

    fn cancel(&mut self) -> Option<Answer> {
        // Without a callback it stays here, to be dropped with care.
        let callback = self.0.as_mut()?.exc_callback.take()?;
        Some(failure(self.0.take()?, callback, JobError::Cancelled))
    }
}

/// Separates a request from its closure.
fn spend<T>(mut request: WorkRequest<T>) -> Option<(Call<T>, WorkRequest<T>)> {
    request.call.take().map(|call| (call, request))
}

/// The answer to a request without a result.
fn failure<T: 'static>(
    mut request: WorkRequest<T>,
    callback: ExcCallback<T>,
    error: JobError,
) -> Answer {
    request.failed = true;
    Box::new(move || {
        // A cancelled request still has its closure, which is user code to drop.
        let dropped = catch(|| drop(request.call.take()));
        callback(request, error);
        if let Err(panicked) = dropped {
            resume_unwind(panicked.into_panic());
        }
    })
}

/// Makes a request of each argument, all with the same closure; see [`Requests`] for callbacks.
///
/// The Python way of `threadpool.makeRequests`. A tuple is one argument, which the closure takes apart.
///
/// # Examples
///
/// ```
/// use pool_threadpool::{ThreadPool, make_requests};
///
/// let pool = ThreadPool::new(5);
/// let sums = make_requests(|(a, b): (u32, u32)| a + b, [(1, 2), (3, 4)]);
/// for request in sums.callback(|request, sum| println!("{}: {sum}", request.id())) {
///     pool.put_request(request)?;
/// }
/// pool.wait()?;
/// assert_eq!(pool.stats().completed, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn make_requests<A, T, F, I>(call: F, args: I) -> Requests<I::IntoIter, F, T>
where
    I: IntoIterator<Item = A>,
    F: Fn(A) -> T + Send + Sync + 'static,
{
    let args = args.into_iter();
    Requests { args, call: Arc::new(call), callback: None, exc_callback: None }
}

type SharedCallback<T> = Arc<dyn Fn(WorkRequest<T>, T) + Send + Sync>;
type SharedExcCallback<T> = Arc<dyn Fn(WorkRequest<T>, JobError) + Send + Sync>;

/// Requests that are made one by one as this is iterated; see [`make_requests`].
#[must_use = "requests are made as this is iterated"]
pub struct Requests<I, F, T> {
    args: I,
    call: Arc<F>,
    callback: Option<SharedCallback<T>>,
    exc_callback: Option<SharedExcCallback<T>>,
}

impl<I, F, T> Requests<I, F, T> {
    /// Sets what is called with each result; see [`WorkRequest::callback`].
    pub fn callback(
        mut self,
        callback: impl Fn(WorkRequest<T>, T) + Send + Sync + 'static,
    ) -> Self {
        self.callback = Some(Arc::new(callback));
        self
    }

    /// Sets what is called for each request without a result; see [`WorkRequest::exc_callback`].
    ///
    /// # Examples
    ///
    /// ```
    /// use pool_threadpool::{ThreadPool, make_requests};
    ///
    /// let pool = ThreadPool::new(2);
    /// let halves = make_requests(|n: u32| if n % 2 == 0 { n / 2 } else { panic!("{n} is odd") }, 4..6);
    /// let halves = halves
    ///     .callback(|_, half| assert_eq!(half, 2))
    ///     .exc_callback(|_, error| assert_eq!(error.to_string(), "the job panicked: 5 is odd"));
    /// for request in halves {
    ///     pool.put_request(request)?;
    /// }
    /// pool.wait()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn exc_callback(
        mut self,
        callback: impl Fn(WorkRequest<T>, JobError) + Send + Sync + 'static,
    ) -> Self {
        self.exc_callback = Some(Arc::new(callback));
        self
    }
}

impl<I, F, T> Iterator for Requests<I, F, T>
where
    I: Iterator,
    I::Item: Send + 'static,
    F: Fn(I::Item) -> T + Send + Sync + 'static,
    T: Send + 'static,
{
    type Item = WorkRequest<T>;

    fn next(&mut self) -> Option<Self::Item> {
        let arg = self.args.next()?;
        let call = self.call.clone();
        let mut request = WorkRequest::new(move || call(arg));
        if let Some(callback) = self.callback.clone() {
            request = request.callback(move |request, value| callback(request, value));
        }
        if let Some(callback) = self.exc_callback.clone() {
            request = request.exc_callback(move |request, error| callback(request, error));
        }
        Some(request)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.args.size_hint()
    }
}

impl<I: fmt::Debug, F, T> fmt::Debug for Requests<I, F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Requests").field("args", &self.args).finish_non_exhaustive()
    }
}
