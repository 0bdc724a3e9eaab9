//! The models folder: `en-fr/` contains a folder for each complete version, and `active` names the selected
//! one.

use super::error::ModelError;
use super::manifest::{Installed, MANIFEST, Manifest, is_plain_name};
use super::packages::Packages;
use crate::TranslationConfig;
use crate::pair::Pair;
use meeshy_domain::Address;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Names the selected version.
const ACTIVE: &str = "active";
/// The folder for incomplete downloads; kept after an interruption, to resume them.
pub(super) const PARTIAL: &str = ".partial";

/// The folder of all models, and the sources to download from.
#[derive(Debug, Clone)]
pub struct ModelStore {
    pub(super) folder: PathBuf,
    pub(super) index_urls: Vec<Address>,
    pub(super) packages: Option<Packages>,
}

impl ModelStore {
    /// The configured store. Does not access the file system.
    pub fn new(config: &TranslationConfig) -> Self {
        Self {
            folder: config.models_dir.clone(),
            index_urls: config.index_urls.clone(),
            packages: config.packages.clone(),
        }
    }

    /// A read-only folder: another Meeshy's.
    pub(super) fn of_folder(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), index_urls: Vec::new(), packages: None }
    }

    /// Whether packages are among the sources.
    pub fn uses_packages(&self) -> bool {
        self.packages.is_some()
    }

    /// The folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether the folder exists.
    pub(crate) fn is_there(&self) -> bool {
        self.folder.is_dir()
    }

    /// The selected models, by pair; for a pair without a usable model, the error.
    pub fn list(&self) -> Vec<Result<Installed, ModelError>> {
        match self.pairs() {
            Ok(pairs) => pairs.into_iter().map(|pair| self.installed(pair)).collect(),
            Err(error) => vec![Err(error)],
        }
    }

    /// The pairs that have a folder.
    fn pairs(&self) -> Result<Vec<Pair>, ModelError> {
        let names = names(&self.folder).map_err(|source| ModelError::folder(&self.folder, source))?;
        Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
    }

    /// The versions of a pair, selected or not, by name; for an incomplete one, the error.
    pub fn versions(&self, pair: Pair) -> Versions {
        self.read_versions(pair).unwrap_or_default()
    }

    fn read_versions(&self, pair: Pair) -> Result<Versions, ModelError> {
        let folder = self.folder.join(pair.to_string());
        let names = names(&folder).map_err(|source| ModelError::folder(&folder, source))?;
        let names = names.into_iter().filter(|name| is_plain_name(name) && folder.join(name).is_dir());
        Ok(names.map(|name| (name.clone(), Installed::read(pair, folder.join(name)))).collect())
    }

    /// The selected model of a pair.
    ///
    /// # Errors
    /// If there is none, none is selected, or its manifest is invalid.
    pub fn installed(&self, pair: Pair) -> Result<Installed, ModelError> {
        let folder = self.folder.join(pair.to_string());
        match fs::read_to_string(folder.join(ACTIVE)) {
            Ok(version) if is_plain_name(version.trim()) => {
                Installed::read(pair, folder.join(version.trim()))
            }
            Ok(_) => Err(self.none_in_use(pair)),
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(ModelError::folder(&folder.join(ACTIVE), source))
            }
            Err(_) => match self.read_versions(pair)?.as_slice() {
                [] => Err(ModelError::NotInstalled(pair)),
                [(only, _)] => Installed::read(pair, folder.join(only)),
                _ => Err(self.none_in_use(pair)),
            },
        }
    }

    fn none_in_use(&self, pair: Pair) -> ModelError {
        let versions = self.versions(pair).into_iter().map(|(name, _)| name).collect();
        ModelError::NoneInUse { pair, versions }
    }

    /// Selects another version of a pair; the previous one stays installed.
    ///
    /// # Errors
    /// If there is no such version, it is damaged, or the folder cannot be written.
    pub fn activate(&self, pair: Pair, version: &str) -> Result<Installed, ModelError> {
        let no_such = || ModelError::NoSuchVersion { pair, version: version.to_owned() };
        let versions = self.versions(pair);
        let (_, model) = versions.into_iter().find(|(name, _)| name == version).ok_or_else(no_such)?;
        let model = model?;
        model.verify()?;
        let folder = self.folder.join(pair.to_string());
        // Atomically: readers see the old version or the new one.
        let new = folder.join(format!(".{ACTIVE}"));
        let written = fs::write(&new, version).and_then(|()| fs::rename(&new, folder.join(ACTIVE)));
        written.map_err(|source| ModelError::folder(&new, source))?;
        Ok(model)
    }

    /// Removes a version of a pair, or all of them. A loaded model stays in use until the next poll.
    ///
    /// # Errors
    /// If it is not installed, or the folder cannot be written.
    pub fn remove(&self, pair: Pair, version: Option<&str>) -> Result<(), ModelError> {
        let folder = self.folder.join(pair.to_string());
        let Some(version) = version else {
            if !folder.exists() {
                return Err(ModelError::NotInstalled(pair));
            }
            return remove_folder(&folder).map_err(|source| ModelError::folder(&folder, source));
        };
        let versions = self.versions(pair);
        if !versions.iter().any(|(name, _)| name == version) {
            return Err(ModelError::NoSuchVersion { pair, version: version.to_owned() });
        }
        let in_use = fs::read_to_string(folder.join(ACTIVE)).is_ok_and(|name| name.trim() == version);
        let path = folder.join(version);
        let removed = remove_folder(&path).and_then(|()| match () {
            () if versions.len() == 1 => remove_folder(&folder),
            () if in_use => fs::remove_file(folder.join(ACTIVE)),
            () => Ok(()),
        });
        removed.map_err(|source| ModelError::folder(&path, source))
    }

    /// Where the files of a pair are collected.
    pub(super) fn partial(&self, pair: Pair) -> Result<PathBuf, ModelError> {
        let partial = self.folder.join(PARTIAL).join(pair.to_string());
        fs::create_dir_all(&partial).map_err(|source| ModelError::folder(&partial, source))?;
        Ok(partial)
    }

    /// Moves collected files to their place with a manifest, selects them, and removes versions older than
    /// the previously selected one.
    pub(super) fn install(
        &self,
        pair: Pair,
        partial: &Path,
        manifest: Manifest,
    ) -> Result<Installed, ModelError> {
        let before = self.installed(pair).ok().and_then(|model| Some(model.folder.file_name()?.to_owned()));
        let path = partial.join(MANIFEST);
        let text = serde_json::to_vec_pretty(&manifest)
            .map_err(|error| ModelError::folder(&path, io::Error::other(error)))?;
        fs::write(&path, text).map_err(|source| ModelError::folder(&path, source))?;
        let version = Installed { pair, folder: partial.to_owned(), manifest }.version();
        let place = self.folder.join(pair.to_string()).join(&version);
        self.replace(&place, partial).map_err(|source| ModelError::folder(&place, source))?;
        let installed = self.activate(pair, &version)?;
        for (name, _) in self.versions(pair) {
            if name != version && before.as_ref().is_none_or(|before| *before != *name) {
                self.remove(pair, Some(&name))?;
            }
        }
        Ok(installed)
    }

    /// Moves a complete folder to its place, replacing the same version.
    fn replace(&self, place: &Path, whole: &Path) -> io::Result<()> {
        let old = whole.with_extension("old");
        remove_folder(&old)?;
        if let Some(pair) = place.parent() {
            fs::create_dir_all(pair)?;
        }
        match fs::rename(place, &old) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => fs::rename(whole, place)?,
        }
        remove_folder(&old)
    }

    /// The selected versions, and when they were selected: changes with every model that is downloaded,
    /// selected or removed. `None` if it cannot be read.
    pub fn state(&self) -> Option<State> {
        let placed =
            |model: &Installed| fs::metadata(&model.folder).and_then(|folder| folder.modified()).ok();
        let mut state = State::new();
        for listed in self.list() {
            match listed {
                Ok(model) => {
                    state.insert(model.pair, (model.version(), placed(&model)));
                }
                Err(error) if error.is_passing() => return None,
                Err(_) => {}
            }
        }
        Some(state)
    }
}

/// The names in a folder, sorted; none if it does not exist.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let entries = entries.collect::<io::Result<Vec<_>>>()?;
    let mut names: Vec<String> =
        entries.into_iter().filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort_unstable();
    Ok(names)
}

/// Versions by name; for an incomplete one, the error.
pub type Versions = Vec<(String, Result<Installed, ModelError>)>;

/// The selected version of each pair, and when it was selected.
pub type State = BTreeMap<Pair, (String, Option<SystemTime>)>;

pub(super) fn remove_folder(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
