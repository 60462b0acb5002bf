//! A thread that waits for a condition goes to the queue of the inner lock only once the bias is settled.

use std::sync::Arc;

use sync_core::checker::{model, spawn};
use sync_core::thread::yield_now;
use sync_lock::Condition;
use sync_rlock::{RLock, RLockGuard};

use super::SOON;

/// The first owner waits with its bias. One takes the inner lock, is refused its fence and gives up; another
/// one fights for that lock and then notifies: the waiter must come back by a way that it may go again.
#[test]
fn a_first_owner_that_waits_is_not_moved_before_it_is_settled() {
    let name = "a_first_owner_that_waits_is_not_moved_before_it_is_settled";
    model(name).bound(1).first_fence_refused().floor(100).passes(|| {
        let shared = Arc::new((RLock::new(()), Condition::new()));
        let first_owner = spawn(move || {
            let (lock, changed) = &*shared;
            let mut guard = lock.lock();
            let others: [_; 2] = std::array::from_fn(|number| {
                let shared = shared.clone();
                spawn(move || {
                    let (lock, changed) = &*shared;
                    drop(lock.try_lock_for(SOON));
                    while number == 1 && changed.notify_all() == 0 {
                        yield_now();
                    }
                })
            });
            changed.wait(&mut guard);
            let again = lock.lock();
            assert_eq!(RLockGuard::depth(&again), 2);
            drop(guard);
            drop(again);
            assert!(!lock.is_owned());
            for other in others {
                other.join().unwrap();
            }
        });
        first_owner.join().unwrap();
    });
}
