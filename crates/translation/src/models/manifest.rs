//! The contents of a model folder: a manifest, and the files that it lists.

use super::error::ModelError;
use crate::pair::Pair;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Describes the contents of a folder; written last, so a folder without one is incomplete.
pub(super) const MANIFEST: &str = "manifest.json";

/// The role of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// The weights.
    Model,
    /// The vocabulary of both languages.
    Vocab,
    /// The vocabulary of the source, if the languages have separate ones.
    SrcVocab,
    /// The vocabulary of the target, if the languages have separate ones.
    TrgVocab,
    /// The candidate translations of each word; makes decoding faster.
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

/// The manifest of a model folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The size class: `tiny`, `base-memory`, `base`.
    pub architecture: String,
    /// Where it was downloaded from.
    pub source: String,
    /// The licence as an SPDX identifier, or what is known about it.
    #[serde(default = "firefox_licence")]
    pub licence: String,
    /// The files, by role.
    pub files: BTreeMap<Role, FileEntry>,
}

/// The files of a manifest, by role.
pub(super) type Entries = BTreeMap<Role, FileEntry>;

/// The licence of all Firefox Translations models (`LICENSE` of mozilla/firefox-translations-models).
pub(super) fn firefox_licence() -> String {
    "MPL-2.0".to_owned()
}

/// An installed model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// The language pair.
    pub pair: Pair,
    /// Its folder.
    pub folder: PathBuf,
    /// The manifest of its folder.
    pub manifest: Manifest,
}

/// The paths of the files of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// The weights.
    pub model: PathBuf,
    /// The vocabulary of the source.
    pub source_vocabulary: PathBuf,
    /// The vocabulary of the target; often the same file.
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

    /// Reads the manifest of a folder.
    ///
    /// # Errors
    /// If it is invalid.
    pub(super) fn read(pair: Pair, folder: PathBuf) -> Result<Self, ModelError> {
        let damaged = |reason: String| ModelError::Damaged { pair, reason: format!("{MANIFEST}: {reason}") };
        let text = fs::read(folder.join(MANIFEST)).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => damaged(error.to_string()),
            _ => ModelError::folder(&folder.join(MANIFEST), error),
        })?;
        let manifest: Manifest = serde_json::from_slice(&text).map_err(|error| damaged(error.to_string()))?;
        match manifest.files.values().find(|file| !is_plain_name(&file.name)) {
            Some(file) => Err(damaged(format!("a file is outside of its folder: {:?}", file.name))),
            None => Ok(Self { pair, folder, manifest }),
        }
    }

    /// The size of all files, in bytes.
    pub fn size(&self) -> u64 {
        self.manifest.files.values().map(|file| file.size).sum()
    }

    /// The paths of the files.
    ///
    /// # Errors
    /// If the manifest lacks a required one.
    pub fn files(&self) -> Result<Files, ModelError> {
        let path = |role: Role| self.manifest.files.get(&role).map(|file| self.folder.join(&file.name));
        let missing =
            |what: &str| ModelError::Damaged { pair: self.pair, reason: format!("the {what} is missing") };
        Ok(Files {
            model: path(Role::Model).ok_or_else(|| missing("weights file"))?,
            source_vocabulary: path(Role::SrcVocab)
                .or_else(|| path(Role::Vocab))
                .ok_or_else(|| missing("vocabulary"))?,
            target_vocabulary: path(Role::TrgVocab)
                .or_else(|| path(Role::Vocab))
                .ok_or_else(|| missing("vocabulary"))?,
            shortlist: path(Role::LexicalShortlist),
        })
    }

    /// Verifies the checksum of every file.
    ///
    /// # Errors
    /// If one is missing, shorter, longer or different, or cannot be read.
    pub fn verify(&self) -> Result<(), ModelError> {
        for file in self.manifest.files.values() {
            let path = self.folder.join(&file.name);
            let damaged = |reason| ModelError::Damaged { pair: self.pair, reason };
            let (size, sha256) = digest_of(&path).map_err(|error| match error.kind() {
                io::ErrorKind::NotFound if self.folder.is_dir() => damaged(format!("{}: {error}", file.name)),
                _ => ModelError::folder(&path, error),
            })?;
            if size != file.size {
                return Err(damaged(format!("{} has {size} bytes instead of {}", file.name, file.size)));
            }
            if sha256 != file.sha256 {
                return Err(damaged(format!("checksum mismatch of {}", file.name)));
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

/// Whether a name stays within its folder, and is not that of the manifest.
pub(super) fn is_plain_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 200
        && !name.starts_with('.')
        && name != MANIFEST
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

/// Whether a text is a SHA-256 in lower-case hexadecimal.
pub(super) fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_are_accepted() {
        assert!(is_plain_name("model.enfr.intgemm.alphas.bin"));
        for name in ["", ".", "..", "../x", "a/b", ".hidden", "manifest.json", "a b"] {
            assert!(!is_plain_name(name), "{name}");
        }
    }
}
