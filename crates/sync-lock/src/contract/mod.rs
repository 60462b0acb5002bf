//! What the lock, the condition and the event promise, and nothing more.
//!
//! Code that is explored by a model checker stands on this, unless the feature `shipped` asks for the algorithms.
//! That those keep to it is what the scenarios in `tests/refinement` show.

mod condition;
mod event;
mod lock;

pub(crate) use condition::Condition;
pub(crate) use event::Event;
pub(crate) use lock::Lock;
