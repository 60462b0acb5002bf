//! The state machines of the lock, the condition and the event.

mod condition;
mod contended;
mod event;
mod lock;
mod requeue;

pub(crate) use condition::Condition;
pub(crate) use event::Event;
pub(crate) use lock::Lock;
