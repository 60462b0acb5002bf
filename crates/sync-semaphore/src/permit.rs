//! What an acquirer holds: permits that go back when dropped.

use std::fmt;
use std::sync::Arc;

use crate::error::{MergeError, Reason};
use crate::raw::RawSemaphore;

/// Permits of a semaphore, given back when dropped.
///
/// `let _ = semaphore.acquire()` gives them back at once; name them, `let _permit = ..`, to keep them.
/// A permit may be sent to another thread and given back there.
#[must_use = "the permits are given back as soon as this is dropped"]
#[clippy::has_significant_drop]
pub struct Permit<'a>(Held<&'a RawSemaphore>);

/// Permits of a semaphore that lives in an [`Arc`], given back when dropped.
///
/// It borrows nothing, so it can be kept in a struct or sent to a thread that outlives the caller.
/// `S` is the type of the semaphore.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use sync_semaphore::BoundedSemaphore;
///
/// let slots = Arc::new(BoundedSemaphore::new(5));
/// let permit = slots.acquire_arc();
/// let worker = std::thread::spawn(move || drop(permit));
/// worker.join().unwrap();
/// assert_eq!(slots.available(), 5);
/// ```
#[must_use = "the permits are given back as soon as this is dropped"]
#[clippy::has_significant_drop]
pub struct OwnedPermit<S: AnySemaphore>(Held<Arc<S>>);

/// A semaphore of either kind and any policy.
pub trait AnySemaphore: sealed::Raw {}

pub(crate) mod sealed {
    use crate::raw::RawSemaphore;

    /// Hands out the state machine inside.
    #[expect(unnameable_types, reason = "sealed: nobody else implements it")]
    pub trait Raw {
        fn raw(&self) -> &RawSemaphore;
    }
}

/// Permits and the way to where they belong.
struct Held<H: Home> {
    home: H,
    count: u32,
}

/// The way to the semaphore that permits belong to.
trait Home: Clone {
    fn raw(&self) -> &RawSemaphore;
}

impl Home for &RawSemaphore {
    #[inline]
    fn raw(&self) -> &RawSemaphore {
        self
    }
}

impl<S: AnySemaphore> Home for Arc<S> {
    #[inline]
    fn raw(&self) -> &RawSemaphore {
        (**self).raw()
    }
}

impl<H: Home> Held<H> {
    fn forget(mut self) {
        self.home.raw().forgotten.forget(self.count);
        // Nothing is left to give back; the home itself is dropped as ever.
        self.count = 0;
    }

    fn split(&mut self, count: usize) -> Option<Self> {
        let count = u32::try_from(count).ok()?;
        self.count = self.count.checked_sub(count)?;
        Some(Self { home: self.home.clone(), count })
    }

    fn merge(mut self, mut other: Self) -> Result<Self, MergeError<Self>> {
        let reason = match self.count.checked_add(other.count) {
            _ if !std::ptr::eq(self.home.raw(), other.home.raw()) => Reason::Foreign,
            None => Reason::TooMany,
            Some(count) => {
                other.count = 0;
                self.count = count;
                return Ok(self);
            }
        };
        Err(MergeError { first: self, second: other, reason })
    }
}

impl<H: Home> Drop for Held<H> {
    #[inline]
    #[track_caller]
    fn drop(&mut self) {
        if self.count == 0 {
            return;
        }
        sync_core::panic::while_dropping(|| {
            // Too many to count can only be when `Semaphore::release` has added permits meanwhile. Then
            // as many go back as fit at that moment.
            let (raw, mut count) = (self.home.raw(), self.count);
            while raw.release(count).is_err() {
                count = self.count.min(u32::MAX - raw.free());
            }
        });
    }
}

impl<'a> Permit<'a> {
    /// Stands for `count` permits that were taken just now.
    #[inline]
    pub(crate) fn new(home: &'a RawSemaphore, count: u32) -> Self {
        Self(Held { home, count })
    }
}

impl<S: AnySemaphore> OwnedPermit<S> {
    /// Stands for `count` permits that were taken just now.
    #[inline]
    pub(crate) fn new(home: Arc<S>, count: u32) -> Self {
        Self(Held { home, count })
    }

    /// Returns the semaphore that the permits belong to.
    pub fn semaphore(&self) -> &Arc<S> {
        &self.0.home
    }
}

/// What can be done with permits, however their semaphore is reached.
macro_rules! handling {
    ($Permit:ident, [$($generics:tt)*], $type:ty) => {
        impl<$($generics)*> $type {
            /// Returns how many permits these are.
            pub fn count(&self) -> usize {
                self.0.count as usize
            }

            /// Keeps the permits from going back on their own: a later `release` has to do it.
            ///
            /// Python's `acquire` and `release` are this call and that one. What is forgotten and never
            /// released makes a semaphore smaller for good.
            ///
            /// # Examples
            ///
            /// ```
            /// use sync_semaphore::BoundedSemaphore;
            ///
            /// let slots = BoundedSemaphore::new(5);
            /// slots.acquire().forget();
            /// assert_eq!(slots.available(), 4);
            /// slots.release(1)?;
            /// assert_eq!(slots.available(), 5);
            /// # Ok::<(), sync_semaphore::OverRelease>(())
            /// ```
            pub fn forget(self) {
                self.0.forget();
            }

            /// Takes `count` of the permits out, as a permit of their own.
            ///
            /// `None` if there are fewer; nothing changes then.
            ///
            /// # Examples
            ///
            /// ```
            /// use sync_semaphore::BoundedSemaphore;
            ///
            /// let slots = BoundedSemaphore::new(5);
            /// let mut four = slots.acquire_many(4)?;
            /// drop(four.split(3).unwrap());
            /// assert_eq!((four.count(), slots.available()), (1, 4));
            /// assert!(four.split(2).is_none());
            /// # Ok::<(), sync_semaphore::TooMany>(())
            /// ```
            pub fn split(&mut self, count: usize) -> Option<Self> {
                self.0.split(count).map(Self)
            }

            /// Makes one permit of two of the same semaphore.
            ///
            /// # Errors
            ///
            /// If they are of different semaphores, or too many to count; the error has both of them.
            ///
            /// # Examples
            ///
            /// ```
            /// use sync_semaphore::BoundedSemaphore;
            ///
            /// let (red, blue) = (BoundedSemaphore::new(5), BoundedSemaphore::new(5));
            /// let two = red.acquire().merge(red.acquire()).unwrap();
            /// assert_eq!(two.count(), 2);
            /// let error = two.merge(blue.acquire()).unwrap_err();
            /// assert!(error.is_foreign());
            /// assert_eq!((error.first.count(), error.second.count()), (2, 1));
            /// ```
            pub fn merge(self, other: Self) -> Result<Self, MergeError<Self>> {
                self.0.merge(other.0).map(Self).map_err(|error| error.map(Self))
            }
        }

        impl<$($generics)*> fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let Held { home, count } = &self.0;
                f.debug_struct(stringify!($Permit))
                    .field("home", home.raw())
                    .field("count", count)
                    .finish()
            }
        }
    };
}

handling!(Permit, [], Permit<'_>);
handling!(OwnedPermit, [S: AnySemaphore], OwnedPermit<S>);
