//! The model folder: `en-fr/` holds a manifest and the files that it names, whole or not at all.

use super::download::{self, Progress};
use super::index::{Available, Index};
use crate::TranslationConfig;
use crate::engine::Pair;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Says what a folder holds; written last, so a folder without one holds nothing.
const MANIFEST: &str = "manifest.json";
/// Where downloads wait until they are whole; kept after an interruption, to be resumed.
const PARTIAL: &str = ".partial";

/// What went wrong with a model or with the index.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The index or a file could not be fetched.
    #[error("cannot fetch {url}: {reason}; check the network, or set `translation.index_url` to a mirror")]
    Unreachable {
        /// What was asked for.
        url: String,
        /// Why not.
        reason: String,
    },
    /// What came is no index.
    #[error("{url} is no index of models: {reason}")]
    NoIndex {
        /// Where it came from.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The index has no such model.
    #[error("the index has no model for {0}; `meeshy models list --available` shows what it has")]
    NotInIndex(Pair),
    /// A download is not what the index says.
    #[error("{name} is not what the index promises ({reason}); it was thrown away, pull again")]
    Unlike {
        /// Which file.
        name: String,
        /// In which way.
        reason: String,
    },
    /// The folder has no such model.
    #[error("there is no model {0} here; `meeshy models pull {0}` fetches it")]
    NotInstalled(Pair),
    /// An installed file is not what its manifest says.
    #[error("the model {pair} is damaged: {reason}; pull it again with `meeshy models pull --force {pair}`")]
    Damaged {
        /// Which model.
        pair: Pair,
        /// In which way.
        reason: String,
    },
    /// The folder could not be read or written.
    #[error("cannot use {}: {source}", path.display())]
    Folder {
        /// Which file or folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// The weights.
    Model,
    /// The words of both languages.
    Vocab,
    /// The words of the source, where the languages have one each.
    SrcVocab,
    /// The words of the target, where the languages have one each.
    TrgVocab,
    /// Which words may translate which; makes decoding faster.
    LexicalShortlist,
}

/// A file of an installed model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Its name in the folder.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// The SHA-256 of its content, in hexadecimal.
    pub sha256: String,
}

/// What the folder of a model says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The size class: `tiny`, `base-memory`, `base`.
    pub architecture: String,
    /// Where it was fetched from.
    pub source: String,
    /// The files, by what they are for.
    pub files: BTreeMap<Role, FileEntry>,
}

/// A model that is in the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// What it translates.
    pub pair: Pair,
    /// Where it lies.
    pub folder: PathBuf,
    /// What its folder says.
    pub manifest: Manifest,
}

/// Where the files of a model are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// The weights.
    pub model: PathBuf,
    /// The words of the source.
    pub source_vocabulary: PathBuf,
    /// The words of the target; often the same file.
    pub target_vocabulary: PathBuf,
    /// The lexical shortlist, if there is one.
    pub shortlist: Option<PathBuf>,
}

impl Installed {
    /// Changes with every byte of the model.
    pub fn version(&self) -> String {
        let mut digest = Sha256::new();
        for file in self.manifest.files.values() {
            digest.update(&file.sha256);
        }
        hex::encode(&digest.finalize()[..8])
    }

    /// The size of all files, in bytes.
    pub fn size(&self) -> u64 {
        self.manifest.files.values().map(|file| file.size).sum()
    }

    /// Where the files are.
    ///
    /// # Errors
    /// When the manifest lacks one that is needed.
    pub fn files(&self) -> Result<Files, ModelError> {
        let path = |role: Role| self.manifest.files.get(&role).map(|file| self.folder.join(&file.name));
        let missing =
            |what: &str| ModelError::Damaged { pair: self.pair, reason: format!("its {what} is missing") };
        Ok(Files {
            model: path(Role::Model).ok_or_else(|| missing("file of weights"))?,
            source_vocabulary: path(Role::SrcVocab)
                .or_else(|| path(Role::Vocab))
                .ok_or_else(|| missing("vocabulary"))?,
            target_vocabulary: path(Role::TrgVocab)
                .or_else(|| path(Role::Vocab))
                .ok_or_else(|| missing("vocabulary"))?,
            shortlist: path(Role::LexicalShortlist),
        })
    }

    /// Compares every file with its checksum.
    ///
    /// # Errors
    /// When one is missing, shorter, longer or different.
    pub fn verify(&self) -> Result<(), ModelError> {
        for file in self.manifest.files.values() {
            let path = self.folder.join(&file.name);
            let damaged = |reason| ModelError::Damaged { pair: self.pair, reason };
            let (size, sha256) =
                digest_of(&path).map_err(|error| damaged(format!("{}: {error}", file.name)))?;
            if size != file.size {
                return Err(damaged(format!("{} has {size} bytes and should have {}", file.name, file.size)));
            }
            if sha256 != file.sha256 {
                return Err(damaged(format!("{} has not the checksum that it should have", file.name)));
            }
        }
        Ok(())
    }
}

