//! One job per processor at a time.

use std::sync::Mutex;
use std::thread;

/// Applies `job` to each item, on as many threads as there are processors; results keep the order.
pub(crate) fn map<T: Sync, R: Send>(items: &[T], job: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let queue = Mutex::new(items.iter().enumerate());
    let results = Mutex::new(Vec::new());
    let worker = || {
        loop {
            let next = queue.lock().expect("taking an item never panics").next();
            let Some((index, item)) = next else { break };
            let result = job(item);
            let mut results = results.lock().expect("storing a result never panics");
            results.push((index, result));
        }
    };
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(worker);
        }
    });
    let mut results = results.into_inner().expect("all workers have ended well");
    results.sort_by_key(|&(index, _)| index);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    #[test]
    fn results_keep_the_order_of_the_items() {
        let items: Vec<u64> = (0..20).collect();
        let squares = super::map(&items, |n| {
            std::thread::sleep(Duration::from_millis(20 - n));
            n * n
        });
        assert!(squares.into_iter().eq(items.iter().map(|n| n * n)));
    }
}
