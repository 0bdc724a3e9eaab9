//! CTranslate2: OPUS-MT, MADLAD-400, M2M100 and NLLB-200, from folders under `ct2` in the models folder.
//!
//! Its C++ code is only part of the program with the cargo feature `ct2`; without it, models are listed with
//! a hint that they need it.

#[cfg(feature = "ct2")]
mod host;
mod manifest;

use crate::engine::{Engine, MAX_LIVE_WAIT, Offer, Translated};
use crate::folder_health::FolderHealth;
use crate::pair::Pair;
use crate::request::Urgency;
use crate::{EngineError, TranslationConfig};
use async_trait::async_trait;
use manifest::{Damaged, Listed, Model};
use serde::Serialize;
use std::fmt::Display;
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// All models of the folder.
pub(crate) struct CTranslate2 {
    models_dir: PathBuf,
    accept_non_commercial: bool,
    /// The models as last read.
    models: Mutex<Listed>,
    health: FolderHealth,
    #[cfg(feature = "ct2")]
    hosts: host::Hosts,
}

impl CTranslate2 {
    pub(crate) fn new(config: &TranslationConfig) -> Self {
        Self {
            models_dir: config.models_dir.clone(),
            accept_non_commercial: config.accept_non_commercial,
            models: Mutex::default(),
            health: FolderHealth::default(),
            #[cfg(feature = "ct2")]
            hosts: host::Hosts::new(config),
        }
    }

    /// The models of the folder; if it cannot be read, the last known ones.
    fn models(&self) -> Listed {
        let mut known = self.models.lock().unwrap_or_else(PoisonError::into_inner);
        let listed = manifest::list(&self.models_dir);
        // The folder of all models is being moved.
        let is_missing = !known.is_empty() && !self.models_dir.is_dir() && !self.health.is_removed();
        let problem = match listed {
            Ok(listed) if !is_missing => {
                *known = listed;
                None
            }
            Ok(_) => Some(io::ErrorKind::NotFound.into()),
            Err(error) => Some(error),
        };
        self.health.record(&self.models_dir, problem.as_ref().map(|error: &io::Error| error as &dyn Display));
        known.clone()
    }

    /// Why an intact model is not used.
    fn why_unused(&self, model: &Model) -> Option<String> {
        let name = &model.name;
        if !cfg!(feature = "ct2") {
            Some(format!("the model `{name}` requires Meeshy to be built with the feature `ct2`"))
        } else if model.is_non_commercial() && !self.accept_non_commercial {
            let licence = &model.licence;
            Some(format!(
                "the licence of the model `{name}` ({licence}) forbids commercial use; set translation.accept_non_commercial to allow it"
            ))
        } else {
            None
        }
    }

    /// The models in use, the one that loses least quality first.
    fn usable(&self) -> Vec<Model> {
        let models = self.models().into_iter().flatten();
        let mut models: Vec<Model> = models.filter(|model| self.why_unused(model).is_none()).collect();
        models.sort_by(|one, other| one.family.figures().0.total_cmp(&other.family.figures().0));
        models
    }
}

/// A CTranslate2 model in the models folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CTranslate2Model {
    /// The name of its folder.
    pub name: String,
    /// The licence, if the manifest can be read.
    pub licence: Option<String>,
    /// The number of language pairs.
    pub pairs: usize,
    /// Why it is not used, and what to do about it.
    pub problem: Option<String>,
}

/// The CTranslate2 models, used or not.
pub fn ctranslate2_models(config: &TranslationConfig) -> Vec<CTranslate2Model> {
    let engine = CTranslate2::new(config);
    let listed = |model: Result<Model, Damaged>| match model {
        Ok(model) => CTranslate2Model {
            problem: engine.why_unused(&model),
            name: model.name,
            licence: Some(model.licence),
            pairs: model.pairs.len(),
        },
        Err(Damaged { name, problem }) => {
            CTranslate2Model { name, licence: None, pairs: 0, problem: Some(problem) }
        }
    };
    engine.models().into_iter().map(listed).collect()
}

#[async_trait]
impl Engine for CTranslate2 {
    fn name(&self) -> &str {
        "ctranslate2"
    }

    fn keeps_quantities(&self) -> bool {
        true
    }

    fn needs_small_letters(&self) -> bool {
        true
    }

    fn max_wait(&self) -> Option<Duration> {
        Some(MAX_LIVE_WAIT)
    }

    fn offers(&self) -> Vec<Offer> {
        let mut offers: Vec<Offer> = Vec::new();
        for model in self.usable() {
            let (lost, cost_ms) = model.family.figures();
            let offer = |&pair| Offer { pair, model: None, version: model.version.clone(), lost, cost_ms };
            let known: Vec<Pair> = offers.iter().map(|offer| offer.pair).collect();
            offers.extend(model.pairs.iter().filter(|pair| !known.contains(pair)).map(offer));
        }
        offers
    }

    fn retry_at(&self) -> Option<Instant> {
        self.health.retry_at()
    }

    fn why_not(&self, pair: Pair) -> Option<String> {
        let models = self.models();
        let whole = models.iter().flatten().filter(|model| model.pairs.contains(&pair));
        whole.filter_map(|model| self.why_unused(model)).next()
    }

    #[cfg(feature = "ct2")]
    async fn translate(
        &self,
        pair: Pair,
        segments: &[String],
        _: Urgency,
    ) -> Result<Vec<Translated>, EngineError> {
        let model = self.usable().into_iter().find(|model| model.pairs.contains(&pair));
        let model =
            model.ok_or_else(|| EngineError::Broken(format!("the model for {pair} has disappeared")))?;
        self.hosts.translate(model, pair, segments).await
    }

    #[cfg(not(feature = "ct2"))]
    async fn translate(&self, pair: Pair, _: &[String], _: Urgency) -> Result<Vec<Translated>, EngineError> {
        Err(EngineError::Broken(format!("{pair} requires Meeshy to be built with the feature `ct2`")))
    }

    async fn rest(&self) {
        #[cfg(feature = "ct2")]
        self.hosts.rest().await;
    }
}