/// The size and the SHA-256 of a file.
pub(super) fn digest_of(path: &Path) -> io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 256 * 1024];
    let mut size = 0;
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((size, hex::encode(digest.finalize())));
        }
        digest.update(&buffer[..read]);
        size += read as u64;
    }
}

/// The folder of all models, and the index that it can be filled from.
#[derive(Debug, Clone)]
pub struct ModelStore {
    folder: PathBuf,
    index_url: String,
}

impl ModelStore {
    /// The store that the configuration describes. Touches nothing.
    pub fn new(config: &TranslationConfig) -> Self {
        Self { folder: config.models_dir.clone(), index_url: config.index_url.clone() }
    }

    /// What is installed, by pair; for a folder that is no whole model, what is wrong with it.
    pub fn list(&self) -> Vec<Result<Installed, ModelError>> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
            Err(source) => return vec![Err(self.unusable(&self.folder, source))],
        };
        let mut pairs: Vec<Pair> =
            entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
        pairs.sort_unstable();
        pairs.into_iter().map(|pair| self.installed(pair)).collect()
    }

    /// The model of a pair.
    ///
    /// # Errors
    /// When there is none, or its manifest cannot be used.
    pub fn installed(&self, pair: Pair) -> Result<Installed, ModelError> {
        let folder = self.folder.join(pair.to_string());
        let path = folder.join(MANIFEST);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound && !folder.exists() => {
                return Err(ModelError::NotInstalled(pair));
            }
            Err(error) => return Err(ModelError::Damaged { pair, reason: format!("{MANIFEST}: {error}") }),
        };
        let manifest: Manifest = serde_json::from_slice(&text)
            .map_err(|error| ModelError::Damaged { pair, reason: format!("{MANIFEST}: {error}") })?;
        if let Some(file) = manifest.files.values().find(|file| !is_plain_name(&file.name)) {
            let reason = format!("{MANIFEST} names a file outside its folder: {:?}", file.name);
            return Err(ModelError::Damaged { pair, reason });
        }
        Ok(Installed { pair, folder, manifest })
    }

    /// Fetches the index.
    ///
    /// # Errors
    /// When it cannot be reached or understood.
    pub async fn index(&self) -> Result<Index, ModelError> {
        download::index(&self.index_url).await
    }

    /// Fetches a model and puts it in its place, in the place of an older one too.
    ///
    /// An interrupted download is resumed by the next call. `progress` is told the bytes so far and the bytes in all.
    ///
    /// # Errors
    /// When a file cannot be fetched, is not what the index says, or cannot be written. What was installed before stays.
    pub async fn pull(&self, model: &Available, progress: Progress<'_>) -> Result<Installed, ModelError> {
        let name = model.pair.to_string();
        let partial = self.folder.join(PARTIAL).join(&name);
        fs::create_dir_all(&partial).map_err(|source| self.unusable(&partial, source))?;
        let files = download::model(model, &partial, progress).await?;
        let manifest =
            Manifest { architecture: model.architecture.clone(), source: model.source.clone(), files };
        let path = partial.join(MANIFEST);
        let text = serde_json::to_vec_pretty(&manifest)
            .map_err(|error| self.unusable(&path, io::Error::other(error)))?;
        fs::write(&path, text).map_err(|source| self.unusable(&path, source))?;
        self.replace(&name, &partial)?;
        self.installed(model.pair)
    }

    /// Moves a whole folder to its place. Between the two moves there is no model, never a half one.
    fn replace(&self, name: &str, whole: &Path) -> Result<(), ModelError> {
        let place = self.folder.join(name);
        let old = self.folder.join(PARTIAL).join(format!("{name}.old"));
        let moved = remove_folder(&old).and_then(|()| match fs::rename(&place, &old) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => fs::rename(whole, &place),
        });
        moved.and_then(|()| remove_folder(&old)).map_err(|source| self.unusable(&place, source))
    }

    fn unusable(&self, path: &Path, source: io::Error) -> ModelError {
        ModelError::Folder { path: path.to_owned(), source }
    }
}

fn remove_folder(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Whether a name stays in its folder, and is not that of the manifest.
pub(super) fn is_plain_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 200
        && !name.starts_with('.')
        && name != MANIFEST
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_are_taken() {
        assert!(is_plain_name("model.enfr.intgemm.alphas.bin"));
        for name in ["", ".", "..", "../x", "a/b", ".hidden", "manifest.json", "a b"] {
            assert!(!is_plain_name(name), "{name}");
        }
    }
}
