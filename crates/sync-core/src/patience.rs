//! How long something is put up with: being overtaken, and staying careful when all is quiet.
//!
//! A lock that anybody may take as soon as it is free is fast, and can starve a waiter: whoever
//! releases it may have it back before the one that was woken is there. So a waiter that has waited
//! for about half a millisecond asks to be handed the lock. Everything handed over costs a
//! switch of threads while the lock is held for nobody's good, so those who wait for one lock take turns
//! of a millisecond in asking; who has waited for a tenth of a second may ask at any time. A semaphore
//! that hands one permit over keeps nobody from the others, so there are no turns there.

pub use crate::backend::patience::{CALM, Patience};
