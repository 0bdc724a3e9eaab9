//! Why a document cannot be taken.

use super::field::Parent;

/// Why a document cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` {reason}")]
pub struct Rejection {
    /// The field at fault.
    pub field: String,
    /// What is wrong with it.
    pub reason: Reason,
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// It has to be there.
    #[error("is missing")]
    Missing,
    /// It holds something else.
    #[error("cannot be read: {0}")]
    Wrong(String),
    /// It refers to a document that is not there, or was rejected.
    #[error("refers to the missing `{collection}` {id}")]
    Dangling {
        /// The collection where it should be.
        collection: &'static str,
        /// Its id.
        id: String,
    },
    /// Another document has this value already, and only one can.
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
