//! Why a join has no result.

use std::any::Any;
use std::error::Error;
use std::fmt;

use sync_core::panic::Panicked;

/// The reason why a thread's result or its end cannot be had.
#[derive(Debug)]
#[non_exhaustive]
pub enum JoinError {
    /// The thread panicked; here is its payload.
    Panicked(Panicked),
    /// The calling thread is the one to be joined, so the join would never end.
    WouldDeadlock,
    /// The end of the thread cannot be seen: this crate did not start it, or it is a thread of the
    /// process that this one was forked from.
    Foreign,
}

impl JoinError {
    /// Returns the panic, if there was one.
    pub fn as_panic(&self) -> Option<&Panicked> {
        match self {
            Self::Panicked(panicked) => Some(panicked),
            _ => None,
        }
    }

    /// Gives back the payload of the panic, if there was one.
    ///
    /// # Examples
    ///
    /// ```
    /// let error = sync_thread::spawn(|| std::panic::panic_any(42)).join().unwrap_err();
    /// assert_eq!(error.into_panic().unwrap().downcast_ref(), Some(&42));
    /// ```
    pub fn into_panic(self) -> Option<Box<dyn Any + Send + 'static>> {
        match self {
            Self::Panicked(panicked) => Some(panicked.into_panic()),
            _ => None,
        }
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panicked(panicked) => write!(f, "the thread panicked: {panicked}"),
            Self::WouldDeadlock => f.write_str("a thread cannot join itself"),
            Self::Foreign => {
                f.write_str("the end of a thread that was not started here is unknown")
            }
        }
    }
}

/// A panic is no source: its message is part of the error's own.
impl Error for JoinError {}
