//! An allocator that counts, for the program that asks for it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

static COUNT: AtomicU64 = AtomicU64::new(0);
static IN_USE: AtomicBool = AtomicBool::new(false);

/// The system's allocator with a count of what is asked of it.
#[derive(Debug)]
pub struct Counting;

/// How often memory was asked for while the call ran, by any thread.
///
/// # Panics
///
/// If the program's allocator does not count.
pub(crate) fn allocations_during(call: impl FnOnce()) -> u64 {
    // ORDERING: Relaxed: a counter; what is asked of it happens before through the call's own waits.
    let before = COUNT.load(Relaxed);
    assert!(IN_USE.load(Relaxed), "this program's allocator does not count");
    call();
    COUNT.load(Relaxed) - before
}

fn count() {
    COUNT.fetch_add(1, Relaxed);
    IN_USE.store(true, Relaxed);
}

// SAFETY: every call is passed on to the system's allocator as it came; counting asks for no memory.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps `alloc`'s contract, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps `alloc_zeroed`'s contract, which is the same.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller keeps `realloc`'s contract, which is the same; `old` is the system's.
        unsafe { System.realloc(old, layout, size) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps `dealloc`'s contract, which is the same; `memory` is the system's.
        unsafe { System.dealloc(memory, layout) }
    }
}
