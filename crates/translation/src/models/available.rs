//! Models that can be installed, and their sources.

use super::manifest::{Entries, Installed, Manifest, Role};
use crate::pair::Pair;
use meeshy_domain::Language;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// The maximum size of a file in bytes, whatever a source says.
pub(super) const MAX_FILE_BYTES: u64 = 1024 * 1024 * 1024;

/// The models that a source offers, or several: the best one of each pair.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Index {
    /// By pair.
    pub models: Vec<Available>,
}

/// A model that can be installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Available {
    /// The language pair.
    pub pair: Pair,
    /// The size class: `tiny`, `base-memory`, `base`.
    pub architecture: String,
    /// Where it comes from.
    pub source: Source,
    /// The licence as an SPDX identifier, or what is known about it.
    pub licence: String,
    /// The files, by role.
    pub files: BTreeMap<Role, RemoteFile>,
}

/// Where models come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The index at a URL, Mozilla's or a mirror's. Each file has a URL.
    Index(String),
    /// The index of a mirror that was copied to this machine. Each file has a path.
    Folder(String),
    /// A package. Each file has a path in it.
    Package(Arc<Package>),
}

/// An archive in a Python package index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// The name of the package.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The file name of the archive.
    pub file: String,
    /// The size of the archive in bytes.
    pub size: u64,
    /// The SHA-256 of the archive, in hexadecimal.
    pub sha256: String,
}

/// A file of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteFile {
    /// Its URL or path, as the source requires; often compressed with gzip.
    pub location: String,
    /// Its name when unpacked.
    pub name: String,
    /// Its unpacked size in bytes; 0 if the source does not say.
    pub size: u64,
    /// The SHA-256 of its unpacked content, in hexadecimal.
    pub sha256: String,
}

impl Index {
    /// The model of a pair.
    pub fn get(&self, pair: Pair) -> Option<&Available> {
        self.models.iter().find(|model| model.pair == pair)
    }

    /// The model of a pair, or those of its two halves via English.
    pub fn over_english(&self, pair: Pair) -> Option<Vec<&Available>> {
        if let Some(model) = self.get(pair) {
            return Some(vec![model]);
        }
        let english = Language::parse("en").ok()?;
        let halves = [Pair { from: pair.from, to: english }, Pair { from: english, to: pair.to }];
        halves.into_iter().map(|half| self.get(half)).collect()
    }

    /// Adds the models of pairs that this index lacks.
    #[must_use]
    pub(super) fn or(mut self, other: &Self) -> Self {
        let more: Vec<Available> =
            other.models.iter().filter(|model| self.get(model.pair).is_none()).cloned().collect();
        self.models.extend(more);
        self.models.sort_by_key(|model| model.pair);
        self
    }
}

impl Available {
    /// The unpacked size of all files in bytes, as far as the source says.
    pub fn size(&self) -> u64 {
        self.files.values().map(|file| file.size).sum()
    }

    /// Whether it is the same model, whatever its source.
    pub(super) fn has_same_files(&self, other: &Self) -> bool {
        let checksums = |model: &'_ Self| -> Vec<(Role, String)> {
            model.files.iter().map(|(role, file)| (*role, file.sha256.clone())).collect()
        };
        checksums(self) == checksums(other)
    }

    /// The manifest of its folder.
    pub(super) fn manifest(&self, files: Entries) -> Manifest {
        let (architecture, source) = (self.architecture.clone(), self.source.to_string());
        Manifest { architecture, source, licence: self.licence.clone(), files }
    }

    /// Whether this is the installed model.
    pub fn is_same_as(&self, own: &Installed) -> bool {
        let checksums = self.files.iter().map(|(role, file)| (role, &file.sha256));
        checksums.eq(own.manifest.files.iter().map(|(role, file)| (role, &file.sha256)))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Index(url) => f.write_str(url),
            Self::Folder(path) => f.write_str(path),
            Self::Package(package) => package.fmt(f),
        }
    }
}

impl fmt::Display for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "package {} {}", self.name, self.version)
    }
}
