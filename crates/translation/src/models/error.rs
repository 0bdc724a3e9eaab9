//! What can go wrong with models, and what to do about it.

use crate::engine::Pair;
use std::io;
use std::path::PathBuf;

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
    /// There are versions, and none is chosen.
    #[error("no version of the model {pair} is in use; choose one with `meeshy models use {pair} VERSION`: {}", versions.join(", "))]
    NoneInUse {
        /// Which model.
        pair: Pair,
        /// What there is to choose from.
        versions: Vec<String>,
    },
    /// The model has no such version.
    #[error("the model {pair} has no version `{version}` here; `meeshy models list` shows those that it has")]
    NoSuchVersion {
        /// Which model.
        pair: Pair,
        /// What was asked for.
        version: String,
    },
    /// A folder to import from holds no models.
    #[error("{} holds neither an index `models.json` nor models in folders such as `en-fr`", .0.display())]
    NothingToImport(PathBuf),
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

impl ModelError {
    /// Whether it may pass by itself: too many files are open, or a folder is being moved.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self, Self::Folder { .. })
    }

    /// Nobody has said where an index is.
    pub(super) fn no_index() -> Self {
        Self::NoIndex { url: "`index_url`".to_owned(), reason: "it is empty".to_owned() }
    }

    /// A folder that is not where it was.
    pub(crate) fn no_folder(path: &std::path::Path) -> Self {
        Self::Folder { path: path.to_owned(), source: io::ErrorKind::NotFound.into() }
    }

    /// Which model it is about, where it is about one.
    pub fn pair(&self) -> Option<Pair> {
        match self {
            Self::NotInIndex(pair)
            | Self::NotInstalled(pair)
            | Self::NoneInUse { pair, .. }
            | Self::NoSuchVersion { pair, .. }
            | Self::Damaged { pair, .. } => Some(*pair),
            Self::Unreachable { .. }
            | Self::NoIndex { .. }
            | Self::Unlike { .. }
            | Self::NothingToImport(_)
            | Self::Folder { .. } => None,
        }
    }
}
