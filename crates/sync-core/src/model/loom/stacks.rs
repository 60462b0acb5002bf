//! Keeps the stacks of the checker's threads from one execution for the next.
//!
//! Loom starts its threads anew in each execution, on stacks that its `generator` maps and unmaps: in a small
//! model that takes longer than all else together. Nothing lets one say that they are to be used again, so this
//! stands before the C library's `mmap` and `munmap`. They do what they always do, but for the mappings that are
//! made as stacks by a thread that explores a model: those are kept.

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::marker::PhantomData;
use std::ptr::null_mut;

/// More than a model can have threads.
const MOST: usize = 8;

/// A mapping, if it has a size.
#[derive(Clone, Copy)]
struct Stack {
    start: *mut c_void,
    size: usize,
    is_free: bool,
}

const NONE: Stack = Stack { start: null_mut(), size: 0, is_free: true };

thread_local! {
    /// Without a destructor, since memory is mapped and unmapped at any time in a thread's life.
    static STACKS: [Cell<Stack>; MOST] = const { [const { Cell::new(NONE) }; MOST] };
    static KEEPS: Cell<bool> = const { Cell::new(false) };
}

/// While it lives, its thread's stacks for others are kept.
#[derive(Debug)]
pub(super) struct Keep(PhantomData<*mut ()>);

impl Keep {
    pub(super) fn new() -> Self {
        KEEPS.set(true);
        Self(PhantomData)
    }
}

impl Drop for Keep {
    /// Unmaps what is free; what is not was left behind by threads that ended in a failure.
    fn drop(&mut self) {
        KEEPS.set(false);
        STACKS.with(|stacks| {
            for place in stacks {
                let Stack { start, size, is_free } = place.replace(NONE);
                if is_free && size > 0 {
                    // SAFETY: it was mapped with this size, and whoever had it has asked to unmap it.
                    unsafe { system_munmap(start, size) };
                }
            }
        });
    }
}

/// Finds a place among this thread's stacks and changes what is there; tells whether there was one.
fn change(mut to: impl FnMut(Stack) -> Option<Stack>) -> bool {
    let mut change = |place: &Cell<Stack>| to(place.get()).map(|stack| place.set(stack)).is_some();
    KEEPS.get() && STACKS.with(|stacks| stacks.iter().any(&mut change))
}

/// Maps memory, as the C library says, or hands out a stack that was kept.
///
/// # Safety
///
/// As for `mmap`.
#[unsafe(no_mangle)]
unsafe extern "C" fn mmap(
    start: *mut c_void,
    size: usize,
    protection: c_int,
    flags: c_int,
    file: c_int,
    offset: libc::off_t,
) -> *mut c_void {
    let is_stack = start.is_null() && flags & libc::MAP_STACK != 0;
    let mut kept = null_mut();
    let take = |stack: Stack| {
        kept = stack.start;
        (stack.is_free && stack.size == size).then_some(Stack { is_free: false, ..stack })
    };
    if is_stack && size > 0 && change(take) {
        return kept;
    }
    // SAFETY: the caller's promise.
    let mapped =
        unsafe { libc::syscall(libc::SYS_mmap, start, size, protection, flags, file, offset) };
    let mapped = mapped as *mut c_void;
    if is_stack && mapped != libc::MAP_FAILED {
        // If there is no room the stack is one like all others.
        let note = Stack { start: mapped, size, is_free: false };
        change(|stack| (stack.size == 0).then_some(note));
    }
    mapped
}

/// Unmaps memory, as the C library says, but for a whole stack that is kept.
///
/// # Safety
///
/// As for `munmap`.
#[unsafe(no_mangle)]
unsafe extern "C" fn munmap(start: *mut c_void, size: usize) -> c_int {
    let put = |stack: Stack| {
        let is_it = !stack.is_free && stack.start == start && stack.size == size;
        is_it.then_some(Stack { is_free: true, ..stack })
    };
    if change(put) {
        return 0;
    }
    // SAFETY: the caller's promise.
    unsafe { system_munmap(start, size) }
}

/// # Safety
///
/// As for `munmap`.
unsafe fn system_munmap(start: *mut c_void, size: usize) -> c_int {
    // SAFETY: the caller's promise.
    let result = unsafe { libc::syscall(libc::SYS_munmap, start, size) };
    // Zero, or minus one.
    result as c_int
}
