//! Every crate of the house is reached through this one.

use std::cell::Cell;

use threadkit::prelude::*;

threadkit::global! {
    static STATIC: Lock<u32> = Lock::new(1);
}

#[test]
fn core() {
    assert_eq!(*STATIC.lock(), 1);
}

#[test]
fn lock() {
    let lock: Lock<u32> = Lock::new(1);
    let guard: LockGuard<'_, u32> = lock.lock();
    let part: threadkit::MappedLockGuard<'_, u32> = LockGuard::map(guard, |number| number);
    assert!(lock.try_lock().is_none());
    drop(part);
    Condition::new().wait_while(&mut lock.lock(), |number| *number == 0);
    assert!(threadkit::RawLock::new().try_lock());
}

#[test]
fn rlock() {
    let lock: RLock<Cell<u32>> = RLock::new(Cell::new(1));
    let _outer = lock.lock();
    let inner: RLockGuard<'_, Cell<u32>> = lock.lock();
    assert_eq!(RLockGuard::depth(&inner), 2);
    let stranger: Result<(), threadkit::NotOwner> = threadkit::RawRLock::new().release();
    assert!(stranger.is_err());
}

#[test]
fn semaphore() {
    let semaphore = Semaphore::new(1);
    let permit: Permit<'_> = semaphore.acquire();
    assert!(semaphore.try_acquire().is_none());
    drop(permit);
    assert!(BoundedSemaphore::new(1).release(1).is_err());
}

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
