//! Languages as clients name them.

use crate::ChatError;
use meeshy_domain::Language;

pub(crate) fn language(field: &str, code: &str) -> Result<Language, ChatError> {
    Language::parse(code).map_err(|error| ChatError::invalid(field, error))
}

/// `None` if it is absent or empty.
pub(crate) fn optional_language(field: &str, code: Option<&str>) -> Result<Option<Language>, ChatError> {
    code.filter(|code| !code.is_empty()).map(|code| language(field, code)).transpose()
}

/// The source language named by a client; `None` if it is empty or `auto`, and has to be detected.
pub(crate) fn declared_language(field: &str, code: Option<&str>) -> Result<Option<Language>, ChatError> {
    optional_language(field, code.filter(|code| *code != "auto"))
}
