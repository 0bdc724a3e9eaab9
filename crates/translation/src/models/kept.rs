//! What the sources offer, as kept by a running server: the index is refreshed now and then, and kept while it
//! is unavailable.

use super::available::{Available, Index};
use super::download::{self, Fetched};
use super::error::ModelError;
use super::http::Validators;
use super::store::ModelStore;
use crate::pair::Pair;
use meeshy_domain::Address;
use std::time::Duration;
use tokio::time::Instant;

/// How often the index is refreshed. Mozilla changes it every few weeks.
const REFRESH_INTERVAL: Duration = Duration::from_secs(12 * 3600);
/// How long to wait after a failure; doubled after each further one, up to the interval.
const RETRY_INTERVAL: Duration = Duration::from_secs(600);

/// The newest downloaded index.
pub struct KeptIndex {
    store: ModelStore,
    kept: Option<Kept>,
    due: Instant,
    retry: Duration,
}

struct Kept {
    index: Index,
    url: Address,
    validators: Validators,
}

impl KeptIndex {
    /// No index yet; the first download is due.
    pub fn new(store: ModelStore) -> Self {
        Self { store, kept: None, due: Instant::now(), retry: RETRY_INTERVAL }
    }

    /// The index, if one has been downloaded, and what packages add to it.
    pub fn index(&self) -> Option<&Index> {
        self.kept.as_ref().map(|kept| &kept.index)
    }

    /// The models for a pair, one or two; none if no source has them, `None` if only an index that could not be
    /// downloaded yet could know.
    pub fn models(&self, pair: Pair) -> Option<Vec<Available>> {
        let owned = |models: Vec<&Available>| models.into_iter().cloned().collect();
        match self.index() {
            Some(index) => Some(index.over_english(pair).map(owned).unwrap_or_default()),
            None => self.store.with_packages(Index::default()).over_english(pair).map(owned),
        }
    }

    /// When the next download is due.
    pub fn due(&self) -> Instant {
        self.due
    }

    /// Downloads the index, unless the server says that it has not changed; returns whether it has changed.
    ///
    /// # Errors
    /// If no URL returns an index: the error of the first. The index kept so far stays.
    pub async fn refresh(&mut self) -> Result<bool, ModelError> {
        match self.fetch().await {
            Ok(newer) => {
                (self.due, self.retry) = (Instant::now() + REFRESH_INTERVAL, RETRY_INTERVAL);
                let is_another =
                    newer.as_ref().is_some_and(|newer| self.index().is_none_or(|old| *old != newer.index));
                if newer.is_some() {
                    self.kept = newer;
                }
                Ok(is_another)
            }
            Err(error) => {
                self.due = Instant::now() + self.retry;
                self.retry = (self.retry * 2).min(REFRESH_INTERVAL);
                Err(error)
            }
        }
    }

    async fn fetch(&self) -> Result<Option<Kept>, ModelError> {
        let mut first = None;
        for url in &self.store.index_urls {
            let known = self.kept.as_ref().filter(|kept| kept.url == *url).map(|kept| &kept.validators);
            match download::index_if_changed(url.expose(), known).await {
                Ok(Fetched::Unchanged) => return Ok(None),
                Ok(Fetched::Index(index, validators)) => {
                    let index = self.store.with_packages(index);
                    return Ok(Some(Kept { index, url: url.clone(), validators }));
                }
                Err(error) => {
                    tracing::debug!(%error, "Failed to fetch a model index; trying the next one");
                    first.get_or_insert(error);
                }
            }
        }
        Err(first.unwrap_or_else(ModelError::empty))
    }
}
