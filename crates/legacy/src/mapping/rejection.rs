//! Why documents are rejected.

use super::field::Parent;

/// Why a document is rejected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` {reason}")]
pub struct Rejection {
    /// The invalid field.
    pub field: String,
    /// The problem.
    pub reason: Reason,
}

/// The problem of a field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// It is missing.
    #[error("is missing")]
    Missing,
    /// It has another type.
    #[error("cannot be read: {0}")]
    Wrong(String),
    /// It refers to a document that does not exist or was rejected.
    #[error("refers to the missing `{collection}` {id}")]
    Dangling {
        /// The collection of the target.
        collection: &'static str,
        /// The id of the target.
        id: String,
    },
    /// Another document already has this unique value.
    #[error("has a unique value that another document already has")]
    Duplicate,
}

impl Rejection {
    pub(super) fn missing(field: &'static str) -> Self {
        Self { field: field.into(), reason: Reason::Missing }
    }

    pub(super) fn wrong(field: &'static str, reason: impl Into<String>) -> Self {
        Self { field: field.into(), reason: Reason::Wrong(reason.into()) }
    }

    /// Another document has it.
    #[must_use]
    pub fn duplicate(column: &str) -> Self {
        Self { field: column.into(), reason: Reason::Duplicate }
    }

    pub(super) fn dangling(field: &'static str, to: Parent, id: String) -> Self {
        Self { field: field.into(), reason: Reason::Dangling { collection: to.collection(), id } }
    }
}
