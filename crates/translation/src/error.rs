//! What can go wrong, by who can do something about it.

use std::path::PathBuf;

/// The engines cannot be set up as configured: for the operator.
#[derive(Debug, thiserror::Error)]
pub enum TranslationError {
    /// A folder of the configuration is there but cannot be read.
    #[error("cannot read the folder {}: {source}", path.display())]
    Unreadable {
        /// Which folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A remote engine cannot be set up.
    #[error("the remote engine `{name}`: {problem}")]
    Remote {
        /// Its name in the configuration.
        name: String,
        /// What is wrong with its settings.
        problem: String,
    },
    /// The table of measured figures cannot be used.
    #[error("the table of figures {}: {reason}; `make quality` writes it anew", path.display())]
    Figures {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// A translation did not work this time; the same call may work later.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Failure(pub String);

/// What an engine says when it cannot translate a batch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// It stopped, crashed or took too long; a new attempt starts it anew.
    #[error("{0}")]
    Interrupted(String),
    /// It answered, and no answer of it can be used.
    #[error("{0}")]
    Unusable(String),
    /// What is installed for this pair is unusable until somebody repairs it; the next best route takes over.
    #[error("{0}")]
    Broken(String),
}
