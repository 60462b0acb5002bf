//! An asymmetric pair of fences: one side is free, the other pays for both.
//!
//! Two threads that each write a variable and then read the other's may both find the old value,
//! unless each has a full fence between its two steps. Where one of them comes by a million times as
//! often as the other, it is a bad bargain that both pay the same. With this pair the frequent side
//! calls [`light`], which only holds the compiler, and the rare one calls [`heavy`], which has the
//! operating system run a full barrier on every processor that runs a thread of this process.
//!
//! Source of the idea: the proposal [P1202](https://wg21.link/p1202) for C++, folly's
//! `asymmetric_thread_fence_light` and `_heavy`, and Linux's
//! [`membarrier`](https://man7.org/linux/man-pages/man2/membarrier.2.html).
//!
//! # Invariants
//!
//! 1. Of a `light` in one thread and a `heavy` in another that returned `true`, one is the first: what
//!    was written before it is seen by whatever is read after the other one.
//! 2. Two `heavy` are ordered in the same way. Two `light` are not, and must not be relied on, although
//!    they are where the system has no such barrier.
//! 3. A `heavy` that returned `false` is a fence of its own thread and no more. It happens if the system
//!    refuses what it granted before, or for a moment in the beginning of a process, and whoever calls
//!    it must then look again later.
//!
//! # The brake
//!
//! Ten thousand locks that are fought for once should not cost ten thousand interrupts of everybody.
//! Every `heavy` is measured, and [`affordable`] says no while all of them together have taken more
//! than a hundredth of the time. Whoever has another way, if only a slower one, asks before.
//!
//! Who has no other way, once it has begun to use `light`, asks for its `heavy` in the beginning: see
//! [`reserve`], which has a limit of its own.
//!
//! # Memory ordering
//!
//! `heavy` is a `SeqCst` fence of the calling thread, too. `light` is none: it orders as said above
//! and otherwise nothing.

pub use crate::backend::fence::{
    affordable, heavy, heavy_reserved, is_asymmetric, light, light_reserved, reserve,
};
