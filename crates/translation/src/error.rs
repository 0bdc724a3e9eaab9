//! Errors, by who can do something about them.

use std::path::PathBuf;

/// The engines cannot be set up as configured: for the operator.
#[derive(Debug, thiserror::Error)]
pub enum TranslationError {
    /// A configured folder exists but cannot be read.
    #[error("failed to read the folder {}: {source}", path.display())]
    Unreadable {
        /// The folder.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A remote engine is misconfigured.
    #[error("remote engine `{name}`: {problem}")]
    Remote {
        /// Its name in the configuration.
        name: String,
        /// The problem.
        problem: String,
    },
    /// The table of measured quality is invalid.
    #[error("the quality table {} is invalid: {reason}; run `make quality` to regenerate it", path.display())]
    Figures {
        /// The file.
        path: PathBuf,
        /// The problem.
        reason: String,
    },
}

/// A translation failed; the same call may succeed later.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Failure(pub String);

/// Why an engine did not translate a batch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// It stopped, crashed or timed out; the next attempt restarts it.
    #[error("{0}")]
    Interrupted(String),
    /// It answered, but no answer is valid.
    #[error("{0}")]
    Unusable(String),
    /// What is installed for this pair needs repair; the next best route is used.
    #[error("{0}")]
    Broken(String),
}
