//! What both semaphores have in common: taking permits, and looking at them.

use std::sync::Arc;

use sync_core::time::{Deadline, Duration, Instant};

use crate::request::Request;
use crate::{BoundedSemaphore, OwnedPermit, Permit, Policy, Semaphore, TooMany};

macro_rules! acquiring {
    ($Semaphore:ident) => {
        /// One permit.
        impl<P: Policy> $Semaphore<P> {
            /// Takes one permit, waiting for as long as it takes.
            #[inline]
            #[track_caller]
            pub fn acquire(&self) -> Permit<'_> {
                self.wait(1, Deadline::NEVER);
                Permit::new(&self.raw, 1)
            }

            /// Takes one permit if one is free now and kept for nobody.
            #[inline]
            #[track_caller]
            pub fn try_acquire(&self) -> Option<Permit<'_>> {
                self.raw.try_acquire(1).then(|| Permit::new(&self.raw, 1))
            }

            /// Takes one permit, waiting at most for `timeout`; `Duration::MAX` is for ever.
            #[track_caller]
            pub fn try_acquire_for(&self, timeout: Duration) -> Option<Permit<'_>> {
                self.wait(1, Deadline::after(timeout)).then(|| Permit::new(&self.raw, 1))
            }

            /// Takes one permit, waiting at most until `moment`.
            #[track_caller]
            pub fn try_acquire_until(&self, moment: Instant) -> Option<Permit<'_>> {
                self.wait(1, Deadline::at(moment)).then(|| Permit::new(&self.raw, 1))
            }

            /// Takes one permit, waiting for as long as it takes; the permit owns its share of the semaphore.
            #[inline]
            #[track_caller]
            pub fn acquire_arc(self: &Arc<Self>) -> OwnedPermit<Self> {
                self.wait(1, Deadline::NEVER);
                OwnedPermit::new(self.clone(), 1)
            }

            /// Takes one permit that owns its share of the semaphore, if one is free now and kept for nobody.
            #[inline]
            #[track_caller]
            pub fn try_acquire_arc(self: &Arc<Self>) -> Option<OwnedPermit<Self>> {
                self.raw.try_acquire(1).then(|| OwnedPermit::new(self.clone(), 1))
            }

            /// Takes one permit that owns its share of the semaphore, waiting at most for `timeout`;
            /// `Duration::MAX` is for ever.
            #[track_caller]
            pub fn try_acquire_arc_for(
                self: &Arc<Self>,
                timeout: Duration,
            ) -> Option<OwnedPermit<Self>> {
                self.wait(1, Deadline::after(timeout)).then(|| OwnedPermit::new(self.clone(), 1))
            }

            /// Takes one permit that owns its share of the semaphore, waiting at most until `moment`.
            #[track_caller]
            pub fn try_acquire_arc_until(
                self: &Arc<Self>,
                moment: Instant,
            ) -> Option<OwnedPermit<Self>> {
                self.wait(1, Deadline::at(moment)).then(|| OwnedPermit::new(self.clone(), 1))
            }
        }

        /// Many permits at once.
        ///
        /// None is taken before all are there, so two threads that each want many cannot end up with half
        /// of them each. A request for many is served in the order of coming, whatever the policy.
        impl<P: Policy> $Semaphore<P> {
            /// Takes `count` permits at once, waiting for as long as it takes.
            ///
            /// # Errors
            ///
            /// If there can never be that many, at once and without taking any.
            #[track_caller]
            pub fn acquire_many(&self, count: usize) -> Result<Permit<'_>, TooMany> {
                let count = self.check(count)?;
                self.wait(count, Deadline::NEVER);
                Ok(Permit::new(&self.raw, count))
            }

            /// Takes `count` permits if they are free now and kept for nobody.
            ///
            /// # Errors
            ///
            /// If there can never be that many.
            #[track_caller]
            pub fn try_acquire_many(&self, count: usize) -> Result<Option<Permit<'_>>, TooMany> {
                let count = self.check(count)?;
                Ok(self.raw.try_acquire(count).then(|| Permit::new(&self.raw, count)))
            }

            /// Takes `count` permits at once, waiting at most for `timeout`; `Duration::MAX` is for ever.
            ///
            /// # Errors
            ///
            /// If there can never be that many, at once and without taking any.
            #[track_caller]
            pub fn try_acquire_many_for(
                &self,
                count: usize,
                timeout: Duration,
            ) -> Result<Option<Permit<'_>>, TooMany> {
                let count = self.check(count)?;
                let got = self.wait(count, Deadline::after(timeout));
                Ok(got.then(|| Permit::new(&self.raw, count)))
            }

            /// Takes `count` permits at once, waiting at most until `moment`.
            ///
            /// # Errors
            ///
            /// If there can never be that many, at once and without taking any.
            #[track_caller]
            pub fn try_acquire_many_until(
                &self,
                count: usize,
                moment: Instant,
            ) -> Result<Option<Permit<'_>>, TooMany> {
                let count = self.check(count)?;
                let got = self.wait(count, Deadline::at(moment));
                Ok(got.then(|| Permit::new(&self.raw, count)))
            }

            /// Takes `count` permits at once, waiting for as long as it takes; the permit owns its share of
            /// the semaphore.
            ///
            /// # Errors
            ///
            /// If there can never be that many, at once and without taking any.
            #[track_caller]
            pub fn acquire_many_arc(
                self: &Arc<Self>,
                count: usize,
            ) -> Result<OwnedPermit<Self>, TooMany> {
                let count = self.check(count)?;
                self.wait(count, Deadline::NEVER);
                Ok(OwnedPermit::new(self.clone(), count))
            }

            /// Takes `count` permits, in one that owns its share of the semaphore, if they are free now and
            /// kept for nobody.
            ///
            /// # Errors
            ///
            /// If there can never be that many.
            #[track_caller]
            pub fn try_acquire_many_arc(
                self: &Arc<Self>,
                count: usize,
            ) -> Result<Option<OwnedPermit<Self>>, TooMany> {
                let count = self.check(count)?;
                Ok(self.raw.try_acquire(count).then(|| OwnedPermit::new(self.clone(), count)))
            }

            /// Takes `count` permits at once, in one that owns its share of the semaphore, waiting at most
            /// for `timeout`; `Duration::MAX` is for ever.
            ///
            /// # Errors
            ///
            /// If there can never be that many, at once and without taking any.
            #[track_caller]
            pub fn try_acquire_many_arc_for(
                self: &Arc<Self>,
                count: usize,
                timeout: Duration,
            ) -> Result<Option<OwnedPermit<Self>>, TooMany> {
                let count = self.check(count)?;
                let got = self.wait(count, Deadline::after(timeout));
                Ok(got.then(|| OwnedPermit::new(self.clone(), count)))
            }

            /// Takes `count` permits at once, in one that owns its share of the semaphore, waiting at most
            /// until `moment`.
            ///
            /// # Errors
            ///
            /// If there can never be that many, at once and without taking any.
            #[track_caller]
            pub fn try_acquire_many_arc_until(
                self: &Arc<Self>,
                count: usize,
                moment: Instant,
            ) -> Result<Option<OwnedPermit<Self>>, TooMany> {
                let count = self.check(count)?;
                let got = self.wait(count, Deadline::at(moment));
                Ok(got.then(|| OwnedPermit::new(self.clone(), count)))
            }
        }

        /// As many permits as there are.
        ///
        /// Waits for one permit, in the order that the policy says, and takes with it what else is free at
        /// that moment and kept for nobody, up to `most`. Nothing at most is there at once.
        impl<P: Policy> $Semaphore<P> {
            /// Takes at least one permit and at most `most`, waiting for as long as it takes.
            ///
            /// # Examples
            ///
            /// ```
            /// use sync_semaphore::Semaphore;
            ///
            /// // Items that producers have announced, worked off in batches of at most ten.
            /// let announced = Semaphore::new(0);
            /// announced.release(13);
            /// let batch = announced.acquire_up_to(10);
            /// assert_eq!(batch.count(), 10);
            /// batch.forget();
            /// assert_eq!(announced.acquire_up_to(10).count(), 3);
            /// ```
            #[track_caller]
            pub fn acquire_up_to(&self, most: usize) -> Permit<'_> {
                let got = self.wait_up_to(most, Deadline::NEVER);
                got.expect("who waits for ever gets one")
            }

            /// Takes at least one permit and at most `most`, if one is free now and kept for nobody.
            #[track_caller]
            pub fn try_acquire_up_to(&self, most: usize) -> Option<Permit<'_>> {
                let got = self.raw.try_acquire_up_to(saturated(most));
                (got > 0 || most == 0).then(|| Permit::new(&self.raw, got))
            }

            /// Takes at least one permit and at most `most`, waiting at most for `timeout`; `Duration::MAX`
            /// is for ever.
            #[track_caller]
            pub fn try_acquire_up_to_for(
                &self,
                most: usize,
                timeout: Duration,
            ) -> Option<Permit<'_>> {
                self.wait_up_to(most, Deadline::after(timeout))
            }

            /// Takes at least one permit and at most `most`, waiting at most until `moment`.
            #[track_caller]
            pub fn try_acquire_up_to_until(
                &self,
                most: usize,
                moment: Instant,
            ) -> Option<Permit<'_>> {
                self.wait_up_to(most, Deadline::at(moment))
            }
        }

        /// Looking.
        impl<P: Policy> $Semaphore<P> {
            /// Returns how many permits are free at this moment.
            pub fn available(&self) -> usize {
                self.raw.free() as usize
            }

            /// Returns how many threads sleep in the queue at this moment.
            pub fn waiters(&self) -> usize {
                self.raw.waiting() as usize
            }

            #[inline]
            #[track_caller]
            fn wait(&self, count: u32, deadline: Deadline) -> bool {
                let is_patient = P::WAITERS_ARE_PATIENT;
                self.raw.acquire(Request { count, is_patient, deadline })
            }

            #[track_caller]
            fn wait_up_to(&self, most: usize, deadline: Deadline) -> Option<Permit<'_>> {
                self.try_acquire_up_to(most).or_else(|| {
                    let more = saturated(most) - 1;
                    self.wait(1, deadline)
                        .then(|| Permit::new(&self.raw, 1 + self.raw.try_acquire_up_to(more)))
                })
            }

            fn check(&self, wanted: usize) -> Result<u32, TooMany> {
                let limit = self.limit();
                if wanted > limit {
                    return Err(TooMany { wanted, limit });
                }
                Ok(wanted as u32)
            }
        }
    };
}

acquiring!(Semaphore);
acquiring!(BoundedSemaphore);

/// There are never more permits than that.
fn saturated(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
