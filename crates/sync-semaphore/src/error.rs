//! What can be wrong with a request.

use std::error::Error;
use std::fmt;

/// More permits were asked for than the semaphore can ever have, so waiting would never end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany {
    /// How many were asked for.
    pub wanted: usize,
    /// How many there can be.
    pub limit: usize,
}

impl fmt::Display for TooMany {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { wanted, limit } = self;
        write!(f, "{wanted} permits were asked for, but there are never more than {limit}")
    }
}

impl Error for TooMany {}

/// More permits were released than are forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OverRelease {
    /// How many were to be released.
    pub released: usize,
    /// How many were forgotten when that was looked up.
    pub forgotten: usize,
}

impl fmt::Display for OverRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { released, forgotten } = self;
        write!(f, "{released} permits were released, but only {forgotten} are out without a guard")
    }
}

impl Error for OverRelease {}

/// Two permits that cannot be made one; both are in here, unchanged.
#[derive(Debug)]
pub struct MergeError<P> {
    /// The permit that was to take the other in.
    pub first: P,
    /// The permit that was to be taken in.
    pub second: P,
    pub(crate) reason: Reason,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    Foreign,
    TooMany,
}

impl<P> MergeError<P> {
    /// Tells whether the permits are of two different semaphores.
    pub fn is_foreign(&self) -> bool {
        self.reason == Reason::Foreign
    }

    pub(crate) fn map<Q>(self, f: impl Fn(P) -> Q) -> MergeError<Q> {
        MergeError { first: f(self.first), second: f(self.second), reason: self.reason }
    }
}

impl<P> fmt::Display for MergeError<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.reason {
            Reason::Foreign => "the permits are of two different semaphores",
            Reason::TooMany => "together the permits are more than MAX_PERMITS",
        })
    }
}

impl<P: fmt::Debug> Error for MergeError<P> {}
