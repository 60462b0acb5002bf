//! What became of a message.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use sync_core::panic::Panicked;

use crate::handler::MessageId;

/// A message that has ended, in whatever way.
#[derive(Debug)]
pub struct Done<Out> {
    /// Its number, which `send` returned.
    pub id: MessageId,
    /// How often it was handed to the handler; never, if it was cancelled in time.
    pub attempts: u32,
    /// What the handler made of it, or why it made nothing.
    pub outcome: Result<Out, Failure>,
}

/// A message that was given up.
#[derive(Debug)]
pub struct DeadLetter<In> {
    /// Its number, which `send` returned.
    pub id: MessageId,
    /// How often it was handed to the handler.
    pub attempts: u32,
    /// The message.
    pub message: In,
    /// Why.
    pub failure: Failure,
}

/// Why a message has no result: what its last attempt came to.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Failure {
    /// The handler returned this error.
    Failed(Arc<dyn Error + Send + Sync>),
    /// The handler panicked.
    Panicked(Arc<Panicked>),
    /// The pool was shut down before the message's turn came.
    Cancelled,
}

impl Failure {
    /// Gives back the payload of the panic, if that is what it was and no other copy is left.
    pub fn into_panic(self) -> Option<Box<dyn Any + Send + 'static>> {
        match self {
            Self::Panicked(panicked) => Arc::into_inner(panicked).map(Panicked::into_panic),
            _ => None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => write!(f, "the handler failed: {error}"),
            Self::Panicked(panicked) => write!(f, "the handler panicked: {panicked}"),
            Self::Cancelled => f.write_str("the message was cancelled before its turn came"),
        }
    }
}

/// A panic is no source: its message is part of the failure's own.
impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Failed(error) => Some(&**error),
            Self::Panicked(_) | Self::Cancelled => None,
        }
    }
}
