//! Values that must be unique, such as usernames.

use crate::mapping::{Draft, Rejection};
use std::collections::HashSet;

/// The one that is replaced if another document has it.
const IDENTIFIER: &str = "identifier";

/// The values of the documents so far.
#[derive(Default)]
pub(super) struct UniqueValues(HashSet<String>);

impl UniqueValues {
    /// Claims the values of a document, and gives it another identifier if its own is taken.
    ///
    /// # Errors
    /// When another document has one of the other values; the values before it stay claimed.
    pub(super) fn claim(&mut self, draft: &mut Draft<'_>) -> Result<(), Rejection> {
        for &column in draft.mapper.mapping.unique {
            let Some(text) = draft.text(column) else { continue };
            if self.0.insert(key(draft, column, text)) {
                continue;
            }
            if column != IDENTIFIER {
                return Err(Rejection::duplicate(column));
            }
            let made = format!("mshy_{}", draft.id);
            draft.set(IDENTIFIER, made);
            draft.notice(IDENTIFIER, "already in use, derived from the id", "");
        }
        Ok(())
    }

    /// Claims the values of a document as they are; returns whether [`claim`](Self::claim) would accept it.
    pub(super) fn would_claim(&mut self, draft: &Draft<'_>) -> bool {
        draft.mapper.mapping.unique.iter().all(|&column| {
            draft
                .text(column)
                .is_none_or(|text| self.0.insert(key(draft, column, text)) || column == IDENTIFIER)
        })
    }

    /// The reason for a rejection: another document has this value.
    pub(super) fn conflict(&self, draft: &Draft<'_>) -> Option<Rejection> {
        let is_taken = |column: &str| {
            let text = draft.text(column);
            column != IDENTIFIER && text.is_some_and(|text| self.0.contains(&key(draft, column, text)))
        };
        let mut columns = draft.mapper.mapping.unique.iter();
        columns.find(|column| is_taken(column)).map(|column| Rejection::duplicate(column))
    }
}

fn key(draft: &Draft<'_>, column: &str, text: &str) -> String {
    format!("{}.{column} {text}", draft.mapper.mapping.table)
}
