//! Errors about models, with advice.

use crate::pair::Pair;
use std::io;
use std::path::{Path, PathBuf};

/// An error about a model or the index.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The index or a file could not be downloaded.
    #[error("failed to fetch {url}: {reason}; check the network, or set {setting} to a mirror")]
    Unreachable {
        /// The URL.
        url: String,
        /// The cause.
        reason: String,
        /// The setting of its index.
        setting: &'static str,
    },
    /// The response is not an index.
    #[error("failed to read the index {url}: {reason}")]
    NoIndex {
        /// The URL.
        url: String,
        /// The problem.
        reason: String,
    },
    /// The index has no such model.
    #[error("no source has a model for {0}; `meeshy models list --available` lists the available ones")]
    NotInIndex(Pair),
    /// The package index has no such file.
    #[error("{url} does not list {file}")]
    NotInPackageIndex {
        /// The URL of the package.
        url: String,
        /// The archive.
        file: String,
    },
    /// A download does not match what was expected.
    #[error("{name} is not the expected file ({reason}) and was discarded; download it again")]
    Unlike {
        /// The file.
        name: String,
        /// The mismatch.
        reason: String,
    },
    /// The model is not installed.
    #[error("the model {0} is not installed; run `meeshy models pull {0}`")]
    NotInstalled(Pair),
    /// There are versions, but none is selected.
    #[error("no version of the model {pair} is selected; select one with `meeshy models use {pair} VERSION`: {}", versions.join(", "))]
    NoneInUse {
        /// The model.
        pair: Pair,
        /// The available versions.
        versions: Vec<String>,
    },
    /// The model has no such version.
    #[error(
        "version `{version}` of the model {pair} is not installed; `meeshy models list` lists the installed ones"
    )]
    NoSuchVersion {
        /// The model.
        pair: Pair,
        /// The requested version.
        version: String,
    },
    /// The folder to import from contains no models.
    #[error("{} contains neither an index `models.json` nor models in folders such as `en-fr`", .0.display())]
    NothingToImport(PathBuf),
    /// An installed file does not match its manifest.
    #[error(
        "the model {pair} is damaged: {reason}; download it again with `meeshy models pull --force {pair}`"
    )]
    Damaged {
        /// The model.
        pair: Pair,
        /// The mismatch.
        reason: String,
    },
    /// The folder could not be read or written.
    #[error("failed to access {}: {source}", path.display())]
    Folder {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

impl ModelError {
    /// A file or folder of models that cannot be used.
    pub(super) fn folder(path: &Path, source: io::Error) -> Self {
        Self::Folder { path: path.to_owned(), source }
    }

    /// Whether it may be temporary: too many open files, or a folder that is being moved.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self, Self::Folder { .. })
    }

    /// A URL of a model index that failed.
    pub(super) fn unreachable(url: String, reason: String) -> Self {
        Self::Unreachable { url, reason, setting: "`translation.index_url`" }
    }

    /// The same error, if it is about the package index.
    pub(super) fn of_packages(self) -> Self {
        match self {
            Self::Unreachable { url, reason, .. } => {
                Self::Unreachable { url, reason, setting: "`translation.package_index`" }
            }
            other => other,
        }
    }

    /// A page that is not an index.
    pub(super) fn no_index(url: String, reason: String) -> Self {
        Self::NoIndex { url, reason }
    }

    /// No index is configured.
    pub(super) fn empty() -> Self {
        Self::no_index("`translation.index_url`".to_owned(), "it is empty".to_owned())
    }

    /// A download that is not what was expected.
    pub(super) fn unlike(name: String, reason: &str) -> Self {
        Self::Unlike { name, reason: reason.to_owned() }
    }

    /// A missing folder.
    pub(crate) fn no_folder(path: &std::path::Path) -> Self {
        Self::Folder { path: path.to_owned(), source: io::ErrorKind::NotFound.into() }
    }

    /// The model concerned, if any.
    pub fn pair(&self) -> Option<Pair> {
        match self {
            Self::NotInIndex(pair)
            | Self::NotInstalled(pair)
            | Self::NoneInUse { pair, .. }
            | Self::NoSuchVersion { pair, .. }
            | Self::Damaged { pair, .. } => Some(*pair),
            Self::Unreachable { .. }
            | Self::NoIndex { .. }
            | Self::NotInPackageIndex { .. }
            | Self::Unlike { .. }
            | Self::NothingToImport(_)
            | Self::Folder { .. } => None,
        }
    }
}
