//! Kinds of jobs.

use meeshy_store::{StoreError, Tx, jobs};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;
use std::time::Duration;

/// A kind of job with parameters `P`. Declare it as a constant, and give a handler to the
/// [`Runner`](crate::Runner) of each process that can do it.
///
/// Parameters are stored as JSON: a newer version of the program must be able to read those of the older one,
/// and the other way round.
pub struct Kind<P> {
    name: &'static str,
    parameters: PhantomData<fn(P)>,
}

impl<P> Kind<P> {
    /// The kind with this name, which no other kind or scheduled job has.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, parameters: PhantomData }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }
}

impl<P: Serialize + DeserializeOwned> Kind<P> {
    /// Adds a job that is due once this transaction is committed. It replaces the one with the same `key`, if
    /// there is one; if that one is running, the new one runs afterwards.
    ///
    /// # Errors
    /// [`StoreError::Statement`] when the parameters cannot be written as JSON.
    pub fn enqueue(&self, tx: &mut Tx<'_>, key: &str, parameters: &P) -> Result<(), StoreError> {
        self.enqueue_in(tx, key, parameters, Duration::ZERO)
    }

    /// The same for a job that is due after `delay`.
    ///
    /// # Errors
    /// As [`enqueue`](Self::enqueue).
    pub fn enqueue_in(
        &self,
        tx: &mut Tx<'_>,
        key: &str,
        parameters: &P,
        delay: Duration,
    ) -> Result<(), StoreError> {
        jobs::enqueue_in(tx, self.name, key, &payload_of(parameters)?, delay)
    }

    /// Adds a job that is due after `delay` at the latest: if the one with the same `key` waits and is due before, that one stays.
    ///
    /// # Errors
    /// As [`enqueue`](Self::enqueue).
    pub fn enqueue_within(
        &self,
        tx: &mut Tx<'_>,
        key: &str,
        parameters: &P,
        delay: Duration,
    ) -> Result<(), StoreError> {
        jobs::enqueue_within(tx, self.name, key, &payload_of(parameters)?, delay)
    }

    /// Cancels the job with this `key` if it is not running; returns whether it existed.
    pub fn cancel(&self, tx: &mut Tx<'_>, key: &str) -> Result<bool, StoreError> {
        jobs::cancel(tx, self.name, key)
    }
}

fn payload_of(parameters: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(parameters)
        .map_err(|error| StoreError::Statement(format!("the parameters of a job: {error}")))
}
