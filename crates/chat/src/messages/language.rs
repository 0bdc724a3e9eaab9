//! The language of a message.

use crate::translation::Engines;
use meeshy_domain::{Language, LanguageSettings};
use meeshy_translation::detect::{self, Evidence};

/// The evidence for the language of a text, if it has to be detected.
pub(super) async fn evidence(engines: &Engines, declared: Option<Language>, content: &str) -> Evidence {
    if declared.is_some_and(|declared| detect::may_be(declared, content)) {
        return Evidence::default();
    }
    engines.translator.evidence(content).await
}

/// The language of a text: as declared, otherwise as detected, otherwise what its author usually writes,
/// which is first of all the language of the message `before` the edit.
pub(super) fn written_in(
    declared: Option<Language>,
    before: Option<Language>,
    writer: &LanguageSettings,
    evidence: &Evidence,
) -> Language {
    let habits = [before, Some(writer.system_language), writer.regional_language];
    let habits: Vec<Language> = habits.into_iter().flatten().collect();
    detect::original_language(declared, &habits, evidence).unwrap_or(writer.system_language)
}
