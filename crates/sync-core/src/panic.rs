//! Panics of user code, caught and kept whole; and guards that let go while something unwinds.

use std::any::Any;
use std::fmt;

use crate::cell::Exclusive;

pub use crate::backend::panic::{catch, while_dropping, without_unwinding};

/// A panic that was caught: its message to read, its payload to have back.
///
/// It is displayed as the message alone. The text around it says what panicked, as in
/// `"the job panicked: {panicked}"`.
///
/// # Examples
///
/// ```
/// let number = std::hint::black_box(7);
/// let caught = sync_core::panic::catch(|| panic!("number {number}")).unwrap_err();
/// assert_eq!(caught.message(), "number 7");
/// assert_eq!(caught.to_string(), "number 7");
/// assert!(caught.into_panic().is::<String>());
/// ```
pub struct Panicked {
    message: String,
    payload: Exclusive<Box<dyn Any + Send>>,
}

impl Panicked {
    /// Wraps the payload of a panic that was caught some other way.
    pub fn new(payload: Box<dyn Any + Send>) -> Self {
        Self { message: message_of(&*payload).to_owned(), payload: Exclusive::new(payload) }
    }

    /// The panic's message, or a note that the payload was not text.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Gives back the payload, for [`std::panic::resume_unwind`] or a downcast.
    pub fn into_panic(self) -> Box<dyn Any + Send + 'static> {
        self.payload.into_inner()
    }
}

impl fmt::Debug for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Panicked").field(&self.message).finish()
    }
}

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.message)
    }
}

impl std::error::Error for Panicked {}

/// The text of a payload, as the standard panic hook prints it.
pub(crate) fn message_of(payload: &(dyn Any + Send)) -> &str {
    if let Some(text) = payload.downcast_ref::<&'static str>() {
        text
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text
    } else {
        "a payload that is not text"
    }
}
