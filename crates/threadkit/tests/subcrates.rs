//! Every crate of the house is reached through this one.
#![cfg(not(all(any(loom, threadkit_loom), feature = "loom")))]

use threadkit::prelude::*;

global! {
    static STATIC: u32 = 1;
}

#[test]
fn core() {
    assert_eq!(STATIC, 1);
}

#[cfg(feature = "lock")]
#[test]
fn lock() {
    global! {
        static STATIC: Lock<u32> = Lock::new(1);
    }
    assert_eq!(*STATIC.lock(), 1);
    let lock: Lock<u32> = Lock::new(1);
    let guard: LockGuard<'_, u32> = lock.lock();
    let part: threadkit::MappedLockGuard<'_, u32> = LockGuard::map(guard, |number| number);
    assert!(lock.try_lock().is_none());
    drop(part);
    Condition::new().wait_while(&mut lock.lock(), |number| *number == 0);
    assert!(threadkit::RawLock::new().try_lock());
}

#[cfg(feature = "rlock")]
#[test]
fn rlock() {
    use std::cell::Cell;

    let lock: RLock<Cell<u32>> = RLock::new(Cell::new(1));
    let _outer = lock.lock();
    let inner: RLockGuard<'_, Cell<u32>> = lock.lock();
    assert_eq!(RLockGuard::depth(&inner), 2);
    let stranger: Result<(), threadkit::NotOwner> = threadkit::RawRLock::new().release();
    assert!(stranger.is_err());
}

#[cfg(feature = "semaphore")]
#[test]
fn semaphore() {
    let semaphore = Semaphore::new(1);
    let permit: Permit<'_> = semaphore.acquire();
    assert!(semaphore.try_acquire().is_none());
    drop(permit);
    assert!(BoundedSemaphore::new(1).release(1).is_err());
}

#[cfg(feature = "thread")]
#[test]
fn thread() {
    struct Answer;
    impl Run for Answer {
        type Output = u32;
        fn run(self) -> u32 {
            42
        }
    }
    let handle: thread::JoinHandle<u32> = thread::start(Answer);
    assert_eq!(handle.join().unwrap(), 42);
    assert!(thread::active_count() >= 1);
}

#[cfg(feature = "threadpool")]
#[test]
fn threadpool() {
    let pool = ThreadPool::new(1);
    let handle: JobHandle<u32> = pool.submit(|| 42);
    assert_eq!(handle.join().unwrap(), 42);
    let panicked: Result<(), JobError> = pool.submit(|| panic!("on purpose")).join();
    assert!(panicked.is_err());
    let report = pool.shutdown(Shutdown::Drain, Duration::from_secs(5));
    assert_eq!(report.stats.panicked, 1);
}

#[cfg(feature = "threadpool")]
#[test]
fn requests() {
    let pool = ThreadPool::new(1);
    let requests: threadkit::Requests<_, _, u32> = make_requests(|number: u32| number + 1, [41]);
    for request in requests.callback(|request, number| {
        assert!(request.is_spent());
        assert_eq!(number, 42);
    }) {
        let request: WorkRequest<u32> = request;
        pool.put_request(request).unwrap();
    }
    pool.wait().unwrap();
    let polled: Result<usize, threadkit::NoResultsPending> = pool.poll();
    assert!(polled.is_err());
    assert_eq!(pool.map([1, 2], |number| 2 * number).collect::<Vec<_>>(), [2, 4]);
    let borrowed = 42;
    assert_eq!(pool.scope(|scope| scope.submit(|| borrowed).join()).unwrap(), 42);
}

#[cfg(feature = "queue")]
#[test]
fn queue() {
    struct Doubler;
    impl Handler<u32> for Doubler {
        type Out = u32;
        fn handle(&self, _job: &Job<'_>, number: &u32) -> Result<u32, Fail> {
            Ok(2 * number)
        }
    }
    let pool: QueuePool<u32, u32> =
        QueuePool::builder(Doubler).workers(1).results(1).build().unwrap();
    let id: threadkit::queue::MessageId = pool.send(21).unwrap();
    let done: threadkit::Done<u32> = pool.results().recv().unwrap();
    assert_eq!((done.id, done.outcome.unwrap()), (id, 42));
    let report: threadkit::queue::ShutdownReport =
        pool.shutdown(Shutdown::Drain, Duration::from_secs(5));
    assert!(report.is_complete());
}
