//! Installs models from a folder, for machines without a network: a copied mirror, or another Meeshy's
//! models.

use super::available::Index;
use super::error::ModelError;
use super::manifest::Installed;
use super::store::ModelStore;
use crate::pair::Pair;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// The index of a mirror.
const INDEX: &str = "models.json";

impl ModelStore {
    /// Installs the models of a folder: those listed in its `models.json`, with paths relative to the folder,
    /// or those of another Meeshy's models folder. With `pairs`, only these.
    ///
    /// # Errors
    /// If the folder has no models or lacks a requested pair, or a file is missing or invalid. Models before
    /// the failed one stay installed.
    pub fn import(&self, folder: &Path, pairs: &[Pair]) -> Result<Vec<Installed>, ModelError> {
        match fs::read(folder.join(INDEX)) {
            Ok(text) => self.import_mirror(folder, &text, pairs),
            Err(_) => self.import_models(folder, pairs),
        }
    }

    fn import_mirror(
        &self,
        folder: &Path,
        index: &[u8],
        pairs: &[Pair],
    ) -> Result<Vec<Installed>, ModelError> {
        let url = folder.join(INDEX).display().to_string();
        let index = Index::of_folder(index, &url).map_err(|reason| ModelError::NoIndex { url, reason })?;
        if let Some(&missing) = pairs.iter().find(|pair| index.get(**pair).is_none()) {
            return Err(ModelError::NotInIndex(missing));
        }
        let wanted = index.models.iter().filter(|model| pairs.is_empty() || pairs.contains(&model.pair));
        wanted.map(|model| self.copy(model)).collect()
    }

    fn import_models(&self, folder: &Path, pairs: &[Pair]) -> Result<Vec<Installed>, ModelError> {
        let other = Self::of_folder(folder);
        let models = match pairs {
            [] => other.list(),
            pairs => pairs.iter().map(|&pair| other.installed(pair)).collect(),
        };
        if models.is_empty() {
            return Err(ModelError::NothingToImport(folder.to_owned()));
        }
        let import = |model: Result<Installed, ModelError>| {
            let model = model?;
            model.verify()?;
            let partial = self.partial(model.pair)?;
            for file in model.manifest.files.values() {
                let to = partial.join(&file.name);
                fs::copy(model.folder.join(&file.name), &to)
                    // Permissions are copied too.
                    .and_then(|_| fs::set_permissions(&to, fs::Permissions::from_mode(0o600)))
                    .map_err(|source| ModelError::folder(&to, source))?;
            }
            self.install(model.pair, &partial, model.manifest)
        };
        models.into_iter().map(import).collect()
    }
}
